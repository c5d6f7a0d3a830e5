"""How fast a pressed e-stop becomes zero on cmd_vel, beside a bare rclpy node doing the same.

Measured in this process: `true` published on e_stop -> first zero received on cmd_vel, while a
stream moves the robot, for then no zeros are repeated. The bare node runs under the same load of
the machine, and is woken once uncounted before each press, as the gate is by its command. So noise
hits both, and their ratio says more than either.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from ament_index_python.packages import get_package_prefix
from bench_store import percentile_ms
from geometry_msgs.msg import Twist
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.executors import SingleThreadedExecutor
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.errors import EStopActive
from orchestrator_ren.motion.gate import COMMAND_TIMEOUT_S
from orchestrator_ren.msg import DriveCommand, EStopState
from orchestrator_ren.nodes import qos

PRESSES = 1000
WARM_UPS = 3
GATES = ('in_process', 'external')
TWIN = 'twin'
IDLE, SATURATED = 'idle', 'saturated'

IDLE_RATIO = 1.5
SATURATED_RATIO = 2.0
SATURATED_P99_MS = 8.0

SPEED_MPS = 0.1
TERM = 1_000_000
"""Above that of any orchestrator."""

TIMEOUT_S = 20.0
REPEAT_S = 0.08
WAKE_S = 0.02
SILENCE_S = 0.5

HERE = Path(__file__).parent
PYTHON_PROGRAMS = {
    'bare_twin': HERE / 'bare_twin.py',
    'load': HERE / 'load.py',
    'extra_commands': HERE.with_name('extra_commands.py'),
}


class Bench:
    """A node in this process, and other processes, which end with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}
        self._executor = SingleThreadedExecutor()
        self.node = rclpy.create_node('bench')
        self._executor.add_node(self.node)

    def start(self, namespace: str, program: str, **parameters: str) -> Path:
        """Start a program and return the file that gets what it prints."""
        words = ['--ros-args', '-r', f'__ns:=/{namespace}']
        for each in parameters.items():
            words += ['-p', '{}:={}'.format(*each)]
        path = self._folder / f'{namespace}.{program}.log'
        with path.open('wb') as log:
            self._processes[path] = subprocess.Popen(
                [*command_of(program), *words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return path

    def end(self, log: Path) -> str:
        """Close the standard input of a program and return what it printed until its end."""
        self.check()
        process = self._processes.pop(log)
        try:
            process.communicate(timeout=TIMEOUT_S)
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise RuntimeError(f'{log.stem} failed:\n{log.read_text()}')
        return log.read_text()

    def check(self) -> None:
        """Raise if a process has ended."""
        for log, process in self._processes.items():
            code = process.poll()
            if code is not None:
                raise RuntimeError(f'{log.stem} ended too early ({code}):\n{log.read_text()}')

    def spin_until(
        self,
        condition: Callable[[], bool],
        wanted: str,
        repeated: Callable[[], None] | None = None,
    ) -> None:
        """Spin until the condition holds; call `repeated` now and then meanwhile."""
        began_mono_s = repeated_mono_s = time.monotonic()
        while not condition():
            now_mono_s = time.monotonic()
            if now_mono_s - began_mono_s > TIMEOUT_S:
                raise TimeoutError(f'{wanted}: nothing within {TIMEOUT_S:g} s')
            if now_mono_s - repeated_mono_s > REPEAT_S:
                repeated_mono_s = now_mono_s
                self.check()
                if repeated is not None:
                    repeated()
            self._executor.spin_once(timeout_sec=WAKE_S)

    def close(self) -> None:
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.communicate()
        self._executor.shutdown()
        self.node.destroy_node()


def command_of(program: str) -> list[str]:
    if program in PYTHON_PROGRAMS:
        return [sys.executable, str(PYTHON_PROGRAMS[program])]
    return [f'{get_package_prefix("orchestrator_ren")}/lib/orchestrator_ren/{program}']


class Pressed:
    """Presses the e-stop of a namespace, and hears what becomes of its cmd_vel."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        self._bench = bench
        self._namespace = namespace
        self._is_moving = False
        self._zero_s: float | None = None
        self._e_stop = self._publisher(Bool, 'e_stop', qos.E_STOP_INPUTS['reliable'])
        self._subscribe(Twist, 'cmd_vel', self._on_velocity, qos.VELOCITY)

    def _press(self, repeated: Callable[[], None] | None = None) -> float:
        """Return how long the first zero takes from here [s]."""
        pressed = Bool(data=True)
        self._zero_s = None
        began_s = time.perf_counter()
        self._e_stop.publish(pressed)
        self._wait(lambda: self._zero_s is not None, 'zero', repeated)
        return self._zero_s - began_s

    def _on_velocity(self, velocity: Twist) -> None:
        now_s = time.perf_counter()
        self._is_moving = velocity.linear.x != 0.0
        if self._zero_s is None and not self._is_moving:
            self._zero_s = now_s

    def _publisher(self, type_: type, name: str, profile: QoSProfile) -> Publisher:
        # The gate hears e_stop in three ways, one of which never fits: no warning of that.
        quiet = PublisherEventCallbacks(use_default_callbacks=False)
        topic = f'/{self._namespace}/{name}'
        return self._bench.node.create_publisher(type_, topic, profile, event_callbacks=quiet)

    def _subscribe(self, type_: type, name: str, callback: Any, profile: QoSProfile) -> None:
        topic = f'/{self._namespace}/{name}'
        self._bench.node.create_subscription(type_, topic, callback, profile)

    def _wait(
        self,
        condition: Callable[[], bool],
        wanted: str,
        repeated: Callable[[], None] | None = None,
    ) -> None:
        self._bench.spin_until(condition, f'{self._namespace}: {wanted}', repeated)


class Twin(Pressed):
    """The bare node: it answers each press with one zero."""

    def meet(self) -> None:
        """Wait until both sides know each other, and no answer is under way any more."""
        self._press(repeated=lambda: self._e_stop.publish(Bool(data=True)))
        silent_mono_s = time.monotonic() + SILENCE_S
        self._wait(lambda: time.monotonic() > silent_mono_s, 'silence')

    def pressed_s(self) -> float:
        """Wake it as a command wakes the gate; return how long the next press takes [s]."""
        self._press()
        return self._press()


class Robot(Pressed):
    """A gate: it is reset and made to move before each press."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        super().__init__(bench, namespace)
        self._state = EStopState()
        self._changed_s = 0.0
        self._command = DriveCommand(term=TERM)
        self._command.twist.linear.x = SPEED_MPS
        self._streams = 0
        self._commanded_mono_s = 0.0
        self._drive_command = self._publisher(DriveCommand, 'drive_command', qos.VELOCITY)
        self._subscribe(EStopState, 'e_stop_state', self._on_state, qos.LATCHED)
        self._reset = bench.node.create_client(Trigger, f'/{namespace}/reset_e_stop')

    def meet(self) -> None:
        """Wait until the gate hears the e-stop, on its reliable and its best-effort input."""
        self._wait(lambda: self._state.state == EStopState.FREE, 'e_stop_state')
        self._wait(lambda: self._e_stop.get_subscription_count() >= 2, 'e_stop')
        self._wait(self._reset.service_is_ready, 'reset_e_stop')

    def pressed_s(self) -> float:
        """Make it move; return how long a press takes, which is then released [s]."""
        self._free()
        self._new_stream()
        self._is_moving = False
        self._drive()
        self._wait(self._is_followed, 'motion', self._drive)
        began_s = time.perf_counter()
        took_s = self._press()
        self._wait(lambda: self._state.state == EStopState.STOPPED, 'STOPPED')
        if self._state.closed_code != EStopActive.code:
            # That zero was due to the age of the command; the press came to effect only now.
            took_s = self._changed_s - began_s
        self._release()
        return took_s

    def _is_followed(self) -> bool:
        """Whether it moves, and the gate has finished with the command and told so."""
        return self._is_moving and self._state.stream == self._command.stream

    def _drive(self) -> None:
        if self._state.closed_stream == self._command.stream:
            self._new_stream()
        self._commanded_mono_s = time.monotonic()
        self._drive_command.publish(self._command)

    def _new_stream(self) -> None:
        self._streams += 1
        self._command.stream = f'press-{self._streams}#1'

    def _release(self) -> None:
        released = partial(self._e_stop.publish, Bool(data=False))
        released()
        self._wait(lambda: self._state.state == EStopState.READY_TO_RESET, 'release', released)

    def _free(self) -> None:
        """Reset, as soon as the gate has not been told to move for long enough."""
        free_mono_s = self._commanded_mono_s + COMMAND_TIMEOUT_S
        self._wait(lambda: time.monotonic() > free_mono_s, 'time')
        self._wait(self._is_reset, 'reset_e_stop')

    def _is_reset(self) -> bool:
        reply = self._reset.call_async(Trigger.Request())
        self._wait(reply.done, 'reset_e_stop')
        return reply.result().success

    def _on_state(self, state: EStopState) -> None:
        if state.state != self._state.state:
            self._changed_s = time.perf_counter()
        self._state = state


@dataclass(frozen=True)
class Row:
    """What the presses of a gate took, and those of the twin beside it."""

    case: str
    gate: str
    took_s: list[float]
    twin_s: list[float]

    @property
    def name(self) -> str:
        return f'{self.case}, {self.gate}'

    @property
    def p99_ms(self) -> float:
        return percentile_ms(self.took_s, 99)

    @property
    def ratio(self) -> float:
        return self.p99_ms / percentile_ms(self.twin_s, 99)

    def line(self) -> str:
        figures = [
            f'{percentile_ms(took_s, percent):>10.3f}'
            for took_s in (self.took_s, self.twin_s)
            for percent in (50, 99, 100)
        ]
        return f'{self.name:<24}{len(self.took_s):>8}{"".join(figures)}{self.ratio:>8.2f}'


HEADING = (
    f'{"":24}{"presses":>8}{"p50 ms":>10}{"p99 ms":>10}{"max ms":>10}'
    f'{"twin p50":>10}{"twin p99":>10}{"twin max":>10}{"ratio":>8}'
)


def yardstick_lines(rows: Sequence[Row]) -> list[str]:
    """Return what was wanted of the gates, and whether it was met."""
    lines = ['yardsticks']
    for row in rows:
        if row.case == IDLE:
            lines.append(judged(row, row.ratio, IDLE_RATIO, "of the twin's p99"))
        elif row.gate == 'external':
            lines.append(judged(row, row.ratio, SATURATED_RATIO, "of the twin's p99"))
            lines.append(judged(row, row.p99_ms, SATURATED_P99_MS, 'ms p99'))
        else:
            lines.append(f'{row.name:<24}{"-":>10}')
    return lines


def judged(row: Row, value: float, limit: float, unit: str) -> str:
    verdict = 'met' if value <= limit else 'MISSED'
    return f'{row.name:<24}{value:>10.3f} {unit:<18}<= {limit:<5g}{verdict}'


def measured(
    folder: Path, case: str, gates: Sequence[str], presses: int
) -> tuple[list[Row], float]:
    """Press robots and one twin in turn; return also how many calls a second a load got answered.

    Raises:
        RuntimeError: The load, or another of the processes, ended or did nothing.
    """
    with closing(Bench(folder)) as bench:
        spaces = {name: f'{case}_{name}_{os.getpid()}' for name in (*gates, TWIN)}
        for gate in gates:
            start_robot(bench, spaces[gate], case, gate)
        bench.start(spaces[TWIN], 'bare_twin')
        pressed: dict[str, Robot | Twin] = {gate: Robot(bench, spaces[gate]) for gate in gates}
        pressed[TWIN] = Twin(bench, spaces[TWIN])
        for each in pressed.values():
            each.meet()
        load = started_load(bench, spaces[gates[0]]) if case == SATURATED else None
        took_s = all_pressed(pressed, presses)
        rate = ended_load(bench, load) if load else 0.0
        return [Row(case, gate, took_s[gate], took_s[TWIN]) for gate in gates], rate


def start_robot(bench: Bench, namespace: str, case: str, gate: str) -> None:
    bench.start(namespace, 'orchestrator' if case == IDLE else 'extra_commands', gate=gate)
    if gate == 'external':
        bench.start(namespace, 'cmd_vel_gate')


def started_load(bench: Bench, namespace: str) -> Path:
    log = bench.start(namespace, 'load')
    bench.spin_until(lambda: 'running' in log.read_text(), 'the load')
    return log


def ended_load(bench: Bench, log: Path) -> float:
    rate = float(bench.end(log).splitlines()[-1])
    if rate <= 0.0:
        raise RuntimeError('the load: no call of create_ticket was answered')
    return rate


def all_pressed(pressed: Mapping[str, Robot | Twin], presses: int) -> dict[str, list[float]]:
    """Return what each press took of each [s]."""
    gc.collect()
    gc.freeze()  # a pause to look through the imported modules would count
    rounds = [
        {name: each.pressed_s() for name, each in pressed.items()}
        for _ in range(WARM_UPS + presses)
    ]
    return {name: [each[name] for each in rounds[WARM_UPS:]] for name in pressed}


def machine_line() -> str:
    """Return what the figures depend on; the default of ROS_DISTRO is that of scripts/env.sh."""
    return (
        f'{os.cpu_count()} cores, Python {platform.python_version()},'
        f' ROS 2 {os.environ.get("ROS_DISTRO", "jazzy")},'
        f' {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC'
    )


def bench(folder: Path, presses: int) -> None:
    """Measure all cases and print the figures."""
    print(machine_line(), HEADING, sep='\n', flush=True)
    found = []
    for case, gates in ((IDLE, GATES), *((SATURATED, (gate,)) for gate in GATES)):
        rows, rate = measured(folder, case, gates, presses)
        for row in rows:
            print(row.line(), flush=True)
        if case == SATURATED:
            print(f'{"":24}under {rate:,.0f} create_ticket calls answered per second, and a burn')
        found += rows
    print('', *yardstick_lines(found), sep='\n')


def set_environment(folder: Path) -> None:
    """Set what the middleware of this process and of its children shall find, as the tests do."""
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
    for variable in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
        os.environ.setdefault(variable, str(HERE.with_name('fastdds.xml')))
    os.environ['ROS_DOMAIN_ID'] = str(random.randint(1, 100))
    os.environ['ROS_HOME'] = str(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--presses', type=int, default=PRESSES, help='of each e-stop')
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the processes are ended then, too
    with tempfile.TemporaryDirectory() as folder:
        set_environment(Path(folder))
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        keeper = rclpy.create_node('keeper')  # keeps the participant from one case to the next
        try:
            bench(Path(folder), arguments.presses)
        finally:
            keeper.destroy_node()
            rclpy.try_shutdown()


if __name__ == '__main__':
    main()
