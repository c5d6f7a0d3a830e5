"""How soon others find our nodes: who wants to stop a robot must not look for it first.

The figures and the reason are in `fastdds.xml`. Whoever has a profile of his own keeps it; it
should announce as often.
"""

from __future__ import annotations

import os
from pathlib import Path

PROFILE = Path(__file__).with_name('fastdds.xml')

VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
"""Of Fast DDS 3, and of 2."""

NEARBY = ('DEFAULT_FASTDDS_PROFILES.xml', 'DEFAULT_FASTRTPS_PROFILES.xml')
"""Files in the current folder that it takes by itself."""


def announce_often() -> None:
    """Have Fast DDS do so in the processes' participants; before the first one is made."""
    if any(each in os.environ for each in VARIABLES) or any(map(os.path.exists, NEARBY)):
        return
    for each in VARIABLES:
        os.environ[each] = str(PROFILE)
