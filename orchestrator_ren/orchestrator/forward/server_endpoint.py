"""What the servers that commands are forwarded to have in common: one action or service each.

Nothing here blocks or spins: futures are looked at in each control tick.
"""

from __future__ import annotations

import abc
import json
import math
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.task import Future

from orchestrator_ren.commands.command import CommandContext
from orchestrator_ren.commands.forward_contract import ForwardContract
from orchestrator_ren.commands.json_form import JsonBudget
from orchestrator_ren.errors import (
    ForwardFailed,
    ForwardTimeout,
    ForwardUnavailable,
    ResultTooLarge,
    WrongType,
)
from orchestrator_ren.orchestrator.forward import message_fields
from orchestrator_ren.orchestrator.forward.message_fields import FieldMismatch, to_plain

LOST_S = 1.0
"""How long a server may be missing from the ROS graph before it counts as dead [s]."""

HINT = '; select fields with `result:` in the forward file'

MAX_SHOWN_CHARACTERS = 300
"""How much of a result is told in an error."""


class ServerWatch:
    """Tells when a server has been missing for longer than `LOST_S`."""

    def __init__(self, is_there: Callable[[], bool]) -> None:
        self._is_there = is_there
        self._missed_at_mono_s = math.inf

    def is_lost(self) -> bool:
        """Return whether it is, now."""
        now_mono_s = time.monotonic()
        if self._is_there():
            self._missed_at_mono_s = math.inf
        self._missed_at_mono_s = min(self._missed_at_mono_s, now_mono_s)
        return now_mono_s - self._missed_at_mono_s > LOST_S


class ServerEndpoint(abc.ABC):
    """What actions and services have in common; an `Endpoint` of `commands.forward`.

    Args:
        node: Gets the client.
        group: Of the client.
        contract: Of the command.
        interface: The class of the action or service.
    """

    def __init__(
        self, node: Node, group: ReentrantCallbackGroup, contract: ForwardContract, interface: Any
    ) -> None:
        self._node = node
        self._contract = contract
        self._name = contract.endpoint
        self._request_type = self.parts_of(interface)[0]

    @staticmethod
    @abc.abstractmethod
    def parts_of(interface: Any) -> tuple[Any, Any, Any]:
        """Return the classes of request, result and feedback."""

    @abc.abstractmethod
    def _is_ready(self) -> bool:
        """Return whether the server is there."""

    def check(self, request: Mapping[str, Any]) -> None:
        """Raise WrongType if the message does not take a value."""
        try:
            self._message(request)
        except FieldMismatch as error:
            raise WrongType(
                field=f'the request field {error.path}',
                value=error.value,
                expected=error.expected,
            ) from error

    def _message(self, request: Mapping[str, Any]) -> Any:
        return message_fields.set_fields(self._request_type(), request)

    async def _server(self, context: CommandContext) -> None:
        """Wait for the server."""
        limit_s = self._contract.timeout_seconds
        asked_at_mono_s = time.monotonic()
        while not self._is_ready():
            if time.monotonic() - asked_at_mono_s > limit_s:
                raise self._unavailable(f'was not there within {limit_s:g} s')
            context.report(0.0, f'waiting for {self._name}')
            await context.tick()

    async def _answer(
        self,
        future: Future,
        context: CommandContext,
        doing: str,
        watch: ServerWatch,
        limit_s: float = math.inf,
        each_tick: Callable[[], None] = lambda: None,
    ) -> Any:
        """Wait for the server's answer and return it.

        Args:
            future: Of the answer.
            context: Of the command.
            doing: What the server does, for the error.
            watch: Over the server.
            limit_s: Longest time to wait [s].
            each_tick: Called in each control tick.
        """
        asked_at_mono_s = time.monotonic()
        future.add_done_callback(lambda _: context.wake())
        while not future.done():
            if watch.is_lost():
                raise self._unavailable(f'died while {doing}')
            if time.monotonic() - asked_at_mono_s > limit_s:
                raise ForwardTimeout(endpoint=self._name, limit_s=limit_s)
            each_tick()
            await context.tick()
        return future.result()

    def _mapped(self, result: Any) -> dict[str, Any]:
        """Return what the ticket's result gets of the server's.

        Raises:
            ForwardFailed: A field of `succeeded_when` has another value.
            ResultTooLarge: It is more than a ticket keeps; nothing of it was converted in vain.
        """
        wanted = self._contract.succeeded_when
        unmet = self._contract.unmet({path: _plain(result, path, path) for path in wanted})
        if unmet:
            raise ForwardFailed(endpoint=self._name, detail=f'failed: {unmet}: {words_of(result)}')
        budget = JsonBudget(hint=HINT)
        if not self._contract.result:
            return cast('dict[str, Any]', to_plain(result, 'result', budget))
        return {
            key: _plain(result, path, f'result.{key}', budget)
            for key, path in self._contract.result.items()
        }

    def _unavailable(self, detail: str) -> ForwardUnavailable:
        return ForwardUnavailable(endpoint=self._name, detail=detail)


def _plain(result: Any, path: str, field: str, budget: JsonBudget | None = None) -> Any:
    """Return the field at that path as JSON can hold it."""
    return to_plain(message_fields.field_value(result, path), field, budget or JsonBudget())


def words_of(result: Any) -> str:
    """Return the result in a line that is not too long."""
    try:
        text = json.dumps(to_plain(result, 'result', JsonBudget()), ensure_ascii=False)
    except ResultTooLarge:
        text = 'a result that is too large to be shown'
    cut = len(text) > MAX_SHOWN_CHARACTERS
    return text[: MAX_SHOWN_CHARACTERS - 3] + '...' if cut else text
