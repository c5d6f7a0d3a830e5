"""Machines of a fleet on which something is wrong: started twice, another time, a password."""

import random
import time

import pytest

pytest.importorskip('rclpy')

from builtin_interfaces.msg import Time

from orchestrator_ren.store.verification import verify

from ..amounts import amount
from .fleet_client import FleetClient
from .fleet_system import USER, FleetSystem

STARTS = amount('FLEET_STARTS', bounded=1, whole=10)
HOUR_S = 3600.0
CLOCKS_S = {'r1': HOUR_S, 'r2': 0.0, 'r3': -HOUR_S}
"""How far the clock of each is ahead [s]."""

DRIVE_S = 3.0


def stamp_in(seconds: float) -> Time:
    at_s = time.time() + seconds
    return Time(sec=int(at_s), nanosec=int(at_s % 1.0 * 1e9))


def bring_up(fleet: FleetSystem, clocks_s: dict[str, float]) -> FleetClient:
    for robot, clock_s in clocks_s.items():
        fleet.add_robot(robot)
        fleet.lives[robot] = fleet.start(robot, clock_s=clock_s)
    fleet.spin_until(lambda: all(each.status.state == 'READY' for each in fleet.robots.values()))
    return FleetClient(fleet, random.Random(7), next(iter(clocks_s)))


@pytest.mark.statistics
@pytest.mark.timeout(60 + 30 * STARTS)
def test_of_two_starters_of_one_name_at_the_same_moment_one_has_the_robot(
    fleet: FleetSystem,
) -> None:
    """The first of them find an empty database, too."""
    for number in range(STARTS):
        lives = [
            fleet.start(f'twin{number}', f'twin{number}-{side}', gate='external') for side in 'ab'
        ]
        fleet.spin_until(lambda lives=lives: any(each.is_over for each in lives))
        loser, winner = sorted(lives, key=lambda each: not each.is_over)
        assert 'StoreInUse 302' in loser.log
        assert 'service_started' not in loser.log
        assert 'service_started' in winner.log
        assert not winner.is_over
        winner.kill()


@pytest.mark.parametrize('asked', CLOCKS_S)
def test_tickets_for_any_go_once_and_in_time_though_clocks_are_an_hour_off(
    fleet: FleetSystem, asked: str
) -> None:
    """One robot took them all and failed them (208), another kept them for an hour."""
    client = bring_up(fleet, CLOCKS_S)
    clock_s = CLOCKS_S[asked]
    orders = [client.order(asked, 'any') for _ in range(3)]
    times = {'not_before': stamp_in(1.0), 'deadline': stamp_in(60.0 + max(clock_s, 0.0))}
    orders += [client.order(asked, 'any', **times) for _ in range(3)]
    assert not client.findings
    client.await_all_ended()
    ended = {each.id: each.status for each in client.tickets()}
    assert ended == {each.ticket_id: 'COMPLETED' for each in orders}
    assert not [each for each in verify(fleet.url) if each.problem]


def test_changed_password_is_told_and_the_one_in_the_file_is_used_as_soon_as_it_is_right(
    fleet: FleetSystem,
) -> None:
    client = bring_up(fleet, {'r2': 0.0})
    seen = fleet.robots['r2']
    order = client.order('r2', duration_s=DRIVE_S)
    fleet.spin_until(lambda: seen.is_moved_by(order.ticket_id))
    fleet.beside(lambda: change_password(fleet, 'other'))
    fleet.spin_until(lambda: seen.status.state == 'STORE_DOWN')
    response = fleet.ask('r2', 'create_ticket', 10.0, command='stop')
    assert response.error_code == 301
    assert 'password authentication failed' in response.message
    fleet.spin_until(lambda: seen.status.executing == 0 or time.monotonic() - seen.moved[-1] > 0.5)
    assert seen.drove_s > DRIVE_S - 0.3
    fleet.set_known_password('other')
    fleet.spin_until(lambda: seen.status.state == 'READY')
    client.await_all_ended()
    (ticket,) = client.tickets()
    assert (ticket.id, ticket.status) == (order.ticket_id, 'COMPLETED')


def change_password(fleet: FleetSystem, password: str) -> None:
    """Change it on the server; who is in has to come in again."""
    fleet.server.set_password(USER, password)
    fleet.server.run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{USER}'"
    )
