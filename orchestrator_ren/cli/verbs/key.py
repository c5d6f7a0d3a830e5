"""`ren key`: the keys with which people and programs may use the HTTP gateway."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.texts import local
from orchestrator_ren.errors import ArgumentInvalid, ConfigurationError
from orchestrator_ren.key import NAME, Role
from orchestrator_ren.key_file import KeyFile
from orchestrator_ren.location import expanded, keys_file

EPILOG = (
    'A key is shown once, when it is made. A viewer may look and stop the robot, an operator\n'
    'change what it does. An expired key still stops it. A gateway that runs sees the change.'
)

DAYS = 90
"""How long a key is good, where nobody says another."""

MOST_DAYS = 3650


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument('action', choices=list(ACTIONS), help='what to do')
    parser.add_argument('name', nargs='?', type=_name, help='of the key')
    parser.add_argument(
        '--role',
        choices=[each.name.lower() for each in Role],
        default='operator',
        help='what it allows; default: operator',
    )
    until = parser.add_mutually_exclusive_group()
    until.add_argument(
        '--days', type=_days, default=DAYS, help=f'how long it is good; default: {DAYS}'
    )
    until.add_argument('--never-expires', action='store_true', help='it is good until removed')
    parser.add_argument(
        '--keys-file', metavar='PATH', help="the gateway's keys_file; default: that of ROS_HOME"
    )


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Make, show or remove keys."""
    if bool(options.name) is (options.action == 'list'):
        detail = f'{options.action} takes {"no" if options.name else "the"} name of a key'
        raise ArgumentInvalid(detail=f'{detail}; see: {options.prog} --help')
    path = expanded(options.keys_file or '', '--keys-file') or keys_file()
    ACTIONS[options.action](KeyFile(path), options, output)
    return ExitCode.DONE


def words_after(rest: Sequence[str]) -> list[str]:
    """Return what may follow these words, for the completion."""
    if list(rest) != ['remove']:
        return []
    try:
        return [each.name for each in KeyFile(keys_file()).read()]
    except ConfigurationError:
        return []


def _add(file: KeyFile, options: argparse.Namespace, output: Output) -> None:
    now = datetime.now(timezone.utc)
    expires_at = None if options.never_expires else now + timedelta(days=options.days)
    role = Role[options.role.upper()]
    key = file.add(options.name, role, expires_at, now)
    told = {'name': options.name, 'role': role, 'expires_at': expires_at, 'key': key}
    output.value({**told, 'keys_file': str(file.path)})
    until = f'until {local(expires_at)}' if expires_at else 'until it is removed'
    output.say(key, f'{options.name} is {options.role} {until}; the key is shown this once')


def _list(file: KeyFile, _options: argparse.Namespace, output: Output) -> None:
    now = datetime.now(timezone.utc)
    keys = file.read() if file.exists() else ()
    output.value(
        [
            {
                'name': each.name,
                'role': each.role,
                'created_at': each.created_at,
                'expires_at': each.expires_at,
                'is_expired': each.is_expired(now),
            }
            for each in keys
        ]
    )
    rows = [
        (
            each.name,
            each.role.name.lower(),
            local(each.created_at),
            (local(each.expires_at) or 'never') + (' (expired)' if each.is_expired(now) else ''),
        )
        for each in keys
    ]
    output.table(('NAME', 'ROLE', 'CREATED', 'EXPIRES'), rows)
    if not rows:
        output.say(f'no keys in {file.path}')


def _remove(file: KeyFile, options: argparse.Namespace, output: Output) -> None:
    removed = file.remove(options.name)
    output.value({'name': removed.name, 'role': removed.role, 'removed': True})
    output.say(f'{removed.name} is no key any more')


ACTIONS = {'add': _add, 'list': _list, 'remove': _remove}


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        reason = f'{text!r} is no name of letters, digits, . _ - (64 at most)'
        raise argparse.ArgumentTypeError(reason)
    return text


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f'{text!r} is no number of days, 1 to {MOST_DAYS}')
    return int(text)
