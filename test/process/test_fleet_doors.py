"""`ren` and HTTP at the robots of one PostgreSQL: tickets for any, a dead one, one that waits."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_prefix

pytest.importorskip('uvicorn')

from ..postgres.server import started_server
from .conftest import System

REN = str(Path(get_package_prefix('orchestrator_ren'), 'bin', 'ren'))
ORCHESTRATOR = 'orchestrator_with_extra_commands'
LEASE_S = 5.0


class Fleet:
    """Two orchestrators, a gateway, and who asks them.

    Attributes:
        here: The robot that is asked; it has no gate, and takes nothing.
        there: The other one, which has `lift`.
        process: Of the orchestrator there.
    """

    def __init__(self, systems, url):
        self.here, self.there, self.third = systems
        self.options = {'store_url': url, 'lease_s': LEASE_S, 'gate': 'external'}
        self.here.start(ORCHESTRATOR, **self.options)
        more = {'capabilities': 'lift', **self.options}
        self.process, _ = self.there.start_robot(orchestrator=ORCHESTRATOR, **more)
        self.here.spin_until(lambda: self.here.statuses)
        self.here.start('http_gateway', port=0, robot='fleet_here')
        self.here.spin_until(lambda: 'http://' in self.here.log('http_gateway'))
        self.url = self.here.log('http_gateway').partition('http://')[2].split()[0]
        self.here.spin_until(lambda: len(self.ask('/robots')[1]['robots']) == 2)

    def ren(self, *words, namespace='fleet_here', code=0):
        """Run it, and return the JSON that it prints."""
        done = subprocess.run(
            [REN, '-n', namespace, '--timeout', '10', *words, '--json'],
            env=self.here.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def ask(self, path, body=None):
        """Return status and JSON of an answer of the gateway."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f'http://{self.url}{path}', content, {'Content-Type': 'application/json'}
        )
        try:
            with urllib.request.urlopen(request, timeout=30.0) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def stored(self, name):
        """Return what the store knows of a robot; None as long as it does not tell."""
        stores = self.ask('/robots')[1]['stores']
        found = (each for store in stores for each in store['robots'] if each['name'] == name)
        return next(found, None)


@pytest.fixture(scope='module')
def fleet(context, domain_id, tmp_path_factory):
    folder = tmp_path_factory.mktemp('fleet')
    names = ('fleet_here', 'fleet_there', 'fleet_third')
    with ExitStack() as stack:
        url = stack.enter_context(stack.enter_context(started_server()).database())
        systems = [System(context, domain_id, name, folder / name) for name in names]
        for each in systems:
            each._tmp_path.mkdir()
            stack.enter_context(closing(each))
        yield Fleet(systems, url)


def test_robots_are_alive_on_the_command_line_and_over_http(fleet):
    told = fleet.ren('robots')
    assert [(each['name'], each['is_alive']) for each in told['robots']] == [
        ('fleet_here', True), ('fleet_there', True),
    ]  # fmt: skip
    there = fleet.stored('fleet_there')
    assert (there['is_alive'], there['capabilities'], there['term']) == (True, ['lift'], 1)
    assert 0.0 < there['lease_s'] <= LEASE_S
    assert fleet.ask('/status')[1]['robot'] == 'fleet_here'


def test_a_ticket_for_any_is_executed_where_there_is_what_it_needs(fleet):
    ticket = fleet.ren('run', 'brief', '--robot', 'any', '--capability', 'lift')
    assert (ticket['status'], ticket['robot']) == ('COMPLETED', 'fleet_there')
    assert ticket['is_for_any'] is True
    shown = fleet.ren('show', ticket['id'])
    assert 'ticket_taken' in [each['type'] for each in shown['history']]
    body = {'command': 'brief', 'robot': 'any', 'capabilities': ['lift'], 'queue': True}
    status, made = fleet.ask('/ticket', body)
    assert (status, made['robot'], made['is_for_any']) == (201, None, True)
    fleet.here.spin_until(lambda: fleet.ask(f'/ticket/{made["id"]}')[1]['status'] == 'completed')
    ids = [each['id'] for each in fleet.ask('/tickets?robot=fleet_there')[1]['tickets']]
    assert {ticket['id'], made['id']} <= set(ids)
    assert [each['id'] for each in fleet.ren('list', '--robot', '*')][:2] == [
        made['id'], ticket['id'],
    ]  # fmt: skip


