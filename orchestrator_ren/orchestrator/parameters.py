"""The parameters of the program `orchestrator`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator_ren.errors import ConfigurationError, OutOfRange
from orchestrator_ren.location import expanded
from orchestrator_ren.ros.parameters import Parameter
from orchestrator_ren.ros.shared_parameters import (
    EXECUTOR,
    MAX_SPEED,
    SCAN_OPEN_SPACE,
    SERVICE_INTROSPECTION,
    STANDSTILL_SPEED,
    STANDSTILL_YAW_RATE,
)
from orchestrator_ren.store.engine import shown
from orchestrator_ren.store.lease import DEFAULT_LEASE_S
from orchestrator_ren.store.location import expanded_url
from orchestrator_ren.telemetry.metrics_page import checked_address
from orchestrator_ren.tickets.assignment import (
    MAX_ROBOT_CHARACTERS,
    checked_capabilities,
    checked_robot,
)
from orchestrator_ren.tickets.scheduling import DEFAULT_MAX_EXECUTIONS, DEFAULT_MAX_WAIT_S

NAMELESS = 'robot'
"""The robot that has no namespace."""


def robot_name(given: str, namespace: str, is_in_fleet: bool) -> str:
    """Return the name by which a store knows the robot.

    Args:
        given: The parameter; empty = none.
        namespace: Of the node.
        is_in_fleet: Whether others share the store, who ask for it by its name.

    Raises:
        ConfigurationError: The namespace cannot be its name there; give it one.
    """
    name = given or namespace.strip('/') or NAMELESS
    if is_in_fleet:
        return str(_checked_robot(name, "parameter 'robot_name', by the namespace,"))
    return name[-MAX_ROBOT_CHARACTERS:]


def _checked_robot(name: str, field: str) -> str:
    return _as_parameter(lambda: checked_robot(name, field)) if name else ''


def _checked_capabilities(text: str, field: str) -> str:
    names = text.replace(',', ' ').split()
    return ','.join(_as_parameter(lambda: checked_capabilities(names, field)))


def _as_parameter(check: Callable[[], Any]) -> Any:
    try:
        return check()
    except OutOfRange as error:
        raise ConfigurationError(**error.fields) from error


PARAMETERS = (
    Parameter(
        'store_url',
        '',
        'SQLAlchemy URL of the ticket store; empty = an SQLite file of this namespace below'
        ' $ROS_HOME/orchestrator_ren (~/.ros/orchestrator_ren). Anybody on the ROS graph can read'
        ' it: no password in it.',
        expand=expanded_url,
        show=shown,
    ),
    Parameter(
        'store_url_file',
        '',
        'File of mode 0600 that holds the URL, for one with a password; empty = none.',
        expand=expanded,
    ),
    Parameter(
        'store_synchronous',
        'full',
        'When SQLite waits for the disk: full = at each commit, so that a power cut loses nothing'
        ' that was acknowledged; normal = now and then, so that it may lose the last seconds.',
        choices=('full', 'normal'),
    ),
    Parameter(
        'robot_name',
        '',
        'By which the store knows the robot, at most 64 characters; empty = the namespace, or'
        " 'robot' without one. Robots of one store need different names.",
        expand=_checked_robot,
    ),
    Parameter(
        'capabilities',
        '',
        'What the robot has that tickets may ask for, such as: lift, camera.',
        expand=_checked_capabilities,
    ),
    Parameter(
        'lease_s',
        DEFAULT_LEASE_S,
        'In a store on a server: an orchestrator that is not heard of for so long counts as gone,'
        ' and another may take the robot over [s]. It is renewed five times as often.',
        5.0,
        60.0,
    ),
    Parameter(
        'standby',
        False,
        'Wait as long as another orchestrator has the robot, and take over when that ends or is'
        ' gone. Needs a gate of its own.',
    ),
    Parameter(
        'retention_days',
        30.0,
        'Finished tickets are removed this long after their end [days].',
        0.001,
        36500.0,
    ),
    Parameter(
        'retention_max',
        100_000,
        'Most finished tickets kept; the oldest beyond are removed.',
        0,
        100_000_000,
    ),
    Parameter(
        'dispatch',
        'manual',
        'manual: only execute_ticket starts a ticket; auto: tickets are executed by themselves, in'
        ' the order of the queue.',
        choices=('manual', 'auto'),
    ),
    Parameter(
        'max_wait_s',
        DEFAULT_MAX_WAIT_S,
        'A ticket that has waited so long goes before those of higher priority [s].',
        0.0,
        604800.0,
    ),
    Parameter(
        'max_executions',
        DEFAULT_MAX_EXECUTIONS,
        'Most tickets that are executed at the same time; the others wait in the queue.',
        1,
        1000,
    ),
    Parameter(
        'max_waiting_goals',
        1000,
        'Most goals of execute_ticket that wait or are executed at the same time; another one is'
        ' refused (210), a stop never.',
        1,
        10_000,
    ),
    Parameter(
        'preempt',
        'never',
        'critical: a CRITICAL ticket cancels motions of lower priority that are in its way.',
        choices=('never', 'critical'),
    ),
    Parameter(
        'forward_file',
        '',
        'YAML file of commands that are forwarded to other actions and services; empty = none.',
        expand=expanded,
    ),
    Parameter(
        'gate',
        'external',
        'Where the cmd_vel gate runs: external = in a process of its own, which somebody starts;'
        ' in_process = in this one.',
        choices=('external', 'in_process'),
    ),
    Parameter(
        'base',
        'differential',
        'differential: the base turns to the direction, then drives; holonomic: it'
        ' translates in the direction.',
        choices=('differential', 'holonomic'),
    ),
    Parameter('base_frame', 'base_link', 'Frame id of the robot, for the markers.'),
    Parameter('odom_frame', 'odom', 'Frame id of its odometry, for the markers.'),
    Parameter('require_odometry', False, 'Refuse to move the robot while no odometry is heard.'),
    STANDSTILL_SPEED,
    STANDSTILL_YAW_RATE,
    SCAN_OPEN_SPACE,
    MAX_SPEED,
    Parameter(
        'acceleration_mps2',
        1.0,
        'Speeding up and slowing down of drive tickets [m/s^2]; keep it below the'
        " gate's max_acceleration_mps2 and max_deceleration_mps2.",
        0.05,
        10.0,
    ),
    Parameter('yaw_rate_radps', 1.0, 'Turning of drive tickets [rad/s].', 0.05, 6.0),
    Parameter(
        'yaw_acceleration_radps2',
        2.0,
        'Change of the turning of drive tickets [rad/s^2].',
        0.05,
        20.0,
    ),
    Parameter(
        'min_distance_share',
        0.9,
        'Part of its distance that a drive ticket must have made, as odometry shows it, when its'
        ' time is over; with less it fails (409).',
        0.0,
        1.0,
    ),
    Parameter(
        'prometheus_port',
        0,
        'Port of the page /metrics for Prometheus; 0 = off.',
        0,
        65535,
    ),
    Parameter(
        'prometheus_host',
        '127.0.0.1',
        'IP address that the page listens on; 0.0.0.0 = all of them. Whoever reaches it may read'
        ' it.',
        expand=checked_address,
    ),
    SERVICE_INTROSPECTION,
    EXECUTOR,
)
