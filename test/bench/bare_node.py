"""A bare rclpy node, and no logic: with the entities of an orchestrator and its gate, or few.

Its timers have the periods of theirs, and publish empty messages where they publish.
"""

from __future__ import annotations

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.action import ActionServer
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.msg import DriveCommand, EStopState, Metrics, OrchestratorStatus, TicketEvent
from orchestrator_ren.srv import (
    CancelTicket,
    CreateTicket,
    GetHistory,
    GetQueue,
    GetStatus,
    GetTicket,
    ListCommands,
    ListTickets,
)

SERVICES = (
    *((type_, None) for type_ in (CancelTicket, GetHistory, GetQueue, GetTicket)),
    *((type_, None) for type_ in (ListCommands, ListTickets)),
    *((Trigger, name) for name in ('pause_queue', 'resume_queue', 'stop', 'reset_e_stop')),
)
PUBLISHED = (
    (OrchestratorStatus, 'status', 1.0),
    (Metrics, 'telemetry/metrics', 1.0),
    (DiagnosticArray, 'diagnostics', 1.0),
    (DiagnosticArray, 'diagnostics', 1.0),
    (EStopState, 'e_stop_state', 0.1),
    (TicketEvent, 'telemetry/events', None),
    (DriveCommand, 'drive_command', None),
)
TICK_S = 0.05
"""Of the gate, which publishes then only while the robot moves."""

HEARD = (
    *((type_, None) for type_ in (EStopState, DriveCommand)),
    *((Bool, 'e_stop'),) * 3,
    *((Odometry, 'odom'),) * 2,
)


def add_entities(node: Node, moves: bool) -> None:
    """Give it what an orchestrator and its gate have; if it moves, it publishes velocities."""
    for type_, name in SERVICES:
        node.create_service(type_, name or type_.__name__.lower(), _answer)
    for type_, name in HEARD:
        node.create_subscription(type_, name or type_.__name__.lower(), lambda _: None, 10)
    for type_, name, period_s in PUBLISHED:
        publisher = node.create_publisher(type_, name, 10)
        if period_s is not None:
            message = type_()
            node.create_timer(period_s, lambda to=publisher, what=message: to.publish(what))
    velocities = node.create_publisher(Twist, 'cmd_vel', 1)
    node.create_timer(TICK_S, lambda: velocities.publish(Twist()) if moves else None)


def _answer(_request: object, response: object) -> object:
    return response


async def _execute(goal: object) -> object:
    goal.succeed()
    return ExecuteTicket.Result()


def main() -> None:
    """Answer until killed."""
    rclpy.init()
    node = rclpy.create_node('bare_node')
    node.create_service(GetStatus, 'get_status', _answer)
    node.create_service(CreateTicket, 'create_ticket', _answer)
    if node.declare_parameter('entities', 'few').value == 'all':
        add_entities(node, node.declare_parameter('moves', False).value)
        ActionServer(node, ExecuteTicket, 'execute_ticket', _execute)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


if __name__ == '__main__':
    main()
