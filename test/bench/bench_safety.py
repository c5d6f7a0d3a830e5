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
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import rclpy
from bench_store import percentile_ms
from pressing import Bench, Robot, Twin
from rclpy.signals import SignalHandlerOptions

PRESSES = 1000
WARM_UPS = 3
GATES = ('in_process', 'external')
TWIN = 'twin'
IDLE, SATURATED = 'idle', 'saturated'

IDLE_RATIO = 1.5
SATURATED_RATIO = 2.0
SATURATED_P99_MS = 8.0


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


@contextmanager
def ros() -> Iterator[Path]:
    """Start ROS in a domain of its own; yield a folder for what a bench leaves behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the processes are ended then, too
    with tempfile.TemporaryDirectory() as folder:
        set_environment(Path(folder))
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        keeper = rclpy.create_node('keeper')  # keeps the participant from one case to the next
        try:
            yield Path(folder)
        finally:
            keeper.destroy_node()
            rclpy.try_shutdown()


def set_environment(folder: Path) -> None:
    """Set what the middleware of this process and of its children shall find, as the tests do."""
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
    for variable in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
        os.environ.setdefault(variable, str(Path(__file__).parents[1] / 'fastdds.xml'))
    domain_id = os.environ.get('TEST_DOMAIN_ID') or str(random.randint(1, 100))
    os.environ['ROS_DOMAIN_ID'] = domain_id
    os.environ['ROS_HOME'] = str(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--presses', type=int, default=PRESSES, help='of each e-stop')
    arguments = parser.parse_args()
    with ros() as folder:
        bench(folder, arguments.presses)


if __name__ == '__main__':
    main()
