"""Who may do what: each route for nobody, a viewer, an operator and an admin."""

from datetime import timedelta

import pytest

from orchestrator_ren.key import Caller, Role

LOOKS = [
    '/',
    '/tickets',
    '/ticket/tick-1',
    '/ticket/tick-1/history',
    '/queue',
    '/commands',
    '/robots',
    '/robots/a/b/tickets',
    '/metrics',
    '/telemetry/events',
    '/docs',
    '/openapi.json',
    '/nothing',
]
CHANGES = [
    '/ticket',
    '/execute',
    '/ticket/tick-1/cancel',
    '/queue/pause',
    '/queue/resume',
    '/e-stop/reset',
    '/robots/a/e-stop/reset',
    '/robots/a/ticket',
    '/robots/a/declare_stopped',
    '/robots/stop/declare_stopped',
    '/stop/',
    '/xstop',
    '/ticket/stop',
    '/robots/stop',
    '/queue/e-stop',
    '/robots/a-b/stop',
    '/nothing',
    '/STOP',
    '/static/x',
    '/page',
]
STOPS = [
    '/stop',
    '/e-stop',
    '/robots/a/stop',
    '/robots/a/b/stop',
    '/robots/a/e-stop',
    '/robots//stop',
]
ROLES = [each.name.lower() for each in Role]


def outcome(answer) -> int:
    return answer.status if answer.status == 200 else answer.code


@pytest.mark.parametrize('path', LOOKS)
@pytest.mark.parametrize('method', ['GET', 'HEAD', 'OPTIONS'])
def test_to_look_takes_any_key(gateway, method, path) -> None:
    assert outcome(gateway.ask(method, path)) == 811
    assert [outcome(gateway.ask(method, path, gateway.bearer(each))) for each in ROLES] == [
        200
    ] * 3


@pytest.mark.parametrize('path', CHANGES)
@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'PATCH', 'BREW'])
def test_to_change_takes_an_operator(gateway, method, path) -> None:
    assert outcome(gateway.ask(method, path)) == 811
    found = [outcome(gateway.ask(method, path, gateway.bearer(each))) for each in ROLES]
    assert found == [813, 200, 200]


@pytest.mark.parametrize('path', STOPS)
def test_to_stop_takes_any_key_also_an_expired_one(gateway, path) -> None:
    assert outcome(gateway.ask('POST', path)) == 811
    assert outcome(gateway.ask('POST', path, ('authorization', 'Bearer ren_x'))) == 811
    assert outcome(gateway.ask('PUT', path, gateway.bearer('viewer'))) == 813
    gateway.now += timedelta(days=1000)
    assert [outcome(gateway.ask('POST', path, gateway.bearer(each))) for each in ROLES] == [
        200
    ] * 3
    assert gateway.seen[-1]['state']['caller'] == Caller('admin', Role.ADMIN)


def test_an_expired_key_is_good_for_nothing_else(gateway) -> None:
    gateway.now += timedelta(days=365)
    for method, path in (('GET', '/tickets'), ('POST', '/ticket'), ('POST', '/e-stop/reset')):
        answer = gateway.ask(method, path, gateway.bearer('admin'))
        assert answer.code == 812
        assert "'admin' has expired" in answer.json['detail']
    assert gateway.seen == []


def test_the_application_is_told_who_asks_and_keeps_its_state(gateway) -> None:
    gateway.ask('GET', '/tickets', gateway.bearer('viewer'))
    state = gateway.seen[0]['state']
    assert state == {'shared': 1, 'caller': Caller('viewer', Role.VIEWER)}


def test_the_files_of_the_page_are_for_anybody_to_read(gateway) -> None:
    assert gateway.ask('GET', '/static/page.js').status == 200
    assert gateway.ask('HEAD', '/page').status == 200
    assert gateway.seen[0]['state']['caller'] is None
    for path in ('/static', '/pages', '/page/x', '/x/static/'):
        assert gateway.ask('GET', path).code == 811
    assert gateway.connect('/static/x').messages[0]['code'] == 4401


def test_without_keys_everybody_operates(open_gateway) -> None:
    for method, path in (('GET', '/'), ('POST', '/ticket'), ('POST', '/stop')):
        assert open_gateway.ask(method, path).status == 200
        assert open_gateway.seen[-1]['state']['caller'] == Caller('', Role.OPERATOR)
    answer = open_gateway.ask('GET', '/', ('authorization', 'Bearer whatever'))
    assert answer.status == 200


@pytest.mark.parametrize(
    ('header', 'detail'),
    [
        (None, 'none was sent'),
        ('Basic abc', 'not Bearer KEY'),
        ('Bearer', 'nobody has the key'),
        ('Bearer ', 'nobody has the key'),
        ('Bearer ren_' + 'x' * 43, 'nobody has the key'),
        ('ren_' + 'x' * 43, 'not Bearer KEY'),
        ('Bearer \xff', 'nobody has the key'),
    ],
)
def test_it_is_said_what_is_wrong_with_what_was_sent(gateway, header, detail) -> None:
    answer = gateway.ask('POST', '/ticket', ('authorization', header))
    assert answer.code == 811
    assert 'POST /ticket needs a key of role operator' in answer.json['detail']
    assert detail in answer.json['detail']


def test_two_keys_in_a_request_are_refused(gateway) -> None:
    answer = gateway.ask('GET', '/', gateway.bearer('viewer'), gateway.bearer('admin'))
    assert answer.code == 810
    assert 'authorization is there 2 times' in answer.json['detail']


def test_bearer_may_be_written_in_any_case(gateway) -> None:
    key = gateway.keys['viewer']
    assert gateway.ask('GET', '/', ('authorization', f'bearer  {key} ')).status == 200


@pytest.mark.parametrize('where', ['/?key={}', '/tickets?a=1&token={}', '/ticket/{}', '/?{}'])
def test_a_key_in_the_url_is_refused_and_goes_nowhere(gateway, where) -> None:
    key = gateway.keys['operator']
    path = where.format(key)
    answer = gateway.ask('GET', path, gateway.bearer('operator'))
    assert answer.code == 810
    assert 'replace that key' in answer.json['detail']
    assert key not in answer.json['detail'] + str(gateway.logged)
    escaped = path.replace('ren_', 'r%65n%5f')
    assert gateway.ask('GET', escaped, gateway.bearer('operator')).code == 810
    assert gateway.seen == []
