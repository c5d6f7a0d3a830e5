"""The addresses: what is asked of the robot, and how its answer is told."""

import asyncio
import contextlib
import json
import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator_ren.errors import (
    EStopActive,
    InternalError,
    NotAnswered,
    OutOfRange,
    RobotNotInStore,
    StoreTimeout,
    TooManyListeners,
)
from orchestrator_ren.gateway import bodies, models
from orchestrator_ren.gateway.examples import EXAMPLES
from orchestrator_ren.key import Caller, Role
from orchestrator_ren.tickets.ticket import Status

from .conftest import AT, EVENT, TICKET

TICKET_FIELDS = {
    'id', 'command', 'params', 'priority', 'status', 'timeout_seconds', 'metadata', 'created_at',
    'updated_at', 'started_at', 'completed_at', 'result', 'error',
}  # fmt: skip
"""Of the web service that this package replaces."""

OLD_BODY = {
    'command': 'drive',
    'params': {'speed': 1.5, 'direction': 90, 'duration_seconds': 10},
    'priority': 'normal',
    'timeout_seconds': 30,
    'metadata': {'operator': 'user-001', 'session_id': 'ses-123'},
}


@pytest.fixture(params=['', '/robots/robot1'])
def robot(request):
    """Before an address: of the default robot, or of a named one."""
    return request.param


def test_create_answers_201_with_the_fields_of_the_web_service(web, robot):
    answer = web.ask('POST', f'{robot}/ticket', OLD_BODY)
    assert answer.status == 201
    assert set(answer.json) >= TICKET_FIELDS
    assert (answer.json['status'], answer.json['priority']) == ('pending', 'normal')
    [(name, args, options)] = web.client.asked
    assert (name, args) == ('create', ('drive', OLD_BODY['params']))
    assert (options['timeout_s'], options['metadata']) == (30.0, OLD_BODY['metadata'])


@pytest.mark.parametrize(
    ('given', 'asked'),
    [
        ('HIGH', 'HIGH'),
        (3, 3),
        ('3', 3),
        ('critical', 'critical'),
        ('٣', '٣'),
        ('9' * 5000, '9' * 5000),
    ],
)
def test_priorities_are_taken_in_either_case_and_as_numbers(web, given, asked):
    assert web.ask('POST', '/ticket', {**OLD_BODY, 'priority': given}).status == 201
    assert web.client.asked[0][2]['priority'] == asked


def test_a_replay_answers_200_and_says_so(web):
    web.client.is_earlier = True
    answer = web.ask('POST', '/ticket', OLD_BODY, idempotency_key='"abc"')
    assert (answer.status, answer.headers['idempotent-replayed']) == (200, 'true')
    assert web.client.asked[0][2]['request_id'] == ':abc'


