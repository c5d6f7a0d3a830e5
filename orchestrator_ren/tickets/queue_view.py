"""The queue as it is told to people: places, reasons, estimated starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestrator_ren.tickets import scheduling
from orchestrator_ren.tickets.scheduling import Circumstances, Judge, Waiting

MAX_POSITIONS = 1000
"""In a longer queue, positions are told by `get_queue` only."""


@dataclass(frozen=True)
class QueuePlace:
    """A waiting ticket as `get_queue` tells it; `estimated_start_s` 0 = not known."""

    position: int
    waiting: Waiting
    waited_s: float
    reason: str
    estimated_start_s: float


class QueueView:
    """The queue at one moment, for as many questions as there are clients.

    Args:
        waiting: All of it, by ticket.
        now_s: Seconds since 1970, UTC.
        circumstances: As for `scheduling.decide`.
        reasons: Why tickets did not start when it was decided last.
    """

    def __init__(
        self,
        waiting: Mapping[str, Waiting],
        now_s: float,
        circumstances: Circumstances,
        reasons: Mapping[str, str],
    ) -> None:
        self._waiting = waiting
        self._reasons = reasons
        self._judge = Judge(now_s, circumstances)
        self._positions: dict[str, int] = {}
        if len(waiting) <= MAX_POSITIONS:
            order = scheduling.in_order(
                waiting.values(), circumstances.steady_s, circumstances.max_wait_s
            )
            self._positions = {each.ticket_id: place for place, each in enumerate(order, start=1)}

    def position(self, ticket_id: str) -> int:
        """Return the place of a waiting ticket, from 1; 0 = it does not wait, or many do."""
        return self._positions.get(ticket_id, 0)

    def reason(self, ticket_id: str) -> str:
        """Return why a ticket waits."""
        each = self._waiting.get(ticket_id)
        alone = self._judge.obstacle(each) if each is not None else ''
        return alone or self._reasons.get(ticket_id, 'others like it go first')


def page(
    waiting: Iterable[Waiting],
    now_s: float,
    circumstances: Circumstances,
    ends_s: Mapping[str, float],
    limit: int,
    offset: int,
) -> list[QueuePlace]:
    """Return a page of the queue, in the order of the turns; it looks at all of it.

    Args:
        waiting: All of it.
        now_s: Seconds since 1970, UTC.
        circumstances: As for `scheduling.decide`.
        ends_s: When each running ticket is predicted to end; NaN = not known.
        limit: Most places.
        offset: Places before the first.
    """
    order = scheduling.in_order(waiting, circumstances.steady_s, circumstances.max_wait_s)
    judge = Judge(now_s, circumstances)
    for each in order:  # not `scheduling.decide`, which would bring them into this order again
        judge.decide(each)
    starts_s = scheduling.estimated_starts(order, now_s, circumstances, ends_s)
    return [
        QueuePlace(
            place,
            each,
            max(0.0, circumstances.steady_s - each.since_s),
            judge.decision.reasons.get(each.ticket_id, 'starts now'),
            starts_s.get(each.ticket_id, 0.0),
        )
        for place, each in enumerate(order[offset : offset + limit], start=offset + 1)
    ]
