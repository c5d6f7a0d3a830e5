"""The velocity that a motion asks for: whether it is asked often enough, and followed."""

from __future__ import annotations

import math

from orchestrator_ren.errors import CommandStale, OrchestratorError
from orchestrator_ren.motion.gate import COMMAND_TIMEOUT_S
from orchestrator_ren.motion.velocity import Velocity

FOLLOW_S = 0.25
"""How long the gate may take to follow a motion [s]; it answers within milliseconds, and is looked
for once more one control period later."""

KEEP_ALIVE_S = 0.1
"""In simulated time, a velocity older than this is sent again while its command lives [s]: where
that time is slow, the ticks alone are too rare for the gate. On a real robot nothing is repeated:
a command that hangs ends in zero."""


class SentVelocity:
    """What was sent to the gate for one motion; times are on the steady clock [s].

    Attributes:
        velocity: Asked for now; None = nothing.
        is_followed: The gate is known to have taken the motion up.
    """

    def __init__(self) -> None:
        self.velocity: Velocity | None = None
        self.is_followed = False
        self._sent_at_mono_s = -math.inf
        self._first_mono_s = math.inf
        self._was_missed = False

    @property
    def has_begun(self) -> bool:
        """Whether anything was sent so far."""
        return self._first_mono_s < math.inf

    def send(self, velocity: Velocity, now_mono_s: float) -> None:
        """Take what is sent."""
        self.velocity = velocity
        self._sent_at_mono_s = now_mono_s
        self._first_mono_s = min(self._first_mono_s, now_mono_s)

    def end(self) -> None:
        """Ask for nothing any more."""
        self.velocity = None

    def is_due_again(self, now_mono_s: float) -> bool:
        """Whether it is to be sent again, where the ticks are too rare for the gate."""
        return self.velocity is not None and now_mono_s - self._sent_at_mono_s > KEEP_ALIVE_S

    def silence(self, now_mono_s: float) -> CommandStale | None:
        """Return the error of a motion that was silent for too long: the gate has stopped it.

        After a block of this process, the command would else be done before the gate is heard.
        """
        is_moving = self.velocity is not None and not self.velocity.is_zero
        is_late = now_mono_s - self._sent_at_mono_s > COMMAND_TIMEOUT_S
        return CommandStale() if is_moving and is_late else None

    def refusal(
        self, refusal: OrchestratorError | None, now_mono_s: float
    ) -> OrchestratorError | None:
        """Return why the gate does not follow; None = it does, or has time yet.

        It is missed twice: after a stall of one's own, the first look comes before its answer.

        Args:
            refusal: What is known of that now; None = it follows.
            now_mono_s: Steady time [s].
        """
        if self.is_followed:
            return None
        self.is_followed = refusal is None
        is_late = now_mono_s - self._first_mono_s > FOLLOW_S
        was_missed, self._was_missed = self._was_missed, is_late and refusal is not None
        return refusal if was_missed and is_late else None
