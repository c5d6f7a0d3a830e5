"""What is on the screen: lines made of what is known, for any size."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from orchestrator_ren.cli.texts import event_line, flow, progress_words
from orchestrator_ren.errors import printable
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Ticket

if TYPE_CHECKING:
    from orchestrator_ren.client.answers import EStop, QueueEntry, RobotStatus, TicketProgress

KEYS = 'c cancel  s stop  p pause/resume  q quit'

MOST_EVENTS = 100
"""Events that are kept."""

STALE_S = 3.0
"""A status that is older is told to be [s]; it comes each second."""

QUEUE_SHARE = 3
"""One in so many lines may be of the queue."""

DATE = len('2026-11-27 ')
"""What is left out of an event's time."""

STYLES = {'READY': 'bold green', 'STANDBY': 'bold yellow'}
"""Of states; all others are trouble."""

Line = tuple[str, str]
"""Text and style."""


@dataclass
class Known:
    """What is known of the robot.

    Attributes:
        robot: Its name.
        status: The newest.
        heard_at_mono_s: When that was heard.
        e_stop: The newest.
        running: Tickets that are executed.
        progress: How far each of them is, by its id.
        queue: Those that wait, in the order of their turns.
        events: The newest last.
        said: What the last key has done.
    """

    robot: str
    status: RobotStatus | None = None
    heard_at_mono_s: float = 0.0
    e_stop: EStop | None = None
    running: Sequence[Ticket] = ()
    progress: Mapping[str, TicketProgress] = field(default_factory=dict)
    queue: Sequence[QueueEntry] = ()
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    said: str = ''


def lines_of(
    known: Known, columns: int, rows: int, now_mono_s: float, now: datetime
) -> list[Line]:
    """Return the lines of a screen of that size, the keys at its foot."""
    head = [*_state(known, now_mono_s), *_running(known, now), *_queue(known, rows // QUEUE_SHARE)]
    foot = [(f'{KEYS}  {known.said}'.rstrip(), 'reverse')]
    room = max(0, rows - len(head) - len(foot) - 1)
    newest = list(known.events)[-room:] if room else []
    told = [(f'  {event_line(each)[DATE:]}', _colour(each)) for each in newest]
    body: list[Line] = [('events', 'bold'), *told] if room else []
    filled = [*head, *body][: rows - 1]
    filled += [('', '')] * (rows - 1 - len(filled))
    width = max(0, columns - 1)
    return [(printable(text)[:width], style) for text, style in (*filled, *foot)]


def _state(known: Known, now_mono_s: float) -> list[Line]:
    if known.status is None:
        return [(f'{known.robot}: nothing is heard of an orchestrator', 'bold red')]
    status, silent_s = known.status, now_mono_s - known.heard_at_mono_s
    if silent_s > STALE_S:
        return [(f'{known.robot}: not heard for {silent_s:.0f} s; it was {status.state}', 'dim')]
    detail = f': {status.detail}' if status.detail else ''
    style = STYLES.get(status.state, 'bold red')
    return [(f'{known.robot} {status.state}{detail}', style), *_safety(known.e_stop)]


def _safety(e_stop: EStop | None) -> list[Line]:
    if e_stop is None:
        return [('e-stop   not heard', 'yellow')]
    source = f' {e_stop.source}' if e_stop.source else ''
    return [(f'e-stop   {e_stop.state}{source}', 'bold red' if e_stop.is_latched else '')]


def _running(known: Known, now: datetime) -> list[Line]:
    if not known.running:
        return [('running  nothing', '')]
    told = []
    for each in known.running:
        since_s = (now - each.started_at).total_seconds() if each.started_at else 0.0
        text = f'running  {each.id} {each.command} {flow(each.params)} for {since_s:.0f} s'
        told.append((text, 'bold cyan'))
        if each.id in known.progress:
            told.append((f'         {progress_words(known.progress[each.id])}', 'cyan'))
    return told


def _queue(known: Known, most: int) -> list[Line]:
    paused = known.status.pause_reason if known.status else ''
    title = f'queue    {len(known.queue) or "empty"}{f", paused: {paused}" if paused else ""}'
    told: list[Line] = [(title, 'yellow' if paused else 'bold')]
    shown = known.queue[: max(0, most - 2)]
    told += [
        (f'  {each.position} {each.ticket_id} {each.command}: {each.reason}', '') for each in shown
    ]
    if len(shown) < len(known.queue):
        told.append((f'  and {len(known.queue) - len(shown)} more', 'dim'))
    return told


def _colour(event: Event) -> str:
    return {'FAILED': 'red', 'CANCELLED': 'yellow', 'COMPLETED': 'green'}.get(
        event.status.value if event.status else '', ''
    )
