"""`ren show`: a ticket, its history, and why it waits."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of, whole_id
from orchestrator_ren.cli.texts import event_line, flow, local, pairs, whose
from orchestrator_ren.tickets.assignment import ANY
from orchestrator_ren.tickets.ticket import Status, Ticket

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument('id', help='of the ticket, or its begin or end; see: ren list')


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Show it."""
    with robot_of(options) as robot:
        ticket = robot.get(whole_id(robot, options.id))
        history = robot.history(ticket.id)
        waits = _why(robot, ticket)
    output.value({'ticket': ticket, 'waits': waits, 'history': history})
    output.say(*lines_of(ticket, waits), *(f'  {event_line(each)}' for each in history))
    return ExitCode.DONE


def _why(robot: TicketClient, ticket: Ticket) -> str:
    """Return why it waits in the queue; empty when it does not."""
    if ticket.status is not Status.QUEUED:
        return ''
    entries = robot.queue_entries(robot=ticket.robot or (ANY if ticket.is_for_any else ''))
    found = (each for each in entries if each.ticket_id == ticket.id)
    return next((f'place {each.position}: {each.reason}' for each in found), '')


def lines_of(ticket: Ticket, waits: str) -> list[str]:
    """Return what people read."""
    error = f'{ticket.error_code}: {ticket.error}' if ticket.error_code else ticket.error
    return pairs(
        (
            ('id', ticket.id),
            ('command', f'{ticket.command} {flow(ticket.params)}'.rstrip()),
            ('status', ticket.status.value),
            ('waits', waits),
            ('error', error),
            ('result', flow(ticket.result)),
            ('robot', whose(ticket)),
            ('needs', ', '.join(ticket.capabilities)),
            ('priority', ticket.priority.name),
            ('attempt', str(ticket.attempt or '')),
            ('dry run', 'yes' if ticket.dry_run else ''),
            ('created', local(ticket.created_at)),
            ('started', local(ticket.started_at)),
            ('ended', local(ticket.completed_at)),
            ('not before', local(ticket.schedule.not_before)),
            ('deadline', local(ticket.schedule.deadline)),
            ('metadata', flow(ticket.metadata)),
        )
    )
