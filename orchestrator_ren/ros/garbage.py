"""Keeps Python's garbage collector from holding the executor."""

from __future__ import annotations

import gc
import sys

YOUNG = 700, 5
"""New objects before the youngest are looked through, and how often that is done before those
that stayed are, which then takes about 2 ms at most."""


def stand_aside() -> None:
    """Let nothing be looked through while a program is loaded: nearly all of it stays.

    It would be done 200 times, which takes a tenth of the time until the first answer.
    """
    gc.disable()


def exempt_what_stays() -> None:
    """Let the collector look through what is new only, from now on.

    It would look through all there is every now and then, with every callback waiting, the gate's
    too: what was loaded to start is 100,000 objects, 50 ms on a PC; each waiting ticket adds some.
    The few hundred of them that nobody needs any more are not worth a look at all, 40 ms.
    What has stayed for two looks is taken out of its sight: such objects must not end as a ring of
    references (`test_garbage.py`).
    """
    gc.freeze()
    gc.enable()
    if sys.version_info < (3, 14):  # from there on it takes small steps by itself
        gc.set_threshold(*YOUNG)
        gc.callbacks.append(_exempt_after_second_look)


def _exempt_after_second_look(phase: str, info: dict[str, int]) -> None:
    if phase == 'stop' and info['generation'] == 1:
        gc.freeze()
