"""Where the store of a robot is, when nobody says otherwise."""

from __future__ import annotations

import os
from pathlib import Path


def default_url(namespace: str) -> str:
    """Return the URL of an SQLite file of that namespace, so that two robots never share one."""
    home = Path(os.environ.get('ROS_HOME') or Path.home() / '.ros').expanduser()
    robot = namespace.strip('/').replace('/', '.') or 'tickets'
    return f'sqlite:///{home}/orchestrator_ren/{robot}.db'
