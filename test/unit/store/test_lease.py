"""Who has a robot: taken, kept, lost, let go, and told apart from who only seems to be gone."""

import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator_ren.errors import StoreInUse, StoreLockLost, StoreTimeout
from orchestrator_ren.store import database_time
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.ending import DueEnd, failed
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status

from ...postgres.server import Server
from .samples import (
    MUCH_LATER,
    NOW,
    Execute,
    OpenStore,
    new_ticket,
    start,
    stored_in,
    take_over,
)

on_postgresql = pytest.mark.parametrize('database', ['postgresql'], indirect=True)


@pytest.fixture(autouse=True)
def young_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases run out also on the server of the tests, which was started a moment ago."""
    monkeypatch.setattr(database_time, 'GRACE_S', 0.0)


def run_out(execute: Execute, robot: str = 'robot') -> None:
    """Let the lease of a robot be over, as if its orchestrator had not been heard of."""
    execute('UPDATE robots SET leased_until = 1 WHERE name = :robot', robot=robot)


def of(robot: str, *capabilities: str) -> LeaseTerms:
    return LeaseTerms(RobotIdentity(robot, capabilities, is_in_fleet=True))


@on_postgresql
def test_robots_of_one_server_are_opened_side_by_side(url: str, open_store: OpenStore) -> None:
    """The second one was refused (302): the lock was one for the whole database."""
    first, second = open_store(url, terms=of('r1')), open_store(url, terms=of('r2'))
    assert (first.term, second.term) == (1, 1)
    for store, name in ((first, 'r1'), (second, 'r2')):
        store.insert(new_ticket(int(name[1]), robot=name))
    assert [first.count_by_status()[Status.PENDING], second.get(new_ticket(1).id).robot] == [
        1,
        'r1',
    ]


@on_postgresql
def test_who_has_the_robot_and_for_how_long_is_told_to_who_comes_second(
    url: str, open_store: OpenStore
) -> None:
    open_store(url, terms=of('r1'))
    with pytest.raises(StoreInUse, match=r"\(robot 'r1', on .+, for (9\.\d|10\.0) s unless"):
        open_store(url, terms=of('r1'))


@on_postgresql
def test_lease_that_is_renewed_is_another_one_for_who_waits(
    url: str, open_store: OpenStore
) -> None:
    holder = open_store(url)
    leases = []
    for _ in range(2):
        with pytest.raises(StoreInUse) as caught:
            open_store(url)
        leases.append(caught.value.fields['lease'])
        assert not holder.renew()
    assert leases[0] != leases[1]


def open_once_free(waiting: TicketStore) -> None:
    """Open it as a standby does: again and again."""
    until_mono_s = time.monotonic() + 5.0
    while not waiting.is_open:
        assert time.monotonic() < until_mono_s
        with suppress(StoreInUse):
            waiting.open()


@on_postgresql
def test_lease_that_has_run_out_is_taken_with_the_next_term(
    store: TicketStore, url: str, execute: Execute
) -> None:
    waiting = TicketStore(url, terms=LeaseTerms(lease_s=1.0))
    run_out(execute)
    open_once_free(waiting)
    assert waiting.term == store.term + 1
    waiting.close()
    with pytest.raises(StoreLockLost, match="taken robot 'robot' over"):
        store.insert(new_ticket(3))
    assert not store.is_open


@on_postgresql
def test_lease_that_has_run_out_is_kept_by_who_comes_back_first(
    store: TicketStore, execute: Execute
) -> None:
    run_out(execute)
    assert store.renew()
    assert not store.renew()
    store.insert(new_ticket(1))


@on_postgresql
def test_holder_is_given_time_to_come_back_after_the_database_was_away(
    store: TicketStore, url: str, execute: Execute
) -> None:
    """After a freeze longer than the lease, a standby took over a robot whose holder lived."""
    waiting = TicketStore(url, terms=LeaseTerms(lease_s=10.0))
    for _ in range(2):  # one look may be under way, which is answered first
        run_out(execute)
        with pytest.raises(StoreInUse, match=r'for 0\.0 s unless'):
            waiting.open()
    assert store.renew()
    store.insert(new_ticket(1))


@on_postgresql
def test_nobody_is_taken_to_be_gone_just_after_a_start_of_the_server(
    store: TicketStore,
    url: str,
    execute: Execute,
    open_store: OpenStore,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After an outage longer than the lease, who waited took a robot that drove."""
    server.restart()
    run_out(execute)
    monkeypatch.setattr(database_time, 'GRACE_S', 3600.0)
    with pytest.raises(StoreInUse):
        open_store(url)
    assert [each.is_alive for each in store.fleet.robots()[0]] == [True]
    assert not store.renew()


