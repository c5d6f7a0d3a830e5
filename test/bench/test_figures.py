"""What a bench makes of its rounds."""

from itertools import count

import pytest

from .figures import (
    BARE,
    OURS,
    WEB,
    Limit,
    Row,
    in_rounds,
    in_turns,
    load_lines,
    percentile,
)


def row(ours=(3.0,), bare=(2.0,), web=(), limits=(), **options):
    return Row('a call', 'ms', {OURS: ours, BARE: bare, WEB: web}, limits, **options)


def test_steps_are_taken_in_turns_and_each_round_has_its_median():
    now = count()
    rounds = in_turns({OURS: lambda: next(now), BARE: lambda: next(now)}, 3, rounds=2)
    assert rounds == {OURS: [2, 8], BARE: [3, 9]}


@pytest.mark.parametrize(('percent', 'value'), [(50, 5), (99, 10), (100, 10), (1, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent, value):
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], percent) == value


def test_rounds_are_made_of_all_values_and_none_is_empty():
    assert in_rounds([1, 2, 3, 4, 5, 6, 7], 3) == [[1, 2], [3, 4], [5, 6, 7]]
    assert in_rounds([1, 2], 5) == [[1], [2]]


def test_one_disturbed_round_changes_no_figure_and_is_seen_as_noise():
    """A burst of somebody else's work made a row met or missed."""
    found = row(ours=(3.0, 30.0, 3.0), bare=(2.0, 2.0, 6.0))
    assert found.value(OURS) == 3.0
    assert found.ratio(BARE) == 1.5
    assert found.noise() == 2.0
    assert found.line().split()[-1] == '200%'


def test_the_worst_run_counts_where_each_must_do():
    assert row(ours=(3.0, 30.0, 3.0), is_worst=True).value(OURS) == 30.0


@pytest.mark.parametrize(
    ('limit', 'words'),
    [
        (Limit(1.5, of=BARE), '<= 1.5 x bare 3.00 ms 1.50 x met'),
        (Limit(1.4, of=BARE), '<= 1.4 x bare 3.00 ms 1.50 x NOT MET'),
        (Limit(3.0), '<= 3 ms 3.00 ms 1.00 x met'),
        (Limit(2.0), '<= 2 ms 3.00 ms 1.50 x NOT MET'),
        (Limit(2.0, is_least=True), '>= 2 ms 3.00 ms 1.50 x met'),
        (Limit(6.0, is_least=True), '>= 6 ms 3.00 ms 0.50 x NOT MET'),
        (Limit(1.0, of=WEB), '<= 1 x web 3.00 ms - not measured'),
    ],
)
def test_a_verdict_names_limit_figure_and_ratio(limit, words):
    (line,) = row(limits=(limit,)).verdicts()
    assert line.split() == ['a', 'call', *words.split()]


def test_what_was_not_measured_beside_it_is_left_out():
    alone = row(bare=())
    assert (alone.value(BARE), alone.ratio(BARE), alone.noise()) == (None, None, None)
    assert alone.line().split() == ['a', 'call', 'ms', '3.00', '-', '-', '-', '-', '-']


def test_a_busy_machine_is_told():
    """Figures of a machine on which others were at work went into the docs."""
    assert load_lines(0.9, 2) == ['load average 0.90, 0.45 per core']
    line, warning = load_lines(1.2, 2)
    assert line == 'load average 1.20, 0.60 per core'
    assert warning.startswith('WARNING')
