"""What is new in what a gate says."""

from orchestrator_ren.motion.gate_state import Fact, FactKind
from orchestrator_ren.motion.peer_reader import SILENT_S, News, PeerReader


def facts(*numbers: int) -> list[Fact]:
    return [Fact(each, FactKind.STOPPED) for each in numbers]


def numbers(news: News | None) -> list[int]:
    assert news is not None
    return [each.number for each in news.facts]


def test_what_was_done_before_the_first_word_is_no_news() -> None:
    news = PeerReader().take(1, 10.0, facts(1, 2, 3), 100.0)
    assert news == News(is_first=True)


def test_each_fact_is_news_once() -> None:
    reader = PeerReader()
    reader.take(1, 10.0, facts(1, 2), 100.0)
    assert numbers(reader.take(1, 10.1, facts(1, 2, 3, 4), 100.1)) == [3, 4]
    assert numbers(reader.take(1, 10.2, facts(1, 2, 3, 4), 100.2)) == []
    assert numbers(reader.take(1, 10.3, facts(2, 3, 4, 5), 100.3)) == [5]


def test_facts_that_were_missed_are_a_gap() -> None:
    reader = PeerReader()
    reader.take(1, 10.0, facts(1), 100.0)
    news = reader.take(1, 10.1, facts(8, 9), 100.1)
    assert news == News(is_gap=True, facts=tuple(facts(8, 9)))


def test_a_gate_that_has_done_nothing_yet_has_no_gap_later() -> None:
    reader = PeerReader()
    reader.take(1, 10.0, [], 100.0)
    news = reader.take(1, 10.1, facts(1), 100.1)
    assert news == News(facts=tuple(facts(1)))


def test_a_gate_that_was_started_again_is_followed_and_its_past_is_no_news() -> None:
    reader = PeerReader()
    reader.take(1, 10.0, facts(1, 2, 3), 100.0)
    assert reader.take(2, 0.1, facts(1), 100.01 + SILENT_S) == News(is_restarted=True)
    assert reader.gate_id == 2
    assert numbers(reader.take(2, 0.2, facts(1, 2), 100.5)) == [2]


def test_a_second_gate_is_not_listened_to_and_is_counted() -> None:
    """Levels of two gates in turn: drives failed with 900, 503, or were cancelled by nobody."""
    reader = PeerReader()
    reader.take(1, 10.0, [], 100.0)
    for step in range(1, 10):
        now_s = 100.0 + step / 10
        assert reader.take(2, step / 10, facts(step), now_s) is None
        assert numbers(reader.take(1, 10.0 + step / 10, [], now_s + 0.01)) == []
    assert (reader.gate_id, reader.count(101.0)) == (1, 2)
    reader.take(2, 1.5, [], 101.0)
    assert reader.is_in_doubt
    reader.take(1, 11.1, [], 101.1)
    assert not reader.is_in_doubt
    assert reader.count(104.0) == 0


def test_one_gate_after_the_other_is_one() -> None:
    reader = PeerReader()
    reader.take(1, 10.0, [], 100.0)
    reader.take(2, 0.1, [], 100.4)
    reader.take(2, 0.2, [], 100.5)
    assert reader.count(100.5) == 1


def test_a_recording_of_what_the_gate_said_is_no_news() -> None:
    reader = PeerReader()
    reader.take(1, 10.0, facts(1), 100.0)
    reader.take(1, 10.1, facts(1, 2), 100.1)
    assert reader.take(1, 10.0, facts(1), 100.2) is None
    assert reader.take(1, 10.1, facts(1, 2), 100.3) is None
    assert numbers(reader.take(1, 10.2, facts(1, 2, 3), 100.4)) == [3]