@on_postgresql
def test_robot_is_free_at_once_when_its_orchestrator_has_ended_in_order(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    store.close()
    other = open_store(url, terms=of('r2'))
    told = [(each.name, each.is_alive, each.unreachable_since) for each in other.fleet.robots()[0]]
    assert told == [('r2', True, None), ('robot', False, None)]
    assert open_store(url).term == store.term + 1


HOLDER = """
    import os, signal, sys
    from pathlib import Path
    from orchestrator_ren.store.lease import LeaseTerms
    from orchestrator_ren.store.ticket_store import TicketStore
    store = TicketStore(sys.argv[1], terms=LeaseTerms(holder_file=Path(sys.argv[2])))
    store.open()
    print('has it', flush=True)
    signal.pause()
"""


@on_postgresql
def test_restart_on_the_same_machine_need_not_wait_for_the_lease_of_a_killed_one(
    url: str, tmp_path: Path, open_store: OpenStore
) -> None:
    file = tmp_path / 'robot.holder'
    command = [sys.executable, '-c', textwrap.dedent(HOLDER), url, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == 'has it\n'
        with pytest.raises(StoreInUse):
            open_store(url, terms=LeaseTerms(holder_file=file))
        holder.kill()
        holder.wait()
    with pytest.raises(StoreInUse):  # on another machine
        open_store(url, terms=LeaseTerms(holder_file=tmp_path / 'another.holder'))
    assert open_store(url, terms=LeaseTerms(holder_file=file)).term == 3


@on_postgresql
def test_recovery_leaves_the_executions_of_other_robots_alone(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    """Starting the second robot failed the drive of the first while that moved (205)."""
    driving = stored_in(store, Status.EXECUTING)
    second = open_store(url, terms=of('r2'))
    assert second.recover(NOW, lambda _: RecoveryPolicy.FAIL) == []
    assert store.get(driving.id) == driving


@on_postgresql
def test_marks_and_numbers_of_events_are_those_of_one_robot(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    second = open_store(url, terms=of('r2'))
    store.set_mark('pause', 3)
    assert (store.mark('pause'), second.mark('pause')) == (3, 0)
    stored_in(store, Status.COMPLETED, 1)
    stored_in(second, Status.QUEUED, 2, robot='r2')
    for each, last in ((store, 4), (second, 2)):
        events, newest = each.events_after(0, 10)
        assert [event.number for event in events] == list(range(1, last + 1))
        assert newest == last


def test_file_belongs_to_the_robot_that_opens_it_whatever_its_name(
    url: str, open_store: OpenStore
) -> None:
    first = open_store(url)
    ticket = stored_in(first, Status.FAILED)
    first.close()
    renamed = open_store(url, terms=LeaseTerms(RobotIdentity('r7')))
    assert renamed.get(ticket.id).robot == 'r7'
    assert renamed.count_by_status()[Status.FAILED] == 1
    assert [each.name for each in renamed.fleet.robots()[0]] == ['r7']


@on_postgresql
def test_takeover_in_the_midst_of_a_write_waits_for_it(
    store: TicketStore, execute: Execute
) -> None:
    """The old one's start could be committed after the new one had read what waits."""
    with (
        pytest.raises(Exception, match='lock timeout'),
        store._database.transaction(),
    ):
        execute("SET lock_timeout = '100ms'; UPDATE robots SET term = term + 1")
    take_over(execute)
    with pytest.raises(StoreLockLost):
        store.insert(new_ticket(1))


# Whether it is on disk is not known.


class Cut:
    """Cuts the connection to the server as soon as it has been asked to commit."""

    def __init__(self, store: TicketStore, execute: Execute) -> None:
        self._execute = execute
        writer = store._database._writer
        assert writer is not None
        self._engine = writer.engine
        self._commit = self._engine.dialect.do_commit

    def __enter__(self) -> None:
        self._engine.dialect.do_commit = self._cut_after_commit  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self._engine.dialect.do_commit = self._commit  # type: ignore[method-assign]

    def _cut_after_commit(self, connection: Any) -> None:
        self._commit(connection)
        self._execute(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid',
            pid=connection.driver_connection.get_backend_pid(),
        )
        connection.cursor().execute('SELECT 1')


@on_postgresql
def test_commit_whose_answer_is_lost_may_have_been_made_and_says_so(
    store: TicketStore, execute: Execute
) -> None:
    """It was refused as not made (301), and its ticket counted nowhere."""
    with pytest.raises(StoreTimeout), Cut(store, execute):
        store.insert(new_ticket(1))
    assert store.insert(replace(new_ticket(2), request_id='')) is not None
    assert store.renew()
    store.count()
    assert store.count_by_status()[Status.PENDING] == 2
    assert not store.renew()


@on_postgresql
def test_start_whose_answer_is_lost_leaves_no_ticket_executing(
    store: TicketStore, execute: Execute
) -> None:
    """Its end was refused (303), as the ticket was another one, until the next start."""
    waiting = stored_in(store, Status.QUEUED)
    with pytest.raises(StoreTimeout) as caught, Cut(store, execute):
        start(store, waiting)
    due = DueEnd(waiting.id, failed(caught.value), MUCH_LATER, waiting)
    ((ended, event),) = store.end([due])  # type: ignore[misc]
    assert (ended.status, event.step) == (Status.FAILED, 4)
    assert store.get(waiting.id) == ended
