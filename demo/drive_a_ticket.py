"""The demo: real processes, one ticket driven, one e-stopped, one into a wall, the way drawn."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rclpy
from ament_index_python.packages import get_package_prefix
from nav_msgs.msg import Odometry
from picture import draw_trajectory
from rclpy.action import ActionClient
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.qos import qos_profile_sensor_data
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.msg import Metrics, OrchestratorStatus
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CreateTicket

PICTURE = Path(__file__).with_name('trajectory.png')
WORLD = 'warehouse'
DRIVE = '{speed: 1.5, direction: 90, duration_seconds: 10}'
AHEAD = DRIVE.replace('90', '0')  # the second is e-stopped, the third ends at the north wall
E_STOP_AFTER_M = 2.0
# What others have killed on this machine must not stall the demo: see docs/safety.md.
os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
DOMAIN_ID = os.environ.get('ROS_DOMAIN_ID') or str(1 + os.getpid() % 100)


class Demo:
    """A client of the orchestrator, and the processes it talks to."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._node = rclpy.create_node('demo')
        self._action = ActionClient(self._node, ExecuteTicket, 'execute_ticket')
        self._e_stop = self._node.create_publisher(
            Bool,
            'e_stop',
            10,
            event_callbacks=PublisherEventCallbacks(use_default_callbacks=False),
        )
        self._status = OrchestratorStatus()
        self._metrics: Any = None
        self.path: list[tuple[float, float]] = []
        self._node.create_subscription(OrchestratorStatus, 'status', self._on_status, qos.LATCHED)
        self._node.create_subscription(
            Odometry, 'odom', self._on_odometry, qos_profile_sensor_data
        )
        self._node.create_subscription(Metrics, 'telemetry/metrics', self._on_metrics, 10)

    def start(self, executable: str, *arguments: str) -> None:
        """Start one of the package's executables; its log goes to the demo's folder."""
        path = Path(get_package_prefix('orchestrator_ren'), 'lib', 'orchestrator_ren', executable)
        environment = {**os.environ, 'ROS_HOME': self._folder, 'ROS_DOMAIN_ID': DOMAIN_ID}
        with Path(self._folder, f'{executable}.log').open('wb') as log:
            process = subprocess.Popen(
                [path, '--ros-args', *arguments], stdout=log, stderr=log, env=environment
            )
        self._processes.append(process)

    def wait_until_ready(self) -> None:
        """Wait until the orchestrator takes tickets and odometry comes in."""
        self.spin_until(lambda: self._status.state == 'READY' and self._status.hears_odometry)
        self.spin_until(self._action.server_is_ready)
        self.spin_until(lambda: self._e_stop.get_subscription_count() > 0)

    def create(self, params: str) -> str:
        """Create a drive ticket and return its id."""
        response = self._call(CreateTicket, 'create_ticket', command='drive', params=params)
        if not response.success:
            raise SystemExit(f'create_ticket failed: {response.error_code} {response.message}')
        print(f'created   {response.ticket.id}  drive {params}')
        return str(response.ticket.id)

    def execute(self, ticket_id: str, on_feedback: Callable[[Any], None]) -> Any:
        """Execute a ticket and return the action's result."""
        sending = self._action.send_goal_async(
            ExecuteTicket.Goal(ticket_id=ticket_id),
            feedback_callback=lambda message: on_feedback(message.feedback),
        )
        self.spin_until(sending.done)
        result = sending.result().get_result_async()
        self.spin_until(result.done, 60.0)
        return result.result().result

    def press_e_stop(self, pressed: bool) -> None:
        """Say on the e_stop topic whether the button is pressed."""
        self._e_stop.publish(Bool(data=pressed))

    def reset_e_stop(self) -> str:
        """Release the button and the latch; return what the gate answers."""
        self.press_e_stop(False)
        reply: Any = None
        deadline_mono_s = time.monotonic() + 5.0
        while reply is None or not (reply.success or time.monotonic() > deadline_mono_s):
            reply = self._call(Trigger, 'reset_e_stop')
        return str(reply.message)

    def metrics(self) -> list[Any]:
        """Return the metrics as published next."""
        self._metrics = None
        self.spin_until(lambda: self._metrics)
        return list(self._metrics.metrics)

    def stop(self) -> list[int]:
        """End all processes with SIGINT, and return their exit codes."""
        for process in self._processes:
            process.send_signal(signal.SIGINT)
        return [process.wait(timeout=10.0) for process in self._processes]

    def kill(self) -> None:
        """Leave nothing behind."""
        for process in self._processes:
            process.kill()

    def spin_until(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> None:
        """Run callbacks until the condition holds."""
        deadline_mono_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline_mono_s:
                raise SystemExit(f'nothing happened for {timeout_s:g} s; logs: {self._folder}')
            rclpy.spin_once(self._node, timeout_sec=0.1)

    def _call(self, service: type, name: str, **fields: Any) -> Any:
        client = self._node.create_client(service, name)
        self.spin_until(client.service_is_ready)
        reply = client.call_async(service.Request(**fields))
        self.spin_until(reply.done)
        self._node.destroy_client(client)
        return reply.result()

    def _on_status(self, message: OrchestratorStatus) -> None:
        self._status = message

    def _on_metrics(self, message: Metrics) -> None:
        self._metrics = message

    def _on_odometry(self, message: Odometry) -> None:
        position = message.pose.pose.position
        self.path.append((position.x, position.y))


def show_progress(feedback: Any) -> None:
    """Draw the progress line."""
    done = round(30 * feedback.progress)
    line = (
        f'{feedback.status:<9} [{"#" * done}{"." * (30 - done)}] {feedback.progress:4.0%}'
        f'  {feedback.distance_m:5.2f} m  {feedback.speed_mps:4.2f} m/s'
        f'  {feedback.remaining_seconds:4.1f} s left  {feedback.message:<8}'
    )
    end = '\r' if sys.stdout.isatty() else '\n'
    print(line, end=end, flush=True)


def end_progress() -> None:
    """Keep the last progress line."""
    if sys.stdout.isatty():
        print()


def run(demo: Demo) -> int:
    """Play the demo; return 0 when everything was as it should be."""
    print('starting  sim_robot, orchestrator (the cmd_vel gate inside)')
    demo.start('sim_robot', '-p', f'world:={WORLD}')
    demo.start('orchestrator')
    demo.wait_until_ready()
    first = demo.execute(demo.create(DRIVE), show_progress)
    end_progress()
    driven = json.loads(first.ticket.result)
    print(f'result    {first.ticket.status}  {first.ticket.result}')
    first_length = len(demo.path)

    def press_once_far_enough(feedback: Any) -> None:
        show_progress(feedback)
        if feedback.distance_m > E_STOP_AFTER_M:
            demo.press_e_stop(True)

    stopped = demo.execute(demo.create(AHEAD), press_once_far_enough)
    end_progress()
    print(f'e-stop    {stopped.ticket.status}  error {stopped.error_code}: {stopped.message}')
    print(f'reset     {demo.reset_e_stop()}')
    stopped_length = len(demo.path)
    held = demo.execute(demo.create(AHEAD), show_progress)
    end_progress()
    print(f'wall      {held.ticket.status}  error {held.error_code}: {held.message}')
    for metric in demo.metrics():
        if metric.kind == 'histogram':
            mean = metric.value / max(1, metric.count)
            print(f'metric    {metric.name:<22} mean {mean:.0f}, count {metric.count}')
        else:
            print(f'metric    {metric.name:<22} {metric.value:g}')
    parts = (0, first_length), (first_length, stopped_length), (stopped_length, len(demo.path))
    draw_trajectory(PICTURE, WORLD, *(demo.path[begin:end] for begin, end in parts))
    print(
        f'picture   {PICTURE.relative_to(Path.cwd())}'
        if PICTURE.is_relative_to(Path.cwd())
        else f'picture   {PICTURE}'
    )
    exit_codes = demo.stop()
    print(f'stopped   exit codes {exit_codes}')
    as_it_should_be = (
        first.success
        and abs(driven['distance_traveled'] - 15.0) <= 0.15
        and (stopped.error_code, held.error_code) == (501, 409)
        and exit_codes == [0, 0]
    )
    print('demo      ok' if as_it_should_be else 'demo      FAILED')
    return 0 if as_it_should_be else 1


def main() -> int:
    """Run the demo in a folder and a ROS domain of its own."""
    folder = tempfile.mkdtemp(prefix='orchestrator_ren_demo_')
    rclpy.init(domain_id=int(DOMAIN_ID))
    demo = Demo(folder)
    try:
        return run(demo)
    finally:
        demo.kill()
        rclpy.try_shutdown()


if __name__ == '__main__':
    sys.exit(main())
