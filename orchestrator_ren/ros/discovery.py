"""How soon processes find each other: who wants to stop a robot must not look for it first.

The reason is in `fastdds.xml`. Whoever has a profile of his own keeps it; it should announce as
often.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROFILE = Path(__file__).with_name('fastdds.xml')

VARIABLES = {'jazzy': 'FASTRTPS_DEFAULT_PROFILES_FILE', 'later': 'FASTDDS_DEFAULT_PROFILES_FILE'}
"""Where Fast DDS looks for a profile, once in a process, before the first participant is made;
from Kilted on, it prints a warning where the old one is set."""

NEARBY = ('DEFAULT_FASTDDS_PROFILES.xml', 'DEFAULT_FASTRTPS_PROFILES.xml')
"""Files in the current folder that it takes by itself."""

_ENVIRONMENT = threading.RLock()
"""Held while it is not as the user has left it."""


def announce_often() -> None:
    """Have Fast DDS announce this process's participants five times a second.

    Called before the first one is made; processes that are started by this one do it too.
    """
    if not _has_own_profile():
        os.environ[_variable()] = str(PROFILE)


@contextmanager
def announced_often() -> Iterator[None]:
    """Have it announce the participant that is made meanwhile; the environment stays as it was.

    From any thread: one after the other, as they all have one environment.
    """
    with _ENVIRONMENT:
        if _has_own_profile():
            yield
            return
        announce_often()
        try:
            yield
        finally:
            os.environ.pop(_variable(), None)


def _variable() -> str:
    return VARIABLES.get(os.environ.get('ROS_DISTRO', 'jazzy'), VARIABLES['later'])


def _has_own_profile() -> bool:
    is_set = any(each in os.environ for each in VARIABLES.values())
    return is_set or any(map(os.path.exists, NEARBY))
