"""One attempt at one ticket, from the request to execute until its end is on disk."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from orchestrator_ren.commands.command import Prediction
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.orchestrator.execution.command_run import CommandRun
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.orchestrator.execution.means import Means
from orchestrator_ren.orchestrator.execution.pulse import Pulse
from orchestrator_ren.orchestrator.execution.turn import Turn
from orchestrator_ren.ros.future import Future
from orchestrator_ren.tickets.ending import Ending
from orchestrator_ren.tickets.needs import NOTHING, Needs
from orchestrator_ren.tickets.ticket import Ticket

ODOMETRY_GRACE_S = 1.0
"""How long a motion waits for odometry that somebody publishes but was not heard yet [s]."""


@dataclass
class Plan:
    """What is asked for, as far as it is known.

    Attributes:
        needs: Of its command; nothing as long as its ticket is not read.
        prediction: What its command will take.
        is_dry_run: Whether it waits for nothing, and only tells what it would do.
        position: Of a dry run, its place in the queue if it were none.
    """

    needs: Needs = NOTHING
    prediction: Prediction = field(default_factory=Prediction)
    is_dry_run: bool = False
    position: int = 0


class Execution:
    """What others have of one attempt.

    It cannot move the robot wrongly: that is up to its run, which begins only once it has its
    turn, and which an interrupt ends with a zero.

    Args:
        ticket_id: Of the ticket.
        now_s: The time that durations are measured in [s].
        means: What commands are run with.

    Attributes:
        ticket_id: Of the ticket.
        ticket: As stored last; None = not read yet.
        plan: What it asks for.
        run: Its command, from EXECUTING on.
        early_stop: What would have interrupted it, had it been known to move.
        early_unsafe: The same, had it been known to be interlocked.
        progress: As reported by the command [0-1].
        message: As reported by the command.
        requested_at_s: When it was asked for, by the time that durations are measured in [s].
        asked_at_s: The same [UTC].
        ended: Done when its end is on disk, or could not be written.
    """

    def __init__(self, ticket_id: str, now_s: float, means: Means) -> None:
        self.ticket_id = ticket_id
        self.ticket: Ticket | None = None
        self.plan = Plan()
        self.run: CommandRun | None = None
        self.early_stop: Ending | None = None
        self.early_unsafe: Ending | None = None
        self.progress = 0.0
        self.message = 'accepted'
        self.requested_at_s = now_s
        self.asked_at_s = time.time()
        self.ended: Future = Future()
        self._means = means
        self._pulse = Pulse()
        self._turn = Turn()
        self._interrupt = Interrupt(self._pulse.wake, self._turn.end_wait)

    @property
    def moves(self) -> bool:
        """Whether it moves the robot."""
        return self.plan.needs.moves

    @property
    def velocity(self) -> Velocity:
        """The velocity that it asks for now."""
        return self.run.velocity if self.run is not None else ZERO

    @property
    def command(self) -> str:
        """The name of its ticket's command; empty as long as that is not read."""
        return self.ticket.command if self.ticket is not None else ''

    @property
    def remaining_s(self) -> float:
        """Predicted rest of its command's time [s]; 0 where nothing is predicted."""
        return self.plan.prediction.duration_s * (1.0 - self.progress)

    @property
    def distance_m(self) -> float:
        """Way travelled since its start [m]: measured where that is possible, else asked for."""
        return self.run.distance_m()[0] if self.run is not None else 0.0

    @property
    def speed_mps(self) -> float:
        """Speed of the robot now, where this moves it [m/s]: measured, else asked for."""
        if not self.moves:
            return 0.0
        sample = self._means.sensors.sample
        return sample.speed_mps if sample is not None else self.velocity.speed_mps

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its turn."""
        return self._turn.is_awaited

    @property
    def has_turn(self) -> bool:
        """Whether it was given its turn."""
        return self._turn.has_come

    @property
    def ending(self) -> Ending | None:
        """How it was interrupted; None = it was not."""
        return self._interrupt.ending

    def interrupt(self, ending: Ending) -> bool:
        """End it like that: zero now, the command is woken to notice.

        Returns:
            False when it is ending already; the first ending counts.
        """
        return self._interrupt.make(ending)

    def know(self, ticket: Ticket, needs: Needs) -> None:
        """Take its ticket, QUEUED, and what it needs; end it with what came before these."""
        self.ticket, self.plan.needs = ticket, needs
        if needs.interlocked and self.early_unsafe is not None:
            self.interrupt(self.early_unsafe)
        if needs.moves and self.early_stop is not None:
            self.interrupt(self.early_stop)

    def ask_for_turn(self) -> None:
        """Queue up; then await `wait_for_turn`."""
        self._turn.ask()

    def give_turn(self) -> None:
        """Let it start, at once or as soon as it would wait."""
        self._turn.give()

    async def wait_for_turn(self) -> None:
        """Return when it has its turn; raise Interruption when it never will."""
        if self._interrupt.ending is None:
            await self._turn.come()
        self._turn.is_awaited = False
        self.message = 'its turn'
        self._interrupt.check()

    async def wait_for_odometry(self) -> None:
        """Wait for the first odometry, or until it is clear that none comes."""
        waited_from_mono_s = time.monotonic()
        while self._means.sensors.expects_odometry:
            if time.monotonic() - waited_from_mono_s > ODOMETRY_GRACE_S:
                return
            await self._pulse.next()
            self._interrupt.check()

    def begin(self, ticket: Ticket, now_s: float) -> None:
        """Let its command run from now on [s]; the ticket is EXECUTING."""
        self.ticket = ticket
        self.run = CommandRun(
            ticket,
            self.plan.needs,
            self._means,
            self._pulse,
            self._interrupt,
            self.report,
            now_s,
        )

    def report(self, progress: float, message: str) -> None:
        """Take how far the command is [0-1]."""
        self.progress, self.message = min(1.0, max(0.0, progress)), message

    def pulse(self, now_s: float) -> None:
        """Control tick at `now_s` [s]."""
        if self.run is not None:
            self.run.pulse(now_s)
        else:
            self._pulse.wake()

    def steady_pulse(self, now_s: float) -> None:
        """Steady tick at `now_s` [s]."""
        if self.run is not None:
            self.run.steady_pulse(now_s)
        else:
            self._pulse.wake()

    def look_for_jump(self) -> None:
        """Odometry has jumped: end it if that is its way."""
        if self.run is not None:
            self.run.look_for_jump()

    def lose_clock(self, words: str) -> None:
        """Time did what it never does: end it if it moves."""
        if self.run is not None:
            self.run.lose_clock(words)

    def forget(self) -> None:
        """Let go of its run once it has ended: nothing of it is to wait for Python's collector."""
        self.run = None
        self._interrupt.forget()

    def close(self) -> None:
        """Zero, and no more interruptions: it has ended, whatever way."""
        self._interrupt.is_closed = True
        if self.run is not None:
            self.run.end_stream()
