"""The words of `ren`, how they are refused, and what the exit code says."""

import argparse
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from orchestrator_ren.cli.arguments import parsed, verb_of
from orchestrator_ren.cli.exit_code import ExitCode, exit_code_of
from orchestrator_ren.cli.instant import ahead, instant
from orchestrator_ren.cli.session import cache_of, fits
from orchestrator_ren.cli.ticket_options import NewTicket
from orchestrator_ren.cli.verbs import VERBS
from orchestrator_ren.errors import (
    ArgumentInvalid,
    EStopActive,
    NotAnswered,
    OutOfRange,
    RobotUnknown,
    StoreFull,
    TicketIdAmbiguous,
    TicketNotFound,
)

FOLDER = Path(__file__).parents[3] / 'orchestrator_ren' / 'cli' / 'verbs'


def test_every_verb_has_a_file_and_every_file_a_verb() -> None:
    files = {each.stem for each in FOLDER.glob('*.py')} - {'__init__'}
    assert files == {each.replace('-', '_') for each in VERBS}


@pytest.mark.parametrize('verb', VERBS)
def test_every_verb_has_help_the_common_options_and_an_action(verb, capsys) -> None:
    module, parser = verb_of('ren', verb)
    assert callable(module.run)
    assert {'-n', '--namespace', '--json', '--timeout'} <= set(parser._option_string_actions)
    assert f'usage: ren {verb}' in parser.format_help()


@pytest.mark.parametrize(
    'words',
    [
        ['-n', '/robot1/', '--json', '--timeout', '3', 'status', '--wait'],
        ['status', '--wait', '-n', 'robot1', '--timeout', '3', '--json'],
        ['--namespace', 'robot1', 'status', '--json', '--timeout=3', '--wait'],
    ],
)
def test_common_options_stand_before_the_verb_or_behind_it(words) -> None:
    _, options = parsed('ren', words)
    found = (options.namespace, options.json, options.timeout, options.wait)
    assert found == ('robot1', True, 3.0, True)


def test_nothing_said_is_no_namespace_and_no_json() -> None:
    _, options = parsed('ren', ['stop'])
    assert (options.namespace, options.json, options.timeout) == ('', False, None)


@pytest.mark.parametrize(
    ('words', 'reason'),
    [
        (['dance'], "'dance' is none of the verbs: up, create"),
        ([], 'VERB'),
        (['stop', 'it'], 'unknown: it; see: ren stop --help'),
        (['status', '--waits'], 'unknown: --waits'),
        (['show'], 'required: id'),
        (['stop', '-n', 'a b'], "'a b' is no namespace such as robot1"),
        (['-n', '1x', 'stop'], "'1x' is no namespace"),
        (['stop', '--timeout', '0'], "'0' is no number of seconds above 0"),
        (['stop', '--timeout', 'nan'], "'nan' is no number of seconds"),
        (['list', '--status', 'lost'], "invalid choice: 'LOST'"),
        (['list', '--since', 'lately'], "'lately' is no time such as 2h"),
        (['up', '--sim', '--turtlesim'], 'not allowed with'),
        (['create', 'drive', '--run', '--queue'], 'not allowed with'),
    ],
)
def test_words_without_sense_are_refused_with_the_reason(words, reason) -> None:
    with pytest.raises(ArgumentInvalid) as caught:
        parsed('ren', words)
    assert reason in str(caught.value)
    assert exit_code_of(caught.value) is ExitCode.USAGE


@pytest.mark.parametrize(
    ('words', 'word'),
    [
        (['crate'], 'create'),
        (['list', '--limt', '3'], '--limit'),
        (['show', '--jsn', 'x'], '--json'),
        (['robot'], 'robots'),
        (['robots', '--declare-stoped', 'x'], '--declare-stopped'),
        (['list', '--robt', 'any'], '--robot'),
    ],
)
def test_a_word_that_is_nearly_right_is_told_with_what_was_meant(words, word) -> None:
    with pytest.raises(ArgumentInvalid, match=f'did you mean {word}'):
        parsed('ren', words)


