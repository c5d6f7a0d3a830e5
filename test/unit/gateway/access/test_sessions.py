"""How the page gets in, what its cookie is good for, and how that ends."""

from datetime import timedelta

import pytest

from orchestrator_ren.gateway.access import sessions as module
from orchestrator_ren.gateway.access.sessions import Sessions
from orchestrator_ren.key import Caller, Role

from .harness import PAGE

ANONYMOUS = {'name': '', 'role': None, 'needs_key': True}


def signed_in(gateway, name='operator', *headers, **scope):
    answer = gateway.ask('POST', '/login', *headers, body={'key': gateway.keys[name]}, **scope)
    assert answer.status == 200, answer.json
    return answer


def cookie(gateway, name='operator'):
    return ('cookie', signed_in(gateway, name).cookie)


def test_with_a_key_the_page_gets_a_cookie_that_no_script_and_no_other_site_has(gateway) -> None:
    answer = signed_in(gateway, 'operator', ('origin', PAGE))
    assert answer.json == {'name': 'operator', 'role': 'operator', 'needs_key': False}
    name, *attributes = answer.header('set-cookie').split('; ')
    assert attributes == ['HttpOnly', 'SameSite=Strict', 'Path=/']
    assert name.startswith('ren_session_8000=')
    assert len(name.partition('=')[2]) == 43
    assert gateway.keys['operator'] not in answer.header('set-cookie') + str(gateway.logged)
    assert gateway.logged[-1][:4] == ('operator', 'POST', '/login', 200)


def test_under_tls_the_cookie_is_secure_also_where_that_ends_in_a_proxy(gateway) -> None:
    assert 'Secure' in signed_in(gateway, scheme='https').header('set-cookie')
    proxied = (('origin', 'https://localhost'), ('host', 'localhost'))
    assert 'Secure' in signed_in(gateway, 'viewer', *proxied).header('set-cookie')


def test_the_cookie_is_who_has_signed_in(gateway) -> None:
    who = cookie(gateway)
    assert gateway.ask('GET', '/session', who).json['name'] == 'operator'
    assert gateway.ask('POST', '/ticket', who).status == 200
    assert gateway.seen[-1]['state']['caller'] == Caller('operator', Role.OPERATOR)
    assert gateway.ask('POST', '/ticket', cookie(gateway, 'viewer')).code == 813
    assert gateway.ask('POST', '/ticket', who, gateway.bearer('viewer')).code == 813


def test_each_session_has_an_id_of_its_own_and_the_last_one_counts(gateway) -> None:
    first = cookie(gateway)
    second = gateway.ask('POST', '/login', first, body={'key': gateway.keys['viewer']})
    assert gateway.ask('GET', '/session', first).json == ANONYMOUS
    assert gateway.ask('GET', '/session', ('cookie', second.cookie)).json['name'] == 'viewer'


def test_who_signs_out_is_nobody(gateway) -> None:
    who = cookie(gateway)
    answer = gateway.ask('POST', '/logout', who)
    assert answer.json == ANONYMOUS
    assert 'Max-Age=0' in answer.header('set-cookie')
    assert gateway.ask('GET', '/session', who).json == ANONYMOUS
    assert gateway.ask('GET', '/', who).code == 811


def test_other_pages_can_neither_sign_in_nor_out(gateway) -> None:
    who, evil = cookie(gateway), ('origin', 'http://evil.example')
    assert gateway.ask('POST', '/logout', who, evil).code == 821
    assert gateway.ask('POST', '/login', evil, body={'key': gateway.keys['admin']}).code == 821
    assert gateway.ask('POST', '/stop', who, evil).code == 821


def test_a_session_ends_after_twelve_hours_for_all_but_a_stop(gateway) -> None:
    who = cookie(gateway)
    gateway.mono_s += module.SESSION_S - 1
    assert gateway.ask('GET', '/', who).status == 200
    gateway.mono_s += 1
    answer = gateway.ask('GET', '/', who)
    assert 'the session has ended; sign in again' in answer.json['detail']
    assert gateway.ask('GET', '/session', who).json == ANONYMOUS
    assert gateway.ask('POST', '/stop', who).status == 200


