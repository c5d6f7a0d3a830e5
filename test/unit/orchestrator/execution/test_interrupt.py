"""The first ending counts, its zero comes before all else, and the closed are left alone."""

import math
import time

import pytest

from orchestrator_ren.commands.command import Interruption
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.tickets.ending import cancelled

FIRST, LATER = cancelled('first'), cancelled('later')


def test_nobody_has_interrupted_at_first() -> None:
    interrupt = Interrupt()
    interrupt.check()
    assert interrupt.ending is None
    assert interrupt.at_mono_s == math.inf
    assert not interrupt.is_closed


def test_the_first_ending_counts_and_whoever_comes_later_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    interrupt = Interrupt()
    monkeypatch.setattr(time, 'monotonic', lambda: 7.0)
    assert interrupt.make(FIRST)
    monkeypatch.setattr(time, 'monotonic', lambda: 8.0)
    assert not interrupt.make(LATER)
    assert (interrupt.ending, interrupt.at_mono_s) == (FIRST, 7.0)
    with pytest.raises(Interruption):
        interrupt.check()


def test_the_zero_comes_before_anybody_is_woken_and_once() -> None:
    done: list[str] = []
    interrupt = Interrupt(lambda: done.append('pulse'), lambda: done.append('turn'))
    interrupt.do_first(lambda: done.append('zero'))
    assert done == []
    interrupt.make(FIRST)
    interrupt.make(LATER)
    assert done == ['zero', 'pulse', 'turn']


def test_who_is_woken_sees_the_ending() -> None:
    seen = []
    interrupt = Interrupt(lambda: seen.append(interrupt.ending))
    interrupt.make(FIRST)
    assert seen == [FIRST]


def test_what_has_ended_is_interrupted_no_more() -> None:
    done: list[str] = []
    interrupt = Interrupt(lambda: done.append('woken'))
    interrupt.is_closed = True
    assert not interrupt.make(FIRST)
    assert (interrupt.ending, interrupt.at_mono_s, done) == (None, math.inf, [])
    interrupt.check()


def test_closing_does_not_undo_an_interrupt() -> None:
    interrupt = Interrupt()
    interrupt.make(FIRST)
    interrupt.is_closed = True
    with pytest.raises(Interruption):
        interrupt.check()
