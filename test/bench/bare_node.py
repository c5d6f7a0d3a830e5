"""A bare rclpy node with the entities of an orchestrator and its gate, and no logic.

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
from orchestrator_ren.msg import (
    DriveCommand,
    EStopState,
    Metrics,
    OrchestratorStatus,
    Ticket,
    TicketEvent,
)
from orchestrator_ren.srv import (
    CancelTicket,
    ChangeQueue,
    CreateTicket,
    GetEvents,
    GetHistory,
    GetQueue,
    GetStatus,
    GetTicket,
    ListCommands,
    ListTickets,
    QueueTicket,
)

SERVICES = {
    'create_ticket': CreateTicket,
    'get_ticket': GetTicket,
    'list_tickets': ListTickets,
    'get_history': GetHistory,
    'cancel_ticket': CancelTicket,
    'get_status': GetStatus,
    'get_queue': GetQueue,
    'list_commands': ListCommands,
    'get_events': GetEvents,
    'queue_ticket': QueueTicket,
    **dict.fromkeys(('pause_queue', 'resume_queue'), ChangeQueue),
    **dict.fromkeys(('stop', 'reset_e_stop'), Trigger),
}
PUBLISHED = (
    (OrchestratorStatus, 'status', 1.0),
    (Metrics, 'telemetry/metrics', 1.0),
    (DiagnosticArray, 'diagnostics', 1.0),
    (DiagnosticArray, 'diagnostics', 1.0),
    (EStopState, 'e_stop_state', 0.1),
    (TicketEvent, 'telemetry/events', None),
    (DriveCommand, 'drive_command', None),
)
PERIOD_S = 0.05
"""Of velocities [s]; the gate publishes them only while the robot moves."""

TICK_S = 0.02
"""Of the gate, which looks then whether a time is over [s]."""

HEARD = (
    (EStopState, 'e_stop_state'),
    (DriveCommand, 'drive_command'),
    *((Bool, 'e_stop'),) * 3,
    *((Odometry, 'odom'),) * 2,
)


TICKET = Ticket(
    id='tick-20261127-00000000',
    command='drive',
    params='{"speed": 0.1, "direction": 0.0, "duration_seconds": 600.0}',
    status='PENDING',
)
PAGE = ListTickets.Response(success=True, tickets=[TICKET] * 100)
ANSWERS = {
    'get_ticket': lambda *_: GetTicket.Response(success=True, ticket=TICKET),
    'list_tickets': lambda *_: PAGE,
}
RESULT_TIMEOUT_S = 1
"""Each result that is kept makes the next goal slower."""


def add_entities(node: Node, moves: bool) -> None:
    """Give it what an orchestrator and its gate have; if it moves, it publishes velocities."""
    for name, type_ in SERVICES.items():
        answer = type_.Response(success=True)
        node.create_service(type_, name, ANSWERS.get(name, lambda *_, what=answer: what))
    for type_, name in HEARD:
        node.create_subscription(type_, name, lambda _: None, 10)
    for type_, name, period_s in PUBLISHED:
        publisher = node.create_publisher(type_, name, 10)
        if period_s is not None:
            message = type_()
            node.create_timer(period_s, lambda to=publisher, what=message: to.publish(what))
    velocities = node.create_publisher(Twist, 'cmd_vel', 1)
    node.create_timer(TICK_S, lambda: None)
    if moves:
        node.create_timer(PERIOD_S, lambda: velocities.publish(Twist()))


async def _execute(goal: object) -> object:
    goal.succeed()
    return ExecuteTicket.Result(success=True)


def main() -> None:
    """Answer until killed."""
    rclpy.init()
    node = rclpy.create_node('bare_node')
    add_entities(node, node.declare_parameter('moves', False).value)
    ActionServer(node, ExecuteTicket, 'execute_ticket', _execute, result_timeout=RESULT_TIMEOUT_S)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


if __name__ == '__main__':
    main()
