"""What the page says and does when the robot, the gateway or the page itself is lost."""

import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import Opened, Operator, System, await_gateway, free_port, is_stopped

pytestmark = pytest.mark.alone

GREY_S = 2.5
"""Longest that what is old may look live [s]."""


class Gateway:
    """The gateway as a process that can be killed."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.process = self._system.start('http_gateway', port=self.port)
        await_gateway(self._system, self.port)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope='module')
def running(system: System) -> Gateway:
    return Gateway(system)


@pytest.fixture(scope='module')
def gateway(running: Gateway) -> str:
    return f'http://127.0.0.1:{running.port}'


@pytest.fixture
def operator(opened: Opened) -> Iterator[Operator]:
    return opened().open()


def await_grey(operator: Operator) -> float:
    """Return how long it took [s]."""
    began_mono_s = time.monotonic()
    operator.page.wait_for_selector('html.grey')
    return time.monotonic() - began_mono_s


def await_live(operator: Operator) -> None:
    operator.page.wait_for_selector('html:not(.grey)')


def test_stop_works_before_the_page_is_loaded(system: System, opened: Opened) -> None:
    """The button is there at once, and needs nothing of the rest."""
    other = opened().open()
    other.drives()
    system.spin_until(lambda: system.speed_mps > 0.3)
    operator = opened()
    for pattern in ('**/app.js', '**/*.css', '**/vendor/*'):
        operator.page.route(pattern, lambda route: None)  # never answered
    operator.page.goto(f'{operator.url}/ui/', wait_until='commit')
    operator.page.wait_for_selector('#stop')
    operator.page.evaluate('new Promise(requestAnimationFrame)')  # it is painted
    operator.page.evaluate('document.querySelector("#stop").click()')
    system.spin_until(lambda: is_stopped(system))
    operator.sees('#stop-said', 'is through')


def test_stop_and_the_greying_work_when_the_page_has_failed(
    system: System, opened: Opened
) -> None:
    operator = opened()
    operator.page.route('**/app.js', lambda route: route.abort())
    operator.page.goto(f'{operator.url}/ui/')
    operator.sees('#live-said', 'has failed')
    operator.page.click('#stop')
    operator.sees('#stop-said', 'is through')


def test_a_view_that_fails_leaves_a_grey_page(operator: Operator) -> None:
    """A view that failed once was drawn half, and the page went on to say that it was live."""
    operator.page.evaluate("""() => {
        const set = () => { throw new Error('made to fail'); };
        Object.defineProperty(CharacterData.prototype, 'data', { get: () => '', set });
    }""")
    assert await_grey(operator) < GREY_S
    operator.sees('#live-said', 'has failed')
    assert 'made to fail' in operator.errors[0]
    operator.errors.clear()


def test_a_killed_gateway_greys_the_page_which_comes_back(
    system: System, running: Gateway, operator: Operator
) -> None:
    operator.sees('#state', 'READY')
    place = operator.page.locator('#stop').bounding_box()
    running.kill()
    assert await_grey(operator) < GREY_S
    operator.sees('#live-said', 'the gateway is not reached')
    operator.sees('#state', 'was READY')
    operator.page.click('#stop')
    operator.sees('#stop-said', 'NOT through')
    assert operator.page.locator('#stop').bounding_box() == place  # it stays under the hand
    assert operator.page.get_attribute('#pause', 'aria-disabled') == 'true'
    assert 'gateway' in str(operator.page.get_attribute('#pause', 'title'))
    running.start()
    await_live(operator)
    operator.sees('#stop-said', 'is through')  # it was sent until it was


def test_a_silent_gateway_greys_the_page_too(
    system: System, running: Gateway, operator: Operator
) -> None:
    """A frozen process keeps its connections open: nothing ends, nothing comes."""
    running.process.send_signal(signal.SIGSTOP)
    try:
        assert await_grey(operator) < GREY_S
        operator.sees('#live-said', 'Not heard since')
    finally:
        running.process.send_signal(signal.SIGCONT)
    await_live(operator)


def test_a_killed_orchestrator_is_not_heard_and_stop_works_still(
    system: System, operator: Operator
) -> None:
    operator.drives()
    system.spin_until(lambda: system.speed_mps > 0.3)
    orchestrator = _process(system, 'orchestrator')
    orchestrator.kill()
    began_mono_s = time.monotonic()
    operator.page.click('#stop')
    system.spin_until(lambda: is_stopped(system))
    operator.sees('#stop-said', 'is through')
    operator.sees('#live-said', 'the robot says nothing')
    assert time.monotonic() - began_mono_s < 2 * GREY_S
    operator.page.wait_for_selector('html.grey')
    system.restart_orchestrator()
    await_live(operator)
    operator.sees('#state', 'READY')


def _process(system: System, name: str) -> Any:
    return next(
        each
        for each in reversed(system._processes)
        if str(each.args[0]).endswith(f'/{name}') and each.poll() is None
    )


def test_without_the_network_the_page_is_grey_and_comes_back(operator: Operator) -> None:
    operator.page.context.set_offline(True)
    operator.page.click('#press')
    operator.sees('#stop-said', 'NOT through')
    operator.page.keyboard.press('Escape')  # STOP now, E-STOP goes on being sent
    operator.page.context.set_offline(False)
    operator.sees('#e-stop-state', 'LATCHED')
    operator.resets()
