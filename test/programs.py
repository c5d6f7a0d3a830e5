"""Programs of a robot in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_prefix

from . import extra_commands

PROCESS = Path(__file__).with_name('process')
PROGRAMS = {
    'orchestrator_with_extra_commands': [extra_commands.__file__],
    'bad_neighbour': [str(PROCESS / 'bad_neighbour.py')],
    'watched_orchestrator': [str(PROCESS / 'watched_orchestrator.py')],
}


class Programs:
    """Starts them in one namespace, with one ROS_HOME, in which their logs are too."""

    def __init__(self, domain_id: int, namespace: str, home: Path) -> None:
        self._namespace = namespace
        self.environment = {
            **os.environ,
            'ROS_DOMAIN_ID': str(domain_id),
            'ROS_HOME': str(home),
        }
        self._tmp_path = home
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(
        self, executable: str, *arguments: str, **parameters: Any
    ) -> subprocess.Popen[bytes]:
        """Start an installed executable, or a program of the tests."""
        path = Path(get_package_prefix('orchestrator_ren'), 'lib', 'orchestrator_ren', executable)
        program = [str(path)] if path.exists() else [sys.executable, *PROGRAMS[executable]]
        words = [
            *arguments,
            *(['-r', f'__ns:=/{self._namespace}'] if self._namespace else []),
            *(word for item in parameters.items() for word in ('-p', '{}:={}'.format(*item))),
        ]
        log = (self._tmp_path / f'{executable}.log').open('ab')
        process = subprocess.Popen(
            [*program, '--ros-args', *words],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=self.environment,
        )
        log.close()
        self._processes.append(process)
        return process

    def log(self, executable: str) -> str:
        """Return what the executable has printed."""
        return (self._tmp_path / f'{executable}.log').read_text()

    def close(self) -> None:
        """Kill what runs."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:  # else the next test is blamed for it
                    pipe.close()
