"""A failing test may blame the machine only where the machine stood still."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from ..witness import Witness

STALL_S = 0.3
LIMIT_S = 10.0


def wait_until(condition):
    deadline_mono_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline_mono_s


@pytest.fixture
def witness() -> Iterator[Witness]:
    made = Witness()
    wait_until(lambda: made.is_looking)
    yield made
    made.end()


def test_stall_is_seen_by_who_was_there(witness):
    began_mono_s = time.monotonic()
    os.kill(witness.pid, signal.SIGSTOP)
    wait_until(lambda: time.monotonic() > began_mono_s + STALL_S)
    os.kill(witness.pid, signal.SIGCONT)
    wait_until(lambda: witness.longest_since(began_mono_s) >= STALL_S)
    assert witness.longest_since(began_mono_s + LIMIT_S) == 0.0, 'it ended before'
