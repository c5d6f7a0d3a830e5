"""What running commands work with, the same for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from orchestrator_ren.motion.clock_watch import ClockWatch
from orchestrator_ren.motion.response import Response
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.ros.tasks import Tasks


@dataclass
class Means:
    """What a command is run with.

    Attributes:
        link: To the gate.
        sensors: Odometry and scans.
        tasks: Run the commands.
        stop_motion_for: Stops the robot for a ticket and a reason; returns whom that has ended.
        clock_watch: Tells whether simulated time stands.
        response: How the base answers to commands.
    """

    link: GateLink
    sensors: Sensors
    tasks: Tasks
    stop_motion_for: Callable[[str, str], list[str]]
    clock_watch: ClockWatch = field(default_factory=ClockWatch)
    response: Response = field(default_factory=Response)