def test_what_no_robot_has_is_told_where_it_waits(fleet):
    words = ('--robot', 'any', '--capability', 'crane', '--queue')
    ticket_id = fleet.ren('create', 'brief', *words)['id']
    [waiting] = fleet.ren('queue', '--robot', 'any')['entries']
    assert (waiting['ticket_id'], waiting['reason']) == (ticket_id, 'no robot has: crane')
    assert fleet.ren('show', ticket_id)['waits'] == 'place 1: no robot has: crane'
    [entry] = fleet.ask('/queue?robot=any')[1]['entries']
    assert entry['reason'] == 'no robot has: crane'
    assert fleet.ren('robots')['waiting_for_any'] == 1
    [store] = fleet.ask('/robots')[1]['stores']
    assert (store['namespaces'], store['waiting_for_any']) == (['fleet_here', 'fleet_there'], 1)
    missing = fleet.ren('create', 'brief', '--capability', 'crane', code=1)
    assert missing['error']['code'] == 217
    status, told = fleet.ask('/ticket', {'command': 'brief', 'robot': 'nobody'})
    assert (status, told['code'], told['field']) == (404, 213, 'robot')
    status, told = fleet.ask('/ticket', {'command': 'brief', 'capabilities': ['a b']})
    assert (status, told['code'], told['field']) == (422, 106, 'capabilities')


def test_an_orchestrator_that_waits_for_a_robot_says_so(fleet):
    options = {**fleet.options, 'robot_name': 'fleet_here', 'standby': True}
    process = fleet.third.start(ORCHESTRATOR, **options)
    fleet.third.spin_until(lambda: fleet.third.statuses)
    status = fleet.ren('status', namespace='fleet_third', code=1)
    assert (status['state'], status['robot']) == ('STANDBY', 'fleet_here')
    found = {each['name'] for each in fleet.ren('doctor', namespace='fleet_third', code=1)}
    assert 'standing-by' in found
    fleet.third.end(process, signal.SIGINT)


def test_what_a_dead_robot_executed_ends_by_the_word_of_who_has_seen_it_stand(fleet):
    declare = '/robots/fleet_there/declare_stopped'
    ticket_id = fleet.ren('create', 'grip', '--robot', 'fleet_there', '--queue')['id']
    fleet.here.spin_until(lambda: fleet.ren('show', ticket_id)['ticket']['status'] == 'EXECUTING')
    assert fleet.ask(declare, {'requested_by': 'anna'})[1]['code'] == 215
    refused = fleet.ren('robots', '--declare-stopped', 'fleet_there', '--yes', code=1)
    assert refused['error']['code'] == 215
    elsewhere = fleet.ren('execute', ticket_id, code=1)['error']
    assert elsewhere['code'] in (203, 214)

    fleet.process.kill()
    begun_mono_s = time.monotonic()
    fleet.here.spin_until(lambda: not fleet.stored('fleet_there')['is_alive'], 20.0)
    assert time.monotonic() - begun_mono_s < LEASE_S + 5.0
    there = fleet.stored('fleet_there')
    assert there['unreachable_since'] is not None
    assert there['executing_ids'] == [ticket_id]
    assert fleet.ren('show', ticket_id)['ticket']['status'] == 'EXECUTING'

    status, told = fleet.ask(declare, {'requested_by': 'anna'})
    assert (status, told) == (200, {'robot': 'fleet_there', 'ticket_ids': [ticket_id]})
    shown = fleet.ren('show', ticket_id)
    assert (shown['ticket']['status'], shown['ticket']['error_code']) == ('FAILED', 216)
    assert shown['history'][-1]['requested_by'] == 'anna'
    again = fleet.ren('robots', '--declare-stopped', 'fleet_there', '--yes')
    assert again == {'robot': 'fleet_there', 'ticket_ids': []}
