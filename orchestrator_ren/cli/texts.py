"""Tickets and events in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import hint_of
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Status, Ticket

if TYPE_CHECKING:
    from orchestrator_ren.client.answers import Progress, TicketProgress

EXIT_CODES = {Status.FAILED: ExitCode.FAILED, Status.CANCELLED: ExitCode.CANCELLED}
"""Of an execution that was waited for."""

MOST_VALUES = 8
"""Of a list, in a line; `ren show` and --json have all."""

TITLES = ('ID', 'COMMAND', 'STATUS', 'CREATED', 'PARAMS', 'ERROR')
"""Of a list of tickets."""


def local(instant: datetime | None) -> str:
    """Return the instant as people here say it; empty for None."""
    return f'{instant.astimezone():%Y-%m-%d %H:%M:%S}' if instant else ''


def flow(found: dict[str, Any]) -> str:
    """Return an object as it may be written in YAML; empty for an empty one."""
    pairs = ', '.join(f'{key}: {_value(value)}' for key, value in found.items())
    return f'{{{pairs}}}' if pairs else ''


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def row(ticket: Ticket) -> tuple[str, ...]:
    """Return a ticket's row in a list."""
    error = f'{ticket.error_code}: {ticket.error}' if ticket.error_code else ticket.error
    return (
        ticket.id,
        ticket.command,
        ticket.status.value,
        local(ticket.created_at),
        flow(ticket.params),
        error,
    )


def whose(ticket: Ticket) -> str:
    """Return whose a ticket is; empty where the store has one robot, without a name."""
    if ticket.is_for_any:
        return f'{ticket.robot} (for any)' if ticket.robot else 'any, none has taken it yet'
    return ticket.robot


def end_of(ticket: Ticket) -> str:
    """Return in one line how a ticket ended, or where it is."""
    told = f'{ticket.id} {ticket.status.value}'
    if ticket.error_code:
        return f'{told} {ticket.error_code}: {ticket.error}{hint_of(ticket.error_code)}'
    if ticket.error:
        return f'{told}: {ticket.error}'
    short = {name: _short(value) for name, value in ticket.result.items()}
    return f'{told} {flow(short)}'.rstrip()


def _short(value: Any) -> Any:
    """Return the value, or how long a list is that nobody would read."""
    if isinstance(value, list) and len(value) > MOST_VALUES:
        return f'[{len(value)} values]'
    return value


def exit_code_of(ticket: Ticket) -> ExitCode:
    """Return how `ren` ends where it waited for the ticket's end."""
    return EXIT_CODES.get(ticket.status, ExitCode.DONE)


def event_line(event: Event) -> str:
    """Return an event in one line."""
    code = f' [{event.error_code}]' if event.error_code else ''
    words = (
        local(event.at),
        event.type.value,
        event.ticket_id,
        event.command,
        f'by {getattr(event, "requested_by", "") or event.actor.value}',
        f'{event.message}{code}'.strip(),
    )
    return '  '.join(each for each in words if each)


def progress_words(progress: Progress | TicketProgress) -> str:
    """Return how far an execution is."""
    return (
        f'{progress.progress:4.0%} {progress.distance_m:6.2f} m {progress.speed_mps:5.2f} m/s'
        f' {progress.remaining_s:5.1f} s left  {progress.message}'
    )


def pairs(found: Iterable[tuple[str, str]]) -> list[str]:
    """Return names and what is said of them, a line each, but for what is empty."""
    return [f'{name:<12} {value}' for name, value in found if value]
