"""Several robots on one PostgreSQL: who does what, and what becomes of it when one is gone."""

from types import SimpleNamespace

import pytest
import sqlalchemy as sa

pytest.importorskip('rclpy')

from std_srvs.srv import Trigger

from orchestrator_ren.orchestrator.node import Orchestrator
from orchestrator_ren.ros.executor import CachedExecutor
from orchestrator_ren.srv import (
    CancelTicket,
    ChangeQueue,
    DeclareStopped,
    GetHistory,
    GetQueue,
    GetTicket,
    ListRobots,
    ListTickets,
)
from orchestrator_ren.store import database_time
from test.postgres.server import started_server

from .conftest import Rig, _overrides, settle

DRIVE = '{speed: 0.5, duration_seconds: 0.3}'
LONG_DRIVE = '{speed: 0.5, duration_seconds: 30}'


@pytest.fixture(scope='module')
def server():
    with started_server() as started:
        yield started


@pytest.fixture
def fleet(context, namespace, tmp_path, server, monkeypatch):
    """Two robots, of which the second has a lift, on one executor and one database."""
    monkeypatch.setattr(database_time, 'GRACE_S', 0.0)
    executor = CachedExecutor(context=context)
    with server.database() as url:
        rigs = []
        for name, capabilities in (('r1', ''), ('r2', 'lift')):
            (tmp_path / name).mkdir()
            rig = Rig(context, f'{namespace}/{name}', tmp_path / name, executor)
            rig.store_url = url
            rigs.append(rig)
            rig.start(orchestrator={'robot_name': name, 'capabilities': capabilities})
            settle(rig)
        yield SimpleNamespace(r1=rigs[0], r2=rigs[1], url=url, server=server)
        for rig in rigs:
            if rig.orchestrator is not None:
                rig.stop_orchestrator()
        for rig in rigs:
            rig.close()


def history(rig, ticket_id):
    response = rig.call(GetHistory, 'get_history', ticket_id=ticket_id)
    return [event.type for event in response.events]


def status_of(rig, ticket_id):
    return rig.call(GetTicket, 'get_ticket', ticket_id=ticket_id).ticket.status


