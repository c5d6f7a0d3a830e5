"""A bench: a node in this process, and other processes, which end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import rclpy
from ament_index_python.packages import get_package_prefix
from rclpy.executors import SingleThreadedExecutor

TIMEOUT_S = 20.0
REPEAT_S = 0.08
WAKE_S = 0.02
END_S = 3.0

HERE = Path(__file__).parent
PYTHON_PROGRAMS = {
    **{each.stem: each for each in HERE.glob('*.py')},
    'extra_commands': HERE.with_name('extra_commands.py'),
}
"""The others are installed."""


class Bench:
    """A node in this process, and other processes, which end with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[Path, subprocess.Popen[bytes]] = {}
        self._executor = SingleThreadedExecutor()
        self.node = rclpy.create_node('bench', enable_rosout=False)
        self._executor.add_node(self.node)

    def start(
        self, namespace: str, program: str, arguments: Sequence[str] = (), **parameters: str
    ) -> Path:
        """Start a program and return the file that gets what it prints."""
        words = ['--ros-args', '-r', f'__ns:=/{namespace}']
        for each in parameters.items():
            words += ['-p', '{}:={}'.format(*each)]
        path = self._folder / f'{namespace}.{program}.log'
        with path.open('wb') as log:
            self._processes[path] = subprocess.Popen(
                [*command_of(program), *arguments, *words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return path

    def end(self, log: Path) -> str:
        """Close the standard input of a program and return what it printed until its end."""
        self.check()
        process = self._processes.pop(log)
        try:
            process.communicate(timeout=TIMEOUT_S)
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise RuntimeError(f'{log.stem} failed:\n{log.read_text()}')
        return log.read_text()

    def say(self, log: Path, line: str) -> None:
        """Write a line to the standard input of a program."""
        stream = self._processes[log].stdin
        assert stream is not None
        stream.write(f'{line}\n'.encode())
        stream.flush()

    def asked(self, log: Path, word: str) -> str:
        """Write a line to a program's standard input; return what it prints behind the word."""

        def answers() -> list[str]:
            lines = log.read_text().splitlines()
            return [each.removeprefix(word) for each in lines if each.startswith(word)]

        before = len(answers())
        self.say(log, '')
        self.spin_until(lambda: len(answers()) > before, word)
        return answers()[-1]

    def footprint(self, log: Path) -> dict[str, float]:
        """Return the memory [MB], threads and open files of the process that prints there."""
        pid = self._processes[log].pid
        lines = Path(f'/proc/{pid}/status').read_text().splitlines()
        fields = dict(line.split(':', 1) for line in lines)
        return {
            'RSS': int(fields['VmRSS'].split()[0]) / 1000.0,
            'threads': int(fields['Threads']),
            'files': len(os.listdir(f'/proc/{pid}/fd')),
        }

    def cpu_s(self, log: Path) -> float:
        """Return the CPU time that the process has used that prints there."""
        # The clock that Linux has for each process, as of clock_getcpuclockid(3).
        return time.clock_gettime(~self._processes[log].pid << 3 | 2)

    def check(self) -> None:
        """Raise if a process has ended."""
        for log, process in self._processes.items():
            code = process.poll()
            if code is not None:
                raise RuntimeError(f'{log.stem} ended too early ({code}):\n{log.read_text()}')

    def spin_until(
        self,
        condition: Callable[[], bool],
        wanted: str,
        repeated: Callable[[], None] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Spin until the condition holds; call `repeated` now and then meanwhile."""
        began_mono_s = repeated_mono_s = time.monotonic()
        while not condition():
            now_mono_s = time.monotonic()
            if now_mono_s - began_mono_s > timeout_s:
                raise TimeoutError(f'{wanted}: nothing within {timeout_s:g} s')
            if now_mono_s - repeated_mono_s > REPEAT_S:
                repeated_mono_s = now_mono_s
                self.check()
                if repeated is not None:
                    repeated()
            self._executor.spin_once(timeout_sec=WAKE_S)

    def answer(self, future: Any, wanted: str) -> Any:
        """Spin until a future is done, and return its result."""
        self.spin_until(future.done, wanted)
        return future.result()

    def wait(self, duration_s: float) -> None:
        """Spin for so long."""
        until_mono_s = time.monotonic() + duration_s
        self.spin_until(lambda: time.monotonic() >= until_mono_s, 'time', timeout_s=2 * duration_s)

    def close(self) -> None:
        """End all: in order, for the middleware is busy with those that died until long after."""
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=END_S)
            process.kill()
            process.wait()
        self._executor.shutdown()
        self.node.destroy_node()


def command_of(program: str) -> list[str]:
    if program in PYTHON_PROGRAMS:
        return [sys.executable, str(PYTHON_PROGRAMS[program])]
    return [f'{get_package_prefix("orchestrator_ren")}/lib/orchestrator_ren/{program}']
