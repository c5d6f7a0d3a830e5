"""Feedback to the clients of `execute_ticket`, however many there are."""

from __future__ import annotations

import time

from action_msgs.msg import GoalStatus
from rclpy.action.server import ServerGoalHandle
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.orchestrator.interface.progress import ProgressView

PERIOD_S = 0.2
"""Time from one round to the next [s]; where many wait, a round takes longer."""

SLICE_S = 0.001
"""How long a round holds the executor at once [s]: at least one goal is told then."""

SLICE_GOALS = 8
"""Most goals told at once: the middleware keeps 10 messages of all goals for a client, and would
drop those of the first."""

PAUSE_S = 0.01
"""Time between two such slices, for everything else [s]."""


class Feedback:
    """Tells every goal in rounds: those that are executed first, then those that wait.

    Args:
        node: Owns the timer.
        progress: How far each is.
    """

    def __init__(self, node: Node, progress: ProgressView) -> None:
        self._progress = progress
        self._goals: dict[int, ServerGoalHandle] = {}
        self._round: list[ServerGoalHandle] = []
        self._began_at_mono_s = 0.0
        self._period_s = PERIOD_S
        self._timer = node.create_timer(
            PERIOD_S, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._timer.cancel()

    def __len__(self) -> int:
        return len(self._goals)

    def add(self, goal: ServerGoalHandle) -> None:
        """Tell a goal from now on."""
        self._goals[id(goal)] = goal
        if self._timer.is_canceled():
            self._timer.reset()

    def remove(self, goal: ServerGoalHandle) -> None:
        """Tell a goal no longer."""
        del self._goals[id(goal)]
        if not self._goals:
            self._round.clear()
            self._timer.cancel()

    def _on_timer(self) -> None:
        now_mono_s, is_new = time.monotonic(), not self._round
        if is_new:
            self._began_at_mono_s = now_mono_s
            self._progress.begin_round()
            self._round = sorted(self._goals.values(), key=self._is_waiting, reverse=True)
        self._tell_some(now_mono_s + SLICE_S)
        if self._round:
            self._wake_after(PAUSE_S)
        elif is_new:
            self._wake_after(PERIOD_S)
        else:
            took_s = time.monotonic() - self._began_at_mono_s
            self._wake_after(max(PAUSE_S, PERIOD_S - took_s))

    def _tell_some(self, until_mono_s: float) -> None:
        for _ in range(min(SLICE_GOALS, len(self._round))):
            goal = self._round.pop()
            if id(goal) in self._goals and goal.status == GoalStatus.STATUS_EXECUTING:
                feedback = self._progress.of(goal.request.ticket_id)
                if feedback is not None:
                    goal.publish_feedback(feedback)
            if time.monotonic() > until_mono_s:
                return

    def _wake_after(self, period_s: float) -> None:
        if period_s != self._period_s:
            self._period_s = period_s
            self._timer.timer_period_ns = int(period_s * 1e9)
            self._timer.reset()

    def _is_waiting(self, goal: ServerGoalHandle) -> bool:
        return self._progress.is_waiting(goal.request.ticket_id)