def test_nothing_at_all_is_answered_with_the_verbs() -> None:
    """`ren` alone said: the following arguments are required: VERB, rest."""
    with pytest.raises(ArgumentInvalid, match=r'(?s)which verb.*stop the robot now'):
        parsed('ren', [])


@pytest.mark.parametrize(('verb', 'is_told'), [('create', True), ('run', False)])
def test_the_help_of_a_verb_that_makes_tickets_has_all_of_its_options(
    verb, is_told, tmp_path, monkeypatch
) -> None:
    """`ren create --help` did not tell of --queue and --run."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    _, options = parsed('ren', [verb, '--help'])
    help_ = NewTicket(options, cache_of(options)).help(None)
    assert ('--queue' in help_) is is_told
    assert '--priority' in help_


def test_what_create_does_not_know_is_left_to_the_command() -> None:
    _, options = parsed(
        'ren', ['create', 'drive', '--speed', '1', '--priority', 'HIGH', '--queue']
    )
    assert (options.command, options.more) == ('drive', ['--speed', '1'])
    assert (options.priority, options.queue, options.run) == ('high', True, False)


@pytest.mark.parametrize(
    ('error', 'code'),
    [
        (NotAnswered(name='stop', waited_s=2.0, detail='x'), 3),
        (RobotUnknown(robot='-n a', known='-n b'), 3),
        (ArgumentInvalid(detail='x'), 2),
        (TicketIdAmbiguous(text='t', found='t1, t2'), 1),
        (TicketNotFound(ticket_id='t'), 1),
        (OutOfRange(field='speed', value=9, limit='3'), 1),
        (EStopActive(source='x'), 1),
        (StoreFull(url='x', reason='y'), 1),
    ],
)
def test_exit_codes_of_errors(error, code) -> None:
    assert exit_code_of(error) == code


def test_exit_codes_are_those_that_scripts_know() -> None:
    assert {each.name: int(each) for each in ExitCode} == {
        'DONE': 0, 'REFUSED': 1, 'USAGE': 2, 'NOBODY': 3, 'FAILED': 4, 'CANCELLED': 5,
        'INTERRUPTED': 130, 'CLOSED': 141,
    }  # fmt: skip


def test_times_are_said_as_people_say_them() -> None:
    now = datetime.now(timezone.utc)
    assert abs(instant('2h') - (now - timedelta(hours=2))) < timedelta(seconds=5)
    assert abs(ahead('1.5d') - (now + timedelta(days=1.5))) < timedelta(seconds=5)
    assert instant('2026-11-26T08:00+01:00') == datetime(2026, 11, 26, 7, tzinfo=timezone.utc)
    assert instant('2026-11-26').utcoffset() == timedelta(0)
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
    assert instant('today') in (midnight.astimezone(), (midnight + timedelta(days=1)).astimezone())
    assert instant('yesterday') < instant('today') <= datetime.now(timezone.utc)
    with pytest.raises(argparse.ArgumentTypeError):
        ahead('yesterday')
    for text in ('', 'x', '2', '2026-13-01', '99999999999999d'):
        with pytest.raises(argparse.ArgumentTypeError):
            instant(text)


def test_an_id_is_meant_by_its_begin_or_its_end() -> None:
    whole = 'tick-20261126-28d37ffc'
    known = ('tick-2026', '7ffc', '28d3', whole)
    assert [each for each in known if not fits(whole, each)] == []
    assert [each for each in ('', '8d37', 'TICK', '2026') if fits(whole, each)] == []


@pytest.mark.parametrize(
    'words', [('list', '--limit', '0'), ('list', '--limit', '-3'), ('events', '--after', '-1')]
)
def test_numbers_that_make_no_sense_are_refused_before_anybody_is_asked(words) -> None:
    """`ren list --limit 0` told that there are no tickets."""
    with pytest.raises(ArgumentInvalid, match='is no whole number of at least'):
        parsed('ren', words)
