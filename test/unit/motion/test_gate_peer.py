"""What the orchestrator makes of what a gate says."""

import pytest

from orchestrator_ren.errors import (
    CommandStale,
    EStopActive,
    GateLost,
    MotionStopped,
    NotAlone,
    NotFollowed,
)
from orchestrator_ren.motion.gate_peer import (
    ANNOUNCE_S,
    LOOK_S,
    LOOKS,
    MEETING_S,
    UNHEARD_LOOKS,
    UNLISTENED_LOOKS,
    GatePeer,
)
from orchestrator_ren.motion.gate_state import Fact, FactKind
from orchestrator_ren.motion.gate_word import GateWord
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.peer_outcome import (
    AnnouncementDue,
    BecameUnsafe,
    LimitsChanged,
    MotionEnded,
    Outcome,
    StateChanged,
    Warned,
)
from orchestrator_ren.motion.peer_reader import SILENT_S
from orchestrator_ren.motion.peer_terms import MAX_TERM
from orchestrator_ren.motion.presence import ALIVE_S

OWN_ID, GATE_ID, TERM = 5, 7, 3
A, B = 'a#1', 'b#1'
TAKEN_UP = Fact(1, FactKind.TAKEN_UP, A)


class Peer:
    """A peer with a clock, and a gate that it hears at 10 Hz."""

    def __init__(self, term_of_store: int = TERM) -> None:
        self.peer = GatePeer(OWN_ID, 'drive_command', lambda topic: f'those on {topic}')
        self.term_of_store = term_of_store
        self.now_s = 1000.0
        self.uptime_s = 10.0
        self.said: dict[str, object] = {
            'gate_id': GATE_ID,
            'orchestrator_id': OWN_ID,
            'term': TERM,
            'orchestrators': 1,
            'listeners': 1,
        }

    def hear(self, *facts: Fact, after_s: float = 0.1, **said: object) -> list[Outcome]:
        """Hear the next word: as before, but for what is given."""
        self.said.update(said)
        self.now_s += after_s
        self.uptime_s += after_s
        fields = {'uptime_s': self.uptime_s, **self.said, 'facts': facts}
        word = GateWord(**fields)  # type: ignore[arg-type]
        return self.peer.hear(word, self.term_of_store, self.now_s)

    def look(self) -> list[Outcome]:
        self.now_s += LOOK_S
        return self.peer.look(self.now_s)

    def trouble(self) -> str:
        return str(self.peer.trouble(self.now_s) or '')


@pytest.fixture
def met() -> Peer:
    """One that a gate has answered to."""
    found = Peer()
    found.hear()
    found.peer.next_origin(found.now_s)
    assert found.trouble() == ''
    return found


def only(kind: type, outcomes: list[Outcome]) -> list[Outcome]:
    return [each for each in outcomes if isinstance(each, kind)]


# What it sends.


def test_what_it_sends_counts_up_and_says_to_whom(met: Peer) -> None:
    first, second = (met.peer.next_origin(met.now_s) for _ in range(2))
    assert second.number == first.number + 1
    assert (second.orchestrator_id, second.gate_id, second.term) == (OWN_ID, GATE_ID, TERM)


def test_it_announces_itself_until_the_gate_has_its_term_and_then_each_second() -> None:
    found = Peer()
    assert only(AnnouncementDue, found.hear(orchestrator_id=0, term=0))
    found.peer.next_origin(found.now_s)
    assert only(AnnouncementDue, found.hear(orchestrator_id=OWN_ID, term=TERM)) == []
    assert only(AnnouncementDue, found.hear(after_s=ANNOUNCE_S + 0.1))


def test_it_announces_nothing_before_the_store_is_open() -> None:
    found = Peer(term_of_store=0)
    assert only(AnnouncementDue, found.hear(orchestrator_id=0, term=0)) == []
    assert 'before the ticket store is open' in found.trouble()


def test_it_takes_a_term_above_that_of_one_that_has_ended() -> None:
    found = Peer(term_of_store=1)
    found.hear(orchestrator_id=99, term=8, orchestrators=0)
    assert found.peer.term == 9


