"""The orchestrator's side of the protocol with the gate, whose side is `motion/gate.py`.

Pure: it is told the time, what the gate says, and when it was looked for; what follows is returned
as values. Whoever carries the messages sends what is due with the next `origin`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from orchestrator_ren.errors import (
    BUSY_HINT,
    EStopActive,
    GateLost,
    NotFollowed,
    OrchestratorError,
)
from orchestrator_ren.motion.e_stop import EStopStatus
from orchestrator_ren.motion.gate_input import Origin
from orchestrator_ren.motion.gate_word import GateWord
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.peer_answers import PeerAnswers
from orchestrator_ren.motion.peer_outcome import (
    AnnouncementDue,
    BecameUnsafe,
    LimitsChanged,
    Outcome,
    StateChanged,
    Warned,
    outcomes_of,
)
from orchestrator_ren.motion.peer_reader import News, PeerReader
from orchestrator_ren.motion.peer_terms import TermChoice
from orchestrator_ren.motion.rivals import Rivals

LOOK_S = 0.2
LOOKS = 2
"""A gate that was not heard before so many looks, each so long after the last [s], is lost; its
heartbeat comes every 0.1 s. One look is not enough: where this process itself stood still, it
comes before what the gate said meanwhile."""

ANNOUNCE_S = 1.0
"""How long after the last command the gate is told that this orchestrator lives [s]."""

MEETING_S = 1.0
"""How long a gate that was heard first may take to answer [s]: the middleware has to find it."""

UNLISTENED_LOOKS = 10
"""So many words of the gate in a row that nobody listens, and there is no base: at the start
the middleware takes a while to find it."""

UNHEARD_LOOKS = 3
"""So many words of the gate in a row, 0.1 s apart, that it hears no orchestrator, and it does not
hear this one; the first comes before the answer to what is announced then."""


class GatePeer:
    """Follows the gate, and knows why nothing can move.

    It cannot move the robot wrongly: the gate judges whatever is sent.

    Args:
        orchestrator_id: Random number of this orchestrator's start, from 1.
        topic: On which it sends, for people.
        names_of: Returns the names of those that publish on a topic, for people.

    Attributes:
        word: What the gate that is followed said last; None as long as none was heard.
    """

    def __init__(self, orchestrator_id: int, topic: str, names_of: Callable[[str], str]) -> None:
        self.word: GateWord | None = None
        self._orchestrator_id = orchestrator_id
        self._topic = topic
        self._number = 0
        self._sent_at_mono_s = -math.inf
        self._reader = PeerReader()
        self._terms = TermChoice(orchestrator_id)
        self._answers = PeerAnswers()
        self._rivals = Rivals(names_of)
        self._heard_at_mono_s = self._met_at_mono_s = -math.inf
        self._silent_looks = self._unheard_looks = self._unlistened_looks = 0
        self._told: tuple[object, ...] = ()

    # What it sends.

    @property
    def term(self) -> int:
        """The fencing number that it sends: that of the store, or one above the gate's."""
        return self._terms.term

    def next_origin(self, now_mono_s: float) -> Origin:
        """Return what the next thing that is sent says of its sender; it is sent now [s]."""
        self._number += 1
        self._sent_at_mono_s = now_mono_s
        return Origin(self._orchestrator_id, self.term, self._number, self._reader.gate_id)

    # What it hears.

    def hear(self, word: GateWord, term_of_store: int, now_mono_s: float) -> list[Outcome]:
        """Take a word of some gate; return what follows, in the order to act in.

        Args:
            word: Of the gate that is followed, of another one, or played back.
            term_of_store: Fencing number of the store's opening; 0 = it is not open.
            now_mono_s: Steady time [s].
        """
        news = self._reader.take(word.gate_id, word.uptime_s, word.facts, now_mono_s)
        outcomes: list[Outcome] = []
        if news is not None:
            outcomes += self._take(word, news, term_of_store, now_mono_s)
        if self.word is not None:
            gates, orchestrators = self._reader.count(now_mono_s), self.word.orchestrators
            rivals = self._rivals.look(gates, orchestrators)
            if rivals is not None:
                outcomes += [Warned(f'{rivals} [{rivals.code}]'), BecameUnsafe(rivals)]
        return outcomes + self._change(now_mono_s)

    def look(self, now_mono_s: float) -> list[Outcome]:
        """Take that the gate was looked for, `LOOK_S` after its last word or the last look."""
        self._silent_looks += 1
        if self._silent_looks < LOOKS:
            return []
        trouble = self.trouble(now_mono_s)
        lost: list[Outcome] = []
        if self.word is not None and trouble is not None:
            lost.append(BecameUnsafe(trouble))
        return lost + self._change(now_mono_s)

    @property
    def is_silent(self) -> bool:
        """Whether the gate was looked for often enough, and not heard."""
        return self._silent_looks >= LOOKS

    def _take(
        self, word: GateWord, news: News, term_of_store: int, now_mono_s: float
    ) -> list[Outcome]:
        limits_before, self.word = self.limits, word
        self._heard_at_mono_s, self._silent_looks = now_mono_s, 0
        self._unlistened_looks = 0 if word.listeners else self._unlistened_looks + 1
        self._unheard_looks = 0 if word.orchestrators else self._unheard_looks + 1
        outcomes: list[Outcome] = []
        if word.limits != limits_before:
            outcomes.append(LimitsChanged(word.limits))
        self._terms.choose(word, term_of_store, now_mono_s)
        if self._must_announce(word, now_mono_s):
            outcomes.append(AnnouncementDue())
        if news.is_first or news.is_restarted:
            self._met_at_mono_s = now_mono_s
        self._answers.take(news.facts)
        outcomes += outcomes_of(news)
        if not word.is_free:
            outcomes.append(BecameUnsafe(EStopActive(source=word.source)))
        return outcomes

    def _must_announce(self, word: GateWord, now_mono_s: float) -> bool:
        if self.term == 0:
            return False
        is_told = self._is_known and self._unheard_looks == 0 and word.term == self.term
        return not is_told or now_mono_s - self._sent_at_mono_s > ANNOUNCE_S

    def _change(self, now_mono_s: float) -> list[Outcome]:
        """Return whether it became possible or impossible to move, or is for another reason."""
        trouble = self.trouble(now_mono_s)
        told = (trouble.code if trouble else 0, self.word.status if self.word else '')
        before, self._told = self._told, told
        return [] if told == before else [StateChanged()]

    # What is known.

    @property
    def limits(self) -> MotionLimits | None:
        """What the gate lets pass; None as long as it was not heard."""
        return self.word.limits if self.word is not None else None

    def refusal_of(self, stream: str) -> OrchestratorError | None:
        """Return why the gate does not follow the stream; None once it has taken it up."""
        if self._answers.is_taken_up(stream):
            return None
        silence = NotFollowed(stream=stream, reason=f'it does not answer on {self._topic}')
        return self._answers.refusal_of(stream) or silence

    def is_meeting(self, now_mono_s: float) -> bool:
        """Whether the gate was heard just now, and has yet to answer."""
        is_new = now_mono_s - self._met_at_mono_s < MEETING_S
        return self.word is not None and is_new and not self._is_known

    @property
    def base_trouble(self) -> OrchestratorError | None:
        """Why no velocity would reach a base; None when it is not known not to."""
        if self._unlistened_looks < UNLISTENED_LOOKS:
            return None
        reason = 'nobody listens to its cmd_vel; is the base there, and is that remapped alike?'
        return NotFollowed(stream='any motion', reason=reason)

    def trouble(self, now_mono_s: float) -> OrchestratorError | None:
        """Return why nothing can move now; None when it can."""
        word = self.word
        if word is None:
            return GateLost(detail='has not been heard yet; is it running?')
        if self.is_silent:
            silent_s = now_mono_s - self._heard_at_mono_s
            return GateLost(detail=f'has not been heard for {silent_s:.1f} s{BUSY_HINT}')
        if not word.is_free:
            is_ready = word.status == EStopStatus.READY_TO_RESET.value
            hint = '; no cause holds any more: call reset_e_stop' if is_ready else ''
            return EStopActive(source=f'{word.source}{hint}')
        if self._rivals.error is not None:
            return self._rivals.error
        if self._reader.is_in_doubt:
            return GateLost(detail='is not the only one that is heard: was it started again?')
        return None if self._is_known else GateLost(detail=self._why_unknown(word))

    @property
    def _is_known(self) -> bool:
        """Whether the gate has answered to this orchestrator, and still hears it."""
        is_mine = self.word is not None and self.word.orchestrator_id == self._orchestrator_id
        return is_mine and self._unheard_looks < UNHEARD_LOOKS

    def _why_unknown(self, word: GateWord) -> str:
        if self.term == 0:
            return 'is not asked before the ticket store is open'
        if word.term > self.term:
            return f'follows an orchestrator of term {word.term}; this one has {self.term}'
        return f'does not answer on {self._topic}; is that remapped on one side only?'
