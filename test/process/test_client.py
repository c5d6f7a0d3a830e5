"""The client of programs: against real processes, and where nobody answers."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from orchestrator_ren.client import AsyncTicketClient, TicketClient
from orchestrator_ren.errors import (
    NotAnswered,
    ResetRefused,
    SpeedAboveLimit,
    TicketFinished,
    TicketNotFound,
)
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Priority, Status

LONG = {'speed': 0.5, 'duration_seconds': 30}


@pytest.fixture
def client(namespace, domain_id):
    with TicketClient(namespace, domain_id=domain_id, timeout_s=4.0) as made:  # found in 3 s
        yield made


def in_thread(function, *args, **kwargs):
    """Begin it in a thread; return what waits for what it returns or raises."""
    outcome = {}

    def run():
        try:
            outcome['value'] = function(*args, **kwargs)
        except BaseException as error:
            outcome['error'] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait(timeout_s):
        thread.join(timeout_s)
        assert not thread.is_alive(), 'it hangs'
        if 'error' in outcome:
            raise outcome['error']
        return outcome['value']

    return wait


@pytest.mark.alone
def test_nobody_there_is_told_within_the_timeout(client, namespace):
    began_mono_s = time.monotonic()
    with pytest.raises(NotAnswered) as told:
        client.get('tick-20260101-00000000', timeout_s=0.5)
    assert 0.5 <= time.monotonic() - began_mono_s < 2.0
    assert f'/{namespace}/get_ticket' in str(told.value)
    assert 'ROS_DOMAIN_ID' in str(told.value)
    assert told.value.retryable


@pytest.mark.parametrize('call', ['stop', 'press', 'reset', 'status', 'metrics', 'e_stop_state'])
def test_no_call_hangs_where_nobody_is(client, call):
    with pytest.raises(NotAnswered):
        in_thread(getattr(client, call), timeout_s=0.3)(5.0)


def test_execute_does_not_hang_where_nobody_is(client):
    with pytest.raises(NotAnswered):
        in_thread(client.execute, 'tick-20260101-00000000')(8.0)


def test_a_ticket_is_created_driven_and_read(system, client):
    system.start_robot()
    progress = []
    ticket = client.create('drive', speed=0.5, duration_seconds=1, priority='high')
    assert (ticket.status, ticket.priority) == (Status.PENDING, Priority.HIGH)
    done = client.execute(ticket, on_feedback=progress.append)
    assert (done.id, done.status, done.error_code) == (ticket.id, Status.COMPLETED, 0)
    assert done.result['distance_traveled'] == pytest.approx(0.5, abs=0.05)
    assert any(each.speed_mps > 0.2 for each in progress)
    assert client.get(ticket) == done
    events = client.history(ticket)
    assert [each.status for each in events] == [
        Status.PENDING, Status.QUEUED, Status.EXECUTING, Status.COMPLETED,
    ]  # fmt: skip
    assert [each.id for each in client.find(statuses=['completed'])] == [ticket.id]


def test_refusals_are_the_errors_of_the_package(system, client):
    system.start_robot()
    with pytest.raises(SpeedAboveLimit, match=r'params\.speed is 9'):
        client.create('drive', speed=9, duration_seconds=1)
    with pytest.raises(TicketNotFound):
        client.execute('tick-20260101-00000000')
    done = client.execute(client.create('scan', dry_run=True))
    assert done.status is Status.COMPLETED
    with pytest.raises(TicketFinished):
        client.execute(done)
    assert client.execute(done, force=True).attempt == 2


def test_stop_and_e_stop_end_a_motion_and_the_reset_frees(system, client):
    system.start_robot()
    driving = in_thread(client.execute, client.create('drive', LONG))
    system.spin_until(lambda: system.speed_mps > 0.3)
    client.stop()
    assert driving(10.0).status is Status.CANCELLED
    system.spin_until(lambda: system.speed_mps < 0.01)
    driving = in_thread(client.execute, client.create('drive', LONG))
    system.spin_until(lambda: system.speed_mps > 0.3)
    state = client.press()
    assert (state.is_latched, state.causes) == (True, ('topic',))
    ended = driving(10.0)
    assert (ended.status, ended.error_code) == (Status.FAILED, 501)
    assert not client.status().is_ready

    def is_free():
        try:
            return not client.reset(release=True).is_latched
        except ResetRefused:  # it has not come to a stand
            return False

    system.spin_until(is_free)
    system.spin_until(lambda: client.status().is_ready)


@pytest.mark.alone
def test_an_orchestrator_that_is_killed_meanwhile_is_told_within_6_s(system, client):
    process, _ = system.start_robot(gate='external')
    driving = in_thread(client.execute, client.create('drive', LONG))
    system.spin_until(lambda: system.speed_mps > 0.3)
    process.kill()
    killed_mono_s = time.monotonic()
    with pytest.raises(NotAnswered, match='execute_ticket'):
        driving(8.0)
    assert time.monotonic() - killed_mono_s < 6.0


def test_the_same_client_goes_on_once_the_orchestrator_is_back(system, client):
    process, _ = system.start_robot()
    ticket = client.create('drive', LONG)
    process.kill()
    process.wait()
    with pytest.raises(NotAnswered):
        client.get(ticket, timeout_s=0.5)
    system.restart_orchestrator(gate='in_process')
    assert client.get(ticket, timeout_s=5.0).status is Status.PENDING
    system.spin_until(lambda: system.statuses[-1].state == 'READY')
    short = client.create('drive', speed=0.3, duration_seconds=1)
    assert client.execute(short).status is Status.COMPLETED


def test_a_ticket_whose_orchestrator_was_started_again_is_returned_as_it_ended(system, client):
    """Its goal is gone; who waited for its result would wait for ever."""
    process, _ = system.start_robot()
    driving = in_thread(client.execute, client.create('drive', LONG))
    system.spin_until(lambda: system.speed_mps > 0.3)
    process.kill()
    process.wait()
    system.start('orchestrator', gate='in_process')
    try:
        ended = driving(15.0)
        assert (ended.status, ended.error_code) == (Status.FAILED, 205)
    except NotAnswered:  # it took longer than 5 s to be back, on a busy machine
        pass


EXECUTING = """
import sys
from orchestrator_ren.client import TicketClient
with TicketClient({namespace!r}) as client:
    ticket = client.create('drive', speed=0.5, duration_seconds=30)
    print(ticket.id, flush=True)
    print(client.execute(ticket).status.value, flush=True)
