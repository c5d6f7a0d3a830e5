"""The parser of the command line, and the options that all verbs have."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NoReturn

from orchestrator_ren.errors import ArgumentInvalid

TIMEOUT_S = 2.0
"""Longest wait for an answer, where nobody says another [s]."""


class Parser(argparse.ArgumentParser):
    """Refuses as everything of this package does."""

    def error(self, message: str) -> NoReturn:
        """Refuse.

        Raises:
            ArgumentInvalid: Always.
        """
        raise ArgumentInvalid(detail=f'{message}; see: {self.prog} --help')

    def refuse_unknown(self, words: Sequence[str]) -> None:
        """Refuse words that nobody knows, if there are any.

        Raises:
            ArgumentInvalid: There are.
        """
        if words:
            self.error(f'unknown: {" ".join(words)}{meant(words[0], self._option_string_actions)}')


def meant(word: str, known: Iterable[str]) -> str:
    """Return what was meant by a word that is not known, to be put behind it; empty = unclear."""
    found = get_close_matches(word.partition('=')[0], list(known), 1)
    return f'; did you mean {found[0]}?' if found else ''


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options of all verbs, which may also stand before the verb."""
    group = parser.add_argument_group('of all verbs')
    group.add_argument(
        '-n',
        '--namespace',
        type=namespace,
        default=argparse.SUPPRESS,
        help='of the robot; default: none',
    )
    group.add_argument(
        '--timeout',
        type=positive,
        default=argparse.SUPPRESS,
        metavar='SECONDS',
        help=f'longest wait for an answer; default: {TIMEOUT_S:g}',
    )
    group.add_argument(
        '--json', action='store_true', default=argparse.SUPPRESS, help='answer in JSON'
    )


def namespace(text: str) -> str:
    """Return the namespace that a text says, without slashes around it.

    Raises:
        argparse.ArgumentTypeError: It cannot be one.
    """
    name = text.strip('/')
    if name and not re.fullmatch(r'[A-Za-z_]\w*(/[A-Za-z_]\w*)*', name, re.ASCII):
        raise argparse.ArgumentTypeError(f'{text!r} is no namespace such as robot1')
    return name


def count(text: str) -> int:
    """Return the whole number above 0 that a text says.

    Raises:
        argparse.ArgumentTypeError: It says none.
    """
    return _whole(text, 1)


def number(text: str) -> int:
    """Return the number of an event that a text says; 0 = before the first.

    Raises:
        argparse.ArgumentTypeError: It says none.
    """
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value < 2**63:
        raise argparse.ArgumentTypeError(f'{text!r} is no whole number of at least {least}')
    return value


def positive(text: str) -> float:
    """Return the number of seconds that a text says.

    Raises:
        argparse.ArgumentTypeError: It is none that is positive.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e9:
        raise argparse.ArgumentTypeError(f'{text!r} is no number of seconds above 0')
    return value