def test_it_takes_no_term_above_the_highest() -> None:
    found = Peer(term_of_store=1)
    found.hear(orchestrator_id=99, term=MAX_TERM, orchestrators=0)
    assert found.peer.term == 1
    assert f'term {MAX_TERM}' in found.trouble()


def test_who_was_taken_over_from_waits_until_the_other_one_has_ended(met: Peer) -> None:
    met.hear(orchestrator_id=99, term=8, orchestrators=2)
    for _ in range(int(ALIVE_S / 0.1) - 1):
        met.hear(orchestrators=1)
        assert met.peer.term == TERM
    met.hear(after_s=0.2)
    assert met.peer.term == 9


def test_its_term_never_goes_back_with_that_of_the_store(met: Peer) -> None:
    met.term_of_store = 1
    met.hear()
    assert met.peer.term == TERM


# What follows from what it hears.


def test_what_the_gate_lets_pass_is_told_first_and_where_it_changes(met: Peer) -> None:
    lower = MotionLimits(max_speed_mps=1.0)
    assert only(LimitsChanged, Peer().hear()) == [LimitsChanged(MotionLimits())]
    assert only(LimitsChanged, met.hear()) == []
    assert only(LimitsChanged, met.hear(limits=lower)) == [LimitsChanged(lower)]


@pytest.mark.parametrize(
    ('fact', 'stream', 'error'),
    [
        (Fact(2, FactKind.ENDED, A, CommandStale.code), A, CommandStale),
        (Fact(2, FactKind.ENDED, A, EStopActive.code, 'x'), A, EStopActive),
        (Fact(2, FactKind.ENDED, A, GateLost.code, 'x'), A, GateLost),
        (Fact(2, FactKind.ENDED, A, 599, 'x'), A, NotFollowed),
        (Fact(2, FactKind.STOPPED, '', MotionStopped.code, 'x'), '', MotionStopped),
    ],
)
def test_a_motion_that_the_gate_ended_is_told_once_with_its_error(
    met: Peer, fact: Fact, stream: str, error: type
) -> None:
    met.hear(TAKEN_UP)
    (told,) = only(MotionEnded, met.hear(TAKEN_UP, fact))
    assert isinstance(told, MotionEnded)
    assert told.stream == stream
    assert isinstance(told.error, error)
    assert only(MotionEnded, met.hear(TAKEN_UP, fact)) == []


def test_a_motion_that_was_ended_here_is_not_told(met: Peer) -> None:
    assert met.hear(TAKEN_UP, Fact(2, FactKind.ENDED, A, 0)) == []


def test_facts_that_were_missed_end_every_motion(met: Peer) -> None:
    (told,) = only(MotionEnded, met.hear(Fact(9, FactKind.TAKEN_UP, B)))
    assert isinstance(told, MotionEnded)
    assert told.stream == ''
    assert 'not heard while it did something' in str(told.error)


def test_another_run_of_the_gate_is_unsafe_first(met: Peer) -> None:
    (told,) = only(BecameUnsafe, met.hear(after_s=SILENT_S + 0.1, gate_id=8))
    assert isinstance(told, BecameUnsafe)
    assert 'was started again' in str(told.error)


def test_a_press_is_unsafe_though_it_was_reset_since(met: Peer) -> None:
    outcomes = met.hear(Fact(1, FactKind.LATCHED, '', EStopActive.code, 'the red button'))
    (told,) = only(BecameUnsafe, outcomes)
    assert isinstance(told, BecameUnsafe)
    assert 'the red button' in str(told.error)
    assert met.trouble() == ''


@pytest.mark.parametrize('status', ['STOPPED', 'READY_TO_RESET', 'what a later version says'])
def test_what_is_not_free_is_unsafe(met: Peer, status: str) -> None:
    outcomes = met.hear(status=status, source='the red button')
    assert only(BecameUnsafe, outcomes)
    assert only(StateChanged, outcomes)
    assert ('call reset_e_stop' in met.trouble()) == (status == 'READY_TO_RESET')


