"""The word of an orchestrator that stands by, which answers no request."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from orchestrator_ren.client.link import Heard, Link
from orchestrator_ren.client.waiting import Signal
from orchestrator_ren.ros import qos

PATIENCE_S = 0.5
"""An orchestrator that has the robot answers sooner; then it is listened whether one waits [s]."""


class StandbyWord:
    """Hears the `status` topic while nobody answers.

    Args:
        link: To the robot.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._since_mono_s = time.monotonic() + PATIENCE_S
        self._stack = ExitStack()
        self._heard: Heard | None = None
        self._messages: list[Any] = []

    def __enter__(self) -> StandbyWord:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def is_certain(self) -> bool:
        """Whether one tells now that it waits: what is heard first may be an old word."""
        if time.monotonic() < self._since_mono_s:
            return False
        return self.newest() is not None and len({_at(each) for each in self._messages}) > 1

    def newest(self) -> Any:
        """Return its word; None where there is none, or somebody else has spoken since."""
        from orchestrator_ren.msg import OrchestratorStatus

        if self._heard is None:
            listening = self._link.listening(OrchestratorStatus, 'status', qos.LATCHED, Signal())
            self._heard = self._stack.enter_context(listening)
        self._messages += self._heard.take()
        newest = max(self._messages, key=_at, default=None)
        return newest if newest is not None and newest.state == newest.STANDBY else None


def _at(status: Any) -> tuple[int, int]:
    return status.stamp.sec, status.stamp.nanosec
