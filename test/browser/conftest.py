"""The page, as a person has it: a real Chromium, a real gateway, a simulated robot."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip('playwright.sync_api', reason='no Playwright (PyPI: playwright)')
pytest.importorskip('fastapi', reason='no FastAPI (apt: python3-fastapi)')

from geometry_msgs.msg import Twist
from std_msgs.msg import Bool

from orchestrator_ren.srv import ChangeQueue

from ..process.conftest import System

CHROMIUM = next(filter(None, map(shutil.which, ('chromium', 'chromium-browser'))), None)
if CHROMIUM is None:
    pytest.skip('no Chromium (apt: chromium)', allow_module_level=True)

AXE = Path(__file__).with_name('axe') / 'axe.min.js'

PATIENCE_MS = 8000
"""Longest wait for what the page is to show [ms]."""

Opened = Callable[..., 'Operator']


class Operator:
    """A person at the page: what is seen and pressed."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        self.strangers: list[str] = []
        page.on('pageerror', lambda error: self.errors.append(str(error)))
        page.on('request', self._on_request)
        page.set_default_timeout(PATIENCE_MS)

    def _on_request(self, request: Any) -> None:
        if not request.url.startswith((self.url, self.url.replace('http', 'ws'), 'data:')):
            self.strangers.append(request.url)

    def open(self, robot: str = '') -> 'Operator':
        """Open the page and wait until it is live."""
        self.page.goto(f'{self.url}/ui/{"#robot=" + robot if robot else ""}')
        self.sees('#live-said', 'Live.')
        return self

    def sees(self, selector: str, text: str, timeout_ms: float = PATIENCE_MS) -> None:
        """Wait until a part of the page has that text."""
        place = self.page.locator(selector)
        playwright.expect(place).to_contain_text(text, timeout=timeout_ms)

    def misses(self, selector: str) -> None:
        """Wait until there is no such part of the page."""
        playwright.expect(self.page.locator(selector)).to_have_count(0)

    def fills_drive(self, speed: str, seconds: str) -> None:
        self.page.select_option('#command', 'drive')
        self.page.fill('#param-speed', speed)
        self.page.fill('#param-duration_seconds', seconds)

    def drives(self, speed: str = '1', seconds: str = '30') -> str:
        """Create a drive and let it run; return its ticket's id once it is executed."""
        self.fills_drive(speed, seconds)
        self.page.click('#create-run:not([aria-disabled])')
        self.page.wait_for_selector('#running article')
        words = self.page.get_attribute('#running article', 'aria-label')
        return str(words).removeprefix('Ticket ')

    def resets(self) -> None:
        """Reset the e-stop, whoever has pressed it: the test has a button of its own, too."""
        self.sees('#running', 'Nothing is executed.')
        self.page.click('#release:not([aria-disabled])')
        self.sees('#e-stop-state', 'free')

    def row(self, ticket_id: str) -> str:
        return f'[data-ticket="{ticket_id}"]'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope='module')
def chromium() -> Iterator[Any]:
    """A browser for the tests of a file.

    Not for all files: while Playwright is there, its event loop counts as running, and no other
    test could run one.
    """
    words = ['--no-sandbox'] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=words)
        yield browser
        browser.close()


@pytest.fixture(scope='module')
def system(
    context: Any, domain_id: int, tmp_path_factory: pytest.TempPathFactory, request: Any
) -> Iterator[System]:
    """One robot for the tests of a file."""
    folder = tmp_path_factory.mktemp('page')
    name = Path(str(request.path)).stem.removeprefix('test_')
    made = System(context, domain_id, f'robot_{name}', folder)
    with closing(made):
        made.start_robot(gate='external')
        yield made


@pytest.fixture(scope='module')
def gateway(system: System) -> str:
    """Where the page is."""
    port = free_port()
    system.start('http_gateway', port=port)
    await_gateway(system, port)
    return f'http://127.0.0.1:{port}'


def await_gateway(system: System, port: int) -> None:
    """Wait until somebody listens there."""

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', port)) == 0

    system.spin_until(answers)


@pytest.fixture
def opened(chromium: Any, gateway: str) -> Iterator[Opened]:
    """Open further pages; at the end, none of them has failed or asked another host."""
    operators: list[Operator] = []
    contexts: list[Any] = []

    def make(**how: Any) -> Operator:
        context = chromium.new_context(**{'viewport': {'width': 1280, 'height': 900}, **how})
        contexts.append(context)
        operators.append(Operator(context.new_page(), gateway))
        return operators[-1]

    yield make
    for each in operators:
        # What a test was doing to an answer when its page closed is no failure of the next one.
        each.page.unroute_all(behavior='ignoreErrors')
    for context in contexts:
        context.close()
    assert [each.errors for each in operators if each.errors] == []
    assert [each.strangers for each in operators if each.strangers] == []


@pytest.fixture
def operator(system: System, opened: Opened) -> Iterator[Operator]:
    """Somebody at the page of a robot that stands and is free; so it is left."""
    made = opened()
    yield made.open()
    made.page.keyboard.press('Escape')
    system.spin_until(lambda: not system.statuses[-1].executing_ids)
    system.e_stop.publish(Bool(data=False))
    system.reset_e_stop()
    system.call(ChangeQueue, 'resume_queue')
    system.spin_until(lambda: system.statuses[-1].state == 'READY')


def is_stopped(system: System) -> bool:
    """Whether the last velocity was zero, as this process has received it."""
    return bool(system.cmd_vel) and system.cmd_vel[-1] == Twist()


def violations(page: Any) -> list[str]:
    """Return what axe-core finds, each with where."""
    if not page.evaluate('"axe" in window'):
        page.evaluate(f'{AXE.read_text()}; undefined')
    found = page.evaluate('axe.run(document).then(({ violations }) => violations)')
    return [f'{each["id"]}: {[node["target"] for node in each["nodes"]]}' for each in found]