def test_a_motion_that_is_slowed_down_is_a_warning(met: Peer) -> None:
    outcomes = met.hear(Fact(1, FactKind.REDUCED, A, 0, 'at most 1 m/s'))
    assert outcomes == [Warned(f'the gate slows {A} down: at most 1 m/s')]


def test_who_is_not_alone_is_told_once_by_name(met: Peer) -> None:
    outcomes = met.hear(orchestrators=2)
    (unsafe,) = only(BecameUnsafe, outcomes)
    assert isinstance(unsafe, BecameUnsafe)
    assert isinstance(unsafe.error, NotAlone)
    assert 'those on drive_command' in str(unsafe.error)
    assert only(Warned, outcomes)
    assert met.hear() == []
    assert '2 orchestrators' in met.trouble()
    assert met.hear(orchestrators=1) == [StateChanged()]


def test_it_is_told_when_it_becomes_possible_to_move() -> None:
    found = Peer()
    assert only(StateChanged, found.hear(orchestrator_id=0, term=0))
    assert only(StateChanged, found.hear()) == []
    assert found.trouble() != ''
    assert only(StateChanged, found.hear(orchestrator_id=OWN_ID, term=TERM))
    assert found.trouble() == ''


# What is known.


def test_a_stream_is_refused_until_it_is_taken_up(met: Peer) -> None:
    assert 'does not answer on drive_command' in str(met.peer.refusal_of(A))
    refused = Fact(1, FactKind.REFUSED, A, EStopActive.code, 'the red button')
    met.hear(refused)
    assert isinstance(met.peer.refusal_of(A), EStopActive)
    met.hear(refused, Fact(2, FactKind.TAKEN_UP, A))
    assert met.peer.refusal_of(A) is None
    assert isinstance(met.peer.refusal_of(B), NotFollowed)


def test_a_gate_that_is_silent_is_lost_at_the_second_look_and_told_once(met: Peer) -> None:
    for _ in range(LOOKS - 1):
        assert met.look() == []
    assert met.trouble() == ''
    unsafe, changed = met.look()
    assert isinstance(unsafe, BecameUnsafe)
    assert 'has not been heard for' in str(unsafe.error)
    assert changed == StateChanged()
    assert met.peer.is_silent
    assert met.hear() == [StateChanged()]
    assert not met.peer.is_silent


def test_a_gate_that_was_never_heard_is_lost_without_being_unsafe() -> None:
    found = Peer()
    for _ in range(LOOKS):
        assert only(BecameUnsafe, found.look()) == []
    assert 'is it running?' in found.trouble()


def test_a_word_that_is_played_back_changes_nothing(met: Peer) -> None:
    before = met.peer.word
    met.uptime_s -= 1.0
    assert met.hear(status='STOPPED') == []
    assert met.peer.word is before


def test_a_gate_that_hears_nobody_does_not_hear_this_one(met: Peer) -> None:
    for _ in range(UNHEARD_LOOKS - 1):
        met.hear(orchestrators=0)
        assert met.trouble() == ''
    met.hear()
    assert 'does not answer on' in met.trouble()


def test_a_gate_to_which_nobody_listens_has_no_base(met: Peer) -> None:
    for _ in range(UNLISTENED_LOOKS):
        assert met.peer.base_trouble is None
        met.hear(listeners=0)
    assert 'nobody listens' in str(met.peer.base_trouble)
    met.hear(listeners=1)
    assert met.peer.base_trouble is None


def test_it_waits_a_while_for_a_gate_that_was_heard_just_now() -> None:
    found = Peer()
    assert not found.peer.is_meeting(found.now_s)
    found.hear(orchestrator_id=0, term=0)
    assert found.peer.is_meeting(found.now_s)
    assert not found.peer.is_meeting(found.now_s + MEETING_S)
    found.hear(orchestrator_id=OWN_ID, term=TERM)
    assert not found.peer.is_meeting(found.now_s)
