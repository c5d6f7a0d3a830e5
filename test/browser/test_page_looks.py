"""How the page looks, sounds and loads: narrow and wide, light and dark, alone in the world."""

from typing import Any

import pytest

from .conftest import Opened, Operator, System, violations

pytestmark = pytest.mark.alone

PHONE = {'width': 360, 'height': 740}
DESKTOP = {'width': 1920, 'height': 1080}


@pytest.fixture
def tickets(system: System) -> None:
    """Some that have ended, one of them badly; some that wait."""
    for _ in range(2):
        system.create('{speed: 0.5, duration_seconds: 1}')


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('size', [PHONE, DESKTOP], ids=['phone', 'desktop'])
def test_axe_finds_nothing(opened: Opened, tickets: None, scheme: str, size: Any) -> None:
    operator = opened(color_scheme=scheme, viewport=size).open()
    operator.fills_drive('5', 'x')
    operator.page.click('#create-only')
    operator.sees('#create', 'is no number')
    operator.page.click('summary')
    operator.page.click('#tickets li button')
    operator.page.wait_for_selector('#history')
    assert violations(operator.page) == []
    assert is_within(operator)


def is_within(operator: Operator) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(
        operator.page.evaluate(
            'document.documentElement.scrollWidth <= document.documentElement.clientWidth'
        )
    )


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_axe_finds_nothing_in_a_latched_robot_that_is_driven_nor_in_a_lost_one(
    system: System, opened: Opened, scheme: str
) -> None:
    operator = opened(color_scheme=scheme).open()
    operator.drives()
    assert violations(operator.page) == []
    operator.page.click('#press')
    operator.sees('#e-stop-state', 'LATCHED')
    assert violations(operator.page) == []
    operator.resets()
    operator.page.evaluate('location.hash = "#robot=nobody"')
    operator.page.wait_for_selector('html.grey')
    operator.sees('#live-said', 'there is no robot nobody')
    assert violations(operator.page) == []
    assert is_within(operator)


def test_stop_is_seen_and_large_however_far_is_scrolled(opened: Opened) -> None:
    for size in (PHONE, DESKTOP):
        operator = opened(viewport=size).open()
        operator.page.evaluate('scrollTo(0, 1e6)')
        box = operator.page.locator('#stop').bounding_box()
        assert box['y'] >= 0
        assert box['y'] + box['height'] <= size['height'] / 3
        assert box['width'] >= 120
        assert box['height'] >= 48


@pytest.mark.parametrize(('path', 'words'), [('docs', '/ticket'), ('redoc', 'Orchestrator-REN')])
def test_the_documentation_is_drawn_without_the_internet(
    opened: Opened, path: str, words: str
) -> None:
    operator = opened()
    blocked: list[str] = []
    operator.page.on(
        'requestfailed', lambda each: blocked.append(each.url) if each.failure == 'csp' else None
    )
    operator.page.goto(f'{operator.url}/{path}')
    operator.page.get_by_text(words).first.wait_for()
    operator.strangers = [each for each in operator.strangers if each not in blocked]


def test_a_browser_at_the_root_is_sent_to_the_page(opened: Opened) -> None:
    operator = opened()
    operator.page.goto(operator.url)
    operator.sees('#live-said', 'Live.')
    assert operator.page.url.endswith('/ui/')


def test_landmarks_and_live_regions_are_there(opened: Opened) -> None:
    page = opened().open().page
    assert page.get_by_role('banner').count() == 1
    assert page.get_by_role('main').count() == 1
    for name in ('Robot', 'Running', 'Queue', 'New ticket', 'Tickets', 'Last events'):
        assert page.get_by_role('region', name=name, exact=True).count() == 1
    assert page.get_attribute('#stop-said', 'role') == 'alert'
    assert page.get_attribute('#live-said', 'role') == 'status'
