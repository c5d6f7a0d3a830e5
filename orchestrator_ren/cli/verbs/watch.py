"""`ren watch`: one screen: state, e-stop, what runs, the queue, the last events."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import namespace_of, robot_of
from orchestrator_ren.cli.watch.screen import MOST_EVENTS, Known, lines_of
from orchestrator_ren.errors import ArgumentInvalid, OrchestratorError
from orchestrator_ren.tickets.event import Event

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient

PERIOD_S = 0.2
"""At least so often keys are read and the screen is drawn [s]."""

ASK_S = 1.0
"""So often it is asked what runs and what waits [s]."""

PATIENCE_S = 0.5
"""Longest wait for such an answer [s]: the screen stands still meanwhile."""

EPILOG = (
    'Keys: c cancels what runs, s stops the robot, p pauses the queue or lets it go on, q ends.'
)


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add none."""


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Watch until q or Ctrl-C."""
    if not output.is_terminal or not sys.stdin.isatty():
        raise ArgumentInvalid(detail='watch needs a terminal; for programs: ren events --follow')
    from rich.live import Live

    from orchestrator_ren.cli.watch.keys import keys

    with (
        robot_of(options) as robot,
        keys() as pressed,
        Live(screen=True, auto_refresh=False) as live,
    ):
        watcher = Watcher(robot, namespace_of(options) or 'robot')
        try:
            for seen in robot.watch(PERIOD_S, recent=MOST_EVENTS):
                watcher.take(seen)
                if not watcher.act(pressed.pressed()):
                    break
                watcher.ask()
                live.update(watcher.drawn(live.console.size), refresh=True)
        except KeyboardInterrupt:
            return ExitCode.DONE
    return ExitCode.DONE


class Watcher:
    """Keeps what is known, and does what keys say.

    Args:
        robot: The client.
        name: Of the robot.
    """

    def __init__(self, robot: TicketClient, name: str) -> None:
        self._robot = robot
        self._known = Known(name)
        self._asked_at_mono_s = 0.0

    def take(self, seen: Any) -> None:
        """Keep what was heard."""
        from orchestrator_ren.client.answers import EStop, RobotStatus, TicketProgress

        if isinstance(seen, RobotStatus):
            self._known.status = seen
            self._known.heard_at_mono_s = time.monotonic()
        elif isinstance(seen, EStop):
            self._known.e_stop = seen
        elif isinstance(seen, TicketProgress):
            self._known.progress = {**self._known.progress, seen.ticket_id: seen}
        elif isinstance(seen, Event):
            self._known.events.append(seen)

    def ask(self) -> None:
        """Ask what runs and what waits, now and then."""
        status = self._known.status
        if status is None or time.monotonic() - self._asked_at_mono_s < ASK_S:
            return
        self._asked_at_mono_s = time.monotonic()
        try:
            running = [
                self._robot.get(each, timeout_s=PATIENCE_S) for each in status.executing_ids
            ]
            queue = self._robot.queue_entries(timeout_s=PATIENCE_S) if status.waiting else []
        except OrchestratorError as error:
            self._known.said = f'{error.code}: {error}'
            return
        self._known.running, self._known.queue = running, queue
        ids = {each.id for each in running}
        self._known.progress = {
            each: progress for each, progress in self._known.progress.items() if each in ids
        }

    def act(self, keys: str) -> bool:
        """Do what the keys say; return whether to go on."""
        for each in keys:
            if each == 'q':
                return False
            if each in self._actions:
                self._do(self._actions[each])
        return True

    @property
    def _actions(self) -> dict[str, Callable[[], object]]:
        return {'c': self._cancel, 's': self._robot.stop, 'p': self._pause}

    def _do(self, action: Callable[[], object]) -> None:
        try:
            self._known.said = str(action())
        except OrchestratorError as error:
            self._known.said = f'{error.code}: {error}'
        self._asked_at_mono_s = 0.0

    def _cancel(self) -> str:
        status = self._known.status
        ids = status.executing_ids if status else ()
        for each in ids:
            self._robot.cancel(each, 'by key in ren watch')
        return f'cancelled {", ".join(ids)}' if ids else 'nothing runs'

    def _pause(self) -> str:
        status = self._known.status
        return self._robot.resume() if status and status.pause_reason else self._robot.pause()

    def drawn(self, size: Any) -> Any:
        """Return the screen."""
        from rich.text import Text

        now = datetime.now(timezone.utc)
        lines = lines_of(self._known, size.width, size.height, time.monotonic(), now)
        return Text('\n').join(Text(text, style, no_wrap=True) for text, style in lines)
