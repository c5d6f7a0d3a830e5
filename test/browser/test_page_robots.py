"""Several robots on a page, several pages of a robot."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .conftest import Opened, System, is_stopped

pytestmark = pytest.mark.alone


@pytest.fixture(scope='module')
def other(
    system: System, context: Any, domain_id: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """A second robot."""
    made = System(context, domain_id, 'robot_other', Path(tmp_path_factory.mktemp('other')))
    with closing(made):
        made.start_robot(gate='external')
        yield made


def test_two_pages_show_the_same_and_either_stops(system: System, opened: Opened) -> None:
    first, second = opened().open(), opened().open()
    ticket = first.drives()
    second.sees('#running', ticket)
    system.spin_until(lambda: system.speed_mps > 0.3)
    second.page.click('#stop')
    system.spin_until(lambda: is_stopped(system))
    for each in (first, second):
        each.sees('#running', 'Nothing is executed.')
    first.page.click('#pause')
    second.sees('#paused', 'Paused')
    second.page.click('#resume:not([aria-disabled])')
    first.misses('#paused')


def test_each_of_two_robots_is_driven_and_stopped_by_itself(
    system: System, other: System, opened: Opened
) -> None:
    here = opened().open('robot_page_robots')
    there = opened().open('robot_other')
    here_id = here.drives()
    there.drives()
    system.spin_until(lambda: system.speed_mps > 0.3)
    other.spin_until(lambda: other.speed_mps > 0.3)
    there.page.click('#stop')
    other.spin_until(lambda: is_stopped(other))
    there.sees('#stop-said', 'STOP to robot_other')
    system.spin_until(lambda: system.cmd_vel[-1].linear.x > 0.9)
    ticket = system.get(here_id)
    assert ticket.status == 'EXECUTING', ticket.error
    here.page.click('#stop')
    system.spin_until(lambda: is_stopped(system))


def test_a_page_goes_from_one_robot_to_the_other(other: System, opened: Opened) -> None:
    operator = opened().open('robot_page_robots')
    there = other.create('{speed: 0.5, duration_seconds: 1}')
    operator.page.wait_for_selector('#robot')
    operator.misses(operator.row(there))
    operator.page.select_option('#robot', 'robot_other')
    operator.sees('#live-said', 'Live.')
    operator.page.wait_for_selector(operator.row(there))
    assert operator.page.url.endswith('#robot=robot_other')


def test_stop_on_a_page_of_no_robot_stops_them_all(
    system: System, other: System, opened: Opened
) -> None:
    """Where the address names none, and there are several, nobody knows which one was meant."""
    here = opened().open('robot_page_robots')
    there = opened().open('robot_other')
    here.drives()
    there.drives()
    operator = opened()
    operator.page.route('**/app.js', lambda route: route.abort())
    operator.page.route(
        '**/stop',
        lambda route: (
            route.fulfill(status=404, json={'detail': 'several'})
            if '/robots/' not in route.request.url
            else route.continue_()
        ),
    )
    operator.page.goto(f'{operator.url}/ui/')
    operator.page.click('#stop')
    operator.sees('#stop-said', 'is through')
    system.spin_until(lambda: is_stopped(system))
    other.spin_until(lambda: is_stopped(other))
