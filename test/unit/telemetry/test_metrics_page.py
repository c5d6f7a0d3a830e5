"""The page that Prometheus reads."""

import contextlib
import http.client
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.telemetry.metrics import TicketMetrics
from orchestrator_ren.telemetry.metrics_page import END_S, MetricsPage, checked_address

HOST = '127.0.0.1'


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def read(port: int, path: str = '/metrics') -> str:
    with urllib.request.urlopen(f'http://{HOST}:{port}{path}', timeout=5.0) as answer:
        return str(answer.read().decode())


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def page(port: int) -> Iterator[MetricsPage]:
    made = MetricsPage(TicketMetrics().page, HOST, port)
    made.start()
    yield made
    made.close()


def test_it_is_read_by_prometheus_own_parser(page: MetricsPage, port: int) -> None:
    names = {each.name for each in text_string_to_metric_families(read(port))}
    assert 'orchestrator_tickets_created' in names
    assert page.words == f'http://{HOST}:{port}/metrics'


@pytest.mark.usefixtures('page')
def test_another_path_is_404(port: int) -> None:
    with pytest.raises(HTTPError) as caught:
        read(port, '/')
    assert caught.value.code == 404
    caught.value.close()


@pytest.mark.usefixtures('page')
def test_what_is_no_get_is_refused(port: int) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=5.0)
    connection.request('POST', '/metrics', body=b'x')
    assert connection.getresponse().status == 501
    connection.close()


def test_it_is_off_by_default() -> None:
    threads = threading.active_count()
    page = MetricsPage(TicketMetrics().page, HOST, 0)
    page.start()
    assert (page.words, page.trouble, threading.active_count()) == ('off', '', threads)
    page.close()


@pytest.mark.usefixtures('page')
def test_a_port_in_use_is_told_and_nothing_else_happens(port: int) -> None:
    second = MetricsPage(TicketMetrics().page, HOST, port)
    second.start()
    assert second.trouble.startswith(f'no metrics on {HOST}:{port}: ')
    assert 'in use' in second.trouble
    second.close()
    assert read(port)


def test_an_address_of_another_machine_is_told(port: int) -> None:
    page = MetricsPage(TicketMetrics().page, '203.0.113.1', port)
    page.start()
    assert page.words.startswith(f'no metrics on 203.0.113.1:{port}: ')
    page.close()


@pytest.mark.parametrize('host', ['localhost', '', 'ä' * 70, '127.0.0.1:9464', '256.0.0.1'])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match='it must be an IP address') as caught:
        checked_address(host, 'prometheus_host')
    assert caught.value.code == 700


def test_addresses_of_both_kinds_are_taken() -> None:
    assert [checked_address(each, '') for each in (HOST, '::1')] == [HOST, '::1']


def test_who_reads_often_has_it_made_twice_a_second(port: int) -> None:
    made = []
    page = MetricsPage(lambda: made.append(1) or b'x 1\n', HOST, port)
    page.start()
    began_mono_s = time.monotonic()
    for _ in range(50):
        read(port)
    took_s = time.monotonic() - began_mono_s
    page.close()
    assert len(made) <= 1 + took_s / 0.5


@pytest.mark.usefixtures('page')
def test_who_goes_away_in_the_middle_leaves_no_trace(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in (b'', b'GET /metrics HTTP/1.0\r\n', b'\x00\xff\r\n\r\n', b'x' * 70000):
        with socket.create_connection((HOST, port)) as gone:
            gone.sendall(words)
    assert read(port)
    assert capfd.readouterr().err == ''


def test_the_end_waits_for_nobody(port: int) -> None:
    page = MetricsPage(TicketMetrics().page, HOST, port)
    page.start()
    with socket.create_connection((HOST, port)):
        began_mono_s = time.monotonic()
        page.close()
        assert time.monotonic() - began_mono_s < END_S + 0.5
    with pytest.raises(OSError):  # noqa: PT011 - refused, or reset
        read(port)


def test_the_port_is_free_again_at_once(port: int) -> None:
    for _ in range(3):
        page = MetricsPage(TicketMetrics().page, HOST, port)
        page.start()
        assert page.trouble == ''
        assert read(port)
        page.close()


@pytest.mark.usefixtures('page')
def test_who_asks_letter_by_letter_has_no_more_time_than_others(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each letter began the time anew: one slow client kept the page from all others for ever."""
    monkeypatch.setattr('orchestrator_ren.telemetry.metrics_page.REQUEST_S', 0.5)
    is_read = threading.Event()

    def dribble(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not is_read.wait(0.05):
                connection.sendall(b'G')

    with socket.create_connection((HOST, port)) as slow:
        writer = threading.Thread(target=dribble, args=(slow,))
        writer.start()
        try:
            assert read(port)
        finally:
            is_read.set()
            writer.join()
