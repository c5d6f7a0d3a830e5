"""The velocities of one attempt, on their way to the gate."""

from __future__ import annotations

import time

from orchestrator_ren.errors import CommandStale, OrchestratorError
from orchestrator_ren.motion.response import RollOut
from orchestrator_ren.motion.sent_velocity import SentVelocity
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.orchestrator.execution.gate_link import GateLink


class VelocityStream:
    """One stream: it begins with the first velocity, and its zero ends it for good.

    It cannot move the robot wrongly: velocities go to the gate, and `end` sends the zero.

    Args:
        name: `<ticket>#<attempt>`.
        link: To the gate.
        roll_out: Told what is commanded.

    Attributes:
        commanded_m: Integral of the speed asked for [m].
    """

    def __init__(self, name: str, link: GateLink, roll_out: RollOut) -> None:
        self.commanded_m = 0.0
        self._name = name
        self._link = link
        self._roll_out = roll_out
        self._sent = SentVelocity()

    @property
    def velocity(self) -> Velocity:
        """The velocity that it asks for now."""
        return self._sent.velocity or ZERO

    @property
    def awaits_gate(self) -> bool:
        """Whether something was sent, and the gate is not known to follow."""
        return self._sent.has_begun and not self._sent.is_followed

    def drive(self, velocity: Velocity, now_s: float) -> None:
        """Ask the gate for a velocity; `now_s` is the time of the attempt [s]."""
        self._roll_out.command(velocity, now_s)
        self._send(velocity)

    def pass_time(self, step_s: float) -> None:
        """Count the way that is asked for within the step [s]."""
        self.commanded_m += self.velocity.speed_mps * step_s

    def keep_alive(self) -> None:
        """Send the velocity again where the ticks are too rare for the gate."""
        if self._sent.is_due_again(time.monotonic()):
            self._send(self.velocity)

    def silence(self) -> CommandStale | None:
        """Return the error of a motion that was silent for too long."""
        return self._sent.silence(time.monotonic())

    def refusal(self) -> OrchestratorError | None:
        """Return why the gate does not follow; None = it does, or has time yet."""
        known = None if self._sent.is_followed else self._link.refusal_of(self._name)
        return self._sent.refusal(known, time.monotonic())

    def end(self, now_s: float) -> None:
        """Zero, if anything is asked for."""
        if self._sent.velocity is not None:
            self._roll_out.command(self._sent.velocity, now_s)
            self._sent.end()
            self._link.end(self._name)

    def _send(self, velocity: Velocity) -> None:
        self._sent.velocity = velocity  # its zero is due, even where it cannot be sent
        asked_at_mono_s = time.monotonic()  # before: it may take long
        self._link.send(self._name, velocity)
        self._sent.send(velocity, asked_at_mono_s)