@pytest.mark.parametrize(
    ('body', 'status', 'code', 'field'),
    [
        (b'', 422, 102, 'body'),
        ({}, 422, 102, 'command'),
        ({'command': 5}, 422, 104, 'command'),
        ({'command': 'drive', 'speed': 1}, 422, 103, 'speed'),
        ({'command': 'drive', 'timeout_seconds': -1}, 422, 106, 'timeout_seconds'),
        ({'command': 'drive', 'timeout_seconds': 0}, 422, 106, 'timeout_seconds'),
        ({'command': 'drive', 'timeout_seconds': 86401}, 422, 106, 'timeout_seconds'),
        ({'command': 'drive', 'timeout_seconds': '30'}, 422, 104, 'timeout_seconds'),
        ({'command': 'drive', 'timeout_seconds': True}, 422, 104, 'timeout_seconds'),
        ({'command': 'drive', 'params': 'fast'}, 422, 104, 'params'),
        ({'command': 'drive', 'request_id': 'x' * 129}, 422, 106, 'request_id'),
        ({'command': 'drive', 'dry_run': 'yes'}, 422, 104, 'dry_run'),
        ({'command': 'drive', 'not_before': 'soon'}, 422, 104, 'not_before'),
        ({'command': 'drive', 'not_before': 1795773551}, 422, 104, 'not_before'),
        ({'command': 'drive', 'not_before': '1795773551'}, 422, 104, 'not_before'),
        ({'command': 'drive', 'deadline': '2026-11-27T10:00:00'}, 422, 104, 'deadline'),
        ({'command': 'drive', 'deadline': '2026-11-27'}, 422, 104, 'deadline'),
        ({'command': 'drive', 'deadline': '\ud800'}, 422, 104, 'deadline'),
        ({'command': 'drive', 'max_attempts': 101}, 422, 106, 'max_attempts'),
        ({'command': 'drive', 'robot': 5}, 422, 104, 'robot'),
        ({'command': 'drive', 'robot': 'x' * 65}, 422, 106, 'robot'),
        ({'command': 'drive', 'capabilities': 'lift'}, 422, 104, 'capabilities'),
        ({'command': 'drive', 'capabilities': [1]}, 422, 104, 'capabilities'),
        ({'command': 'drive', 'capabilities': ['x' * 65]}, 422, 106, 'capabilities'),
        ({'command': 'drive', 'capabilities': ['x'] * 17}, 422, 106, 'capabilities'),
        ({'command': 'drive', 'capability': 'lift'}, 422, 103, 'capability'),
        (b'{"command": "drive", "timeout_seconds": 1e999}', 422, 106, 'timeout_seconds'),
        ({'command': 'drive', 'timeout_seconds': -0.0}, 422, 106, 'timeout_seconds'),
    ],
)
def test_a_body_that_is_wrong_is_told_with_code_and_field(web, body, status, code, field):
    answer = web.ask('POST', '/ticket', body)
    assert (answer.status, answer.json['code'], answer.json.get('field')) == (status, code, field)
    assert answer.headers['content-type'] == 'application/problem+json'
    assert web.client.asked == []
    if field not in (None, 'body'):
        assert field in answer.json['detail']


def test_too_many_are_entries_and_not_characters(web):
    answer = web.ask('POST', '/ticket', {'command': 'drive', 'capabilities': ['x'] * 17})
    assert answer.json['detail'].endswith('it must be at most 16 entries')
    answer = web.ask('POST', '/ticket', {'command': 'drive', 'robot': 'x' * 65})
    assert answer.json['detail'].endswith('it must be at most 64 characters')


def test_a_ticket_is_for_any_robot_that_has_what_it_needs(web, robot):
    web.client.ticket = replace(TICKET, is_for_any=True, capabilities=('lift',))
    body = {**OLD_BODY, 'robot': 'any', 'capabilities': ['lift']}
    answer = web.ask('POST', f'{robot}/ticket', body)
    assert answer.status == 201
    assert (answer.json['robot'], answer.json['is_for_any']) == (None, True)
    assert answer.json['capabilities'] == ['lift']
    options = web.client.asked[0][2]
    assert (options['robot'], options['capabilities']) == ('any', ['lift'])


@pytest.mark.parametrize('path', ['/tickets', '/queue'])
def test_lists_and_the_queue_are_those_of_the_robot_that_is_named(web, robot, path):
    for query, whose in (('', ''), ('?robot=any', 'any'), ('?robot=robot2', 'robot2')):
        assert web.ask('GET', f'{robot}{path}{query}').status == 200
        assert web.client.asked[-1][2]['robot'] == whose
    answer = web.ask('GET', f'{robot}{path}?robot={"x" * 65}')
    assert (answer.status, answer.json['field']) == (422, 'robot')
    web.client.error = RobotNotInStore(robot='robot9', known='robot1')
    answer = web.ask('GET', f'{robot}{path}?robot=robot9')
    assert (answer.status, answer.json['code'], answer.json['field']) == (404, 213, 'robot')


@pytest.mark.parametrize('body', [b'[]', b'[1]', b'5', b'"drive"', b'null', b'true'])
def test_a_body_that_is_no_object_is_refused(web, body):
    assert web.ask('POST', '/ticket', body).status == 422
    assert web.client.asked == []