def change(fleet, statement):
    """Change the database past everybody."""
    engine = sa.create_engine(fleet.url, future=True, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def run_out(fleet, robot):
    """Let a robot be gone, as if nobody had heard of its orchestrator."""
    change(fleet, f"UPDATE robots SET leased_until = 1 WHERE name = '{robot}'")


def test_ticket_for_any_is_done_by_one_robot(fleet):
    ticket_id = fleet.r1.created_id(DRIVE, robot='any', queue=True)
    ended = fleet.r1.await_status(ticket_id, 'COMPLETED')
    assert ended.is_for_any
    assert ended.robot in ('r1', 'r2')
    assert history(fleet.r1, ticket_id) == [
        'ticket_created',
        'ticket_queued',
        'ticket_taken',
        'execution_started',
        'execution_completed',
    ]


def test_tickets_for_any_are_shared_by_those_that_are_free(fleet):
    ids = [fleet.r1.created_id(DRIVE, robot='any', queue=True) for _ in range(6)]
    robots = {fleet.r1.await_status(each, 'COMPLETED').robot for each in ids}
    assert robots == {'r1', 'r2'}


def test_ticket_goes_to_the_robot_that_has_what_it_needs(fleet):
    ids = [
        fleet.r1.created_id(DRIVE, robot='any', capabilities=['lift'], queue=True)
        for _ in range(3)
    ]
    assert {fleet.r1.await_status(each, 'COMPLETED').robot for each in ids} == {'r2'}


def test_queue_says_that_no_robot_has_what_a_ticket_needs(fleet):
    ticket_id = fleet.r1.created_id(DRIVE, robot='any', capabilities=['arm'], queue=True)
    queue = fleet.r1.call(GetQueue, 'get_queue', robot='any')
    assert [(each.ticket_id, each.reason) for each in queue.entries] == [
        (ticket_id, 'no robot has: arm')
    ]
    assert fleet.r2.call(CancelTicket, 'cancel_ticket', ticket_id=ticket_id).success
    assert fleet.r1.await_status(ticket_id, 'CANCELLED').robot == 'r2'


def test_ticket_for_a_named_robot_is_executed_there(fleet):
    ticket_id = fleet.r1.created_id(DRIVE, robot='r2', queue=True)
    assert fleet.r2.await_status(ticket_id, 'COMPLETED').robot == 'r2'
    assert fleet.r2.cmd_vel
    assert not [twist for _, twist in fleet.r1.cmd_vel if twist.linear.x]


@pytest.mark.parametrize(
    ('fields', 'code', 'words'),
    [
        ({'robot': 'r9'}, 213, "robot 'r9' is not in the store; it has r1, r2"),
        ({'capabilities': ['lift']}, 217, "robot 'r1' has no lift; it has none"),
        ({'robot': 'r2', 'capabilities': ['arm']}, 217, "robot 'r2' has no arm; it has lift"),
        ({'robot': 'r 2'}, 106, "robot is 'r 2'; it must be"),
        ({'robot': '*'}, 106, "robot is '*'; it must be"),
        ({'capabilities': ['a b']}, 106, "one of capabilities is 'a b'; it must be"),
    ],
)
def test_ticket_for_a_robot_that_cannot_is_refused(fleet, fields, code, words):
    response = fleet.r1.create(DRIVE, **fields)
    assert response.error_code == code
    assert response.message.startswith(words)


@pytest.mark.parametrize('robot', ['r2', 'any'])
def test_stop_is_for_the_robot_that_is_asked(fleet, robot):
    response = fleet.r1.create('', command='stop', robot=robot, queue=True)
    assert response.error_code == 106
    assert 'acts at once, on the robot that is asked' in response.message


def test_ticket_of_another_robot_is_not_touched(fleet):
    ticket_id = fleet.r2.created_id(DRIVE)
    for refused in (
        fleet.r1.call(CancelTicket, 'cancel_ticket', ticket_id=ticket_id),
        fleet.r1.execute(ticket_id).result(),
    ):
        assert refused.error_code == 214
        assert "is that of robot 'r2'" in refused.message
    assert fleet.r1.call(GetTicket, 'get_ticket', ticket_id=ticket_id).ticket.status == 'PENDING'


def test_ticket_for_any_that_somebody_executes_is_that_of_the_robot_he_asks(fleet):
    for fields in ({}, {'capabilities': ['lift']}):
        ticket_id = fleet.r1.created_id(DRIVE, robot='any', **fields)
        assert fleet.r2.execute(ticket_id).result().success
        assert fleet.r1.await_status(ticket_id, 'COMPLETED').robot == 'r2'
    ticket_id = fleet.r1.created_id(DRIVE, robot='any', capabilities=['lift'])
    assert fleet.r1.execute(ticket_id).result().error_code == 217


def test_lists_are_those_of_one_robot_of_any_or_of_all(fleet):
    mine, other = fleet.r1.created_id(DRIVE), fleet.r2.created_id(DRIVE)
    nobodys = fleet.r1.created_id(DRIVE, robot='any')
    for robot, expected in (
        ('', {mine}),
        ('r1', {mine}),
        ('r2', {other}),
        ('any', {nobodys}),
        ('*', {mine, other, nobodys}),
    ):
        for fields in ({}, {'statuses': ['PENDING']}, {'command': 'drive'}):
            page = fleet.r1.call(ListTickets, 'list_tickets', robot=robot, **fields)
            assert {each.id for each in page.tickets} == expected
            assert (page.total, page.total_is_exact) == (len(expected), True)


def test_same_request_is_the_same_ticket_whichever_robot_is_asked(fleet):
    asked = {'robot': 'any', 'request_id': 'once'}
    first = fleet.r1.create(DRIVE, **asked)
    again = fleet.r2.create(DRIVE, **asked)
    assert (again.success, again.created, again.ticket.id) == (True, False, first.ticket.id)


def test_robot_that_cannot_move_leaves_what_is_for_any_to_others(fleet):
    fleet.r1.press()
    ids = [fleet.r1.created_id(DRIVE, robot='any', queue=True) for _ in range(3)]
    assert {fleet.r1.await_status(each, 'COMPLETED').robot for each in ids} == {'r2'}


def test_reset_of_an_e_stop_moves_no_robot_by_what_is_for_any(fleet):
    """It is for somebody there to say that it may go on."""
    execution, _ = fleet.r1.drive_until_moving()
    fleet.r1.press()
    execution.result()
    fleet.r1.press(False)
    fleet.r1.spin_until(lambda: fleet.r1.call(Trigger, 'reset_e_stop').success)
    fleet.r2.call(ChangeQueue, 'pause_queue')
    ticket_id = fleet.r1.created_id(DRIVE, robot='any', queue=True)
    fleet.r1.spin_for(1.0)
    assert status_of(fleet.r1, ticket_id) == 'QUEUED'


def test_robots_are_listed_with_what_they_have_and_do(fleet):
    execution, ticket_id = fleet.r1.drive_until_moving()
    waiting = fleet.r1.created_id(DRIVE, robot='any', capabilities=['arm'], queue=True)
    response = fleet.r2.call(ListRobots, 'list_robots')
    assert [(each.name, each.is_alive, list(each.capabilities)) for each in response.robots] == [
        ('r1', True, []),
        ('r2', True, ['lift']),
    ]
    first = response.robots[0]
    assert list(first.executing_ids) == [ticket_id]
    assert 0.0 < first.lease_seconds <= 10.0
    assert response.waiting_for_any == 1
    assert fleet.r1.cancel(ticket_id).success
    execution.result()
    assert fleet.r1.cancel(waiting).success


def test_dead_robot_is_shown_and_its_waiting_tickets_for_any_go_on_elsewhere(fleet):
    fleet.r2.call(ChangeQueue, 'pause_queue')
    fleet.r1.spin_until(lambda: fleet.r2.statuses[-1].pause_reason)
    execution, driving = fleet.r1.drive_until_moving()
    waiting = fleet.r1.created_id(LONG_DRIVE, robot='r1', queue=True)
    run_out(fleet, 'r1')
    told = {each.name: each for each in fleet.r2.call(ListRobots, 'list_robots').robots}
    assert not told['r1'].is_alive
    assert told['r1'].unreachable_since.sec > 0
    assert list(told['r1'].executing_ids) == [driving]
    assert fleet.r2.call(CancelTicket, 'cancel_ticket', ticket_id=waiting).success
    assert fleet.r2.call(CancelTicket, 'cancel_ticket', ticket_id=driving).error_code == 214
    assert status_of(fleet.r1, driving) == 'EXECUTING'
    assert fleet.r1.cancel(driving).success
    execution.result()
    # Back again, it knows what others have done meanwhile.
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].cancelled == 2)
    assert fleet.r1.call(GetQueue, 'get_queue').total == 0


