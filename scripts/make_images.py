"""Makes the pictures of docs/images, by demo, fleet and simulated robot: `make images`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from page_images import draw_page, why_not

from orchestrator_ren.client import TicketClient

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / 'docs' / 'images'
DEMO = ROOT / 'demo' / 'drive_a_ticket.py'
FLEET_STORY = ROOT / 'test' / 'fleet' / 'story.py'

COLUMNS, ROWS = 80, 24
"""Of the terminal of `ren watch`."""

WATCHED_S = 3.0
"""How long the drive goes on that is seen in `ren watch` [s]."""

READY_S = 20.0
"""Longest wait for the robot [s]."""


@contextmanager
def robot() -> Iterator[None]:
    """Have a simulated robot, in a ROS domain and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ['ROS_HOME'] = folder
        os.environ['ROS_DOMAIN_ID'] = str(1 + os.getpid() % 100)
        up = subprocess.Popen(['ren', 'up', '--sim'], stdout=subprocess.DEVNULL)
        try:
            yield
        finally:
            up.send_signal(signal.SIGINT)
            up.wait()


def main() -> int:
    """Make them."""
    subprocess.run([sys.executable, DEMO], check=True)
    shutil.copy(DEMO.with_name('trajectory.png'), IMAGES)
    picture = IMAGES / 'fleet_ways.png'
    subprocess.run([sys.executable, FLEET_STORY, '--picture', picture], check=True)
    with robot(), TicketClient(timeout_s=READY_S) as client:
        _await_ready(client)
        seen = client.execute(client.create('scan', image=True))
        shutil.copy(seen.result['image'], IMAGES / 'scan.png')
        _draw_watch(client)
    if why_not():
        sys.stderr.write(f'no pictures of the page: {why_not()}\n')
    else:
        draw_page(robot, IMAGES)
    return 0


def _await_ready(client: TicketClient) -> None:
    until_mono_s = time.monotonic() + READY_S
    while not client.status().is_ready:
        if time.monotonic() > until_mono_s:
            raise SystemExit('the robot does not become READY')
        time.sleep(0.1)


def _draw_watch(client: TicketClient) -> None:
    """Draw what `ren watch` shows during a drive with others behind it."""
    from rich.console import Console

    from orchestrator_ren.cli.verbs.watch import Watcher

    for direction in (0, 90, 180):
        client.create('drive', speed=0.5, direction=direction, duration_seconds=10, queue=True)
    watcher, until_mono_s = Watcher(client, 'robot'), time.monotonic() + WATCHED_S
    for seen in client.watch(0.2):
        watcher.take(seen)
        watcher.ask()
        if time.monotonic() > until_mono_s:
            break
    with Path(os.devnull).open('w', encoding='utf-8') as nowhere:
        console = Console(
            record=True, width=COLUMNS, height=ROWS, file=nowhere, force_terminal=True
        )
        console.print(watcher.drawn(SimpleNamespace(width=COLUMNS, height=ROWS)))
        console.save_svg(str(IMAGES / 'watch.svg'), title='ren watch')


if __name__ == '__main__':
    sys.exit(main())
