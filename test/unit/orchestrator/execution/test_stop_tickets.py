"""A stop acts as soon as it is asked for, and tells later whom it has ended."""

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator_ren.orchestrator.execution import stop_tickets
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.tickets.ticket import Ticket

NOW = datetime(2026, 1, 2, tzinfo=timezone.utc)
REGISTRY: Any = SimpleNamespace(
    commands=[SimpleNamespace(name='stop', stops=True), SimpleNamespace(name='drive', stops=False)]
)


class Robot:
    """What moves, and why it was stopped."""

    def __init__(self) -> None:
        self.moving: list[str] = []
        self.reasons: list[str] = []

    def stop(self, reason: str) -> list[str]:
        self.reasons.append(reason)
        ended, self.moving = self.moving, []
        return ended


@pytest.fixture
def robot() -> Robot:
    return Robot()


@pytest.fixture
def stops(robot: Robot) -> StopTickets:
    return StopTickets(REGISTRY, robot.stop)


def ticket(id_: str = 'stop-1', command: str = 'stop', **fields: Any) -> Ticket:
    return Ticket(id_, command, {}, NOW, NOW, **fields)


def test_only_what_says_that_it_stops_is_a_stop(stops: StopTickets) -> None:
    assert stops.is_stop('stop')
    assert not stops.is_stop('drive')
    assert not stops.is_stop('unknown')


def test_a_ticket_known_to_be_a_stop_stops_the_robot_at_once(
    stops: StopTickets, robot: Robot
) -> None:
    stops.learn(ticket())
    assert robot.reasons == [], 'knowing it is not asking for it'
    assert stops.act('stop-1')
    assert robot.reasons == ['stopped by a stop ticket']


@pytest.mark.parametrize(
    'other', [ticket('other', 'drive'), ticket('other', dry_run=True)], ids=['drive', 'dry run']
)
def test_no_other_ticket_stops_it(other: Ticket, stops: StopTickets, robot: Robot) -> None:
    stops.learn(ticket())
    stops.learn(other)
    assert not stops.act('other')
    assert not stops.act('never seen')
    assert robot.reasons == []
    assert not stops.has_acted('other')


def test_whom_a_stop_has_ended_is_told_once(stops: StopTickets, robot: Robot) -> None:
    stops.learn(ticket())
    robot.moving = ['drive-1', 'drive-2']
    stops.act('stop-1')
    assert stops.stopped_by('another') == []
    assert stops.stopped_by('stop-1') == ['drive-1', 'drive-2']
    assert stops.stopped_by('stop-1') == []


def test_a_stop_that_is_asked_for_twice_tells_of_both_times(
    stops: StopTickets, robot: Robot
) -> None:
    for moving in ('drive-1', 'drive-2'):
        robot.moving = [moving]
        stops.stop_for('stop-1')
    assert stops.stopped_by('stop-1') == ['drive-1', 'drive-2']


def test_a_stop_that_ended_nobody_has_acted_all_the_same(stops: StopTickets) -> None:
    stops.learn(ticket())
    assert not stops.has_acted('stop-1')
    stops.act('stop-1')
    assert stops.has_acted('stop-1')
    stops.stopped_by('stop-1')
    assert not stops.has_acted('stop-1')


def test_whom_a_stop_ended_before_it_had_an_id_is_credited_to_it(
    stops: StopTickets, robot: Robot
) -> None:
    robot.moving = ['drive-1']
    stopped = stops.stop_first()
    assert robot.reasons == ['stopped by a stop ticket']
    stops.credit('stop-1', stopped)
    robot.moving = ['drive-2']
    assert stops.stop_motion_for('stop-1', 'its own words') == ['drive-1', 'drive-2']
    assert robot.reasons[-1] == 'its own words'
    assert stops.stopped_by('stop-1') == []


def test_nothing_to_credit_leaves_no_trace(stops: StopTickets) -> None:
    stops.credit('stop-1', stops.stop_first())
    assert not stops.has_acted('stop-1')


def test_the_oldest_are_forgotten(
    stops: StopTickets, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop_tickets, 'REMEMBERED', 2)
    for number in (1, 2, 3):
        stops.learn(ticket(f'stop-{number}'))
    assert [stops.act(f'stop-{number}') for number in (1, 2, 3)] == [False, True, True]