def test_numbers_that_json_does_not_have_are_refused(web):
    answer = web.ask('POST', '/ticket', b'{"command": "drive", "timeout_seconds": NaN}')
    assert (answer.status, answer.json['field']) == (422, 'timeout_seconds')


def test_get_and_history(web, robot):
    assert web.ask('GET', f'{robot}/ticket/{TICKET.id}').json['id'] == TICKET.id
    answer = web.ask('GET', f'{robot}/ticket/{TICKET.id}/history').json
    assert [each['type'] for each in answer['events']] == ['ticket_created']
    answer = web.ask('GET', f'{robot}/ticket/unknown')
    assert (answer.status, answer.json['code']) == (404, 201)


def test_a_list_has_filters_and_the_address_of_the_next_page(web, robot):
    answer = web.ask(
        'GET', f'{robot}/tickets?status=pending,FAILED&status=queued&limit=5&offset=2'
    )
    assert (answer.json['total'], answer.json['limit'], answer.json['offset']) == (7, 5, 2)
    assert web.client.asked[-1][2]['statuses'] == ['pending', 'FAILED', 'queued']
    assert web.client.asked[-1][2]['offset'] == 2
    link = answer.headers['link']
    assert link.startswith(f'<{robot}/tickets?')
    assert link.endswith('page_token=next%2Bpage>; rel="next"')
    assert 'offset' not in link


@pytest.mark.parametrize(
    'query',
    [
        'limit=0',
        'created_from=0',
        'created_until=2026-11-27T10:00:00',
        'limit=1&limit=2',
        'order=oldest&order=newest',
        'nothing=1',
        'LIMIT=1',
        'limit[]=1',
        'limit=1001',
        'limit=x',
        'offset=-1',
        'created_from=soon',
    ],
)
def test_a_query_that_is_wrong_is_told_with_its_field(web, query):
    answer = web.ask('GET', f'/tickets?{query}')
    assert (answer.status, answer.json['field']) == (422, query.partition('=')[0])


@pytest.mark.parametrize('method', ['GET', 'POST'])
def test_no_address_takes_what_it_does_not_know(web, method):
    """`?limt=5` was read by nobody, and who had sent it got everything."""
    ways = [path for path, way in web.app.openapi()['paths'].items() if method.lower() in way]
    assert len(ways) > 10
    for way in ways:
        path = way.replace('{namespace}', 'robot1').replace('{ticket_id}', TICKET.id)
        answer = web.ask(method, f'{path}?nothing=1&also=2')
        assert (answer.status, answer.json['code'], answer.json['field']) == (422, 103, 'nothing')
    assert web.client.asked == []


def test_what_is_known_there_is_told(web):
    answer = web.ask('GET', '/telemetry/events?limt=5')
    assert 'known here: after, limit' in answer.json['detail']
    assert 'known here: none' in web.ask('GET', '/status?x=1').json['detail']
    assert web.ask('GET', '/tickets?status=failed&status=pending&limit=5').status == 200


def test_two_idempotency_keys_are_none(web):
    names = [(b'idempotency-key', b'"a"'), (b'idempotency-key', b'"b"')]
    answer = web.ask('POST', '/ticket', OLD_BODY, more=names)
    assert (answer.status, answer.json['field']) == (422, 'Idempotency-Key')
    assert web.client.asked == []


def test_half_a_character_in_an_error_is_told_as_an_escape(web):
    """It was answered with 500, as text, and the log had a traceback of its own."""
    web.client.error = OutOfRange(field='priority', value='\ud800', limit='low')
    answer = web.ask('POST', '/ticket', OLD_BODY)
    assert (answer.status, answer.json['detail']) == (
        422, 'priority is \\ud800; it must be low',
    )  # fmt: skip
    web.client.error = RuntimeError('\ud800')
    assert web.ask('POST', '/ticket', OLD_BODY).status == 500
    assert '\\ud800' in web.log[0].encode().decode()


