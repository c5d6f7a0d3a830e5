"""The one place where the gate decides, and acts on what it has decided."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence

from rclpy.impl.rcutils_logger import RcutilsLogger

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.motion import gate
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import Velocity


class Judge:
    """Feeds `motion.gate.decide`, and sends what it returns before all else.

    It cannot move the robot wrongly: nothing is sent but what `decide` returns, and zero when
    `decide` raises.

    Args:
        state: To start with.
        limits: What may pass.
        send: Called with each velocity to send.
        followers: Called in turn with the state after each decision, once the velocity is sent.
        log: Is told what `decide` raised.

    Attributes:
        state: What the gate remembers.
    """

    def __init__(
        self,
        state: gate.GateState,
        limits: MotionLimits,
        send: Callable[[Velocity], None],
        followers: Sequence[Callable[[gate.GateState], None]],
        log: RcutilsLogger,
    ) -> None:
        self._log = log
        self.state = state
        self._limits = limits
        self._send = send
        self._followers = followers

    def take(self, given: gate.Input) -> None:
        """Decide on one input.

        Raises:
            ResetRefused: A reset that must not be; the state is as it was.
        """
        now_mono_s = time.monotonic()
        try:
            self.state, velocity = gate.decide(self.state, given, now_mono_s, self._limits)
        except OrchestratorError:
            raise
        except Exception:
            self._log.error(f'the gate could not decide\n{traceback.format_exc()}')
            self.state, velocity = gate.stop_unjudged(self.state, now_mono_s)
        if velocity is not None:
            self._send(velocity)
        for each in self._followers:
            each(self.state)
