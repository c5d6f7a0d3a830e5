"""What is printed: JSON that programs read, text that fits and needs no UTF-8."""

import io
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest

from orchestrator_ren.cli import output as output_module
from orchestrator_ren.cli.output import Output, json_form
from orchestrator_ren.errors import TicketNotFound
from orchestrator_ren.tickets.ticket import Priority, Status

TITLES = ('ID', 'WHAT')
ROWS = [('tick-1', 'driving to the end of the hall'), ('tick-22', '')]


@dataclass(frozen=True)
class Point:
    x: float
    at: datetime


def test_values_have_a_form_in_json() -> None:
    at = datetime(2026, 11, 27, tzinfo=timezone.utc)
    found = json_form({Status.FAILED: [Priority.HIGH, Point(1.0, at), None, ('a', True)]})
    assert found == {
        'FAILED': ['high', {'x': 1.0, 'at': '2026-11-27T00:00:00+00:00'}, None, ['a', True]]
    }
    assert json.loads(json.dumps(found)) == found


def test_an_error_is_json_too_where_programs_read(capsys) -> None:
    Output(is_json=True).error(TicketNotFound(ticket_id='t'))
    told = json.loads(capsys.readouterr().out)
    assert told['error']['code'] == 201
    assert told['error']['name'] == 'TicketNotFound'


def test_an_error_is_a_line_on_standard_error_for_people(capsys) -> None:
    Output(is_json=False).error(TicketNotFound(ticket_id='t'))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (
        '',
        "TicketNotFound 201: ticket_id 't' is not known; see: ren list\n",
    )


def test_people_read_no_json_and_programs_no_text(capsys) -> None:
    for is_json, words in ((True, '[1]\n'), (False, 'text\n')):
        output = Output(is_json)
        output.value([1])
        output.say('text')
        assert capsys.readouterr().out == words


def test_without_a_terminal_a_table_is_plain_columns(capsys) -> None:
    Output(is_json=False).table(TITLES, ROWS)
    assert capsys.readouterr().out.splitlines() == [
        'ID       WHAT',
        'tick-1   driving to the end of the hall',
        'tick-22',
    ]


@pytest.fixture
def terminal(monkeypatch):
    """An output to a terminal, whose columns can be set."""
    output = Output(is_json=False)
    output.is_terminal = True

    def of(columns):
        monkeypatch.setenv('COLUMNS', str(columns))
        size = SimpleNamespace(columns=columns)
        monkeypatch.setattr(output_module.shutil, 'get_terminal_size', lambda: size)
        return output

    return of


def test_on_a_narrow_terminal_a_row_is_a_few_lines(terminal, capsys) -> None:
    terminal(40).table(TITLES, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert lines == ['tick-1', '  what: driving to the end of the hall', 'tick-22']


def test_on_a_terminal_a_table_fits_its_columns(terminal, capsys) -> None:
    terminal(60).table(TITLES, [('tick-1', 'x' * 200), ('[bold]', '')])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 60
    assert sum(line.count('x') for line in lines) == 200
    assert any('[bold]' in line for line in lines), 'what a ticket says is no markup'


def test_what_the_encoding_lacks_is_a_question_mark(monkeypatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(raw, encoding='ascii'))
    Output(is_json=False).say('90° – grün')
    assert raw.getvalue() == b'90? ? gr?n\n'


EVIL = 'red \x1b[31m\x9b2J\u202e\nforged line'
WRITTEN_OUT = r'red \x1b[31m\x9b2J\u202e\nforged line'


def test_what_others_have_said_forges_no_line_and_steers_no_terminal(terminal, capsys) -> None:
    """A reason of `ren cancel` cleared the screen of whoever listed tickets."""
    for output in (Output(is_json=False), terminal(40), terminal(200)):
        output.say(EVIL)
        output.tell(EVIL.partition('\n')[0])
        output.rewrite(EVIL)
        output.table(TITLES, [('tick-1', EVIL)])
        output.error(TicketNotFound(ticket_id=EVIL))
        said = ''.join(capsys.readouterr())
        assert WRITTEN_OUT in said
        assert not set(said) & {'\x1b', '\x9b', '\u202e'}
        assert '\nforged' not in said
    Output(is_json=True).value([EVIL])
    assert json.loads(capsys.readouterr().out) == [EVIL]


@pytest.mark.parametrize('is_json', [True, False])
def test_without_any_output_it_goes_on(monkeypatch, is_json) -> None:
    """Where standard output was closed (`>&-`), each verb ended in a traceback."""
    monkeypatch.setattr(sys, 'stdout', None)
    monkeypatch.setattr(sys, 'stderr', None)
    output = Output(is_json)
    output.say('text')
    output.value([1])
    output.error(TicketNotFound(ticket_id='t'))
    for each in (sys.stdout, sys.stderr):
        each.close()
