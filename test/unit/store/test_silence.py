"""Who counts as silent: only who could have been heard."""

import pytest

from orchestrator_ren.store.silence import Silence

RENEWAL_S = 2.0


def looked(*looks: tuple[str, float]) -> list[bool]:
    silence = Silence(RENEWAL_S)
    return [silence.lasts(lease, at_s) for lease, at_s in looks]


@pytest.mark.parametrize(
    ('looks', 'expected'),
    [
        ([('a', 0.0), ('a', 2.0), ('a', 3.9), ('a', 4.0)], [False, False, False, True]),
        ([('a', 0.0), ('a', 2.0), ('b', 4.0), ('b', 6.0), ('b', 8.0)], [False] * 4 + [True]),
        (
            [('a', 0.0), ('a', 2.0), ('a', 4.0), ('a', 9.0), ('a', 11.0)],
            [False] * 2 + [True] + [False] * 2,
        ),
        ([('a', 0.0), ('a', 2.5), ('a', 4.5), ('a', 6.5)], [False, False, False, True]),
    ],
    ids=['the same all the time', 'renewed', 'away meanwhile', 'a gap at first'],
)
def test_silence_lasts_once_renewals_were_possible_and_did_not_come(
    looks: list[tuple[str, float]], expected: list[bool]
) -> None:
    assert looked(*looks) == expected
