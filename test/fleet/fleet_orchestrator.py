"""An orchestrator of a fleet that dies at a named point: a program that the tests start.

The product knows nothing of it: the points are put around its functions from outside.

Environment:
    FLEET_POINT: A file that may say one of `POINTS` and, behind it, at how many passings from then
        on this process dies; it may be written at any time.
    FLEET_CLOCK_S: By how much the clock of this machine is ahead of the others' [s].
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

STEPS = ('take', 'start', 'end', 'recovery')
POINTS = (
    *(f'{when} commit of a {step}' for step in STEPS for when in ('before', 'after')),
    'drive',
)
"""`drive`: a velocity was sent."""


class Killer:
    """Counts how often the point is passed at which this process is to die."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._said = ''
        self._left = 0
        self._steps: set[str] = set()

    def passing(self, point: str) -> None:
        said = self._file.read_text() if self._file.exists() else ''
        wanted, _, passings = said.rpartition(' ')
        if wanted != point:
            return
        if said != self._said:
            self._said, self._left = said, int(passings)
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        from orchestrator_ren.orchestrator.execution.gate_link import GateLink
        from orchestrator_ren.store import ticket_record
        from orchestrator_ren.store.database import Database

        committed, change, send = Database._committed, ticket_record.change, GateLink.send

        @contextlib.contextmanager
        def watched(database: Database, *options: Any) -> Iterator[Any]:
            self._steps.clear()
            with committed(database, *options) as connection:
                yield connection
                self._pass_all('before')
            self._pass_all('after')

        def noted(connection: Any, before: Any, after: Any, actor: Any, *args: Any) -> Any:
            event = change(connection, before, after, actor, *args)
            self._steps.add(step_of(before, after, actor))
            return event

        def sent(link: GateLink, stream: str, velocity: Any, **options: Any) -> None:
            send(link, stream, velocity, **options)
            if not velocity.is_zero:
                self.passing('drive')

        Database._committed, ticket_record.change, GateLink.send = watched, noted, sent

    def _pass_all(self, when: str) -> None:
        for each in sorted(self._steps):
            self.passing(f'{when} commit of a {each}')


def step_of(before: Any, after: Any, actor: Any) -> str:
    """Return which of `STEPS` it is; another word for any other."""
    if actor.value == 'recovery':
        return 'recovery'
    if before.status == after.status:
        return 'take'
    if after.status.is_final:
        return 'end'
    return 'start' if after.status.value == 'EXECUTING' else 'other'


def set_clock_ahead(ahead_s: float) -> None:
    """Let this process read another time of day; before its modules take the functions over."""
    from orchestrator_ren.ros import wall_clock

    clock, utc_now = time.time, wall_clock.utc_now
    time.time = lambda: clock() + ahead_s
    wall_clock.utc_now = lambda: utc_now() + timedelta(seconds=ahead_s)


if __name__ == '__main__':
    if ahead_s := float(os.environ.get('FLEET_CLOCK_S', '0')):
        set_clock_ahead(ahead_s)
    Killer(Path(os.environ['FLEET_POINT'])).install()
    from orchestrator_ren.orchestrator.node import main

    sys.exit(main())
