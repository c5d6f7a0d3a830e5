"""Several robots on a page, several pages of a robot."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .conftest import Opened, Operator, System, is_stopped, violations

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


AT = '2026-11-27T09:17:56+00:00'
STORED = [
    {
        'name': 'robot_page_robots', 'is_alive': True, 'unreachable_since': None, 'last_seen': AT,
        'host': 'tower', 'term': 3, 'lease_s': 7.5, 'capabilities': ['lift'],
        'executing_ids': [], 'waiting': 2,
    },
    {
        'name': 'lost', 'is_alive': False, 'unreachable_since': AT, 'last_seen': AT,
        'host': 'shed', 'term': 5, 'lease_s': 0.0, 'capabilities': [],
        'executing_ids': ['tick-1'], 'waiting': 0,
    },
]  # fmt: skip


def shared(operator: Operator) -> Operator:
    """Have the gateway tell of a store of two robots, of which one is unreachable."""

    def tell(route: Any) -> None:
        store = {'namespaces': ['robot_page_robots'], 'robots': STORED, 'waiting_for_any': 4}
        route.fulfill(json={**route.fetch().json(), 'stores': [store]})

    operator.page.route('**/robots', tell)
    return operator.open('robot_page_robots')


def test_robots_of_a_store_are_shown_alive_or_unreachable_and_what_to_do(opened: Opened) -> None:
    operator = shared(opened())
    alive, lost = '[data-robot="robot_page_robots"]', '[data-robot="lost"]'
    operator.sees(alive, 'alive')
    operator.sees(alive, 'on tower, term 3, lease 7.5 s, has lift, 2 waiting')
    operator.sees(lost, 'unreachable since')
    operator.sees(lost, 'on shed, term 5, executing tick-1')
    operator.sees(lost, 'ren robots --declare-stopped lost')
    operator.sees('#fleet', '4 waiting for any robot.')
    assert violations(operator.page) == []


def test_a_robot_alone_on_its_store_is_shown_without_others(other: System, opened: Opened) -> None:
    """Another one, of a store of its own, was shown as if tickets could go there."""
    operator = opened().open('robot_page_robots')
    operator.page.wait_for_selector('#robot')
    operator.misses('#fleet')
    operator.misses('[id="param-.robot"]')


def test_a_ticket_is_asked_for_any_robot_that_has_what_it_needs(opened: Opened) -> None:
    operator = shared(opened())
    operator.sees('#fleet', 'alive')
    asked: list[Any] = []

    def create(route: Any) -> None:
        asked.append(route.request.post_data_json)
        ticket = {'id': 'tick-7', 'robot': None, 'is_for_any': True, 'capabilities': ['lift']}
        route.fulfill(status=201, json=ticket)

    operator.page.route('**/ticket', create)
    operator.fills_drive('1', '1')
    operator.page.click('#create summary')
    operator.page.fill('[id="param-.robot"]', 'any')
    operator.page.fill('[id="param-.capabilities"]', 'lift, scan,')
    operator.page.click('#create-only:not([aria-disabled])')
    operator.sees('#told', 'tick-7 is created for any robot, none has taken it yet.')
    assert (asked[0]['robot'], asked[0]['capabilities']) == ('any', ['lift', 'scan'])


def test_tickets_of_a_shared_store_say_whose_they_are_and_what_they_need(opened: Opened) -> None:
    def tell(route: Any) -> None:
        told = route.fetch().json()
        told['tickets'][0] |= {'robot': 'lost', 'is_for_any': True, 'capabilities': ['lift']}
        route.fulfill(json=told)

    operator = opened()
    operator.page.route('**/tickets?*', tell)
    shared(operator).fills_drive('1', '1')
    operator.page.click('#create-only:not([aria-disabled])')
    operator.sees('#tickets .owner', 'for lost (for any), needs lift')


def test_what_a_robot_takes_is_told_among_the_events(opened: Opened) -> None:
    """An event of a type that the page does not know must not break it."""
    operator = opened().open('robot_page_robots')
    operator.page.evaluate(
        """async () => {
            const { html, render } = await import('/ui/html.js');
            const { Events } = await import('/ui/views/events.js');
            const taken = { number: 1, at: new Date().toISOString(), type: 'ticket_taken',
                            ticket_id: 'tick-9', message: 'by robot2' };
            const place = document.createElement('div');
            place.id = 'taken';
            document.body.append(place);
            render(html`<${Events} state=${{ live: { events: [taken] } }} />`, place);
        }"""
    )
    operator.sees('#taken', 'ticket taken')


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
