"""Takes pictures of the page of `http_gateway` for docs/images, by Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_prefix
from PIL import Image

SIZES = {'desktop': {'width': 1500, 'height': 940}, 'phone': {'width': 360, 'height': 740}}
"""Of the screens [pixels]."""

PATIENCE_MS = 20_000
"""Longest wait for what the page is to show [ms]."""

DRIVEN_MS = 4000
"""How long the drive goes on that is seen [ms]."""


COLOURS = 64
"""Of a picture: enough for a page, and half the size."""


def why_not() -> str:
    """Return why no pictures can be taken; empty = they can."""
    try:
        import playwright.sync_api  # noqa: F401
    except ModuleNotFoundError:
        return 'no Playwright (PyPI: playwright)'
    return '' if shutil.which('chromium') else 'no Chromium (apt: chromium)'


def draw_page(robot: Callable[[], AbstractContextManager[None]], folder: Path) -> None:
    """Take pictures of a robot that stands, drives, is e-stopped, and is lost.

    Args:
        robot: Runs a simulated one.
        folder: Where the pictures go.
    """
    from playwright.sync_api import sync_playwright

    words = ['--no-sandbox'] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which('chromium'), args=words)
        pages = {name: browser.new_page(viewport=size) for name, size in SIZES.items()}
        with ExitStack() as ending:
            running = ending.enter_context(ExitStack())
            running.enter_context(robot())
            _draw(pages, ending.enter_context(_gateway()), folder)
            running.close()
            _draw_lost(pages, folder)
        browser.close()


@contextmanager
def _gateway() -> Iterator[str]:
    """Have a gateway on a port of its own."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    program = Path(get_package_prefix('orchestrator_ren'), 'lib/orchestrator_ren/http_gateway')
    process = subprocess.Popen([program, '--ros-args', '-p', f'port:={port}'])
    try:
        _await_listening(port, process)
        yield f'http://127.0.0.1:{port}/ui/'
    finally:
        process.kill()
        process.wait()


def _await_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(('127.0.0.1', port)) == 0:
                return
        if process.poll() is not None:
            raise SystemExit('http_gateway has ended')
        time.sleep(0.1)


def _draw(pages: dict[str, Any], url: str, folder: Path) -> None:
    first = pages['desktop']
    for page in pages.values():
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url)
        page.wait_for_selector('html:not(.grey) #param-speed')
    _take(pages, folder, 'idle')
    first.fill('#param-speed', '0.8')
    first.fill('#param-duration_seconds', '20')
    first.fill('#param-direction', '30')
    first.click('#create-run')
    first.wait_for_selector('.way')
    first.click('#create-run:not([aria-disabled])')
    first.wait_for_timeout(DRIVEN_MS)
    _take(pages, folder, 'driving')
    first.click('#press')
    for page in pages.values():
        page.wait_for_selector('#e-stop-state.latched')
    first.get_by_text('Nothing is executed.').wait_for()
    _take(pages, folder, 'e-stopped')


def _draw_lost(pages: dict[str, Any], folder: Path) -> None:
    for page in pages.values():
        page.wait_for_selector('html.grey')
    _take(pages, folder, 'lost')


def _take(pages: dict[str, Any], folder: Path, name: str) -> None:
    for size, page in pages.items():
        path = folder / f'page_{name.replace("-", "_")}_{size}.png'
        page.screenshot(path=path)
        with Image.open(path) as drawn:
            drawn.convert('RGB').quantize(COLOURS).save(path, optimize=True)
