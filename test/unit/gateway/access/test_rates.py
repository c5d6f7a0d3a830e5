"""How many requests are taken from each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.errors import TooManyRequests
from orchestrator_ren.gateway.access import rate as module
from orchestrator_ren.gateway.access.rate import Rate, network_of


def codes(gateway, count, *headers, path='/tickets', method='GET', **scope):
    found = [gateway.ask(method, path, *headers, **scope) for _ in range(count)]
    return [each.status if each.status == 200 else each.code for each in found]


def test_so_many_are_taken_at_once_and_then_so_many_a_second(gateway) -> None:
    viewer = gateway.bearer('viewer')
    assert codes(gateway, 102, viewer) == [200] * 100 + [814] * 2
    gateway.mono_s += 1.0
    assert codes(gateway, 52, viewer) == [200] * 50 + [814] * 2
    answer = gateway.ask('GET', '/tickets', viewer)
    assert answer.json['detail'] == "more than 50 requests a second from 'viewer'; wait 1 s"


def test_one_who_asks_too_much_keeps_nobody_else_out(gateway) -> None:
    codes(gateway, 101, gateway.bearer('viewer'))
    assert codes(gateway, 1, gateway.bearer('operator')) == [200]
    assert codes(gateway, 1) == [811]


def test_who_has_no_key_is_counted_by_address(gateway) -> None:
    assert codes(gateway, 101) == [811] * 100 + [814]
    assert codes(gateway, 1, client=('127.0.0.2', 1)) == [811]
    assert codes(gateway, 1, path='/login', method='POST') == [814]


def test_a_websocket_counts(open_gateway) -> None:
    codes(open_gateway, 100)
    assert open_gateway.connect('/live').messages[0]['code'] == 4429


@pytest.mark.parametrize('path', ['/stop', '/e-stop', '/robots/a/stop', '/robots/a/b/e-stop'])
def test_a_stop_is_always_taken(gateway, open_gateway, path) -> None:
    for one, headers in ((gateway, [gateway.bearer('viewer')]), (open_gateway, [])):
        codes(one, 150, *headers)
        assert codes(one, 300, *headers, path=path, method='POST') == [200] * 300
        assert codes(one, 1, *headers, path=path) == [814]


def test_addresses_of_one_ipv6_network_are_one() -> None:
    assert network_of('2001:db8::1') == network_of('2001:db8::ffff:1') == '2001:db8::/64'
    assert network_of('2001:db8:0:1::1') != network_of('2001:db8::1')
    assert network_of('::ffff:10.0.0.1') == network_of('10.0.0.1') == '10.0.0.1'
    assert network_of('fe80::1%eth0') == 'fe80::/64'
    assert network_of('') == 'an unknown address'


def test_only_so_many_are_remembered_those_who_asked_last(monkeypatch) -> None:
    monkeypatch.setattr(module, 'MOST', 10)
    rate = Rate(lambda: 0.0, 50.0)
    for number in range(90):
        rate.take(f'{number}')
        rate.take('busy')
    assert len(rate._buckets) == 10
    assert {'busy', '89', '81'} <= rate._buckets.keys()


@given(st.lists(st.floats(0.0, 5.0), max_size=300))
def test_never_more_is_taken_than_the_bucket_gives(pauses) -> None:
    now_mono_s = 0.0
    rate = Rate(lambda: now_mono_s, 50.0)
    taken = 0
    for pause_s in pauses:
        now_mono_s += pause_s
        try:
            rate.take('x')
            taken += 1
        except TooManyRequests as error:
            wait_s = error.fields['wait_s']
            assert wait_s >= 1
    assert taken <= 100 + 50.0 * now_mono_s + 1
