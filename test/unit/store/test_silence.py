"""Who counts as silent: only who could have been heard."""

import pytest

from orchestrator_ren.store import answer_limit, silence
from orchestrator_ren.store.silence import Silence

RENEWAL_S = 2.0


def looked(*looks: tuple[str, float]) -> list[bool]:
    made = Silence(RENEWAL_S)
    return [made.lasts(lease, at_s) for lease, at_s in looks]


RENEWED = [('a', 0.0), ('a', 2.0), ('b', 4.0), ('b', 6.0), ('b', 8.0)]
AWAY = [('a', 0.0), ('a', 2.0), ('a', 4.0), ('a', 9.0), ('a', 11.0), ('a', 13.0), ('a', 15.0)]
IN_FLIGHT = [('a', 0.0), ('b', 7.0), ('b', 9.0), ('b', 11.0), ('b', 13.0), ('b', 15.0)]
"""The last renewal before nothing came through any more was not seen."""
BACK = [('a', 0.0), ('a', 7.0), ('b', 8.0), ('b', 10.0), ('b', 12.0)]


@pytest.mark.parametrize(
    ('looks', 'expected'),
    [
        ([('a', 0.0), ('a', 2.0), ('a', 3.9), ('a', 4.0)], [False, False, False, True]),
        (RENEWED, [False] * 4 + [True]),
        (AWAY, [False, False, True, *[False] * 4]),
        ([*AWAY, ('a', 17.0), ('a', 19.0), ('a', 20.0)], [False, False, True, *[False] * 6, True]),
        (IN_FLIGHT, [False] * 6),
        (BACK, [False] * 4 + [True]),
    ],
    ids=[
        'the same all the time',
        'renewed',
        'away meanwhile',
        'away for good',
        'in flight',
        'is back',
    ],
)
def test_silence_lasts_once_renewals_were_possible_and_did_not_come(
    looks: list[tuple[str, float]], expected: list[bool]
) -> None:
    assert looked(*looks) == expected


def test_a_slow_look_gives_the_time_of_renewals_only() -> None:
    """Nothing was lost: whoever is dead is not waited for so long."""
    quick = Silence(renewal_s=1.0)
    assert [quick.lasts('a', at_s) for at_s in (0.0, 1.5, 2.5, 3.5)] == [False] * 3 + [True]


def test_a_slow_look_does_not_shorten_what_a_lost_one_gives() -> None:
    quick = Silence(renewal_s=1.0)
    looks_s = (0.0, 5.0, 6.5, 7.5, 8.5, *(9.0 + n / 2 for n in range(11)))
    assert [at_s for at_s in looks_s if quick.lasts('a', at_s)] == [14.0]


def test_a_holder_is_given_the_time_that_a_lost_answer_takes() -> None:
    """After a blackhole the standby was the first to be back, and ended a motion."""
    assert silence.ANSWER_S >= answer_limit.FIRST_S + answer_limit.PING_S
    assert silence.SWALLOWED_S <= answer_limit.PING_S
