"""Robots in processes of their own, which begin at once what they are told."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name('fleet_robot.py')
AHEAD_S = 0.05
"""So long after they were told they begin [s]."""


class Robot:
    """A process of `fleet_robot.py`."""

    def __init__(self, kind: str, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), kind, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, function: str, **values: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({'function': function, **values}) + '\n')
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Wait for what it answers.

        Raises:
            RuntimeError: It has ended instead, and said why on the standard error.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f'a robot has ended ({self._process.wait()})')
        return json.loads(line)

    def ask(self, function: str, **values: Any) -> Any:
        self.tell(function, **values)
        return self.answer()['answer']

    def end(self) -> None:
        """End it by the end of its input."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5.0)
            process.kill()


class Crew:
    """Several robots of a kind."""

    def __init__(self, robots: list[Robot]) -> None:
        self.robots = robots

    def each(self, function: str, **values: Any) -> None:
        """Have each do something; when they begin does not matter."""
        for robot in self.robots:
            robot.tell(function, **values)
        for robot in self.robots:
            robot.answer()

    def at_once(self, function: str, **values: Any) -> tuple[float, list[float]]:
        """Have all do something at once.

        Returns:
            How long that took until the last one had done it [s], and what all of them answered.
        """
        at_mono_s = time.monotonic() + AHEAD_S
        for robot in self.robots:
            robot.tell(function, at_mono_s=at_mono_s, **values)
        answers = [robot.answer() for robot in self.robots]
        took_s = max(each['ended_at_mono_s'] for each in answers) - at_mono_s
        return took_s, [value for each in answers for value in each['answer']]


@contextlib.contextmanager
def crew(kind: str, count: int) -> Iterator[Crew]:
    """Start so many, `store` or `bare`, and end them."""
    robots: list[Robot] = []
    try:
        robots.extend(Robot(kind, f'r{number + 1}') for number in range(count))
        yield Crew(robots)
    finally:
        for robot in robots:
            robot.end()