@pytest.mark.parametrize(
    ('robot', 'by', 'code'), [('r2', 'ren', 215), ('r9', 'ren', 213), ('r2', ' ', 106)]
)
def test_only_an_unreachable_robot_is_declared_stopped_and_by_somebody(fleet, robot, by, code):
    response = fleet.r1.call(DeclareStopped, 'declare_stopped', robot=robot, requested_by=by)
    assert response.error_code == code


def test_robot_that_was_declared_stopped_ends_its_motion_and_starts_anew(fleet):
    execution, ticket_id = fleet.r1.drive_until_moving()
    term = fleet.r1.statuses[-1].term
    run_out(fleet, 'r1')
    response = fleet.r2.call(DeclareStopped, 'declare_stopped', robot='r1', requested_by='ren')
    assert response.success, response.message
    assert list(response.ticket_ids) == [ticket_id]
    ended = fleet.r2.await_status(ticket_id, 'FAILED')
    assert (ended.error_code, ended.error) == (
        216,
        "robot 'r1' became unreachable during it, and stands, says ren",
    )
    execution.result()
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].term > term)
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].state == 'READY')
    assert fleet.r1.cmd_vel[-1][1].linear.x == 0.0
    assert status_of(fleet.r1, ticket_id) == 'FAILED'


def test_robot_that_is_started_does_not_drive_off_with_what_waited_for_any(fleet):
    """Who switches it on stands beside it."""
    for rig in (fleet.r1, fleet.r2):
        assert rig.call(ChangeQueue, 'pause_queue').success
    ticket_id = fleet.r1.created_id(DRIVE, robot='any', queue=True)
    term = fleet.r1.statuses[-1].term
    fleet.r1.stop_orchestrator()
    change(fleet, "DELETE FROM marks WHERE robot = 'r1' AND name = 'pause'")
    fleet.r1.start_orchestrator(robot_name='r1')
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].term > term)
    fleet.r1.spin_until(lambda: 'before this start' in fleet.r1.statuses[-1].pause_reason)
    assert status_of(fleet.r1, ticket_id) == 'QUEUED'
    assert fleet.r1.call(ChangeQueue, 'resume_queue').success
    assert fleet.r1.await_status(ticket_id, 'COMPLETED').robot == 'r1'


