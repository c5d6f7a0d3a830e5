"""Executing a ticket: from the goal to the ticket as it ended, or to the silence of the robot."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from orchestrator_ren.client import conversions
from orchestrator_ren.client.answers import Progress
from orchestrator_ren.client.asking import read_message
from orchestrator_ren.client.link import Link
from orchestrator_ren.client.waiting import Wait
from orchestrator_ren.errors import ClientError, NotAnswered, StoreError, from_code
from orchestrator_ren.tickets.ticket import Ticket

if TYPE_CHECKING:
    from orchestrator_ren.client.goal import Goal

QUIET_S = 2.0
"""After so long without feedback the orchestrator is asked whether it lives [s]; it comes at 5 Hz,
and less often while hundreds of goals wait."""

HEARD_S = 5.0
"""An orchestrator that was not heard for so long is lost [s]."""

UNANSWERED = 8
"""So many goals that nobody took are remembered, to be cancelled if somebody still takes them."""

OnFeedback = Callable[[Progress], object]
Get = Callable[[str, float], Awaitable[Ticket]]


class Executor:
    """Sends goals and stays with them.

    Args:
        link: To the robot.
        get: Returns a ticket as it is, within a time.
    """

    def __init__(self, link: Link, get: Get) -> None:
        self._link = link
        self._get = get
        self._unanswered: deque[Goal] = deque()

    async def execute(
        self,
        request: Any,
        on_feedback: OnFeedback | None,
        send_limit_s: float,
        limit_s: float | None,
    ) -> Ticket:
        """Return the ticket as it ended.

        Interrupted for the first time, it cancels the goal and stays to the end.

        Raises:
            OrchestratorError: It is refused.
            NotAnswered: The orchestrator is not heard any more, or the time is over.
        """
        from orchestrator_ren.client.goal import Goal

        sent_by_mono_s = time.monotonic() + send_limit_s
        until_mono_s = None if limit_s is None else time.monotonic() + limit_s
        name, client = self._link.name('execute_ticket'), self._link.goals
        await self._link.until_ready(client.server_is_ready, name, send_limit_s, sent_by_mono_s)
        goal = Goal(client, request)
        follower = _Follower(goal, name, request.ticket_id, self._get, on_feedback)
        goal.send()
        interrupt: BaseException | None = None
        while True:
            try:
                if not goal.is_accepted:
                    await self._sent(goal, name, send_limit_s, sent_by_mono_s)
                ticket = await follower.end(until_mono_s)
                break
            except Exception:
                raise
            except BaseException as error:  # KeyboardInterrupt, or asyncio's cancellation
                goal.cancel()
                if interrupt is not None or isinstance(error, GeneratorExit):
                    raise
                interrupt = error
        if interrupt is None or isinstance(interrupt, KeyboardInterrupt):
            return ticket
        raise interrupt

    async def _sent(self, goal: Goal, name: str, limit_s: float, until_mono_s: float) -> None:
        """Wait until the orchestrator has the goal; one that comes late is cancelled.

        Raises:
            NotAnswered: It has not said so in time.
        """
        while not (goal.is_accepted or goal.is_rejected):
            rest_s = until_mono_s - time.monotonic()
            if rest_s <= 0.0:
                goal.cancel()
                self._unanswered.append(goal)
                if len(self._unanswered) > UNANSWERED:
                    self._unanswered.popleft().forget()
                detail = 'it is there, but has not taken the goal, which is cancelled if it does'
                raise NotAnswered(name=name, waited_s=limit_s, detail=detail)
            await Wait(goal.signal, rest_s)
        if goal.is_rejected:
            raise ClientError(detail=f'{name} does not take the goal')


class _Follower:
    """Stays with a goal that was taken.

    Args:
        goal: The goal.
        name: Of the action, for people.
        ticket_id: What it executes.
        get: Returns a ticket as it is, within a time.
        on_feedback: Called in the thread of who waits, with each news.
    """

    def __init__(
        self, goal: Goal, name: str, ticket_id: str, get: Get, on_feedback: OnFeedback | None
    ) -> None:
        self._goal = goal
        self._name = name
        self._ticket_id = ticket_id
        self._get = get
        self._on_feedback = on_feedback
        self._began_mono_s = self._heard_at_mono_s = time.monotonic()
        self._is_ended = False

    async def end(self, until_mono_s: float | None) -> Ticket:
        """Return the ticket as it ended.

        Raises:
            OrchestratorError: It was refused.
            NotAnswered: The orchestrator is not heard any more, or the time is over.
        """
        try:
            return await self._ended(until_mono_s)
        except Exception:
            self._goal.forget()
            raise

    async def _ended(self, until_mono_s: float | None) -> Ticket:
        while self._goal.answer is None:
            rest_s = QUIET_S if until_mono_s is None else until_mono_s - time.monotonic()
            if rest_s <= 0.0:
                waited_s = time.monotonic() - self._began_mono_s
                detail = f'{self._ticket_id} goes on; get or cancel it'
                raise NotAnswered(name=self._name, waited_s=waited_s, detail=detail)
            await Wait(self._goal.signal, min(rest_s, QUIET_S))
            self._tell_feedback()
            if self._goal.answer is None and self._is_quiet:
                ticket = await self._asked()
                if ticket is not None:
                    return ticket
        return await self._read(self._goal.answer)

    @property
    def _is_quiet(self) -> bool:
        return time.monotonic() - self._heard_at_mono_s >= QUIET_S

    def _tell_feedback(self) -> None:
        """Tell the newest; where that raises, the robot shall not go on with nobody watching."""
        feedback = self._goal.taken_feedback()
        if feedback is None:
            return
        self._heard_at_mono_s = time.monotonic()
        if self._on_feedback is not None:
            try:
                self._on_feedback(read_message(conversions.progress_from_msg, feedback))
            except Exception:
                self._goal.cancel()
                raise

    async def _asked(self) -> Ticket | None:
        """Ask whether the orchestrator lives; return the ticket where it ended without a result.

        Raises:
            NotAnswered: It does not live.
        """
        try:
            ticket = await self._get(self._ticket_id, HEARD_S - QUIET_S)
        except StoreError:
            self._heard_at_mono_s = time.monotonic()
            return None
        except NotAnswered as error:
            detail = f'the orchestrator is not heard any more; {self._ticket_id} may go on or not'
            raise NotAnswered(name=self._name, waited_s=HEARD_S, detail=detail) from error
        self._heard_at_mono_s = time.monotonic()
        was_ended, self._is_ended = self._is_ended, ticket.status.is_final
        if not (was_ended and self._is_ended):
            return None
        self._goal.forget()  # the orchestrator that had it is gone
        return ticket

    async def _read(self, answer: Any) -> Ticket:
        result = answer.result
        if not result.ticket.id and not result.error_code:  # the result was kept no longer
            return await self._get(self._ticket_id, HEARD_S)
        told = result.error_code, result.message
        if not result.ticket.id:
            raise from_code(*told)
        ticket = read_message(conversions.ticket_from_msg, result.ticket)
        if told != (ticket.error_code, ticket.error) or not ticket.status.is_final:
            raise from_code(*told)  # it was refused, and is as it was
        return ticket