@pytest.mark.parametrize(
    ('path', 'allowed'), [('/e-stop', 'GET, POST'), ('/stop', 'POST'), ('/status', 'GET')]
)
def test_all_methods_of_an_address_are_told(web, robot, path, allowed):
    answer = web.ask('PATCH', f'{robot}{path}')
    assert (answer.status, answer.headers['allow']) == (405, allowed)


@pytest.mark.parametrize('path', ['/status/', '/ticket/', '/robots/', '/robots/robot1'])
def test_an_address_with_a_slash_too_many_is_another_one(web, path):
    """It was sent to where its Host said."""
    assert web.ask('GET', path).json['code'] == 818


def ended(status=Status.COMPLETED, **fields):
    return replace(
        TICKET,
        status=status,
        started_at=AT,
        completed_at=AT + timedelta(seconds=2),
        **fields,
    )


def test_execute_answers_once_it_has_ended(web, robot):
    web.client.ticket = ended(result={'distance': 3.0})
    answer = web.ask('POST', f'{robot}/execute', {'ticket_id': TICKET.id, 'force': False})
    assert answer.status == 200
    assert answer.json['execution_time_ms'] == 2000
    assert (answer.json['status'], answer.json['result']) == ('completed', {'distance': 3.0})
    assert set(answer.json) >= {'ticket_id', 'status', 'result', 'error', 'message'}
    assert ('queue', (TICKET.id,), {'force': False, 'dry_run': False, 'requested_by': ''}) in (
        web.client.asked
    )


def test_a_ticket_that_failed_is_an_answer_and_no_error(web):
    web.client.ticket = ended(Status.FAILED, error_code=501, error='the e-stop is latched')
    answer = web.ask('POST', '/execute', {'ticket_id': TICKET.id})
    assert (answer.status, answer.json['status']) == (200, 'failed')
    assert (answer.json['error_code'], answer.json['message']) == (501, 'the e-stop is latched')


def test_execute_answers_202_where_it_goes_on(web):
    web.client.ticket = replace(TICKET, status=Status.EXECUTING, started_at=AT)
    answer = web.ask('POST', '/execute', {'ticket_id': TICKET.id, 'wait_seconds': 0.05})
    assert (answer.status, answer.json['status']) == (202, 'executing')


def test_execute_hears_of_the_end_at_once(web):
    """Its look at the ticket each second would tell it up to a second late."""

    async def course():
        web.client.ticket = replace(TICKET, status=Status.EXECUTING)
        asking = asyncio.create_task(
            web.asked('POST', '/execute', {'ticket_id': TICKET.id, 'wait_seconds': 0.9})
        )
        while web.client.seen is None:
            await asyncio.sleep(0)
        web.client.ticket = ended()
        web.client.seen.put_nowait(replace(EVENT, status=Status.COMPLETED))
        return await asking

    assert asyncio.run(course()).status == 200


def test_whoever_waits_while_the_gateway_ends_is_told_that_the_ticket_goes_on(web):
    """It was a defect, with 500 and a traceback for each."""

    async def course():
        web.client.ticket = replace(TICKET, status=Status.EXECUTING)
        asking = asyncio.create_task(web.asked('POST', '/execute', {'ticket_id': TICKET.id}))
        while web.client.seen is None:
            await asyncio.sleep(0)
        await web.robots.robot.feed.close()
        return await asyncio.wait_for(asking, 0.5)

    answer = asyncio.run(course())
    assert (answer.status, answer.json['code'], answer.headers['retry-after']) == (503, 823, '1')


@pytest.mark.parametrize('wait', [-1, 3601, 'x', True])
def test_a_wait_out_of_range_is_refused(web, wait):
    answer = web.ask('POST', '/execute', {'ticket_id': TICKET.id, 'wait_seconds': wait})
    assert (answer.status, answer.json['field']) == (422, 'wait_seconds')


def test_cancel_takes_a_reason_or_no_body_at_all(web, robot):
    answer = web.ask('POST', f'{robot}/ticket/{TICKET.id}/cancel', {'reason': 'enough'})
    assert answer.json['status'] == 'cancelled'
    assert web.client.asked[-1][1] == (TICKET.id, 'enough')
    assert web.ask('POST', f'{robot}/ticket/{TICKET.id}/cancel').status == 200


