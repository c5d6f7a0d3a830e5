"""What `ren` prints: text for people, JSON for programs; tables where somebody looks at them.

Each line for people is `printable`: a ticket's texts come from whoever made it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from orchestrator_ren.errors import (
    CapabilityMissing,
    EStopActive,
    GateLost,
    NotAlone,
    OrchestratorError,
    RobotNotInStore,
    TicketElsewhere,
    TicketNotFound,
    printable,
)

NARROW = 60
"""Columns below which a row is a few lines instead."""


HINTS = {
    TicketNotFound.code: 'list',
    EStopActive.code: 'reset --help',
    GateLost.code: 'doctor',
    NotAlone.code: 'doctor',
    RobotNotInStore.code: 'robots',
    TicketElsewhere.code: 'robots',
    CapabilityMissing.code: 'robots',
}
"""Verbs that help, by the code of what went wrong."""


class OutputClosed(KeyboardInterrupt):
    """Nobody takes what is printed any more, which is an end like Ctrl-C."""


class Output:
    """Standard output and standard error.

    Args:
        is_json: Whether programs read it.

    Attributes:
        is_json: See above.
        is_terminal: Whether somebody looks at it.
    """

    def __init__(self, is_json: bool) -> None:
        self.is_json = is_json
        for name in ('stdout', 'stderr'):
            if getattr(sys, name) is None:  # closed by who started this
                setattr(sys, name, open(os.devnull, 'w'))  # noqa: SIM115
        self.is_terminal = sys.stdout.isatty() and not is_json
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, 'reconfigure'):
                stream.reconfigure(errors='replace')  # a terminal without UTF-8 shows a ? instead

    def say(self, *lines: str) -> None:
        """Print lines for people."""
        if not self.is_json:
            for each in lines:
                self._write(f'{printable(each)}\n')

    def tell(self, text: str) -> None:
        """Print what is for whoever reads it: help, a script."""
        self._write(''.join(f'{printable(each)}\n' for each in text.split('\n')))

    def rewrite(self, text: str) -> None:
        """Write over the line that people see, and do not end it."""
        if not self.is_json:
            self._write(f'\r{printable(text)}')

    def value(self, value: Any) -> None:
        """Print for programs: one line, so that many may follow each other."""
        if self.is_json:
            self._write(f'{json.dumps(json_form(value))}\n')

    def error(self, error: OrchestratorError) -> None:
        """Print why it was not done; programs read it on standard output, like every answer."""
        name = type(error).__name__
        if self.is_json:
            told = {'code': error.code, 'name': name, 'message': str(error)}
            self.value({'error': {**told, 'retryable': error.retryable}})
        else:
            self.complain(f'{name} {error.code}: {error}{hint_of(error.code)}')

    def complain(self, text: str) -> None:
        """Print on standard error, as far as that is there."""
        with contextlib.suppress(OSError):
            print(printable(text), file=sys.stderr, flush=True)  # noqa: T201

    def table(self, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows for people; columns where there is room for them."""
        rows = [tuple(map(printable, row)) for row in rows]
        if self.is_json or not rows:
            return
        columns = shutil.get_terminal_size().columns if self.is_terminal else None
        if columns is not None and columns < NARROW:
            self._records(titles, rows)
        elif columns is not None:
            self._rich_table(titles, rows)
        else:
            self._plain_table(titles, rows)

    def _write(self, text: str) -> None:
        """Write it now.

        Raises:
            OutputClosed: Nobody takes it: a closed pipe, a terminal that is gone, a full disk.
                What follows is let go of.
        """
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise OutputClosed(str(error)) from error

    def _records(self, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        for first, *rest in rows:
            self.say(first)
            for title, cell in zip(titles[1:], rest, strict=True):
                if cell:
                    self.say(f'  {title.lower()}: {cell}')

    def _rich_table(self, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, header_style='bold', pad_edge=False)
        for title in titles:
            table.add_column(title, overflow='fold')
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        Console(highlight=False).print(table)

    def _plain_table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        lines = [titles, *rows]
        widths = [max(len(line[number]) for line in lines) for number in range(len(titles))]
        for line in lines:
            cells = (f'{cell:{width}}' for cell, width in zip(line, widths, strict=True))
            self.say('  '.join(cells).rstrip())


def hint_of(code: int) -> str:
    """Return which verb helps there, to be put behind the error; empty = none does."""
    verb = HINTS.get(code)
    return f'; see: ren {verb}' if verb else ''


def json_form(value: Any) -> Any:
    """Return the value as JSON has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return json_form(named)
    if isinstance(value, Mapping):
        return {str(json_form(key)): json_form(each) for key, each in value.items()}
    if isinstance(value, Enum):
        return value.name.lower() if isinstance(value, int) else value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return [json_form(each) for each in value]
