"""The client inside a node of somebody else's: answers come by that node's executor."""

import gc
import threading
import time

import pytest
import rclpy.task
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger

from orchestrator_ren import srv
from orchestrator_ren.client import TicketClient
from orchestrator_ren.client.answers import EStop, RobotStatus, Tick, TicketProgress
from orchestrator_ren.client.link import Heard
from orchestrator_ren.errors import CalledFromCallback, NotAnswered, SpeedAboveLimit, TicketActive
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.future import Future
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Status

from .conftest import settle

DRY = {'speed': 0.5, 'duration_seconds': 1}
LONG = {'speed': 0.5, 'duration_seconds': 30}


@pytest.fixture
def client(rig):
    with TicketClient(node=rig.client, requested_by='tester') as made:
        yield made


class Call:
    """A call in a thread of its own, while the rig's executor runs in the test's."""

    def __init__(self, rig, function, *args, **kwargs):
        self._rig = rig
        self._outcome = {}
        self._thread = threading.Thread(
            target=self._run, args=(function, args, kwargs), daemon=True
        )
        self._thread.start()

    def _run(self, function, args, kwargs):
        try:
            self._outcome['value'] = function(*args, **kwargs)
        except BaseException as error:
            self._outcome['error'] = error

    @property
    def is_done(self):
        return not self._thread.is_alive()

    def result(self, timeout_s=20.0):
        self._rig.spin_until(lambda: self.is_done, timeout_s)
        if 'error' in self._outcome:
            raise self._outcome['error']
        return self._outcome['value']


@pytest.fixture
def ask(running):
    def asked(function, *args, **kwargs):
        return Call(running, function, *args, **kwargs).result()

    return asked


@pytest.fixture
def small_pages(monkeypatch):
    """Three entries on a page."""
    for module in 'asking', 'ticket_calls':
        monkeypatch.setattr(f'orchestrator_ren.client.{module}.PAGE', 3)


def test_a_ticket_is_created_executed_and_found(running, client, ask):
    ticket = ask(client.create, 'drive', DRY, dry_run=True, metadata={'who': 'me'})
    done = ask(client.execute, ticket)
    assert (done.status, done.metadata) == (Status.COMPLETED, {'who': 'me'})
    assert ask(lambda: list(client.find(metadata={'who': 'me'}))) == [done]
    assert ask(lambda: list(client.find(metadata={'who': 'you'}))) == []
    assert [each.step for each in ask(client.history, ticket)] == [1, 2, 3, 4]


def test_all_pages_of_a_list_are_found_in_order(running, client, ask, small_pages):
    made = [ask(client.create, 'drive', DRY).id for _ in range(7)]
    assert [each.id for each in ask(lambda: list(client.find()))] == made[::-1]
    assert [each.id for each in ask(lambda: list(client.find(limit=4)))] == made[:2:-1]


def test_all_pages_of_a_history_are_read(running, client, ask, small_pages):
    ticket = ask(client.create, 'drive', DRY, dry_run=True)
    ask(client.execute, ticket)
    ask(client.execute, ticket, force=True)
    assert [each.step for each in ask(client.history, ticket)] == [*range(1, 8)]


def test_what_a_message_cannot_hold_is_refused_in_the_words_of_the_package(client, running, ask):
    with pytest.raises(SpeedAboveLimit):
        ask(client.create, 'drive', speed=9, duration_seconds=1)


def test_commands_have_their_schemas(running, client, ask):
    drive = ask(client.commands, 'drive')[0]
    assert 'speed' in drive.params_schema['properties']
    assert {each.name for each in ask(client.commands)} >= {'drive', 'scan', 'stop'}


def test_status_metrics_and_e_stop_are_told(running, client, ask):
    assert ask(client.status).is_ready
    assert not ask(client.e_stop_state).is_latched
    ask(client.create, 'drive', DRY)
    running.spin_until(lambda: ask(client.metrics)['tickets.created'].value == 1.0)


def test_press_latches_and_reset_frees(running, client, ask):
    assert ask(client.press).causes == ('topic',)
    assert ask(client.status).error_code == 501
    assert ask(client.reset, release=True) == ask(client.e_stop_state)
    assert not ask(client.e_stop_state).is_latched


