"""A goal of `execute_ticket`, from its sending to its result."""

from __future__ import annotations

import threading
from typing import Any

from rclpy.action import ActionClient
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.client.waiting import Signal
from orchestrator_ren.ros import qos


class GoalClient(ActionClient):  # type: ignore[misc]
    """An action client whose calls come from other threads than the one that spins.

    rclpy's own takes the answer to what is being sent, before it is remembered that it was sent,
    for one that nobody waits for (rclpy 7.1.x: `send_goal_async` holds no lock).
    """

    def __init__(self, node: Node, name: str) -> None:
        self._sending = threading.RLock()
        super().__init__(
            node,
            ExecuteTicket,
            name,
            callback_group=ReentrantCallbackGroup(),
            goal_service_qos_profile=qos.SERVICES,
            result_service_qos_profile=qos.SERVICES,
            cancel_service_qos_profile=qos.SERVICES,
        )

    def send_goal_async(self, *args: Any, **kwargs: Any) -> Any:
        """Send a goal; from any thread."""
        with self._sending:
            return super().send_goal_async(*args, **kwargs)

    def _get_result_async(self, goal_handle: Any) -> Any:
        with self._sending:
            return super()._get_result_async(goal_handle)

    def _cancel_goal_async(self, goal_handle: Any) -> Any:
        with self._sending:
            return super()._cancel_goal_async(goal_handle)

    async def execute(self, taken_data: Any) -> None:
        """Hand on what came in, once nothing is half sent."""
        with self._sending:
            pass
        await super().execute(taken_data)

    def forget(self, sending: Any, getting: Any) -> None:
        """Wait no longer for the answers to a goal."""
        self._remove_pending_goal_request(sending)
        if getting is not None:
            self._remove_pending_result_request(getting)


class Goal:
    """One goal; told of by its signal.

    Args:
        client: Sends it.
        request: The goal's message.

    Attributes:
        signal: Given at each change.
        is_accepted: Whether the orchestrator has it.
        is_rejected: Whether it does not take it; ours takes every goal.
        answer: With status and result, once it has ended.
    """

    def __init__(self, client: GoalClient, request: Any) -> None:
        self.signal = Signal()
        self.is_accepted = self.is_rejected = self.is_cancelled = False
        self.answer: Any = None
        self._client = client
        self._request = request
        self._lock = threading.Lock()
        self._feedback: Any = None
        self._handle: Any = None
        self._sending: Any = None
        self._getting: Any = None

    def send(self) -> None:
        """Send it."""
        self._sending = self._client.send_goal_async(
            self._request, feedback_callback=self._on_feedback
        )
        self._sending.add_done_callback(self._on_sent)

    def cancel(self) -> None:
        """Have it cancelled, as soon as it is accepted; also when nobody waits for it any more."""
        with self._lock:
            self.is_cancelled = True
            handle = self._handle
        if handle is not None:
            handle.cancel_goal_async()

    def forget(self) -> None:
        """Wait for its answers no longer."""
        self._client.forget(self._sending, self._getting)

    def taken_feedback(self) -> Any:
        """Return the newest feedback that was not returned before; None = there is none."""
        feedback, self._feedback = self._feedback, None
        return feedback

    def _on_feedback(self, message: Any) -> None:
        self._feedback = message.feedback
        self.signal.set()

    def _on_sent(self, sending: Any) -> None:
        handle = sending.result()
        self.is_rejected = not handle.accepted
        if handle.accepted:
            with self._lock:
                self._handle = handle
                is_cancelled = self.is_cancelled
            self._getting = handle.get_result_async()
            self._getting.add_done_callback(self._on_answer)
            if is_cancelled:
                handle.cancel_goal_async()
            self.is_accepted = True
        self.signal.set()

    def _on_answer(self, getting: Any) -> None:
        self.answer = getting.result()
        self.signal.set()