def test_home_has_what_the_web_service_told(web, robot):
    answer = web.ask('GET', f'{robot}/').json
    assert (answer['service'], answer['version'], answer['status']) == (
        'Orchestrator-REN', '1.2.3', 'ready',
    )  # fmt: skip
    assert set(answer['tickets']) >= {'total', 'pending', 'executing', 'completed', 'failed'}
    assert (answer['tickets']['total'], answer['tickets']['pending']) == (1, 1)


def test_metrics_have_no_number_that_json_does_not_know(web, robot):
    answer = web.ask('GET', f'{robot}/telemetry/metrics').json['metrics']
    assert answer['tickets.created'] == {'kind': 'counter', 'value': 3.0}
    assert answer['execution.latency_ms']['upper_bounds'] == [1.0, None]


def test_prometheus_reads_the_metrics_of_all_robots_or_of_one(web, robot):
    def samples():
        text = web.ask('GET', f'{robot}/metrics').body.decode()
        families = text_string_to_metric_families(text)
        return {
            (each.name, *sorted(each.labels.values())): each.value
            for family in families
            for each in family.samples
        }

    found = samples()
    assert found['orchestrator_up', 'robot1'] == 1.0
    assert found['orchestrator_tickets_created_total', 'robot1'] == 3.0
    assert found['orchestrator_execution_latency_ms_sum', 'robot1'] == 9.0
    assert found['orchestrator_execution_latency_ms_bucket', '+Inf', 'robot1'] == 1.0
    web.client.error = NotAnswered(name='telemetry/metrics', waited_s=1.5, detail='hangs')
    found = samples()
    assert found['orchestrator_up', 'robot1'] == 0.0
    assert not [each for each in found if each[0].startswith('orchestrator_tickets')]


def test_metrics_of_a_robot_that_is_not_there_are_a_problem(web):
    """It was a page that said that it does not answer."""
    answer = web.ask('GET', '/robots/other/metrics')
    assert (answer.status, answer.json['code']) == (404, 804)


def test_events_are_the_newest_or_those_after_a_number(web, robot):
    answer = web.ask('GET', f'{robot}/telemetry/events?limit=10').json
    assert answer['last_number'] == 40
    assert web.client.asked[-1][1] == (30, 10)
    web.ask('GET', f'{robot}/telemetry/events?after=5&limit=10')
    assert web.client.asked[-1][1] == (5, 10)
    assert web.ask('GET', f'{robot}/telemetry/events?after=-1').json['field'] == 'after'


@pytest.mark.parametrize(
    ('method', 'path', 'call'),
    [
        ('POST', '/stop', 'stop'), ('POST', '/e-stop', 'press'),
        ('GET', '/e-stop', 'e_stop_state'),
        ('GET', '/queue', 'queue_entries'), ('POST', '/queue/pause', 'pause'),
        ('POST', '/queue/resume', 'resume'), ('GET', '/commands', 'commands'),
        ('GET', '/status', 'status'),
    ],
)  # fmt: skip
def test_the_robot_is_asked(web, robot, method, path, call):
    assert web.ask(method, f'{robot}{path}').status == 200
    assert web.client.asked[-1][0] == call


def test_a_reset_says_that_a_button_is_released_only_where_it_is_told_to(web, robot):
    for body, release in ((None, None), ({}, None), ({'release': True}, True)):
        assert web.ask('POST', f'{robot}/e-stop/reset', body).status == 200
        assert web.client.asked[-1][2] == {'release': release}


@pytest.mark.parametrize(
    ('error', 'status'),
    [
        (EStopActive(source='button'), 409),
        (StoreTimeout(waited_s=1.0), 503),
        (NotAnswered(name='get_ticket', waited_s=2.0, detail='nobody'), 504),
    ],
)
def test_what_the_robot_refuses_is_a_problem(web, robot, error, status):
    web.client.error = error
    answer = web.ask('GET', f'{robot}/ticket/{TICKET.id}')
    assert (answer.status, answer.json['code'], answer.json['detail']) == (
        status, error.code, str(error),
    )  # fmt: skip
    assert ('retry-after' in answer.headers) == (status == 503)