def test_a_reset_releases_what_only_this_client_has_pressed(running, client, ask):
    running.client.destroy_publisher(running.e_stop)
    ask(client.press)
    assert not ask(client.reset).is_latched


@pytest.mark.parametrize('release', [None, False])
def test_a_button_of_somebody_else_is_not_released_by_a_reset(running, client, ask, release):
    running.press()
    running.spin_until(lambda: running.e_stop_states[-1].topic_active)
    with pytest.raises(Exception, match='stays latched') as told:
        ask(client.reset, release=release)
    assert told.value.code == 506
    assert running.e_stop_states[-1].topic_active


def test_feedback_comes_in_the_thread_of_the_caller(running, client):
    seen = []

    def drive():
        ticket = client.create('drive', speed=0.5, duration_seconds=1)
        on_feedback = lambda each: seen.append((threading.get_ident(), each))  # noqa: E731
        return threading.get_ident(), client.execute(ticket, on_feedback=on_feedback)

    thread, done = Call(running, drive).result()
    assert done.status is Status.COMPLETED
    assert {each for each, _ in seen} == {thread}


def test_feedback_that_raises_cancels_the_ticket(running, client):
    """The robot would drive on, and nobody would be there any more."""
    ticket = Call(running, client.create, 'drive', LONG).result()

    def fail(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Call(running, client.execute, ticket, on_feedback=fail).result()
    running.await_status(ticket.id, 'CANCELLED')


def test_the_time_to_wait_for_an_end_is_over_and_the_ticket_goes_on(running, client, ask):
    ticket = ask(client.create, 'drive', LONG)
    with pytest.raises(NotAnswered, match='goes on'):
        ask(client.execute, ticket, timeout_s=0.5)
    assert ask(client.get, ticket).status is Status.EXECUTING
    with pytest.raises(TicketActive):
        ask(client.execute, ticket)
    ask(client.cancel, ticket, 'enough')
    running.await_status(ticket.id, 'CANCELLED')


def test_an_orchestrator_that_is_busy_but_lives_is_waited_for(running, client, monkeypatch):
    """No feedback came for long; whoever took that for death would leave a ticket alone."""
    monkeypatch.setattr('orchestrator_ren.client.execution.QUIET_S', 0.05)
    ticket = Call(running, client.create, 'drive', speed=0.5, duration_seconds=2).result()
    assert Call(running, client.execute, ticket).result().status is Status.COMPLETED


@pytest.mark.parametrize('is_stock', [False, True], ids=['cached', 'stock'])
def test_a_call_from_a_callback_of_the_same_executor_is_refused_at_once(rig, client, is_stock):
    """Both would wait for each other."""
    raised = []

    def call():
        try:
            client.status()
        except CalledFromCallback as error:
            raised.append(error)

    timer = rig.client.create_timer(0.01, call)
    if is_stock:
        rig.executor.remove_node(rig.client)
        stock = SingleThreadedExecutor(context=rig.context)
        stock.add_node(rig.client)
        until_mono_s = time.monotonic() + 5.0
        while not raised and time.monotonic() < until_mono_s:
            stock.spin_once(timeout_sec=0.1)
        stock.shutdown()
    else:
        rig.spin_until(lambda: raised)
    rig.client.destroy_timer(timer)
    assert 'get_status' in str(raised[0])


def test_a_call_that_was_not_answered_leaves_nothing(rig, client):
    silent = rig.client.create_service(Trigger, 'stop_silent', lambda _, response: response)
    rig.client.destroy_service(silent)
    with pytest.raises(NotAnswered):
        Call(rig, client.stop, timeout_s=0.2).result()
    assert client._link._clients['stop']._pending_requests == {}


@pytest.mark.parametrize(
    ('service', 'name', 'call', 'is_once'),
    [
        (srv.CreateTicket, 'create_ticket', lambda client: client.create('stop'), True),
        (srv.ChangeQueue, 'resume_queue', lambda client: client.resume(), True),
        (Trigger, 'reset_e_stop', lambda client: client.reset(release=False), True),
        (srv.GetTicket, 'get_ticket', lambda client: client.get('tick'), False),
        (srv.ChangeQueue, 'pause_queue', lambda client: client.pause(), False),
        (Trigger, 'stop', lambda client: client.stop(), False),
    ],
    ids=['create', 'resume', 'reset', 'get', 'pause', 'stop'],
)
def test_what_must_not_be_done_twice_is_asked_once(rig, monkeypatch, service, name, call, is_once):
    """A late answer made a second ticket; a second resume undid the pause that came after it."""
    asked = []

    async def silent(request, _):
        asked.append(request)
        await Future()

    monkeypatch.setattr('orchestrator_ren.client.link.REPEAT_S', 0.1)
    rig.client.create_service(service, name, silent, callback_group=ReentrantCallbackGroup())
    with (
        TicketClient(node=rig.client, timeout_s=1.0) as client,
        pytest.raises(NotAnswered, match='hangs'),
    ):
        Call(rig, call, client).result()
    assert (len(asked) == 1) is is_once
    assert asked


def futures():
    return sum(isinstance(each, rclpy.task.Future) for each in gc.get_objects())


def test_calls_leave_nothing_behind(running, client):
    """With rclpy's own way, each call leaves a task that the next ones run again."""
    ticket = Call(running, client.create, 'drive', DRY, dry_run=True).result()

    def get(calls):
        for _ in range(calls):
            client.get(ticket)

    def execute(calls):
        for _ in range(calls):
            client.execute(ticket, force=True)

    Call(running, get, 100).result()
    before = futures()
    Call(running, get, 1000).result(100.0)
    assert futures() - before < 20
    assert client._link._clients['get_ticket']._pending_requests == {}
    Call(running, execute, 50).result(100.0)
    goals = client._link.goals
    for pending in ('_pending_goal_requests', '_pending_result_requests', '_feedback_callbacks'):
        assert getattr(goals, pending) == {}


def test_closed_twice_it_refuses_calls_and_leaves_the_node_alone(rig):
    client = TicketClient(node=rig.client)
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match='closed'):
        client.status()
    assert rig.client.get_name() == 'client'


