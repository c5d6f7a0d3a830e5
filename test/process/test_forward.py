"""Forwarded commands between real processes: how each way a server behaves ends the ticket."""

import json
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from action_msgs.srv import CancelGoal
from std_msgs.msg import Bool

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.orchestrator.forward.server_endpoint import LOST_S
from orchestrator_ren.ros import discovery

from ..programs import PROGRAMS
from . import forwarded_server
from .conftest import System

CANCEL_S = 7.0
"""How long a ticket may take to end whose server does not obey [s]."""

LEASE_S = 3
"""How long the middleware takes a silent server for alive [s]; 20 by default."""

DEATH_S = LEASE_S + LOST_S + 4.0
"""How long a death may go unnoticed [s], on a busy machine."""

WORK = {
    'action': 'orchestrator_ren/action/ExecuteTicket',
    'endpoint': 'work',
    'parameters': {'word': {'type': 'str'}, 'steps': {'type': 'int', 'default': 1, 'ge': 0}},
    'request': {'ticket_id': '$word', 'force': True},
    'result': {'code': 'error_code', 'said': 'message', 'created_at': 'ticket.created_at.sec'},
    'succeeded_when': {'success': True},
    'progress': {'field': 'remaining_seconds', 'kind': 'remaining'},
    'timeout_seconds': 5.0,
}
COMMANDS = {
    'work': {**WORK, 'description': 'Work.'},
    'arm': {**WORK, 'description': 'Work, interlocked.', 'interlocked': True},
    'travel': {**WORK, 'description': 'Work, move.', 'moves': True, 'resources': ['base']},
    'nobody': {**WORK, 'description': 'No server.', 'endpoint': 'none', 'timeout_seconds': 0.5},
    'switch': {
        'description': 'Switch it.',
        'retriable': True,
        'service': 'std_srvs/srv/SetBool',
        'endpoint': 'switch',
        'parameters': {'is_lit': {'type': 'bool'}},
        'request': {'data': '$is_lit'},
        'succeeded_when': {'success': True},
    },
    'slow': {
        'description': 'Call what does not answer.',
        'service': 'std_srvs/srv/Trigger',
        'endpoint': 'slow',
        'timeout_seconds': 1.0,
    },
    'patient': {
        'description': 'Call what does not answer, and wait.',
        'service': 'std_srvs/srv/Trigger',
        'endpoint': 'slow',
        'timeout_seconds': 60.0,
    },
    'nothing': {
        'description': 'No server.',
        'service': 'std_srvs/srv/Trigger',
        'endpoint': 'none',
        'timeout_seconds': 0.5,
    },
}
SERVER = 'forwarded_server'
BEFORE = '<leaseAnnouncement>'
LEASE = f'<leaseDuration><sec>{LEASE_S}</sec></leaseDuration>'


class Forwarding(System):
    """The system, an orchestrator with forwarded commands, and the server."""

    def start_all(self, folder: Path) -> None:
        path = folder / 'forward.yaml'
        path.write_text(yaml.safe_dump({'commands': COMMANDS}))
        PROGRAMS[SERVER] = [forwarded_server.__file__]
        profile = folder / 'lease.xml'
        profile.write_text(discovery.PROFILE.read_text().replace(BEFORE, LEASE + BEFORE))
        self._lease = {
            f'{name}_DEFAULT_PROFILES_FILE': str(profile) for name in ('FASTRTPS', 'FASTDDS')
        }
        self.orchestrator, _ = self.start_robot(forward_file=path)
        self.start_server()

    def start_server(self) -> None:
        """Start the server, with the short lease."""
        environment, self.environment = self.environment, {**self.environment, **self._lease}
        self.server = self.start(SERVER)
        self.environment = environment

    def begin(self, word: str, command: str = 'work', **fields):
        """Execute a goal of that word; return once the server has it."""
        before = self.log(SERVER).count(f'goal {word}')
        ticket_id = self.create(json.dumps({'word': word}), command=command, **fields)
        future = self.execute(ticket_id)
        self.spin_until(lambda: self.log(SERVER).count(f'goal {word}') > before)
        self.spin_until(lambda: self.get(ticket_id).status == 'EXECUTING')
        return ticket_id, future

    def outcome(self, command: str, params: dict, timeout_s: float = 20.0):
        """Execute a ticket to its end; return it, its result parsed."""
        future = self.execute(self.create(json.dumps(params), command=command))
        return self.ended(future, timeout_s)

    def ended(self, future, timeout_s: float = 20.0):
        ticket = self.result(future, timeout_s).ticket
        return ticket, json.loads(ticket.result) if ticket.result else {}

    def says(self, text: str) -> None:
        """Wait until the server has logged it."""
        self.spin_until(lambda: text in self.log(SERVER))


