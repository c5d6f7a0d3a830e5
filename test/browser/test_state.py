"""What the page knows, without a gateway: its store, and the fields that it makes of schemas."""

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import orchestrator_ren

FOLDER = Path(orchestrator_ren.__file__).parent / 'gateway' / 'page'

READY = {
    'state': 'ready',
    'is_ready': True,
    'executing_ids': [],
    'reason': None,
    'pause_reason': None,
}
FREE = {'state': 'free', 'is_latched': False}
SNAPSHOT = {
    'type': 'snapshot',
    'is_heard': True,
    'status': READY,
    'e_stop': FREE,
    'queue': [],
    'progress': [],
    'events': [],
}
OPEN = {'type': 'link', 'link': 'open'}

Run = Callable[..., Any]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope='module')
def page(chromium: Any) -> Iterator[Any]:
    """A page that can import the modules."""
    handler = functools.partial(Quiet, directory=str(FOLDER))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        opened = chromium.new_page()
        opened.goto(f'http://127.0.0.1:{server.server_port}/favicon.svg')
        yield opened
        opened.close()
        server.shutdown()


@pytest.fixture
def reduced(page: Any) -> Run:
    """Return the state after messages, and what is said of it."""

    def run(*messages: dict[str, Any], robot: str = '') -> Any:
        return page.evaluate(
            """async ([messages, robot]) => {
                const { initialState, reduce } = await import('/state/store.js');
                const { isLive, liveWord } = await import('/state/live.js');
                const reasons = await import('/state/reasons.js');
                const state = messages.reduce(reduce, initialState(robot));
                return {
                    ...state, isLive: isLive(state), word: liveWord(state),
                    all: reasons.reasonAgainstAll(state), why: reasons.whyNothingMoves(state),
                    run: reasons.reasonAgainstCreate(state, true),
                };
            }""",
            [list(messages), robot],
        )

    return run


def heard(at_ms: float, **status: Any) -> dict[str, Any]:
    return {
        'type': 'status',
        'status': {**READY, **status},
        'atMs': at_ms,
        'at': '12:00:00',
    }


def clock(now_ms: float) -> dict[str, Any]:
    return {'type': 'clock', 'nowMs': now_ms}


def progress(at_ms: float, **fields: Any) -> dict[str, Any]:
    told = {'ticket_id': 'tick-1', 'attempt': 1, 'speed_mps': 0.5, 'pose': [0, 0, 0], **fields}
    return {'type': 'progress', 'progress': told, 'atMs': at_ms, 'at': '12:00:00'}


@pytest.mark.parametrize(
    ('messages', 'is_live', 'word'),
    [
        ([], False, 'Not heard yet: the gateway is not reached'),
        ([OPEN], False, 'Not heard yet: the robot says nothing'),
        ([OPEN, {**SNAPSHOT, 'atMs': 0, 'at': ''}, clock(100)], True, 'Live.'),
        ([OPEN, {**SNAPSHOT, 'is_heard': False}, clock(100)], False, 'the robot says nothing'),
        ([OPEN, heard(0), clock(2000)], True, 'Live.'),
        ([OPEN, heard(0), clock(2001)], False, 'Not heard since 12:00:00'),
        ([OPEN, heard(0), {'type': 'heard', 'is_heard': False}], False, 'says nothing'),
        ([OPEN, heard(0), {'type': 'link', 'link': 'closed'}], False, 'gateway is not reached'),
        ([OPEN, heard(0), clock(3000), {'type': 'tick'}, {'type': 'e_stop', 'e_stop': FREE}],
         False, 'Not heard since'),
        ([OPEN, heard(0), clock(3000), heard(3000)], True, 'Live.'),
    ],
)  # fmt: skip
def test_what_is_shown_is_live_only_while_the_robot_is_heard(
    reduced: Run, messages: list[Any], is_live: bool, word: str
) -> None:
    state = reduced(*messages)
    assert state['isLive'] is is_live
    assert word in state['word']
    assert bool(state['all']) is not is_live


def test_a_robot_that_is_not_there_is_named(reduced: Run) -> None:
    robots = {'type': 'robots', 'robots': [{'namespace': 'left'}]}
    assert 'there is no robot right' in reduced(robots, robot='right')['word']


def stored(name: str, **fields: Any) -> dict[str, Any]:
    return {'name': name, 'is_alive': True, 'capabilities': [], 'executing_ids': [], **fields}


