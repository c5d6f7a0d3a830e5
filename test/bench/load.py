"""Keep an orchestrator busy: one ticket burns CPU, and 8 calls of create_ticket are always open.

The orchestrator must be the one of `extra_commands.py`. `running` is printed once the ticket
burns; then the calls begin. When the standard input is closed, the last line printed is the
number of calls answered per second. Whatever goes wrong ends the program with an error.
"""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.msg import Ticket
from orchestrator_ren.srv import CreateTicket

CLIENTS = 8
TIMEOUT_S = 10.0
WAKE_S = 0.1
BURN_TIMEOUT_S = 86_400.0


class Load:
    """The clients of one orchestrator."""

    def __init__(self) -> None:
        node = rclpy.create_node('load')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._create = node.create_client(CreateTicket, 'create_ticket')
        self._execute = ActionClient(node, ExecuteTicket, 'execute_ticket')
        self._status = ''
        self._answered = 0

    def burn(self) -> Future:
        """Execute a `burn` ticket; return the future of its result once it burns."""
        self._spin_until(self._create.service_is_ready, 'create_ticket')
        self._spin_until(self._execute.server_is_ready, 'execute_ticket')
        request = CreateTicket.Request(command='burn', timeout_seconds=BURN_TIMEOUT_S)
        created = self._answer(self._create.call_async(request), 'create_ticket')
        if not created.success:
            raise RuntimeError(f'there is no burn ticket: {created.message}')
        goal = ExecuteTicket.Goal(ticket_id=created.ticket.id)
        sending = self._execute.send_goal_async(goal, self._on_feedback)
        result = self._answer(sending, 'execute_ticket').get_result_async()
        self._spin_until(
            lambda: result.done() or self._status == Ticket.EXECUTING, 'the burn ticket'
        )
        return result

    def answered_per_s(self, burning: Future) -> float:
        """Call until the standard input is closed; return how many calls a second were answered.

        Raises:
            RuntimeError: A call was refused, or the burn ticket ended.
        """
        began_mono_s = time.monotonic()
        for _ in range(CLIENTS):
            self._call()
        while not select.select([sys.stdin], [], [], 0)[0]:
            if burning.done():
                raise RuntimeError(f'the burn ticket ended: {burning.result().result.message}')
            self._executor.spin_once(timeout_sec=WAKE_S)
        return self._answered / (time.monotonic() - began_mono_s)

    def _call(self) -> None:
        request = CreateTicket.Request(command='stop')
        self._create.call_async(request).add_done_callback(self._on_answer)

    def _on_answer(self, answer: Future) -> None:
        response = answer.result()
        if not response.success:
            raise RuntimeError(f'create_ticket was refused: {response.message}')
        self._answered += 1
        self._call()

    def _on_feedback(self, message: Any) -> None:
        self._status = message.feedback.status

    def _answer(self, future: Future, wanted: str) -> Any:
        self._spin_until(future.done, wanted)
        return future.result()

    def _spin_until(self, condition: Callable[[], bool], wanted: str) -> None:
        deadline_mono_s = time.monotonic() + TIMEOUT_S
        while not condition():
            if time.monotonic() > deadline_mono_s:
                raise TimeoutError(f'{wanted}: nothing within {TIMEOUT_S:g} s')
            self._executor.spin_once(timeout_sec=WAKE_S)


def main() -> None:
    rclpy.init()
    load = Load()
    burning = load.burn()
    print('running', flush=True)
    print(load.answered_per_s(burning), flush=True)
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