@pytest.fixture(scope='module')
def forwarding(context, domain_id, tmp_path_factory):
    folder = tmp_path_factory.mktemp('forwarding')
    made = Forwarding(context, domain_id, 'forwarding', folder)
    with closing(made):
        made.start_all(folder)
        yield made


@pytest.fixture
def server(forwarding):
    """The forwarding system, with a server that lives."""
    if forwarding.server.poll() is not None:
        forwarding.start_server()
    return forwarding


def test_a_goal_that_succeeds_gives_its_mapped_result_and_its_progress(server) -> None:
    progress = []
    ticket_id = server.create('{word: succeed}', command='work')
    sending = server.action.send_goal_async(
        ExecuteTicket.Goal(ticket_id=ticket_id),
        feedback_callback=lambda message: progress.append(message.feedback.progress),
    )
    server.spin_until(sending.done)
    ticket, result = server.ended(sending.result().get_result_async())
    assert (ticket.status, ticket.error_code) == ('COMPLETED', 0)
    assert result == {
        'command': 'work',
        'executed': True,
        'word': 'succeed',
        'steps': 1,
        'code': 7,
        'said': 'succeed',
        'created_at': 0,
    }
    assert progress == sorted(progress)
    assert any(0.0 < share < 1.0 for share in progress)


@pytest.mark.parametrize(
    ('command', 'params', 'code', 'message'),
    [
        ('work', {'word': 'reject'}, 601, 'work rejected the goal'),
        ('work', {'word': 'abort'}, 602, 'work aborted the goal: {"success": false, "error_code"'),
        ('work', {'word': 'fail'}, 602, 'work failed: success must be true: {"success": false'),
        ('nobody', {'word': 'succeed'}, 603, 'none was not there within 0.5 s'),
        ('nothing', {}, 603, 'none was not there within 0.5 s'),
        ('switch', {'is_lit': False}, 602, 'switch failed: success must be true: {"success": fal'),
        ('slow', {}, 604, 'slow did not answer within 1 s'),
    ],
)
def test_a_server_that_does_not_do_it_fails_the_ticket(
    server, command, params, code, message
) -> None:
    ticket, _ = server.outcome(command, params)
    assert (ticket.status, ticket.error_code) == ('FAILED', code)
    assert ticket.error.startswith(message)


def test_a_service_that_answers_gives_its_whole_response(server) -> None:
    ticket, result = server.outcome('switch', {'is_lit': True})
    assert ticket.status == 'COMPLETED'
    assert (result['success'], result['message']) == (True, 'on')


def test_what_failed_is_called_again_as_often_as_asked_for(server) -> None:
    before = server.log(SERVER).count('switched False')
    ticket_id = server.create('{is_lit: false}', command='switch', max_attempts=3)
    ticket, _ = server.ended(server.execute(ticket_id))
    assert (ticket.status, ticket.error_code, ticket.attempt) == ('FAILED', 602, 3)
    assert server.log(SERVER).count('switched False') == before + 3


def test_a_parameter_that_the_field_does_not_take_makes_no_ticket(server) -> None:
    with pytest.raises(AssertionError, match='the request field ticket_id is'):
        server.create(json.dumps({'word': 'a' * 65}), command='work')


def test_a_cancel_passes_through(server) -> None:
    ticket_id, future = server.begin('go_on')
    assert server.cancel(ticket_id).success
    ticket, _ = server.ended(future)
    assert ticket.status == 'CANCELLED'
    assert server.log(SERVER).count('cancel go_on') == 1
    server.says('ended by the cancel')


def test_a_goal_that_somebody_else_cancels_fails_the_ticket(server) -> None:
    _, future = server.begin('go_on')
    server.call(CancelGoal, 'work/_action/cancel_goal')  # no id, no time: all goals
    ticket, _ = server.ended(future)
    assert (ticket.status, ticket.error_code) == ('FAILED', 602)
    assert ticket.error.startswith('work canceled the goal, which somebody else asked for: {')


