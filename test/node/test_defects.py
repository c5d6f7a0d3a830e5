"""What a coroutine raises is seen, in whatever release of rclpy."""

import pytest
from action_msgs.msg import GoalStatus
from rclpy.task import Future, Task

from orchestrator_ren.errors import StoreUnavailable
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.srv import ChangeQueue


@pytest.fixture(params=['as installed', 'as in 7.1.9'], autouse=True)
def release(request, monkeypatch):
    """Let the executor not see how a task ended that had to wait, as in 7.1.9 (rclpy#1642)."""
    if request.param == 'as installed':
        return
    call = Task.__call__

    def step(task):
        task.steps = getattr(task, 'steps', 0) + 1
        call(task)

    def exception(task):
        error = Future.exception(task)
        return error if getattr(task, 'steps', 0) < 2 else None

    monkeypatch.setattr(Task, '__call__', step)
    monkeypatch.setattr(Task, 'exception', exception)
    monkeypatch.setattr(Task, 'result', lambda task: task._result)


class Defect(Exception):
    """What nobody expects."""


@pytest.fixture
def late(rig):
    """Raise it after an `await`."""

    async def raise_it(*_args):
        later = Future()
        rig.executor.create_task(later.set_result, None)
        await later
        raise Defect

    return raise_it


def assert_seen(rig):
    with pytest.raises(Defect):
        rig.spin_for(3.0)


@pytest.mark.parametrize('how', [Tasks.run, Tasks.leave])
def test_defect_of_a_coroutine_is_seen_and_whoever_waits_for_it_goes_on(rig, late, how):
    tasks = Tasks(rig.client)
    how(tasks, late())
    assert_seen(rig)
    rig.wait(rig.executor.create_task(tasks.all_ended()))


def test_defect_while_the_store_is_mended_is_seen_and_it_is_mended_again(rig, late, monkeypatch):
    rig.start(gate=False, base=False)
    keeper = rig.orchestrator._keeper
    monkeypatch.setattr(keeper._endings, 'save', late)
    keeper._notice(StoreUnavailable(url='', reason='a test'))
    assert_seen(rig)
    monkeypatch.undo()
    keeper._notice(StoreUnavailable(url='', reason='a test'))
    rig.spin_until(lambda: keeper.is_usable)


def test_defect_while_a_goal_is_cancelled_is_seen_and_answered(rig, late, monkeypatch):
    """The client waited for ever."""
    rig.start()
    execution = rig.execute(rig.created_id('{speed: 0.5, duration_seconds: 20}'))
    rig.spin_until(lambda: rig.statuses[-1].executing)
    with monkeypatch.context() as patched:
        patched.setattr(rig.orchestrator._dispatch.cancellation, 'cancel', late)
        answer = execution.handle.cancel_goal_async()
        assert_seen(rig)
        assert not rig.wait(answer).goals_canceling
    assert execution.cancel().goals_canceling
    assert execution.outcome().status == GoalStatus.STATUS_CANCELED


def test_defect_while_the_queue_is_paused_is_seen_and_answered(rig, late, monkeypatch):
    """The client waited for ever."""
    rig.start(gate=False, base=False)
    monkeypatch.setattr(rig.orchestrator._dispatch.pause, 'set', late)
    answer = rig.send(ChangeQueue, 'pause_queue')
    assert_seen(rig)
    response = rig.wait(answer)
    assert (response.success, response.error_code) == (False, 900)
