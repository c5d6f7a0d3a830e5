"""Which rclpy this process runs on: what robots have, and what was tested, are not the same."""

from __future__ import annotations

import re
from pathlib import Path

import rclpy
from ament_index_python.packages import PackageNotFoundError, get_package_share_directory


def rclpy_release() -> str:
    """Return the version of rclpy, by its package.xml: the names of wheels say another one.

    Its Python files may come from elsewhere than the rest; then it says from where.
    """
    files = Path(rclpy.__file__).parent
    try:
        share = Path(get_package_share_directory('rclpy'))
        found = re.search('<version>(.+?)</version>', (share / 'package.xml').read_text())
    except (PackageNotFoundError, OSError):
        found = None
    version = found[1] if found else 'of an unknown version'
    is_whole = found is not None and files.is_relative_to(share.parents[1])
    return f'rclpy {version}' if is_whole else f'rclpy {version}, Python files of {files}'