def test_a_defect_is_told_in_a_line_and_logged(web):
    web.client.error = RuntimeError('secret words')
    answer = web.ask('GET', '/status')
    assert (answer.status, answer.json['code']) == (500, InternalError.code)
    assert 'Traceback' not in answer.body.decode()
    assert 'secret words' in web.log[0]


def test_what_is_nothing_here_is_told(web):
    answer = web.ask('GET', '/nothing')
    assert (answer.status, answer.json['code']) == (404, 818)
    answer = web.ask('PUT', '/ticket', {})
    assert (answer.status, answer.json['code'], answer.headers['allow']) == (405, 819, 'POST')
    answer = web.ask('GET', '/robots/other/status')
    assert (answer.status, answer.json['code']) == (404, 804)
    assert 'robot1' in answer.json['detail']


def test_robots_are_told_with_how_each_is(web):
    [told] = web.ask('GET', '/robots').json['robots']
    assert (told['namespace'], told['status']['state'], told['error']) == ('robot1', 'ready', None)
    web.client.error = NotAnswered(name='get_status', waited_s=1.0, detail='hangs')
    [told] = web.ask('GET', '/robots').json['robots']
    assert (told['status'], told['error']['code']) == (None, 801)


def test_robots_are_told_with_what_the_store_knows_of_all(web):
    [store] = web.ask('GET', '/robots').json['stores']
    assert (store['namespaces'], store['waiting_for_any']) == (['robot1'], 4)
    alive, lost = store['robots']
    assert (alive['name'], alive['is_alive'], alive['lease_s']) == ('robot1', True, 7.5)
    assert (alive['host'], alive['term'], alive['capabilities']) == ('tower', 3, ['lift'])
    assert lost['unreachable_since'] == AT.isoformat()
    assert (lost['executing_ids'], lost['waiting']) == ([TICKET.id], 2)


def test_a_store_that_hangs_does_not_hold_up_who_looks_which_robots_to_stop(web):
    """The STOP of a page that names no robot goes to those that are told here."""
    web.client.store_hangs = True
    begun_mono_s = time.monotonic()
    told = web.ask('GET', '/robots').json
    assert time.monotonic() - begun_mono_s < 0.8
    assert [each['namespace'] for each in told['robots']] == ['robot1']
    assert told['stores'] == []


def test_who_has_seen_a_robot_stand_is_named_by_the_key_or_else_says_it(web):
    path = '/robots/robot2/declare_stopped'
    answer = web.ask('POST', path, {'requested_by': 'anna'})
    assert (answer.status, answer.json) == (200, {'robot': 'robot2', 'ticket_ids': [TICKET.id]})
    assert web.client.asked[-1] == ('declare_stopped', ('robot2', 'anna'), {})
    web.ask('POST', path, {'requested_by': 'anna'}, caller=Caller('bert', Role.OPERATOR))
    assert web.client.asked[-1][1] == ('robot2', 'bert')
    web.ask('POST', path, caller=Caller('bert', Role.OPERATOR))
    assert web.client.asked[-1][1] == ('robot2', 'bert')


@pytest.mark.parametrize('body', [None, {}, {'requested_by': ''}])
def test_without_a_name_nobody_has_seen_a_robot_stand(web, body):
    answer = web.ask('POST', '/robots/robot2/declare_stopped', body)
    assert (answer.status, answer.json['code'], answer.json['field']) == (422, 102, 'requested_by')
    assert web.client.asked == []


def test_a_robot_that_no_store_knows_is_not_declared(web):
    who = {'requested_by': 'anna'}
    answer = web.ask('POST', '/robots/robot9/declare_stopped', who)
    assert (answer.status, answer.json['code']) == (404, 213)
    assert 'robot1, robot2' in answer.json['detail']
    web.client.store_hangs = True
    answer = web.ask('POST', '/robots/robot2/declare_stopped', who)
    assert (answer.status, answer.json['code']) == (504, 801)
    assert [name for name, *_ in web.client.asked if name == 'declare_stopped'] == []