def test_what_the_store_knew_of_robots_is_old_where_nobody_tells_it(reduced: Run) -> None:
    stores = [{'namespaces': ['left'], 'robots': [stored('left')], 'waiting_for_any': 2}]
    told = {'type': 'robots', 'robots': [], 'stores': stores}
    unknown = {'type': 'robots', 'robots': None}
    assert reduced(unknown)['fleet'] == {'stores': [], 'isOld': False}
    assert reduced(told)['fleet']['isOld'] is False
    fleet = reduced(told, unknown, {'type': 'robot', 'robot': 'right'})['fleet']
    assert fleet == {'stores': stores, 'isOld': True}
    assert reduced(told, unknown, told)['fleet']['isOld'] is False


def test_a_latched_robot_keeps_nobody_from_asking_another_one(reduced: Run) -> None:
    commands = {'type': 'commands', 'commands': [{'name': 'drive', 'error': None, 'moves': True}]}
    stopped = heard(0, state='stopped', is_ready=False, reason='the e-stop is latched')
    other = {'type': 'form value', 'name': '.robot', 'value': 'any'}
    assert reduced(OPEN, stopped, commands, other, clock(0))['run'] == ''


def test_another_robot_brings_nothing_of_the_one_before(reduced: Run) -> None:
    state = reduced(OPEN, heard(0), progress(10), {'type': 'robot', 'robot': 'left'})
    assert state['robot'] == 'left'
    assert not state['isLive']
    assert state['live']['status'] is None
    assert state['live']['way'] is None


def test_who_may_not_is_told_why(reduced: Run) -> None:
    def reason(**session: Any) -> str:
        words = {'type': 'session', 'session': {'needs_key': False, **session}}
        return str(reduced(OPEN, heard(0), clock(0), words)['all'])

    assert reason() == ''
    assert reason(needs_key=True, name='') == 'sign in first'
    assert 'viewer' in reason(name='kim', role='viewer')
    assert reason(name='kim', role='operator') == ''


def test_why_nothing_moves_is_one_sentence(reduced: Run) -> None:
    def why(queue: Any = (), **status: Any) -> str:
        entries = {'type': 'queue', 'entries': list(queue)}
        return str(reduced(OPEN, heard(0, **status), entries)['why'])

    waiting = [{'ticket_id': 'tick-2', 'reason': 'base is taken'}]
    assert why() == 'Nothing is asked for.'
    assert why(reason='the e-stop is latched') == 'the e-stop is latched'
    assert why(pause_reason='by kim') == 'The queue is paused: by kim'
    assert why(waiting) == 'tick-2 waits: base is taken'
    assert why(waiting, executing_ids=['tick-1']) == ''


def test_the_way_and_the_speed_follow_the_progress_and_break_off_at_the_end(reduced: Run) -> None:
    steps = [progress(n * 200, pose=[n / 10, 0, 0], speed_mps=n) for n in range(3)]
    state = reduced(OPEN, heard(0, executing_ids=['tick-1']), *steps, heard(700))
    assert state['live']['way']['points'] == [[0, 0], [0.1, 0], [0.2, 0]]
    assert [value for _, value in state['live']['speeds']] == [0, 1, 2, None]
    assert state['live']['progress'] == {}


def test_a_way_stays_short_and_keeps_its_begin(reduced: Run) -> None:
    steps = [progress(n, pose=[n, 0, 0]) for n in range(1500)]
    points = reduced(*steps)['live']['way']['points']
    assert len(points) <= 1000
    assert points[0] == [0, 0]


def test_curves_forget_what_is_older_than_five_minutes(reduced: Run) -> None:
    state = reduced(progress(0), progress(299_000), progress(300_001))
    assert [when for when, _ in state['live']['speeds']] == [299_000, 300_001]


def test_of_a_histogram_the_mean_of_what_was_new_is_drawn(reduced: Run) -> None:
    """Its value is a sum, which only grows, whatever is observed."""

    def told(at_ms: float, total: float, count: int) -> dict[str, Any]:
        metric = {'kind': 'histogram', 'value': total, 'count': count}
        return {'type': 'metrics', 'metrics': {'commit_ms': metric}, 'atMs': at_ms}

    steps = [told(0, 10, 1), told(1, 30, 5), told(2, 30, 5), told(3, 8, 2)]
    rows = reduced(*steps)['live']['metrics']
    assert [each['values']['commit_ms'] for each in rows] == [10, 5, None, 4]


