"""The demo: real processes, one ticket driven, one e-stopped, one into a wall, the way drawn."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import rclpy
from ament_index_python.packages import get_package_prefix
from nav_msgs.msg import Odometry
from picture import draw_trajectory
from rclpy.executors import ExternalShutdownException
from rclpy.qos import qos_profile_sensor_data

from orchestrator_ren.client import TicketClient
from orchestrator_ren.client.answers import Progress
from orchestrator_ren.errors import ResetRefused
from orchestrator_ren.tickets.ticket import Status, Ticket

PICTURE = Path(__file__).with_name('trajectory.png')
WORLD = 'warehouse'
DRIVE = {'speed': 1.5, 'direction': 90, 'duration_seconds': 10}
AHEAD = {**DRIVE, 'direction': 0}  # the second is e-stopped, the third ends at the north wall
E_STOP_AFTER_M = 2.0
# What others have killed on this machine must not stall the demo: see docs/safety.md.
os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
DOMAIN_ID = os.environ.get('ROS_DOMAIN_ID') or str(1 + os.getpid() % 100)


class Demo:
    """A client of the orchestrator, the way it sees the robot go, and their processes."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._node = rclpy.create_node('demo')
        self.path: list[tuple[float, float]] = []
        self._node.create_subscription(
            Odometry, 'odom', self._on_odometry, qos_profile_sensor_data
        )
        self.tickets = TicketClient(node=self._node)
        self._spinning = threading.Thread(target=self._spin, daemon=True)
        self._spinning.start()

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
        deadline_mono_s = time.monotonic() + 20.0
        while True:
            status = self.tickets.status(timeout_s=20.0)
            if status.is_ready and status.hears_odometry:
                return
            if time.monotonic() > deadline_mono_s:
                raise SystemExit(f'not ready: {status.detail}; logs: {self._folder}')
            time.sleep(0.1)

    def create(self, params: dict[str, Any]) -> Ticket:
        """Create a drive ticket and return it."""
        ticket = self.tickets.create('drive', params)
        words = ', '.join(f'{name}: {value}' for name, value in params.items())
        print(f'created   {ticket.id}  drive {{{words}}}')
        return ticket

    def reset_e_stop(self) -> str:
        """Release button and latch, once the robot stands; return how the e-stop is then."""
        deadline_mono_s = time.monotonic() + 5.0
        while time.monotonic() < deadline_mono_s:
            with suppress(ResetRefused):
                return self.tickets.reset().state.lower()
            time.sleep(0.1)
        return 'still latched'

    def stop(self) -> list[int]:
        """End all processes with SIGINT, and return their exit codes."""
        for process in self._processes:
            process.send_signal(signal.SIGINT)
        return [process.wait(timeout=10.0) for process in self._processes]

    def close(self) -> None:
        """Leave nothing behind."""
        self.tickets.close()
        rclpy.try_shutdown()
        self._spinning.join()
        for process in self._processes:
            process.kill()

    def _spin(self) -> None:
        with suppress(ExternalShutdownException):
            rclpy.spin(self._node)

    def _on_odometry(self, message: Odometry) -> None:
        position = message.pose.pose.position
        self.path.append((position.x, position.y))


def show_progress(now: Progress) -> None:
    """Draw the progress line."""
    done = round(30 * now.progress)
    line = (
        f'{now.status.value:<9} [{"#" * done}{"." * (30 - done)}] {now.progress:4.0%}'
        f'  {now.distance_m:5.2f} m  {now.speed_mps:4.2f} m/s'
        f'  {now.remaining_s:4.1f} s left  {now.message:<8}'
    )
    end = '\r' if sys.stdout.isatty() else '\n'
    print(line, end=end, flush=True)


def end_progress() -> None:
    """Keep the last progress line."""
    if sys.stdout.isatty():
        print()


def run(demo: Demo) -> int:
    """Play the demo; return 0 when everything was as it should be."""
    print('starting  sim_robot, cmd_vel_gate, orchestrator')
    demo.start('sim_robot', '-p', f'world:={WORLD}')
    demo.start('cmd_vel_gate')
    demo.start('orchestrator')
    demo.wait_until_ready()
    tickets = demo.tickets
    first = tickets.execute(demo.create(DRIVE), on_feedback=show_progress)
    end_progress()
    print(f'result    {first.status.value}  {json.dumps(first.result)}')
    first_length = len(demo.path)

    def press_once_far_enough(now: Progress) -> None:
        show_progress(now)
        if now.distance_m > E_STOP_AFTER_M:
            tickets.press()

    stopped = tickets.execute(demo.create(AHEAD), on_feedback=press_once_far_enough)
    end_progress()
    print(f'e-stop    {stopped.status.value}  error {stopped.error_code}: {stopped.error}')
    print(f'reset     the e-stop is {demo.reset_e_stop()}')
    stopped_length = len(demo.path)
    held = tickets.execute(demo.create(AHEAD), on_feedback=show_progress)
    end_progress()
    print(f'wall      {held.status.value}  error {held.error_code}: {held.error}')
    for metric in tickets.metrics().values():
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
        first.status is Status.COMPLETED
        and abs(first.result['distance_traveled'] - 15.0) <= 0.15
        and (stopped.error_code, held.error_code) == (501, 409)
        and exit_codes == [0, 0, 0]
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
        demo.close()


if __name__ == '__main__':
    sys.exit(main())