def watched(client, into, is_enough, **arguments):
    for each in client.watch(0.1, **arguments):
        into.append(each)
        if is_enough(into):
            return


def test_watching_yields_status_e_stop_events_and_ticks(running, client):
    seen = []

    def is_of_a_ticket(each):
        return isinstance(each, Event) and each.ticket_id

    def has_one(found):
        return any(is_of_a_ticket(each) for each in found)

    watching = Call(running, watched, client, seen, has_one)
    running.spin_until(lambda: {RobotStatus, EStop, Tick} <= {type(each) for each in seen})
    ticket_id = running.created_id()
    watching.result()
    assert [each.ticket_id for each in seen if is_of_a_ticket(each)] == [ticket_id]


def test_watching_tells_a_change_of_the_e_stop_at_once(running, client):
    seen = []
    watching = Call(
        running, watched, client, seen,
        lambda found: any(isinstance(each, EStop) and each.is_latched for each in found),
    )  # fmt: skip
    running.spin_until(lambda: any(isinstance(each, EStop) for each in seen))
    running.press()
    watching.result(5.0)


def test_a_queued_ticket_runs_without_anybody_waiting(running, client, ask):
    settle(running)
    ticket = ask(client.create, 'drive', DRY, dry_run=True)
    assert ask(client.queue, ticket).status is not Status.PENDING
    running.await_status(ticket.id, 'COMPLETED')
    made = ask(client.create, 'drive', DRY, dry_run=True, queue=True)
    running.await_status(made.id, 'COMPLETED')


def test_a_paused_queue_shows_who_waits_and_goes_on(running, client, ask):
    settle(running)
    ask(client.pause)
    assert ask(client.status).pause_reason
    made = [ask(client.create, 'drive', DRY, queue=True).id for _ in range(2)]
    entries = running.spin_until(lambda: ask(client.queue_entries))
    assert [(each.position, each.ticket_id) for each in entries] == [*enumerate(made, start=1)]
    ask(client.resume)
    running.await_status(made[0], 'COMPLETED')


def test_it_is_told_who_asked(running, client, ask):
    ticket = ask(client.create, 'drive', LONG)
    assert ticket.requested_by == 'tester'
    ask(client.cancel, ticket, 'enough', requested_by='somebody')
    names = [each.requested_by for each in ask(client.history, ticket)]
    assert names == ['tester', 'somebody']