def test_openapi_names_every_address_once_and_how_it_refuses(web):
    told = web.ask('GET', '/openapi.json').json
    ids = [each['operationId'] for path in told['paths'].values() for each in path.values()]
    assert len(ids) == len(set(ids))
    for path in told['paths'].values():
        for each in path.values():
            assert '4XX' in each['responses']
    assert told['components']['schemas']['NewTicket']['required'] == ['command']


def test_openapi_says_how_a_robot_is_named_and_what_a_refusal_looks_like(web):
    """Generators of clients refuse a path with a parameter that is not declared."""
    for path, methods in web.ask('GET', '/openapi.json').json['paths'].items():
        for way in methods.values():
            named = {each['name'] for each in way.get('parameters', ()) if each['in'] == 'path'}
            assert named == set(re.findall(r'{(\w+)}', path))
            for status in ('4XX', '5XX'):
                [(kind, content)] = way['responses'][status]['content'].items()
                assert kind == 'application/problem+json'
                assert content['schema']['$ref'].endswith('/ProblemModel')


@pytest.mark.parametrize('name', EXAMPLES)
def test_each_example_is_one(web, name):
    model = getattr(bodies, name, None) or getattr(models, name)
    given = EXAMPLES[name]
    made = model(**given)
    assert set(given) <= set(made.__dict__)
    schema = web.ask('GET', '/openapi.json').json['components']['schemas'][name]
    assert schema['examples'] == [given]


def test_each_body_has_an_example(web):
    told = web.app.openapi()
    for path, methods in told['paths'].items():
        for way in methods.values():
            found = re.findall(r'schemas/(\w+)', json.dumps(way.get('requestBody', {})))
            assert set(found) <= EXAMPLES.keys(), path


@pytest.mark.parametrize(
    ('path', 'model'),
    [
        ('/', 'HomeModel'), ('/status', 'StatusModel'), ('/queue', 'QueueModel'),
        ('/commands', 'CommandListModel'), ('/robots', 'RobotListModel'),
        ('/tickets', 'TicketListModel'), ('/telemetry/metrics', 'MetricsModel'),
        ('/telemetry/events', 'EventListModel'), ('/e-stop', 'EStopModel'),
    ],
)  # fmt: skip
def test_what_is_answered_is_what_openapi_says(web, path, model):
    told = web.app.openapi()['paths'][path]['get']['responses']['200']['content']
    assert told['application/json']['schema']['$ref'].endswith(f'/{model}')
    kind = getattr(models, model)
    answer = web.ask('GET', path).json
    assert answer.keys() == kind(**answer).__dict__.keys()


def test_no_more_listeners_than_are_allowed(web):
    seats = web.app.state.seats
    with seats.taken(), seats.taken():
        with pytest.raises(TooManyListeners, match='2 clients'), seats.taken():
            pass
        answer = web.ask('GET', '/events')
        assert (answer.status, answer.json['code']) == (503, 822)
    with seats.taken():
        pass


def test_who_goes_before_the_first_word_keeps_no_seat(web):
    """Its stream was never begun, and so never ended."""
    scope = {'type': 'http', 'asgi': {'version': '3.0', 'spec_version': '2.4'}, 'method': 'GET'}
    scope |= {'path': '/events', 'raw_path': b'/events', 'query_string': b'', 'headers': []}
    scope |= {'scheme': 'http', 'server': ('127.0.0.1', 8000), 'root_path': '', 'state': {}}

    async def gone(*_):
        raise OSError('the connection is closed')

    async def course():
        for _ in range(3):  # there are two seats
            with contextlib.suppress(Exception):
                await web.app(dict(scope), asyncio.Future, gone)
        with web.app.state.seats.taken(), web.app.state.seats.taken():
            pass

    asyncio.run(course())
