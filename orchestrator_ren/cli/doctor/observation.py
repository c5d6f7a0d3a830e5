"""Looks at a robot for a while: its graph, its topics, the machine."""

from __future__ import annotations

import contextlib
import math
import shutil
import stat
import time
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node, NodeNameNonExistentError
from rosgraph_msgs.msg import Clock

from orchestrator_ren.cli.doctor.findings import TWIST, Endpoint, Observed
from orchestrator_ren.errors import ConfigurationError, KeyFileInvalid
from orchestrator_ren.key_file import KeyFile
from orchestrator_ren.location import ros_home
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.graph import namespaces_with
from orchestrator_ren.ros.release import rclpy_release

FIND_S = 1.0
"""How long the robot's nodes are looked for before that [s]."""

LOOK_S = 2.5
"""How long it is looked at [s]: diagnostics come each second."""

ASK_S = 1.0
"""Longest wait for a parameter [s]."""

PREFIX_BYTES = 12
"""Of an endpoint's identity, what a participant's share. Source: OMG DDSI-RTPS 2.5, 9.3.1."""

PRIVATE = '.url'
"""End of the names of files that only their owner may read."""

KEYS = '.keys'
"""The same of files of keys."""


class Observation:
    """Hears what is said; another thread spins the node.

    Args:
        node: In the namespace of the robot.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._complaints: dict[str, str] = {}
        self._odometry: list[float] = []
        self._commanded: list[float] = []
        self._clock_ticks = 0
        self._cmd_vel = 'cmd_vel'
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        node.create_subscription(Odometry, 'odom', self._on_odometry, qos.SENSOR)
        node.create_subscription(Clock, '/clock', self._on_clock, qos.SENSOR)

    def observed(self) -> Observed:
        """Look for a while, and return what was seen."""
        time.sleep(FIND_S)
        self._cmd_vel = self._velocities()
        self._node.create_subscription(Twist, self._cmd_vel, self._on_cmd_vel, qos.VELOCITY)
        self._odometry.clear()
        began_mono_s = time.monotonic()
        time.sleep(LOOK_S)
        odometry_hz = len(self._odometry) / (time.monotonic() - began_mono_s)
        robots = namespaces_with(self._node, 'get_status', 'orchestrator_ren/srv/GetStatus')
        return Observed(
            namespace=self._node.get_namespace().strip('/'),
            robots=tuple(robots),
            statuses=self._publishers('status'),
            answering=self._node.count_services('get_status'),
            gates=self._publishers('e_stop_state'),
            commanders=self._publishers(self._cmd_vel),
            bases=self._bases(),
            odometry=self._publishers('odom'),
            odometry_hz=odometry_hz,
            speed_mps=max(self._odometry, default=0.0),
            commanded_mps=min(self._commanded, default=0.0),
            uses_simulated_time=self._uses_simulated_time(),
            clock_ticks=self._clock_ticks,
            complaints=tuple(sorted(self._complaints.items())),
            free_bytes=_free_bytes(),
            rclpy=rclpy_release(),
            has_time_zones=_has_time_zones(),
            open_files=_open_files(),
            key_files=_key_files(),
        )

    def _velocities(self) -> str:
        """Return the topic of the gate's velocities, whatever it is remapped to."""
        for gate in self._publishers('e_stop_state'):
            namespace, _, name = gate.node.rpartition('/')
            with contextlib.suppress(NodeNameNonExistentError):
                topics = self._node.get_publisher_names_and_types_by_node(name, namespace or '/')
                return next((topic for topic, types in topics if TWIST in types), 'cmd_vel')
        return 'cmd_vel'

    def _publishers(self, topic: str) -> tuple[Endpoint, ...]:
        return self._endpoints(self._node.get_publishers_info_by_topic(topic))

    def _bases(self) -> tuple[Endpoint, ...]:
        found = self._endpoints(self._node.get_subscriptions_info_by_topic(self._cmd_vel))
        mine = self._node.get_fully_qualified_name()
        return tuple(each for each in found if each.node != mine)

    def _endpoints(self, infos: Any) -> tuple[Endpoint, ...]:
        return tuple(
            Endpoint(
                f'{each.node_namespace.rstrip("/")}/{each.node_name}',
                each.topic_type,
                bytes(each.endpoint_gid[:PREFIX_BYTES]),
            )
            for each in infos
        )

    def _uses_simulated_time(self) -> bool:
        """Whether the orchestrator has it; who cannot be asked is taken not to."""
        for each in self._publishers('status'):
            client = self._node.create_client(GetParameters, f'{each.node}/get_parameters')
            if client.wait_for_service(ASK_S):
                answer = client.call(GetParameters.Request(names=['use_sim_time']), ASK_S)
                return bool(answer and answer.values and answer.values[0].bool_value)
        return False

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        namespace = self._node.get_namespace().strip('/')
        for each in message.status:
            node = each.name.partition(':')[0]
            if node.rpartition('/')[0] != namespace:
                continue
            if each.level == DiagnosticStatus.OK:
                self._complaints.pop(each.name, None)
            else:
                self._complaints[each.name] = each.message

    def _on_odometry(self, message: Odometry) -> None:
        velocity = message.twist.twist.linear
        self._odometry.append(math.hypot(velocity.x, velocity.y))

    def _on_cmd_vel(self, message: Twist) -> None:
        self._commanded.append(math.hypot(message.linear.x, message.linear.y))

    def _on_clock(self, _message: Clock) -> None:
        self._clock_ticks += 1


def _free_bytes() -> int | None:
    """Return what is free where stores of this machine are; None where that is not known."""
    with contextlib.suppress(OSError, ConfigurationError):
        return shutil.disk_usage(ros_home()).free
    return None


def _has_time_zones() -> bool:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo('Europe/Berlin')
    except zoneinfo.ZoneInfoNotFoundError:
        return False
    return True


def _open_files() -> tuple[str, ...]:
    """Return those of ours that others may read and must not, with their modes."""
    found = []
    for each in _files(PRIVATE):
        with contextlib.suppress(OSError):  # gone meanwhile
            mode = stat.S_IMODE(each.stat().st_mode)
            if mode & 0o077:
                found.append(f'{each} (mode {mode:04o})')
    return tuple(found)


def _key_files() -> tuple[str, ...]:
    """Return why files of keys are refused, for those that are."""
    return tuple(filter(None, map(_key_trouble, _files(KEYS))))


def _key_trouble(path: Path) -> str:
    try:
        KeyFile(path).read()
    except KeyFileInvalid as error:
        return str(error)
    return ''


def _files(suffix: str) -> list[Path]:
    """Return our files whose names end so."""
    with contextlib.suppress(OSError, ConfigurationError):
        return sorted((ros_home() / 'orchestrator_ren').glob(f'*{suffix}'))
    return []