# Standby.


@pytest.fixture
def standby(fleet):
    """A second orchestrator of the first robot, which waits."""
    values = {'store_url': fleet.url, 'robot_name': 'r1', 'standby': True, 'lease_s': 5.0}
    node = fleet.r1._add(Orchestrator(_overrides(values), **fleet.r1.options))
    node.start()
    yield node
    node.begin_stop()
    fleet.r1.wait(fleet.r1.executor.create_task(node.finish_stop()))
    fleet.r1.remove(node)


def test_standby_is_silent_while_the_robot_is_in_good_hands(fleet, standby):
    fleet.r1.statuses.clear()
    fleet.r1.spin_for(4.0)
    assert {each.state for each in fleet.r1.statuses} == {'READY'}
    ticket_id = fleet.r1.created_id(DRIVE)
    assert fleet.r1.execute(ticket_id).result().success


def test_standby_takes_over_from_one_that_ends_and_says_what_it_does_meanwhile(fleet, standby):
    ticket_id = fleet.r1.created_id(DRIVE)
    term = fleet.r1.statuses[-1].term
    fleet.r1.stop_orchestrator()
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].state == 'READY')
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].term == term + 1)
    fleet.r1.spin_until(lambda: standby._dispatch.dispatcher.is_loaded)  # as `settle` does
    assert fleet.r1.execute(ticket_id).result().success


def test_orchestrator_whose_robot_was_taken_over_ends(fleet, standby):
    execution, _ = fleet.r1.drive_until_moving()
    old = fleet.r1.orchestrator

    def is_taken_over():
        run_out(fleet, 'r1')  # again: the old one may be the first to come back
        return standby._store.is_open

    fleet.r1.spin_until(is_taken_over)
    fleet.r1.spin_until(lambda: old.fatal is not None)
    assert old.fatal.code == 302
    execution.result()
    fleet.r1.spin_until(lambda: fleet.r1.cmd_vel[-1][1].linear.x == 0.0)


def test_starter_that_does_not_wait_ends_once_the_other_shows_that_it_lives(fleet):
    values = {'store_url': fleet.url, 'robot_name': 'r1'}
    second = fleet.r1._add(Orchestrator(_overrides(values), **fleet.r1.options))
    second.start()
    fleet.r1.spin_until(lambda: second.fatal is not None)
    assert second.fatal.code == 302
    assert "robot 'r1'" in str(second.fatal)
    fleet.r1.remove(second)


def test_standby_has_no_queue_to_pause(fleet, standby):
    """It paused one, for an e-stop that was long over when it took over."""
    fleet.r1.press()
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].state == 'STOPPED')
    fleet.r1.press(False)
    fleet.r1.spin_until(lambda: fleet.r1.call(Trigger, 'reset_e_stop').success)
    fleet.r1.spin_until(lambda: fleet.r1.call(ChangeQueue, 'resume_queue').success)
    term = fleet.r1.statuses[-1].term
    fleet.r1.stop_orchestrator()
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].term > term)
    fleet.r1.spin_until(lambda: fleet.r1.statuses[-1].state == 'READY')
    fleet.r1.spin_for(1.0)
    assert fleet.r1.statuses[-1].pause_reason == ''
