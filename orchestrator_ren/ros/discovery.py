"""How processes find and reach each other: who wants to stop a robot must not wait for that.

They announce themselves five times a second, for the reason in `fastdds.xml`, and do without
shared memory: what a killed process left there kept the answers to the next one, `ren stop`, back
for more than 2 s in 4 of 6 cases (Fast DDS 2.14). Whoever has a profile of his own keeps it; it
should do the same.
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

TRANSPORTS = 'FASTDDS_BUILTIN_TRANSPORTS'
"""How Fast DDS carries messages; by itself, on one machine by shared memory."""

NEARBY = ('DEFAULT_FASTDDS_PROFILES.xml', 'DEFAULT_FASTRTPS_PROFILES.xml')
"""Files in the current folder that it takes by itself."""

_ENVIRONMENT = threading.RLock()
"""Held while it is not as the user has left it."""


def set_for_process() -> None:
    """Set it for all participants of this process, and of those that it starts.

    Called before the first one is made.
    """
    os.environ.update(_missing())


@contextmanager
def set_meanwhile() -> Iterator[None]:
    """Set it for the participant that is made meanwhile; the environment stays as it was.

    From any thread: one after the other, as they all have one environment.
    """
    with _ENVIRONMENT:
        missing = _missing()
        os.environ.update(missing)
        try:
            yield
        finally:
            for each in missing:
                os.environ.pop(each, None)


def _missing() -> dict[str, str]:
    """Return the variables that are to be set; none where the user has a profile."""
    if _has_own_profile():
        return {}
    wanted = {_variable(): str(PROFILE), TRANSPORTS: 'UDPv4'}
    return {name: value for name, value in wanted.items() if name not in os.environ}


def _variable() -> str:
    return VARIABLES.get(os.environ.get('ROS_DISTRO', 'jazzy'), VARIABLES['later'])


def _has_own_profile() -> bool:
    is_set = any(each in os.environ for each in VARIABLES.values())
    return is_set or any(map(os.path.exists, NEARBY))
