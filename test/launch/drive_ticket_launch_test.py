"""sim.launch.py as a whole: a ticket drives the robot, and Ctrl-C ends everything in order."""

import json
import os
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

import launch_testing
import launch_testing.actions
import launch_testing.asserts
import rclpy
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, SetEnvironmentVariable
from nav_msgs.msg import Odometry
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CreateTicket

LAUNCH_FILE = Path(__file__).parents[2] / 'launch' / 'sim.launch.py'
# Above 101 the ports of a domain overlap those that Linux hands out to anyone.
DOMAIN_ID = int(os.environ.get('TEST_DOMAIN_ID') or 1 + os.getpid() % 100)
NAMESPACE = f'drive_ticket_{os.getpid()}'  # other tests may have the same domain
ROS_HOME = tempfile.TemporaryDirectory(prefix='orchestrator_ren_')
START_TIMEOUT_S = 30.0
ODOMETRY_MESSAGES = 100  # 2 s of them
DRIVE_TIMEOUT_S = 30.0


def generate_test_description() -> LaunchDescription:
    return LaunchDescription(
        [
            SetEnvironmentVariable('ROS_DOMAIN_ID', str(DOMAIN_ID)),
            SetEnvironmentVariable('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST'),
            SetEnvironmentVariable('ROS_HOME', ROS_HOME.name),
            IncludeLaunchDescription(
                str(LAUNCH_FILE),
                launch_arguments={'world': 'empty', 'namespace': NAMESPACE}.items(),
            ),
            launch_testing.actions.ReadyToTest(),
        ]
    )


class TestDriveTicket(unittest.TestCase):
    def setUp(self) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=DOMAIN_ID)
        self.node = rclpy.create_node('client', namespace=NAMESPACE, context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)

    def tearDown(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()

    def spin_until(self, condition: Callable[[], object], timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline_s, 'timed out'
            self.executor.spin_once(timeout_sec=0.1)

    def result_of(self, future: rclpy.Future, timeout_s: float = START_TIMEOUT_S) -> object:
        self.spin_until(future.done, timeout_s)
        return future.result()

    def test_a_ticket_drives_the_distance(self) -> None:
        states: list[str] = []
        self.node.create_subscription(
            OrchestratorStatus, 'status', lambda seen: states.append(seen.state), qos.LATCHED
        )
        self.spin_until(lambda: OrchestratorStatus.READY in states, START_TIMEOUT_S)
        # READY does not mean that the orchestrator hears odometry: give it the time we take.
        odometry: list[Odometry] = []
        self.node.create_subscription(Odometry, 'odom', odometry.append, qos.SENSOR)
        self.spin_until(lambda: len(odometry) > ODOMETRY_MESSAGES, START_TIMEOUT_S)

        create = self.node.create_client(CreateTicket, 'create_ticket')
        self.spin_until(create.service_is_ready, START_TIMEOUT_S)
        params = '{speed: 1.0, direction: 90, duration_seconds: 2}'
        reply = self.result_of(
            create.call_async(CreateTicket.Request(command='drive', params=params))
        )
        assert reply.success, reply.message

        execute = ActionClient(self.node, ExecuteTicket, 'execute_ticket')
        self.spin_until(execute.server_is_ready, START_TIMEOUT_S)
        came_at_s: list[float] = []
        began_at_s = time.monotonic()
        goal = self.result_of(
            execute.send_goal_async(
                ExecuteTicket.Goal(ticket_id=reply.ticket.id),
                feedback_callback=lambda _: came_at_s.append(time.monotonic()),
            )
        )
        result = self.result_of(goal.get_result_async(), DRIVE_TIMEOUT_S).result
        took_s = time.monotonic() - began_at_s

        assert result.success, result.message
        assert result.ticket.status == 'COMPLETED'
        assert len(came_at_s) / took_s >= 2.0, f'{len(came_at_s)} feedbacks in {took_s} s'
        outcome = json.loads(result.ticket.result)
        assert outcome['distance_source'] == 'odometry', outcome
        assert abs(outcome['distance_traveled'] - 2.0) <= 0.02, outcome


@launch_testing.post_shutdown_test()
class TestShutdown(unittest.TestCase):
    def test_all_three_end_in_order(self, proc_info) -> None:
        names = {name.rpartition('-')[0] for name in proc_info.process_names()}
        assert names == {'orchestrator', 'cmd_vel_gate', 'sim_robot'}
        launch_testing.asserts.assertExitCodes(proc_info)

    def test_the_orchestrator_says_goodbye(self, proc_output) -> None:
        launch_testing.asserts.assertInStderr(
            proc_output, 'service_stopped', 'orchestrator', strict_proc_matching=False
        )
