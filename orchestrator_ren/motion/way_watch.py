"""How far the way is free where the robot is to go, and where it rolls, by the latest scan."""

from __future__ import annotations

import math
from dataclasses import replace

from orchestrator_ren.motion.gate_input import Command
from orchestrator_ren.motion.laser_scan import RangeScan, ScanReading, is_repeated, read
from orchestrator_ren.motion.obstacle import Clearance, clearance, fault_of
from orchestrator_ren.motion.velocity import Velocity


class WayWatch:
    """Keeps the latest scan, and looks along the ways of a command.

    Args:
        stop_distance_m: What is nearer on the way is an obstacle [m, >= 0]; 0 = off.
        half_width_m: Half the width of the way that must be free [m, > 0].
        open_space: See the parameter `scan_open_space`.
    """

    def __init__(self, stop_distance_m: float, half_width_m: float, open_space: str) -> None:
        self._stop_distance_m = stop_distance_m
        self._half_width_m = half_width_m
        self._open_space = open_space
        self._reading: ScanReading | None = None

    def take(self, scan: RangeScan) -> None:
        """Look at this scan from now on, unless it was measured before."""
        if self._reading is None or not is_repeated(scan, self._reading.scan):
            self._reading = read(scan, self._open_space)

    def looked(self, command: Command, output: Velocity, now_mono_s: float) -> Command:
        """Return the command with the free way that it has.

        Args:
            command: As it came.
            output: Velocity that the robot was sent last: where it rolls.
            now_mono_s: Steady time [s].
        """
        if not self._stop_distance_m or command.velocity.is_zero:
            return command
        ways = [each for each in (command.velocity, output) if each.speed_mps]
        if not ways:
            return command
        found = (self._clearance(each, now_mono_s) for each in ways)
        free = min(found, key=lambda each: each.way_m)
        return replace(command, clearance_m=free.way_m, clearance_reason=free.reason)

    def fault(self, now_mono_s: float) -> str:
        """Return why an obstacle would be taken to be on any way; empty = not known to be."""
        distance_m = self._stop_distance_m
        return fault_of(self._reading, distance_m, now_mono_s) if distance_m else ''

    def _clearance(self, velocity: Velocity, now_mono_s: float) -> Clearance:
        return clearance(
            self._reading,
            math.atan2(velocity.y_mps, velocity.x_mps),
            self._half_width_m,
            self._stop_distance_m,
            now_mono_s,
        )
