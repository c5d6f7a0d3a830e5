"""From the shell to the answer: `ren`, beside the least program that asks one service."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ament_index_python.packages import get_package_prefix
from figures import BARE, HEADING, OURS, Limit, Row, in_turns
from machine import print_machine, ros
from systems import system

CALLS = 20
NAME = 'robot'
REN = str(Path(get_package_prefix('orchestrator_ren'), 'bin', 'ren'))
VERBS = {'stop': 0.4, 'status': 0.6, 'list': 0.6, 'queue': 0.6, 'commands': 0.6}
"""Each with the longest time from the shell to the next prompt [s]."""

BARE_CALL = f"""
import rclpy
from std_srvs.srv import Trigger
rclpy.init()
node = rclpy.create_node('asking')
client = node.create_client(Trigger, '/{NAME}/stop')
while not client.wait_for_service(0.005): pass
reply = client.call_async(Trigger.Request())
while not reply.done(): rclpy.spin_once(node)
rclpy.shutdown()
"""


def took_s(command: Sequence[str]) -> float:
    """Run a program, and return how long it took [s]."""
    began_s = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=os.environ)
    if done.returncode not in (0, 1):  # of status: it answers, and is not READY
        raise RuntimeError(f'{command[:2]} ended with {done.returncode}')
    return time.perf_counter() - began_s


def measured(calls: int) -> list[Row]:
    """Call all in turns, so that each has the same machine."""
    words = {verb: (REN, '-n', NAME, '--timeout', '10', verb) for verb in VERBS}
    steps: dict[str, Callable[[], float]] = {
        verb: partial(took_s, command) for verb, command in words.items()
    }
    steps[BARE] = partial(took_s, (sys.executable, '-c', BARE_CALL))
    found = in_turns(steps, calls, 1)
    return [
        Row(f'ren {verb}', 's', {OURS: found[verb], BARE: found[BARE]}, (Limit(limit_s),))
        for verb, limit_s in VERBS.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--calls', type=int, default=CALLS)
    options = parser.parse_args()
    with ros() as folder, system(folder, NAME):
        print_machine()
        rows = measured(options.calls)
    print(HEADING, *(row.line() for row in rows), sep='\n')
    print(*(verdict for row in rows for verdict in row.verdicts()), sep='\n')


if __name__ == '__main__':
    main()
