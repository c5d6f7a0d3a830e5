"""How fast a pressed e-stop becomes zero on cmd_vel, beside a bare rclpy node doing the same.

Measured in this process: `true` published on e_stop -> first zero received on cmd_vel, while a
stream moves the robot, for then no zeros are repeated. The bare node runs under the same load of
the machine, and is woken once uncounted before each press, as the gate is by its command. So noise
hits both, and their ratio says more than either. p50 and p99 are medians of five rounds; noise is
how far the twin's p99 of the rounds are apart.
"""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import figures
from figures import BARE, OURS, Limit, in_rounds, percentile
from machine import print_machine, ros
from pressing import Robot, Twin
from processes import Bench

PRESSES = 1000
WARM_UPS = 3
GATES = ('in_process', 'external')
TWIN = 'twin'
IDLE, SATURATED = 'idle', 'saturated'

LIMITS = {
    **{(IDLE, gate): (Limit(1.5, of=BARE),) for gate in GATES},
    (SATURATED, 'external'): (Limit(2.0, of=BARE), Limit(8.0)),
}
"""Of p99 [ms]."""

CASES = ((IDLE, GATES), *((SATURATED, (gate,)) for gate in GATES))


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

    def line(self) -> str:
        columns = [
            f'{figure:>10.3f}'
            for took_s in (self.took_s, self.twin_s)
            for figure in (*(median_ms(took_s, each) for each in (50, 99)), 1e3 * max(took_s))
        ]
        judged = self.judged()
        noise = judged.noise()
        return (
            f'{self.name:<24}{len(self.took_s):>8}{"".join(columns)}{judged.ratio(BARE):>8.2f}'
            f'{"-" if noise is None else f"{noise:.0%}":>8}'
        )

    def judged(self) -> figures.Row:
        """Return p99 of each round, with the limits that count for the case."""
        rounds = {
            side: [1e3 * percentile(each, 99) for each in in_rounds(took_s)]
            for side, took_s in ((OURS, self.took_s), (BARE, self.twin_s))
        }
        limits = LIMITS.get((self.case, self.gate), ())
        return figures.Row(f'{self.name}, p99', 'ms', rounds, limits, beside='the twin')


def median_ms(took_s: Sequence[float], percent: int) -> float:
    """Return the median of what so many percent of the presses of each round did not exceed."""
    rounds = [percentile(each, percent) for each in in_rounds(took_s)]
    return 1e3 * percentile(rounds, 50)


HEADING = (
    f'{"":24}{"presses":>8}{"p50 ms":>10}{"p99 ms":>10}{"max ms":>10}'
    f'{"twin p50":>10}{"twin p99":>10}{"twin max":>10}{"ratio":>8}{"noise":>8}'
)


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


def bench(folder: Path, wanted: str, presses: int) -> None:
    """Measure the cases wanted and print the figures."""
    print_machine()
    print(HEADING, flush=True)
    found = []
    for case, gates in (each for each in CASES if each[0] in wanted.split(',')):
        rows, rate = measured(folder, case, gates, presses)
        for row in rows:
            print(row.line(), flush=True)
        if case == SATURATED:
            print(f'{"":24}under {rate:,.0f} create_ticket calls answered per second, and a burn')
        found += rows
    verdicts = [line for each in found for line in each.judged().verdicts()]
    print('\nyardsticks', *verdicts, sep='\n')


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--presses', type=int, default=PRESSES, help='of each e-stop')
    parser.add_argument('--rows', default=f'{IDLE},{SATURATED}', help=f'{IDLE}, {SATURATED}')
    arguments = parser.parse_args()
    with ros() as folder:
        bench(folder, arguments.rows, arguments.presses)


if __name__ == '__main__':
    main()
