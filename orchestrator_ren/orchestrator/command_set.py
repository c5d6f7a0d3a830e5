"""Everything that tickets can ask this orchestrator for."""

from __future__ import annotations

from types import SimpleNamespace

from rclpy.node import Node

from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.commands.plugins import discover
from orchestrator_ren.commands.registry import CommandRegistry, built_in_commands
from orchestrator_ren.location import robot_file
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.response import Response
from orchestrator_ren.orchestrator.forward.forwarding import forwarded_commands
from orchestrator_ren.ros.wall_clock import utc_now


class CommandSet:
    """The commands: built-in, forwarded, of plug-ins.

    Args:
        node: For the log, and for the clients of forwarded commands.
        settings: The parameters of the orchestrator.

    Attributes:
        registry: Those that work.
        broken_plugins: Plug-ins that could not be used.
        misfits: What the gate's limits lower, in words.

    Raises:
        ConfigurationError: `forward_file` has a mistake; the node must not start.
    """

    def __init__(self, node: Node, settings: SimpleNamespace) -> None:
        self.misfits: list[str] = []
        self._log = node.get_logger()
        self._drive_settings = DriveSettings(
            is_holonomic=settings.base == 'holonomic',
            max_speed_mps=settings.max_speed_mps,
            acceleration_mps2=settings.acceleration_mps2,
            yaw_rate_radps=settings.yaw_rate_radps,
            yaw_acceleration_radps2=settings.yaw_acceleration_radps2,
            min_distance_share=settings.min_distance_share,
        )
        pictures = robot_file(node.get_namespace(), 'robot', '.pictures')
        commands = built_in_commands(
            self._drive_settings,
            pictures,
            utc_now,
            settings.scan_open_space,
        )
        names = {each.name for each in commands}
        commands += forwarded_commands(node, settings.forward_file, names)
        found, self.broken_plugins = discover({each.name for each in commands})
        for each in self.broken_plugins:
            self._log.error(str(each))
        self.registry = CommandRegistry([*commands, *found])

    @property
    def response(self) -> Response:
        """How the base answers to what is planned without knowing the gate's limits."""
        return self._drive_settings.response

    def fit(self, limits: MotionLimits) -> Response:
        """Plan the robot's drives within what the gate lets pass; what that lowers is told once.

        Returns:
            How the base answers to what is planned now.
        """
        self.misfits = self._drive_settings.misfits(limits)
        for each in self.misfits:
            self._log.warning(f"{each}, to fit the cmd_vel gate's limits")
        return self._drive_settings.within(limits).response