"""


def executing(system, namespace):
    return subprocess.Popen(
        [sys.executable, '-c', EXECUTING.format(namespace=namespace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=system.environment,
    )


def test_ctrl_c_cancels_the_ticket_and_stays_to_its_end(system, namespace):
    system.start_robot()
    program = executing(system, namespace)
    system.spin_until(lambda: system.speed_mps > 0.3)
    program.send_signal(signal.SIGINT)
    system.spin_until(lambda: program.poll() is not None)
    out, err = program.communicate()
    assert out.split()[1:] == ['CANCELLED'], err
    assert program.returncode == 0
    system.assert_ends_in_zero()


@pytest.mark.alone
def test_a_second_ctrl_c_leaves_at_once(system, namespace):
    process, _ = system.start_robot(gate='external')
    program = executing(system, namespace)
    system.spin_until(lambda: system.speed_mps > 0.3)
    process.send_signal(signal.SIGSTOP)  # nobody hears the cancel
    program.send_signal(signal.SIGINT)
    system.spin_for(0.5)
    assert program.poll() is None
    program.send_signal(signal.SIGINT)
    system.spin_until(lambda: program.poll() is not None, 3.0)
    assert 'KeyboardInterrupt' in program.communicate()[1]
    process.send_signal(signal.SIGCONT)


def test_many_calls_at_once_are_all_answered_in_asyncio(system, namespace, domain_id):
    system.start_robot()

    async def ask():
        async with AsyncTicketClient(namespace, domain_id=domain_id, timeout_s=10.0) as client:
            drive = {'speed': 0.3, 'duration_seconds': 1, 'direction': 0}
            made = await asyncio.gather(
                *(client.create('drive', drive, dry_run=True) for _ in range(50))
            )
            ended = await asyncio.gather(*(client.execute(each) for each in made))
            found = [each.id async for each in client.find()]
            return made, ended, found

    made, ended, found = in_thread(lambda: asyncio.run(ask()))(60.0)
    assert {each.status for each in ended} == {Status.COMPLETED}
    assert sorted(found) == sorted(each.id for each in made)


def test_who_watches_misses_no_event_at_the_full_rate(system, client, namespace, domain_id):
    system.start_robot()
    tickets, numbers = 300, []

    async def create():
        drive = {'speed': 0.3, 'duration_seconds': 1}
        async with AsyncTicketClient(namespace, domain_id=domain_id, timeout_s=10.0) as asking:
            for _ in range(tickets // 6):
                tasks = [asking.create('drive', drive, dry_run=True, queue=True) for _ in range(6)]
                await asyncio.gather(*tasks)

    def watch():
        for seen in client.watch(0.2):
            if isinstance(seen, Event) and seen.number:
                numbers.append(seen.number)
            if len(numbers) >= 4 * tickets:
                return

    watching = in_thread(watch)
    assert client.status(timeout_s=5.0).is_ready
    in_thread(lambda: asyncio.run(create()))(120.0)
    watching(60.0)
    assert numbers == list(range(numbers[0], numbers[0] + 4 * tickets))


def test_a_cancelled_task_of_asyncio_cancels_its_ticket(system, namespace, domain_id):
    system.start_robot()
    moving = threading.Event()

    async def drive():
        async with AsyncTicketClient(namespace, domain_id=domain_id) as client:
            ticket = await client.create('drive', LONG)
            task = asyncio.create_task(client.execute(ticket))
            await asyncio.to_thread(moving.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await client.get(ticket)

    driving = in_thread(lambda: asyncio.run(drive()))
    system.spin_until(lambda: system.speed_mps > 0.3)
    moving.set()
    assert driving(15.0).status is Status.CANCELLED


def test_a_client_that_is_left_open_does_not_keep_its_process(system, namespace):
    system.start_robot()
    source = (
        'from orchestrator_ren.client import TicketClient\n'
        f'client = TicketClient({namespace!r})\n'
        'print(client.status().state)\n'
    )
    done = subprocess.run(
        [sys.executable, '-c', source],
        env={**os.environ, **system.environment},
        capture_output=True,
        text=True,
        timeout=20.0,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, 'READY\n')
    assert 'terminate' not in done.stderr
