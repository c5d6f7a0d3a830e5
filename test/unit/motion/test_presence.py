"""One, or more than one?"""

import pytest

from orchestrator_ren.motion.presence import ALIVE_S, REMEMBERED, Presence


def heard(*words: tuple[int, float]) -> Presence:
    """Return the presence after who spoke when [s]."""
    presence = Presence()
    for number, (peer_id, at_s) in enumerate(words, start=1):
        presence = presence.hear(peer_id, number, at_s)
    return presence


@pytest.mark.parametrize(
    ('words', 'now_s', 'count'),
    [
        ([], 0.0, 0),
        ([(1, 0.0)], 1.0, 1),
        ([(1, 0.0)], ALIVE_S + 0.1, 0),
        ([(1, 0.0), (1, 1.0)], 1.0, 1),
        ([(1, 0.0), (2, 0.1)], 0.2, 1),
        ([(1, 0.0), (1, 1.0), (2, 1.1), (2, 2.0)], 2.0, 1),
        ([(1, 0.0), (2, 0.1), (1, 0.2)], 0.2, 2),
        ([(1, 0.0), (2, 0.1), (1, 0.2), (2, 0.3), (2, 3.0)], 3.0, 1),
        ([(1, 0.0), (2, 0.1), (3, 0.2), (1, 0.3), (2, 0.4)], 0.4, 3),
        ([(1, 0.0), (2, 5.0), (1, 9.0)], 9.0, 1),
        ([(1, 0.0), (2, 8.0), (1, 9.0), (2, 9.5)], 9.5, 2),
    ],
    ids=[
        'nobody',
        'one',
        'silent for long',
        'one speaks twice',
        'a successor, at once',
        'a successor that goes on',
        'both go on',
        'one of two has ended',
        'three',
        'the second has ended, the first was frozen',
        'the first was frozen, and both go on',
    ],
)
def test_those_alive_at_once_are_counted(
    words: list[tuple[int, float]], now_s: float, count: int
) -> None:
    assert heard(*words).count(now_s) == count


def test_the_number_of_the_last_word_is_known() -> None:
    presence = heard((1, 0.0), (2, 0.1), (1, 0.2))
    assert [presence.number_of(each) for each in (1, 2, 3)] == [3, 2, 0]


def test_only_so_many_are_remembered() -> None:
    presence = heard(*((each, 0.1 * each) for each in range(1, 100)))
    assert len(presence.peers) == REMEMBERED
    assert presence.number_of(99) == 99
