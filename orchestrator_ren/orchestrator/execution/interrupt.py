"""How an execution is to end before its command has."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from orchestrator_ren.commands.command import Interruption
from orchestrator_ren.tickets.ending import Ending


class Interrupt:
    """The first ending counts; whoever asks for one later comes too late.

    Args:
        wake: Called in turn when it is interrupted: each lets one who waits see it.

    Attributes:
        ending: How it is to end; None = nobody has interrupted it.
        at_mono_s: Since when [s]; infinity = nobody has.
        is_closed: The command has ended, whatever way: nothing interrupts it any more.
    """

    def __init__(self, *wake: Callable[[], None]) -> None:
        self.ending: Ending | None = None
        self.at_mono_s = math.inf
        self.is_closed = False
        self._effects = list(wake)

    def do_first(self, effect: Callable[[], None]) -> None:
        """Do this before all else when it is interrupted: the zero."""
        self._effects.insert(0, effect)

    def forget(self) -> None:
        """Do nothing any more when it is interrupted."""
        self._effects.clear()

    def make(self, ending: Ending) -> bool:
        """End it like that.

        Returns:
            False when it is ending already.
        """
        if self.ending is not None or self.is_closed:
            return False
        self.ending = ending
        self.at_mono_s = time.monotonic()
        for effect in self._effects:
            effect()
        return True

    def check(self) -> None:
        """Raise Interruption if it is to end."""
        if self.ending is not None:
            raise Interruption