def test_a_session_ends_with_its_key_and_an_expired_one_still_stops(gateway) -> None:
    who = cookie(gateway)
    gateway.now += timedelta(days=365)
    assert gateway.ask('POST', '/ticket', who).code == 812
    assert gateway.ask('GET', '/session', who).json == ANONYMOUS
    assert gateway.ask('POST', '/e-stop', who).status == 200
    gateway.file.remove('operator')
    gateway.mono_s += 1.0
    answer = gateway.ask('POST', '/stop', who)
    assert 'the key of the session was removed' in answer.json['detail']


def test_a_key_made_again_under_the_name_does_not_bring_the_session_back(gateway) -> None:
    who = cookie(gateway)
    gateway.file.remove('operator')
    gateway.add('operator', Role.ADMIN)
    gateway.mono_s += 1.0
    assert gateway.ask('GET', '/', who).code == 811


@pytest.mark.parametrize(
    ('body', 'code'),
    [
        ({}, 815),
        ({'key': 3}, 815),
        ({'key': None}, 815),
        ([], 815),
        ('x', 815),
        ({'key': ''}, 811),
        ({'key': 'ren_x'}, 811),
        ({'key': '\ud800'}, 811),
    ],
)
def test_what_is_no_key_is_told(gateway, body, code) -> None:
    assert gateway.ask('POST', '/login', body=body).code == code


def test_what_is_no_json_and_an_expired_key_are_told(gateway) -> None:
    headers = (('content-type', 'application/json'), ('content-length', '1'))
    for text in (b'{', b'\xff', b'[' * 10_000):
        incoming = [{'type': 'http.request', 'body': text}]
        assert gateway.ask('POST', '/login', *headers, incoming=incoming).code == 815
    assert gateway.ask('POST', '/login').code == 815
    gateway.now += timedelta(days=365)
    assert gateway.ask('POST', '/login', body={'key': gateway.keys['admin']}).code == 812


@pytest.mark.parametrize(
    ('method', 'path'),
    [('GET', '/login'), ('GET', '/logout'), ('POST', '/session'), ('DELETE', '/session')],
)
def test_other_methods_are_refused(gateway, method, path) -> None:
    answer = gateway.ask(method, path)
    assert answer.code == 819


def test_without_keys_nobody_needs_one(open_gateway) -> None:
    told = {'name': '', 'role': 'operator', 'needs_key': False}
    assert open_gateway.ask('GET', '/session').json == told
    assert open_gateway.ask('POST', '/login', body={'key': 'x'}).json == told
    assert open_gateway.ask('POST', '/logout').json == told


@pytest.mark.parametrize(
    'value',
    [
        '',
        '; ;=',
        'ren_session_8000',
        'ren_session_8000=',
        'ren_session_8000=x',
        'ren_session_9=x',
        '\xff=\xff',
    ],
)
def test_whatever_a_cookie_says_it_is_nobody(gateway, value) -> None:
    assert gateway.ask('GET', '/session', ('cookie', value)).json == ANONYMOUS
    assert gateway.ask('GET', '/', ('cookie', value)).code == 811


def test_among_other_cookies_it_is_found(gateway) -> None:
    _, mine = cookie(gateway)
    assert gateway.ask('GET', '/', ('cookie', f'a=b; {mine};c=d')).status == 200


def test_only_so_many_sessions_are_kept_the_newest() -> None:
    sessions = Sessions(lambda: 0.0)
    ids = [sessions.begin('x') for _ in range(module.MOST + 10)]
    known = [sessions.get(each) is not None for each in ids]
    assert known == [False] * 10 + [True] * module.MOST


def test_the_ids_themselves_are_not_kept() -> None:
    sessions = Sessions(lambda: 0.0)
    assert sessions.begin('x') not in str(sessions._sessions)
