"""Where what a robot keeps on disk is, when nobody says otherwise."""

from __future__ import annotations

import os
from pathlib import Path


def robot_file(namespace: str, nameless: str, suffix: str) -> Path:
    """Return a file of that namespace, so that two robots never share one.

    Args:
        namespace: Of the node.
        nameless: The file's name, without suffix, for the robot that has no namespace.
        suffix: With its dot.
    """
    home = Path(os.environ.get('ROS_HOME') or Path.home() / '.ros').expanduser()
    robot = namespace.strip('/').replace('/', '.') or nameless
    return home / 'orchestrator_ren' / f'{robot}{suffix}'