def test_a_cancel_before_the_goal_is_accepted_reaches_the_goal(server) -> None:
    """Cancelled right after it was started: whatever of it the server gets, it ends there."""
    before = server.log(SERVER).count('goal go_on')
    ticket_id = server.create('{word: go_on}', command='work')
    future = server.execute(ticket_id)
    server.cancel(ticket_id)
    assert server.ended(future)[0].status == 'CANCELLED'
    goals = server.log(SERVER).count('goal go_on') - before
    server.spin_until(lambda: server.log(SERVER).count('ended by the cancel') >= goals)


def test_a_timeout_cancels_the_goal(server) -> None:
    before = server.log(SERVER).count('ended by the cancel')
    _, future = server.begin('go_on', timeout_seconds=1.0)
    ticket, _ = server.ended(future)
    assert (ticket.status, ticket.error_code) == ('FAILED', 401)
    server.spin_until(lambda: server.log(SERVER).count('ended by the cancel') > before)


@pytest.mark.parametrize(
    ('word', 'warning'),
    [('refuse', 'refused to cancel the goal'), ('deaf', 'did not end the goal in time')],
)
def test_a_server_that_does_not_obey_the_cancel_is_left(server, word, warning) -> None:
    ticket_id, future = server.begin(word)
    asked_at_mono_s = time.monotonic()
    assert server.cancel(ticket_id).success
    ticket, _ = server.ended(future)
    assert time.monotonic() - asked_at_mono_s < CANCEL_S
    assert ticket.status == 'CANCELLED'
    assert f'work {warning}' in server.log('orchestrator')
    server.says(f'cancel {word}')


@pytest.mark.parametrize('command', ['arm', 'travel'])
def test_the_e_stop_cancels_the_goal(server, command) -> None:
    before = server.log(SERVER).count('ended by the cancel')
    _, future = server.begin('go_on', command)
    server.e_stop.publish(Bool(data=True))
    ticket, _ = server.ended(future)
    assert (ticket.status, ticket.error_code) == ('FAILED', 501)
    server.spin_until(lambda: server.log(SERVER).count('ended by the cancel') > before)
    server.e_stop.publish(Bool(data=False))
    server.spin_until(lambda: server.reset_e_stop().success)
    server.spin_until(lambda: server.statuses[-1].state == 'READY')


def test_a_server_that_dies_at_work_fails_the_ticket(server) -> None:
    _, future = server.begin('go_on')
    server.end(server.server, signal.SIGKILL)
    ticket, _ = server.ended(future, DEATH_S)
    assert (ticket.status, ticket.error_code) == ('FAILED', 603)
    assert ticket.error == 'work died while it worked on the goal'


def test_a_server_that_was_started_again_does_not_have_the_goal(server) -> None:
    """The old one is killed and another one is there before the middleware has noticed."""
    _, future = server.begin('go_on')
    server.end(server.server, signal.SIGKILL)
    server.start_server()
    ticket, _ = server.ended(future, DEATH_S)
    assert (ticket.status, ticket.error_code) == ('FAILED', 603)
    assert server.outcome('work', {'word': 'succeed'})[0].status == 'COMPLETED'


def test_a_service_that_dies_while_it_answers_fails_the_ticket(server) -> None:
    before = server.log(SERVER).count('called')
    future = server.execute(server.create(command='patient'))
    server.spin_until(lambda: server.log(SERVER).count('called') > before)
    server.end(server.server, signal.SIGKILL)
    ticket, _ = server.ended(future, DEATH_S)
    assert (ticket.status, ticket.error_code) == ('FAILED', 603)
    assert ticket.error == 'slow died while answering'


def test_a_file_that_is_wrong_ends_the_start_with_one_line(server, domain_id, tmp_path) -> None:
    path = tmp_path / 'wrong.yaml'
    wrong = {**COMMANDS['switch'], 'request': {'date': '$is_lit'}}
    path.write_text(yaml.safe_dump({'commands': {'switch': wrong}}))
    other = System(server.client.context, domain_id, 'wrong', tmp_path)
    process = other.start('orchestrator', forward_file=path)
    other.spin_until(lambda: process.poll() is not None)
    other.close()
    assert process.returncode == 1
    assert other.log('orchestrator').splitlines()[-1] == (
        f'ConfigurationError 700: {path}: commands.switch.request: date is unknown;'
        ' it must be one of: data'
    )


def test_the_orderly_end_of_the_orchestrator_cancels_the_goal(server) -> None:
    before = server.log(SERVER).count('ended by the cancel')
    server.begin('go_on')
    assert server.end(server.orchestrator, signal.SIGTERM) == 0
    server.spin_until(lambda: server.log(SERVER).count('ended by the cancel') > before)
