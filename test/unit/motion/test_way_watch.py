"""The free way of a command: where it is to go, and where the robot rolls."""

import math

from orchestrator_ren.motion.gate_input import Command, Origin
from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.motion.way_watch import WayWatch

NOW_S = 100.0
AHEAD, BACK = Velocity(0.5), Velocity(-0.5)


def looking(ahead_m: float, behind_m: float, stop_distance_m: float = 0.5) -> WayWatch:
    """Return one that has seen a scan of two half circles."""
    watch = WayWatch(stop_distance_m, 0.3, '')
    ranges_m = [ahead_m if abs(each - 180) < 90 else behind_m for each in range(360)]
    watch.take(RangeScan(ranges_m, -math.pi, math.radians(1.0), 0.05, 20.0, NOW_S, 1.0))
    return watch


def way_m(watch: WayWatch, wanted: Velocity, output: Velocity = ZERO) -> float:
    return watch.looked(Command(Origin(), 'a#1', wanted), output, NOW_S).clearance_m


def test_the_way_is_that_where_the_robot_is_to_go() -> None:
    watch = looking(2.0, 1.0)
    assert 1.9 < way_m(watch, AHEAD) <= 2.0
    assert 0.9 < way_m(watch, BACK) <= 1.0


def test_where_it_rolls_counts_too() -> None:
    assert 0.9 < way_m(looking(2.0, 1.0), AHEAD, output=BACK) <= 1.0


def test_a_turn_on_the_spot_and_a_zero_have_no_way() -> None:
    watch = looking(0.1, 0.1)
    assert way_m(watch, Velocity(yaw_radps=0.5)) == math.inf
    assert way_m(watch, ZERO, output=AHEAD) == math.inf


def test_what_nobody_has_seen_is_not_free_and_says_why() -> None:
    watch = WayWatch(0.5, 0.3, '')
    found = watch.looked(Command(Origin(), 'a#1', AHEAD), ZERO, NOW_S)
    assert (found.clearance_m, found.clearance_reason) == (0.0, 'no scan has come yet')
    assert watch.fault(NOW_S) == 'no scan has come yet'


def test_a_scan_that_is_told_again_grows_old() -> None:
    watch = looking(2.0, 2.0)
    assert watch.fault(NOW_S) == ''
    again = RangeScan([2.0] * 360, -math.pi, math.radians(1.0), 0.05, 20.0, NOW_S + 9.0, 1.0)
    watch.take(again)
    assert 'no scan for' in watch.fault(NOW_S + 9.0)


def test_without_a_stop_distance_nothing_is_looked_for() -> None:
    watch = looking(0.1, 0.1, stop_distance_m=0.0)
    assert way_m(watch, AHEAD) == math.inf
    assert watch.fault(NOW_S + 9.0) == ''