def test_all_events_are_read_page_after_page(running, client, ask, small_pages):
    for _ in range(4):
        ask(client.execute, ask(client.create, 'drive', DRY, dry_run=True))
    assert [each.number for each in ask(lambda: list(client.events()))] == [*range(1, 17)]
    assert [each.number for each in ask(lambda: list(client.events(after=14)))] == [15, 16]
    assert ask(lambda: list(client.events(after=16))) == []


def test_lists_come_in_the_order_asked_for(running, client, ask):
    made = [ask(client.create, 'drive', DRY).id for _ in range(3)]
    assert [each.id for each in ask(lambda: list(client.find(order='oldest')))] == made


def test_events_that_were_not_heard_are_asked_for(running, client, ask, monkeypatch):
    """A live view that missed some would show a ticket executing for ever."""
    heard = Heard.on_message

    def lossy(self, message):
        if getattr(message, 'number', 0) % 3 == 0:
            heard(self, message)

    monkeypatch.setattr(Heard, 'on_message', lossy)
    seen = []
    watching = Call(running, watched, client, seen, lambda _: len(numbered(seen)) == 12, after=0)
    for _ in range(3):
        ask(client.execute, ask(client.create, 'drive', DRY, dry_run=True))
    watching.result()
    assert [each.number for each in numbered(seen)] == [*range(1, 13)]


def numbered(seen):
    return [each for each in seen if isinstance(each, Event) and each.number]


def test_what_happened_before_the_watch_is_not_told(running, client, ask):
    ask(client.create, 'drive', DRY)
    seen = []
    watching = Call(running, watched, client, seen, numbered)
    running.spin_until(lambda: any(isinstance(each, Tick) for each in seen))
    ticket_id = running.created_id()
    watching.result()
    assert [each.ticket_id for each in numbered(seen)] == [ticket_id]


def test_what_happened_after_the_last_event_that_is_known_is_told(running, client, ask):
    made = [ask(client.create, 'drive', DRY).id for _ in range(3)]
    seen = []
    Call(running, watched, client, seen, lambda _: len(numbered(seen)) == 2, after=1).result()
    assert [each.ticket_id for each in numbered(seen)] == made[1:]


def test_numbers_that_begin_anew_are_another_store(running, client, ask, tmp_path):
    """Who goes on from the old numbers would not hear of a ticket for a long time."""
    for _ in range(3):
        ask(client.create, 'drive', DRY)
    seen = []
    watching = Call(
        running, watched, client, seen,
        lambda found: any(isinstance(each, Event) and each.number == 1 for each in found),
        after=3,
    )  # fmt: skip
    running.spin_until(lambda: any(isinstance(each, Tick) for each in seen))
    running.stop_orchestrator()
    running.start_orchestrator(store_url=f'sqlite:///{tmp_path}/another.db')
    running.created_id()
    watching.result()


def test_the_qos_of_the_service_clients_keeps_as_much_as_the_servers(running, client, ask):
    ask(client.status)
    assert client._link._clients['get_status'].qos_profile.depth == qos.SERVICES.depth


def test_watching_tells_how_far_a_ticket_is_that_nobody_stays_for(running, client, ask):
    settle(running)
    seen = []

    def has_moved(_):
        return any(isinstance(each, TicketProgress) and each.distance_m > 0.0 for each in seen)

    watching = Call(running, watched, client, seen, has_moved)
    ticket = ask(client.create, 'drive', LONG, queue=True)
    watching.result()
    told = [each for each in seen if isinstance(each, TicketProgress)][-1]
    assert (told.ticket_id, told.command, told.attempt) == (ticket.id, 'drive', 1)
    assert 0.0 < told.progress <= 1.0
    assert told.speed_mps > 0.0


def test_watching_begins_with_recent_events_although_none_comes(running, client, ask):
    made = [ask(client.create, 'drive', DRY).id for _ in range(4)]
    running.stop_orchestrator()
    running.start_orchestrator()
    seen = []
    Call(running, watched, client, seen, lambda _: len(numbered(seen)) == 3, recent=3).result()
    assert [each.ticket_id for each in numbered(seen)] == made[1:]
