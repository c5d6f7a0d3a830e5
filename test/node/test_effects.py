"""What becomes of tickets when something happens to the robot: each cell of docs/safety.md."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip('rclpy')


from orchestrator_ren.orchestrator import command_set
from orchestrator_ren.srv import CancelTicket, ChangeQueue, CreateTicket, GetStatus, GetTicket

from .. import extra_commands
from .conftest import is_zero

SAFETY = Path(__file__).parents[2] / 'docs' / 'safety.md'
LONG, SHORT = '{speed: 0.5, duration_seconds: 60}', '{speed: 0.2, duration_seconds: 60}'
LASTING_S = 0.3
LOST = 'orchestrator lost'


def documented():
    """Return the table of the docs: for each event, the outcome of each row."""
    text = SAFETY.read_text().partition('## What becomes of tickets')[2].partition('\n## ')[0]
    rows = [
        [cell.strip() for cell in line.strip('|').split('|')]
        for line in text.splitlines()
        if line.startswith('|')
    ]
    return {
        event: {row[0]: row[column] for row in rows[2:]}
        for column, event in enumerate(rows[0])
        if column
    }


class Scene:
    """One ticket for each row of the table."""

    def __init__(self, rig):
        self.rig = rig
        self.ids = {}
        self.waits_for = []
        for row, command, params, is_started in (
            ('PENDING', 'drive', LONG, False),
            ('EXECUTING, moves', 'drive', LONG, True),
            ('QUEUED, moves', 'drive', SHORT, True),
            ('EXECUTING, interlocked', 'grip', '', True),
            ('QUEUED, interlocked', 'grip', '', True),
            ('EXECUTING, other', 'listen', '', True),
            ('QUEUED, other', 'listen', '', True),
        ):
            self.ids[row] = rig.created_id(params, command=command)
            if is_started:
                rig.execute(self.ids[row])
                self.await_status(row, row.partition(',')[0])
        rig.spin_until(lambda: rig.base.speed_mps > 0.1)
        for row, command, is_dry in (
            ('COMPLETED', 'stop', True),
            ('FAILED', 'raise', False),
            ('CANCELLED', 'burn', False),
        ):
            self.ids[row] = rig.created_id('', command=command, dry_run=is_dry)
            if row == 'CANCELLED':
                rig.cancel(self.ids[row])
            else:
                rig.execute(self.ids[row]).result()
            self.await_status(row, row)

    def await_status(self, row, status):
        self.rig.spin_until(lambda: self.rig.get(self.ids[row]).status == status)

    def outcome(self, row):
        ticket = self.rig.get(self.ids[row])
        return f'{ticket.status} {ticket.error_code or ""}'.strip()

    def lasting_outcomes(self, expected):
        """Return the outcomes once they are as expected; later they must still be so."""
        rows = [row for row in expected if row in self.ids]
        deadline_mono_s = time.monotonic() + 5.0

        def outcomes():
            return {row: self.outcome(row) for row in rows}

        def is_settled():
            is_late = time.monotonic() > deadline_mono_s
            return is_late or all(outcomes()[row] == expected[row] for row in rows)

        self.rig.spin_until(is_settled)
        self.rig.spin_for(LASTING_S)
        return outcomes()

    def cancel_all(self):
        for row, ticket_id in self.ids.items():
            if self.rig.get(ticket_id).status in ('PENDING', 'QUEUED', 'EXECUTING'):
                assert self.rig.cancel(ticket_id).success, row
                self.await_status(row, 'CANCELLED')

    def new_executions(self):
        """Return what happens to tickets that are executed now."""
        return {
            'executed now, moves': self.try_execution('drive', LONG),
            'executed now, interlocked': self.try_execution('grip', ''),
            'executed now, other': self.try_execution('listen', ''),
        }

    def try_execution(self, command, params):
        rig = self.rig
        ticket_id = rig.created_id(params, command=command)
        execution = rig.execute(ticket_id)
        rig.spin_until(lambda: execution.is_done or rig.get(ticket_id).status == 'EXECUTING')
        if not execution.is_done:
            rig.cancel(ticket_id)
            execution.result()
            return 'runs'
        assert rig.get(ticket_id).status == 'PENDING'
        return f'refused {execution.result().error_code}'


def press(rig):
    rig.press()
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'STOPPED')


def release(rig):
    press(rig)
    rig.press(False)
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'READY_TO_RESET')


def reset(rig):
    release(rig)
    rig.spin_until(lambda: rig.reset_e_stop().success)


def lose_gate(rig):
    rig.remove(rig.gate)


def restart_orchestrator(rig):
    rig.stop_orchestrator()
    rig.start_orchestrator()
    rig.spin_until(lambda: rig.status().success)


def lose_odometry(rig):
    rig.base.has_odometry = False


EVENTS = {
    'e-stop pressed': press,
    '… released': release,
    '… reset': reset,
    'gate lost': lose_gate,
    'orchestrator restarted': restart_orchestrator,
    'odometry lost': lose_odometry,
}


class OrchestratorProcess:
    """The orchestrator as a process of its own, to be killed."""

    def __init__(self, rig, domain_id):
        self._rig = rig
        self._environment = {**os.environ, 'ROS_DOMAIN_ID': str(domain_id)}
        self._process = None

    def start(self, **parameters):
        rig = self._rig
        namespace, term = rig.options['namespace'], self.term
        words = ['-r', f'__ns:=/{namespace}', '-p', f'store_url:={rig.store_url}']
        words += [word for item in parameters.items() for word in ('-p', '{}:={}'.format(*item))]
        command = [sys.executable, extra_commands.__file__, '--ros-args', *words]
        self._process = subprocess.Popen(
            [*command, '-p', 'gate:=external'], env=self._environment, stderr=subprocess.DEVNULL
        )
        rig.spin_until(lambda: self.term > term)
        rig.spin_until(lambda: rig.statuses[-1].hears_odometry, 20.0)
        rig.spin_until(rig.action.server_is_ready)
        for service, name in (
            (GetStatus, 'get_status'),
            (GetTicket, 'get_ticket'),
            (CreateTicket, 'create_ticket'),
            (CancelTicket, 'cancel_ticket'),
        ):
            self._meet(service, name)

    def _meet(self, service, name):
        """Wait until the live server answers: a dead one stays in the discovery for a while."""
        rig = self._rig
        client = rig._clients[name] = rig.client.create_client(service, name)
        sent, replies = [], []

        def is_answered():
            if not sent or time.monotonic() - sent[-1] > 0.5:
                sent.append(time.monotonic())
                replies.append(client.call_async(service.Request()))
            return any(reply.done() for reply in replies)

        rig.spin_until(lambda: client.service_is_ready() and is_answered(), 20.0)

    @property
    def term(self):
        return self._rig.statuses[-1].term if self._rig.statuses else 0

    def kill(self):
        self._process.kill()
        self._process.wait()
        for name in list(self._rig._clients):  # it stays in the discovery for a while
            self._rig.client.destroy_client(self._rig._clients.pop(name))


@pytest.fixture
def process(rig, domain_id):
    made = OrchestratorProcess(rig, domain_id)
    yield made
    made.kill()


def test_tickets_become_what_the_docs_say_after_a_kill(rig, process):
    rig.add_base()
    rig.start_gate()
    process.start()
    scene = Scene(rig)
    expected = documented()[LOST]
    process.kill()
    killed_at_mono_s = time.monotonic()
    rig.spin_until(lambda: is_zero(rig.cmd_vel[-1][1]))
    assert rig.cmd_vel[-1][0] - killed_at_mono_s < 0.4
    process.start()
    outcomes = scene.lasting_outcomes(expected)
    scene.cancel_all()
    outcomes.update(scene.new_executions())
    assert outcomes == expected


def test_after_a_crash_during_a_motion_nothing_moves_by_itself(rig, process):
    rig.add_base()
    rig.start_gate()
    process.start(dispatch='auto')
    driving, waiting = rig.created_id(LONG), rig.created_id(SHORT)
    rig.spin_until(lambda: rig.base.speed_mps > 0.1)
    process.kill()
    process.start(dispatch='auto')
    rig.spin_until(lambda: 'during a motion' in rig.statuses[-1].pause_reason)
    rig.spin_until(lambda: rig.status().success)
    rig.cmd_vel.clear()
    rig.spin_for(0.5)
    assert all(is_zero(twist) for _, twist in rig.cmd_vel)
    assert rig.get(driving).error_code == 205
    assert rig.get(waiting).status == 'QUEUED'
    process._meet(ChangeQueue, 'resume_queue')
    rig.spin_until(lambda: rig.get(waiting).status == 'EXECUTING')


@pytest.fixture
def scene(rig, monkeypatch):
    monkeypatch.setattr(command_set, 'built_in_commands', extra_commands.with_extra_commands)
    rig.start()
    return Scene(rig)


@pytest.mark.parametrize('event', EVENTS)
def test_tickets_become_what_the_docs_say(scene, event):
    expected = documented()[event]
    EVENTS[event](scene.rig)
    outcomes = scene.lasting_outcomes(expected)
    scene.cancel_all()
    outcomes.update(scene.new_executions())
    assert outcomes == expected


def test_every_event_of_the_docs_is_tried():
    assert documented().keys() == {*EVENTS, LOST}
