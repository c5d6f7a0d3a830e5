"""What gates count since their starts, as what is new."""

from orchestrator_ren.telemetry.gate_counts import MAX_GATES, GateCounts


def test_what_was_told_before_is_not_counted_again() -> None:
    counts = GateCounts()
    assert counts.take(1, (2, 0)) == (2, 0)
    assert counts.take(1, (2, 0)) == (0, 0)
    assert counts.take(1, (5, 1)) == (3, 1)


def test_a_gate_that_was_started_again_counts_from_nothing() -> None:
    counts = GateCounts()
    counts.take(1, (7, 7))
    assert counts.take(2, (1, 0)) == (1, 0)


def test_two_gates_that_speak_in_turns_are_counted_once_each() -> None:
    counts = GateCounts()
    told = [counts.take(gate, (4,)) for gate in (1, 2, 1, 2, 1)]
    assert told == [(4,), (4,), (0,), (0,), (0,)]


def test_an_old_word_that_is_played_back_takes_nothing_away_and_adds_nothing() -> None:
    counts = GateCounts()
    counts.take(1, (4,))
    assert counts.take(1, (3,)) == (0,)
    assert counts.take(1, (4,)) == (0,)


def test_gates_of_long_ago_are_forgotten() -> None:
    counts = GateCounts()
    for gate in range(100):
        counts.take(gate, (1,))
    assert len(counts._told) == MAX_GATES
