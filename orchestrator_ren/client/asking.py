"""Asking a robot: a request and its answer, the pages of a list, the next message of a topic."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from orchestrator_ren.client.link import Link
from orchestrator_ren.client.waiting import Signal, Wait
from orchestrator_ren.errors import ClientError, InternalError, OrchestratorError, from_code, shown

TIMEOUT_S = 2.0
"""How long an answer may take, where nobody says another time [s]."""

PAGE = 100
"""Entries asked for at once."""

SAY_S = 0.1
"""Time between two words on a topic, until it is seen that one was heard [s]."""

T = TypeVar('T')


class Asking:
    """Asks, and raises what is refused.

    Args:
        link: To the robot.
        limit_s: How long an answer may take, where a call does not say it [s].
    """

    def __init__(self, link: Link, limit_s: float) -> None:
        self.link = link
        self._limit_s = limit_s

    def limit_s(self, given_s: float | None) -> float:
        """Return how long a call may take [s]; None = as long as all."""
        return self._limit_s if given_s is None else given_s

    async def ask(
        self,
        kind: Any,
        name: str,
        request: Any,
        limit_s: float | None,
        is_repeatable: bool = True,
    ) -> Any:
        """Return what a service answers.

        Raises:
            OrchestratorError: It refuses.
            NotAnswered: It does not in time.
        """
        answer = await self.answer(kind, name, request, limit_s, is_repeatable)
        if not answer.success:
            raise error_of(answer)
        return answer

    async def answer(
        self,
        kind: Any,
        name: str,
        request: Any,
        limit_s: float | None,
        is_repeatable: bool,
        is_vain: Callable[[], bool] = lambda: False,
    ) -> Any:
        """Return what a service answers, refusals too; `is_vain` as for `Link.ask`.

        Raises:
            NotAnswered: It does not in time.
        """
        limit_s = self.limit_s(limit_s)
        return await self.link.ask(kind, name, request, limit_s, is_repeatable, is_vain)

    async def pages(
        self,
        kind: Any,
        name: str,
        request: Any,
        field: str,
        read: Callable[[Any], T],
        limit_s: float | None,
    ) -> list[T]:
        """Return what is on all pages of a service that goes on by `offset`."""
        found: list[T] = []
        while True:
            request.limit, request.offset = PAGE, len(found)
            answer = await self.ask(kind, name, request, limit_s)
            page = getattr(answer, field)
            found += [read_message(read, each) for each in page]
            if not page or len(found) >= answer.total:
                return found

    async def heard(
        self,
        kind: Any,
        name: str,
        profile: Any,
        read: Callable[[Any], T],
        limit_s: float | None,
        is_wanted: Callable[[T], bool] = lambda _: True,
        say: Callable[[], None] = lambda: None,
    ) -> T:
        """Return the next message of a topic that is wanted, saying something until then.

        Raises:
            NotAnswered: There is none in time.
        """
        limit_s = self.limit_s(limit_s)
        until_mono_s, signal = time.monotonic() + limit_s, Signal()
        is_any = False
        with self.link.listening(kind, name, profile, signal) as heard:
            while (rest_s := until_mono_s - time.monotonic()) > 0.0:
                say()
                await Wait(signal, min(rest_s, SAY_S))
                for message in heard.take()[-1:]:
                    is_any, found = True, read_message(read, message)
                    if is_wanted(found):
                        return found
        raise self.link.missing(name, limit_s, is_any)


def error_of(answer: Any) -> OrchestratorError:
    """Return the error that an answer without success tells of.

    One of std_srvs/Trigger has no field for the code: it begins its message.
    """
    code: int | None = getattr(answer, 'error_code', None)
    found = re.match(r'(\d{3}): ', answer.message)
    if code is None and found:
        return from_code(int(found[1]), answer.message[found.end() :])
    return from_code(InternalError.code if code is None else code, answer.message)


def read_message(read: Callable[..., T], *message: Any) -> T:
    """Return what a message says.

    Raises:
        ClientError: It says what this version does not know.
    """
    try:
        return read(*message)
    except (ValueError, TypeError, OrchestratorError) as error:
        detail = f'the answer cannot be read, is the robot of another version? {shown(error)}'
        raise ClientError(detail=detail) from error
