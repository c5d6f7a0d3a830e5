"""From what a client sent to a ticket that can be stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from orchestrator_ren.commands import handed_over
from orchestrator_ren.commands.answers import answer, ask
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import OutOfRange, TimeoutTooShort
from orchestrator_ren.tickets.assignment import RobotIdentity, assigned, checked_capabilities
from orchestrator_ren.tickets.object_text import parse_object
from orchestrator_ren.tickets.schedule import schedule_from_request
from orchestrator_ren.tickets.ticket import (
    Ticket,
    new_ticket_id,
    priority_from_number,
    requested_by_from_request,
    timeout_from_request,
)

MAX_REQUEST_ID_CHARACTERS = 128
MAX_COMMAND_CHARACTERS = 64


@dataclass(frozen=True)
class TicketRequest:
    """The fields of CreateTicket, as sent."""

    command: str
    params: str = ''
    priority: int = 0
    timeout_s: float = 0.0
    metadata: str = ''
    dry_run: bool = False
    request_id: str = ''
    not_before: datetime | None = None
    deadline: datetime | None = None
    max_attempts: int = 0
    backoff_s: float = 0.0
    queue: bool = False
    requested_by: str = ''
    robot: str = ''
    capabilities: tuple[str, ...] = ()


def ticket_from_request(
    request: TicketRequest,
    registry: CommandRegistry,
    now: datetime,
    random_bits: int,
    mine: RobotIdentity,
) -> Ticket:
    """Return the PENDING ticket that is asked for.

    Args:
        request: As sent; nothing in it is trusted.
        registry: The commands there are.
        now: Aware UTC.
        random_bits: At least 32, for the id.
        mine: The robot that is asked.

    Raises:
        ContractError: Something is wrong with it; the error names field, value and limit.
        CapabilityMissing: The robot that is asked, and meant, has not all that it needs.
    """
    if len(request.request_id) > MAX_REQUEST_ID_CHARACTERS:
        raise OutOfRange(
            field='the length of request_id',
            value=len(request.request_id),
            limit=f'at most {MAX_REQUEST_ID_CHARACTERS}',
        )
    name = request.command[:MAX_COMMAND_CHARACTERS]
    command = registry.get(name)
    answers = ask(command, parse_object('params', request.params))
    timeout_s = timeout_from_request(request.timeout_s)
    predicted_s = answers.prediction.duration_s
    if predicted_s > timeout_s:
        raise TimeoutTooShort(timeout_s=timeout_s, predicted_s=predicted_s)
    schedule = schedule_from_request(
        request.not_before, request.deadline, request.max_attempts, request.backoff_s, now
    )
    if schedule.max_attempts > 1 and not command.retriable:
        raise OutOfRange(
            field='max_attempts',
            value=schedule.max_attempts,
            limit=f"0 or 1: '{name}' is not tried again by itself",
        )
    if command.stops and request.robot not in ('', mine.name):
        limit = f"empty or '{mine.name}': {name} acts at once, on the robot that is asked"
        raise OutOfRange(field='robot', value=repr(request.robot[:80]), limit=limit)
    capabilities = checked_capabilities(request.capabilities, 'capabilities')
    robot, is_for_any = assigned(request.robot, capabilities, mine)
    return Ticket(
        id=new_ticket_id(now, random_bits),
        command=name,
        params=answer(lambda: handed_over.kept(command.kept(answers.params))),
        priority=priority_from_number(request.priority),
        timeout_s=timeout_s,
        metadata=parse_object('metadata', request.metadata),
        dry_run=request.dry_run,
        request_id=request.request_id,
        schedule=schedule,
        requested_by=requested_by_from_request(request.requested_by),
        created_at=now,
        updated_at=now,
        robot=robot,
        is_for_any=is_for_any,
        capabilities=capabilities,
    )
