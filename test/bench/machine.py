"""The machine and the ROS that a bench runs on."""

from __future__ import annotations

import os
import platform
import random
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import rclpy
from figures import load_lines
from rclpy.signals import SignalHandlerOptions

from orchestrator_ren.ros.discovery import set_for_process


def machine_line() -> str:
    """Return what the figures depend on; the default of ROS_DISTRO is that of scripts/env.sh."""
    return (
        f'{os.cpu_count()} cores, Python {platform.python_version()},'
        f' ROS 2 {os.environ.get("ROS_DISTRO", "jazzy")},'
        f' {datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC'
    )


def print_machine() -> None:
    """Tell what the figures depend on, and what else goes on."""
    lines = load_lines(os.getloadavg()[0], os.cpu_count() or 1)
    print(machine_line(), *lines, sep='\n', flush=True)


@contextmanager
def ros() -> Iterator[Path]:
    """Start ROS in a domain of its own; yield a folder for what a bench leaves behind."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the processes are ended then, too
    with tempfile.TemporaryDirectory() as folder:
        set_environment(Path(folder))
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        keeper = rclpy.create_node('keeper')  # keeps the participant from one case to the next
        try:
            yield Path(folder)
        finally:
            keeper.destroy_node()
            rclpy.try_shutdown()


def set_environment(folder: Path) -> None:
    """Set what the middleware of this process and of its children shall find, as the tests do."""
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
    set_for_process()
    domain_id = os.environ.get('TEST_DOMAIN_ID') or str(random.randint(1, 100))
    os.environ['ROS_DOMAIN_ID'] = domain_id
    os.environ['ROS_HOME'] = str(folder)
