"""What `ren create` and `ren run` say of a new ticket."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from orchestrator_ren.cli.cache import Cache
from orchestrator_ren.cli.instant import ahead
from orchestrator_ren.cli.parser import Parser, meant
from orchestrator_ren.cli.schema_options import (
    add_options,
    check,
    options_of,
    params_of,
    read_value,
)
from orchestrator_ren.errors import ArgumentInvalid, ContractError, NotAnswered, UnknownCommand
from orchestrator_ren.tickets.ticket import Priority, Ticket

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient

USAGE = '{prog} COMMAND [--PARAMETER VALUE ...] [option ...]'


def add_ticket_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them; what a command has of its own is read by `created`."""
    parser.usage = USAGE.format(prog=parser.prog)
    parser.add_argument('-h', '--help', action='store_true', dest='is_help')
    parser.add_argument('command', nargs='?', default='', help='see: ren commands')
    group = parser.add_argument_group('of the ticket')
    group.add_argument('--params', default='', help='parameters as an object in JSON or YAML')
    group.add_argument(
        '--priority',
        type=str.lower,
        default='normal',
        choices=[each.name.lower() for each in Priority],
    )
    group.add_argument(
        '--timeout-seconds', type=float, default=0.0, help='execution time allowed; default: 600'
    )
    group.add_argument('--metadata', default='', help='an object of your own in JSON or YAML')
    group.add_argument('--dry-run', action='store_true', help='plan and check only, move nothing')
    group.add_argument('--request-id', default='', help='the same again is the same ticket')
    group.add_argument('--not-before', type=ahead, metavar='WHEN', help='earliest start')
    group.add_argument('--deadline', type=ahead, metavar='WHEN', help='it fails after that')
    group.add_argument('--max-attempts', type=int, default=0, help='of a retriable command')
    group.add_argument('--backoff-seconds', type=float, default=0.0, help='between attempts')
    group.add_argument(
        '--robot',
        default='',
        metavar='NAME',
        help='of the same store, or any: the first that is free; default: the one that is asked',
    )
    group.add_argument(
        '--capability',
        action='append',
        default=[],
        metavar='NAME',
        help='the robot must have it, such as lift; may be said again',
    )


class NewTicket:
    """A ticket that is to be made.

    Args:
        options: As parsed; `more` has the words that are the command's.
        cache: Remembers the commands.
    """

    def __init__(self, options: argparse.Namespace, cache: Cache) -> None:
        self._options = options
        self._cache = cache

    def help(self, robot: TicketClient) -> str:
        """Return the help of the verb, with the parameters of the command if it is known."""
        parser: argparse.ArgumentParser = self._options.parser
        if self._options.command:
            schema = self._schema_or_remembered(robot)
            add_options(parser, self._options.command, options_of(schema))
        return parser.format_help()

    def check_command(self) -> None:
        """Refuse a ticket for nothing.

        Raises:
            ArgumentInvalid: No command is named.
        """
        if not self._options.command:
            raise ArgumentInvalid(detail='which command? See: ren commands')

    def create(self, robot: TicketClient, *, is_queued: bool) -> Ticket:
        """Make it.

        Raises:
            ArgumentInvalid: The command's schema refuses something; nothing was sent.
        """
        options = self._options
        try:
            params = self._params(self._schema(robot))
            metadata = _object('--metadata', options.metadata)
        except ContractError as error:
            raise ArgumentInvalid(detail=str(error)) from error
        ticket = robot.create(
            options.command,
            params,
            priority=options.priority,
            timeout_s=options.timeout_seconds,
            metadata=metadata,
            dry_run=options.dry_run,
            request_id=options.request_id,
            not_before=options.not_before,
            deadline=options.deadline,
            max_attempts=options.max_attempts,
            backoff_s=options.backoff_seconds,
            queue=is_queued,
            robot=options.robot,
            capabilities=options.capability,
        )
        self._cache.keep_ids([ticket.id])
        return ticket

    def _params(self, schema: dict[str, Any]) -> dict[str, Any]:
        command = self._options.command
        parser = Parser(prog=f'{self._options.prog} {command}', add_help=False, allow_abbrev=False)
        add_options(parser, command, options_of(schema))
        given = _object('--params', self._options.params)
        found, unknown = parser.parse_known_args(self._options.more)
        parser.refuse_unknown(unknown)
        params = {**given, **params_of(found)}
        check(command, schema, params)
        return params

    def _schema(self, robot: TicketClient) -> dict[str, Any]:
        """Return the schema of the command, asked of the robot.

        Raises:
            ArgumentInvalid: There is no command of that name, or it is broken.
        """
        found = robot.commands()
        usable = {each.name: each.params_schema for each in found if not each.error}
        self._cache.keep_commands(usable)
        name = self._options.command
        if name in usable:
            return usable[name]
        broken = next((each.error for each in found if each.name == name), '')
        unknown = f'{UnknownCommand(command=name, known=", ".join(usable))}{meant(name, usable)}'
        raise ArgumentInvalid(detail=f"'{name}' is broken: {broken}" if broken else unknown)

    def _schema_or_remembered(self, robot: TicketClient) -> dict[str, Any]:
        try:
            return self._schema(robot)
        except NotAnswered:
            return self._cache.commands.get(self._options.command, {})


def _object(field: str, text: str) -> dict[str, Any]:
    """Return the object that an option says; empty for none.

    Raises:
        ContractError: It is none.
    """
    found = read_value(text) if text else {}
    if not isinstance(found, dict):
        raise ContractError(detail=f'{field} {text!r} is no object such as {{name: value}}')
    return found