def test_a_form_is_sent_once_and_again_only_a_moment_later(reduced: Run) -> None:
    commands = {'type': 'commands', 'commands': [{'name': 'drive', 'error': None, 'moves': True}]}
    sent = {'type': 'form sent', 'key': 'one'}
    done = {'type': 'form done', 'nowMs': 1000}
    before = [OPEN, heard(1000), commands]
    assert reduced(*before, clock(1000))['run'] == ''
    assert 'being sent' in reduced(*before, sent, clock(1000))['run']
    assert 'a moment ago' in reduced(*before, sent, done, clock(1999))['run']
    assert reduced(*before, sent, done, clock(2000))['run'] == ''
    changed = {'type': 'form value', 'name': 'speed', 'value': '1'}
    assert reduced(*before, sent, changed)['form']['key'] is None
    refused = {'type': 'form refused', 'errors': {}}
    assert reduced(*before, sent, refused)['form']['key'] == 'one'


def test_a_latched_robot_runs_nothing_that_moves(reduced: Run) -> None:
    commands = {'type': 'commands', 'commands': [{'name': 'drive', 'error': None, 'moves': True}]}
    stopped = heard(0, state='stopped', is_ready=False, reason='the e-stop is latched')
    assert reduced(OPEN, stopped, commands, clock(0))['run'] == 'the e-stop is latched'


def test_a_page_of_tickets_that_comes_late_is_not_shown(reduced: Run) -> None:
    page = {'tickets': [], 'total': 0, 'next_page_token': None}
    told = {'type': 'tickets', 'page': page, 'filter': '', 'token': ''}
    filtered = {'type': 'filter', 'filter': 'failed'}
    assert reduced(filtered, told)['lists']['tickets'] is None
    assert reduced(filtered, {**told, 'filter': 'failed'})['lists']['tickets'] == []


SCHEMA = {
    'required': ['speed', 'mode'],
    'properties': {
        'speed': {'type': 'number', 'maximum': 3, 'minimum': 0, 'description': 'Speed [m/s].'},
        'count': {'anyOf': [{'type': 'integer'}, {'type': 'null'}], 'exclusiveMinimum': 0},
        'mode': {'$ref': '#/$defs/Mode'},
        'old': {'allOf': [{'$ref': '#/$defs/Mode'}], 'default': 'b'},
        'on': {'type': 'boolean', 'default': True},
        'places': {'type': 'array', 'default': [1]},
    },
    '$defs': {'Mode': {'enum': ['a', 'b'], 'type': 'string'}},
}


@pytest.fixture
def params(page: Any) -> Run:
    def run(values: dict[str, Any]) -> Any:
        return page.evaluate(
            """async ([schema, values]) => {
                const { fieldsOf, paramsOf, limitsOf } = await import('/schema.js');
                const fields = fieldsOf(schema);
                const told = fields.map(
                    (each) => [each.name, each.kind, each.unit, limitsOf(each)],
                );
                return { told, ...paramsOf(fields, values) };
            }""",
            [SCHEMA, values],
        )

    return run


def test_a_schema_becomes_fields(params: Run) -> None:
    assert params({})['told'] == [
        ['speed', 'number', 'm/s', 'from 0 to 3'],
        ['count', 'integer', '', 'above 0'],
        ['mode', 'enum', '', ''],
        ['old', 'enum', '', ''],
        ['on', 'boolean', '', ''],
        ['places', 'json', '', ''],
    ]


def test_what_is_filled_in_becomes_parameters(params: Run) -> None:
    values = {'speed': ' 1.5', 'count': '', 'mode': 'a', 'on': False, 'places': '[2, 3]'}
    told = params(values)
    assert told['errors'] == {}
    assert told['params'] == {'speed': 1.5, 'mode': 'a', 'old': 'b', 'on': False, 'places': [2, 3]}


def test_what_cannot_be_sent_is_said_by_field(params: Run) -> None:
    errors = params({'speed': '1,5', 'count': '1.5', 'places': '[2,'})['errors']
    assert errors == {
        'speed': 'is no number',
        'count': 'is no whole number',
        'mode': 'is missing',
        'places': 'is no JSON',
    }
