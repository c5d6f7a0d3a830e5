"""What floods do to a drive: 1,000 goals, 4,000 scans at once, a page of 54 MB, a large map.

gaps: the longest time between two messages of cmd_vel and of e_stop_state, as received here, while
    a drive is under way and the flood goes on; calm: the same without a flood.
zero: from `true` published on e_stop at the end of that to the first zero on cmd_vel.
presses: as in bench_safety, while 1,000 goals wait in a paused queue; bare: a node beside it.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench_safety import GATES, HEADING, Row, all_pressed
from geometry_msgs.msg import Twist
from machine import machine_line, ros
from pressing import Pressed, Robot, Twin
from processes import Bench
from systems import store_url

from orchestrator_ren.motion.gate import COMMAND_TIMEOUT_S
from orchestrator_ren.msg import EStopState
from orchestrator_ren.ros import qos

FLOODS = ('calm', 'goals', 'resume', 'page', 'map', 'queue')
FORWARD = 'commands: {map: {description: Get it, service: nav_msgs/srv/GetMap, endpoint: map}}'
PRESSES = 200


class Driven(Pressed):
    """A robot that one long ticket moves; knows the longest gaps between its messages."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        super().__init__(bench, namespace)
        self._at_s: dict[str, list[float]] = {'cmd_vel': [], 'e_stop_state': []}
        on_state = partial(self._note, 'e_stop_state')
        self._subscribe(EStopState, 'e_stop_state', on_state, qos.LATCHED)

    def wait_for_motion(self) -> None:
        self._wait(lambda: self._is_moving, 'motion')

    def begin(self) -> None:
        """Measure gaps from now on."""
        for each in self._at_s.values():
            each[:] = [time.perf_counter()]

    def gaps_ms(self) -> dict[str, float]:
        """Return the longest gap of each topic [ms]."""
        now_s = time.perf_counter()
        return {
            name: 1e3 * max(b - a for a, b in itertools.pairwise([*at_s, now_s]))
            for name, at_s in self._at_s.items()
        }

    def press(self) -> float:
        """Return how long the zero takes [s]."""
        return self._press()

    def is_moving(self) -> bool:
        return self._is_moving

    def _on_velocity(self, velocity: Twist) -> None:
        self._note('cmd_vel', velocity)
        super()._on_velocity(velocity)

    def _note(self, name: str, _message: Any) -> None:
        self._at_s[name].append(time.perf_counter())


@dataclass(frozen=True)
class Flooded:
    """What a flood did to a drive."""

    name: str
    took_s: float
    gaps_ms: dict[str, float]
    drives_on: bool
    zero_ms: float

    def line(self) -> str:
        figures = ''.join(f'{each:>14.1f}' for each in self.gaps_ms.values())
        verdict = 'drives on' if self.drives_on else 'STOPPED'
        return f'{self.name:<22}{self.took_s:>8.1f}{figures}{self.zero_ms:>10.2f}  {verdict}'


FLOODED_HEADING = f'{"":22}{"flood s":>8}{"cmd_vel ms":>14}{"e_stop ms":>14}{"zero ms":>10}'


def flooded(folder: Path, gate: str, kind: str) -> Flooded:
    """Drive, flood, press."""
    namespace = f'{kind}_{gate}_{time.monotonic_ns()}'
    with closing(Bench(folder)) as bench:
        dispatch = 'auto' if kind in ('resume', 'queue') else 'manual'
        start_robot(bench, folder, namespace, gate, dispatch)
        driven = Driven(bench, namespace)
        log = bench.start(namespace, 'flood', arguments=(kind,))
        bench.spin_until(lambda: 'ready' in log.read_text(), 'the flood', timeout_s=300.0)
        driven.wait_for_motion()
        driven.begin()
        began_s = time.perf_counter()
        bench.say(log, 'go')
        bench.spin_until(lambda: 'done' in log.read_text(), 'the end', timeout_s=300.0)
        took_s, gaps_ms = time.perf_counter() - began_s, driven.gaps_ms()
        drives_on = driven.is_moving() and gaps_ms['cmd_vel'] < 1e3 * COMMAND_TIMEOUT_S
        zero_ms = 1e3 * driven.press() if drives_on else float('nan')
        return Flooded(f'{kind}, {gate}', took_s, gaps_ms, drives_on, zero_ms)


def start_robot(bench: Bench, folder: Path, namespace: str, gate: str, dispatch: str) -> None:
    forward_file = folder / 'forward.yaml'
    forward_file.write_text(FORWARD)
    parameters = {
        'gate': gate,
        'dispatch': dispatch,
        'store_url': store_url(folder, namespace),
        'forward_file': str(forward_file),
    }
    bench.start(namespace, 'sim_robot', world='empty')
    bench.start(namespace, 'orchestrator', **parameters)
    if gate == 'external':
        bench.start(namespace, 'cmd_vel_gate')


def pressed(folder: Path, gate: str, presses: int) -> Row:
    """Press a gate whose orchestrator has many goals waiting, and a bare node, in turn."""
    space, twin_space = (f'{name}_{gate}_{time.monotonic_ns()}' for name in ('press', 'twin'))
    with closing(Bench(folder)) as bench:
        start_robot(bench, folder, space, gate, 'manual')
        bench.start(twin_space, 'bare_twin')
        found = {gate: Robot(bench, space), 'twin': Twin(bench, twin_space)}
        for each in found.values():
            each.meet()
        log = bench.start(space, 'flood', arguments=('paused_goals',))
        bench.spin_until(lambda: 'ready' in log.read_text(), 'the goals', timeout_s=300.0)
        took_s = all_pressed(found, presses)
        return Row('1,000 wait', gate, took_s[gate], took_s['twin'])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--presses', type=int, default=PRESSES, help='of each e-stop')
    parser.add_argument('--floods', nargs='*', default=FLOODS, help=', '.join(FLOODS))
    arguments = parser.parse_args()
    gc.freeze()
    with ros() as folder:
        print(machine_line(), FLOODED_HEADING, sep='\n', flush=True)
        for kind, gate in itertools.product(arguments.floods, GATES):
            print(flooded(folder, gate, kind).line(), flush=True)
        if arguments.presses:
            print('', HEADING, sep='\n')
            for gate in GATES:
                print(pressed(folder, gate, arguments.presses).line(), flush=True)
        print(f'\nthe gate stops after {1e3 * COMMAND_TIMEOUT_S:.0f} ms without a command')


if __name__ == '__main__':
    main()
