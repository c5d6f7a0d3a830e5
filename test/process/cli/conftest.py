"""A robot for the tests of `ren`, one of each file."""

import json
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_prefix
from geometry_msgs.msg import Twist
from std_msgs.msg import Bool

from orchestrator_ren.ros.discovery import VARIABLES
from orchestrator_ren.srv import ChangeQueue

from ..conftest import System

REN = str(Path(get_package_prefix('orchestrator_ren'), 'bin', 'ren'))


DRIVE = ('drive', '--speed', '0.5', '--duration-seconds', '0.5')


LONG = ('drive', '--speed', '0.5', '--duration-seconds', '60')


class Ren(System):
    """A robot, and `ren` to talk to it."""

    def words(self, *words: str) -> list[str]:
        return [REN, '-n', self._namespace, '--timeout', '10', *words]

    def ren(self, *words: str, code: int = 0, **environment: str) -> str:
        """Run it, and return what it prints."""
        return self.ran(self.words(*words), code, **environment)

    def ran(self, program: list[str], code: int, **environment: str) -> str:
        """Return what a program prints, which ends with that code."""
        done = subprocess.run(
            program,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert 'Traceback' not in said
        return said

    def json(self, *words: str, code: int = 0):
        """Run it, and return the JSON that it prints."""
        return json.loads(self.ren(*words, '--json', code=code))

    def begun(self, *words: str) -> subprocess.Popen[str]:
        """Return it while it runs, once the robot moves."""
        process = subprocess.Popen(
            self.words(*words),
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        self.spin_until(lambda: self.speed_mps > 0.3)
        return process

    def ended(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        self.spin_until(lambda: process.poll() is not None, 30.0)
        return process.returncode, ''.join(process.communicate())

    def at_standstill(self) -> None:
        self.spin_until(lambda: abs(self.speed_mps) < 0.01 and self.cmd_vel[-1] == Twist())


@pytest.fixture(scope='module')
def robot(context, domain_id, tmp_path_factory):
    folder = tmp_path_factory.mktemp('cli')
    made = Ren(context, domain_id, 'cli', folder)
    with closing(made):
        made.environment |= {'XDG_CACHE_HOME': str(folder / 'cache'), 'LOGNAME': 'ren_tester'}
        for each in ('FASTDDS_BUILTIN_TRANSPORTS', *VARIABLES.values()):
            made.environment.pop(each, None)  # as who types `ren` has it
        made.start_robot('external')
        yield made


@pytest.fixture(autouse=True)
def clean(robot):
    """What a test leaves behind, such as a latched e-stop, is not for the next one."""
    yield
    robot.e_stop.publish(Bool(data=False))
    robot.spin_until(lambda: not robot.e_stop_states[-1].topic_active)
    robot.reset_e_stop()
    robot.call(ChangeQueue, 'resume_queue')


def created(robot, *words) -> str:
    return robot.json('create', *(words or DRIVE))['id']
