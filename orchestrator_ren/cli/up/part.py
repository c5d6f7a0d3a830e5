"""Which programs belong to a robot, how each is started, and in which order they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator_ren.errors import LibraryMissing

PACKAGE = 'orchestrator_ren'

GATEWAY = 'http_gateway'
"""Has no part in motion: the robot goes on without it."""

TO_THE_TURTLE = ('-r', 'cmd_vel:=turtle1/cmd_vel')
"""Relative, so that the turtle is that of the namespace."""


@dataclass(frozen=True)
class Part:
    """A program that is to run.

    Attributes:
        name: Of the executable, behind that of the robot where there are several; before each of
            its lines.
        command: To start it.
        is_needed: Whether there is no robot without it; else it goes on when this has ended.
        robot: Which of several is none without it; empty = all of them.
        end_signal: Asks it to end in order.
        user: As whom it runs; empty = as who starts it.
    """

    name: str
    command: tuple[str, ...]
    is_needed: bool = True
    robot: str = ''
    end_signal: signal.Signals = signal.SIGTERM
    user: str = ''

    @property
    def kind(self) -> str:
        """What it is of its robot; those of one kind end at the same time."""
        return self.name.rpartition('/')[2]


@dataclass(frozen=True)
class Installed:
    """Makes parts of nodes of installed packages.

    Attributes:
        prefix_of: Returns where a package is installed.
        params_file: Of all nodes; empty = none.
    """

    prefix_of: Callable[[str], str]
    params_file: str = ''

    def node(
        self, executable: str, *words: str, namespace: str = '', robot: str = '',
        package: str = PACKAGE,
    ) -> Part:  # fmt: skip
        """Return the part that is a node.

        Args:
            executable: Its name.
            *words: ROS arguments; they count before what the file says.
            namespace: Without slashes around it; empty = none.
            robot: As in `Part`.
            package: Whose it is.

        Raises:
            LibraryMissing: The package is not there.
        """
        common = [
            *(('-r', f'__ns:=/{namespace}') if namespace else ()),
            *(('--params-file', self.params_file) if self.params_file else ()),
        ]
        path = _executable(self.prefix_of, package, executable)
        return Part(
            f'{robot}/{executable}' if robot else executable,
            (path, '--ros-args', *common, *words),
            is_needed=executable != GATEWAY,
            robot=robot,
        )


@dataclass(frozen=True)
class Robot:
    """What `ren up` is asked for.

    Attributes:
        base: `sim`, `turtlesim`, or empty: the robot's own driver runs elsewhere.
        namespace: Without slashes around it; empty = none.
        params_file: Of all nodes; empty = none.
        world: Of the simulator; empty = its default.
        http_port: Of the HTTP gateway; None = there is none.
    """

    base: str = ''
    namespace: str = ''
    params_file: str = ''
    world: str = ''
    http_port: int | None = None

    @property
    def nodes(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """The nodes in the order in which they end: package, executable, ROS arguments.

        The gateway, if any, first: it asks the others. Then the orchestrator: it brings what runs
        to its end. The gate last: as long as there is a base, it gets zeros.
        """
        remap = TO_THE_TURTLE if self.base == 'turtlesim' else ()
        world = in_world(self.world)
        bases = {
            '': (),
            'sim': ((PACKAGE, 'sim_robot', world),),
            'turtlesim': (
                (PACKAGE, 'turtlesim_odometry', remap),
                ('turtlesim', 'turtlesim_node', ()),
            ),
        }
        return (
            *((PACKAGE, *node) for node in gateway(self.http_port)),
            (PACKAGE, 'orchestrator', (*remap, '-p', 'gate:=external')),
            *bases[self.base],
            (PACKAGE, 'cmd_vel_gate', remap),
        )

    def parts(self, prefix_of: Callable[[str], str]) -> tuple[Part, ...]:
        """Return the programs in the order in which they end.

        Args:
            prefix_of: Returns where a package is installed.

        Raises:
            LibraryMissing: A package is not there.
        """
        installed = Installed(prefix_of, self.params_file)
        return tuple(
            installed.node(name, *words, namespace=self.namespace, package=package)
            for package, name, words in self.nodes
        )


def in_world(world: str) -> tuple[str, ...]:
    """Return the words that give the simulator its world; none where it is its default."""
    return ('-p', f"world:='{world}'") if world else ()


def gateway(port: int | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return executable and words of the HTTP gateway, if there is one."""
    return () if port is None else ((GATEWAY, ('-p', f'port:={port}')),)


def waiting_for(ren: Sequence[str], namespace: str, timeout_s: float, robot: str = '') -> Part:
    """Return the part that says when the robot is ready.

    Args:
        ren: What starts `ren`.
        namespace: Of the robot; empty = none.
        timeout_s: When it gives up [s].
        robot: As in `Part`.
    """
    where = ('-n', namespace) if namespace else ()
    words = ('status', '--wait', '--timeout', f'{timeout_s:g}', *where)
    name = f'{robot}/ren' if robot else 'ren'
    return Part(name, (*ren, *words), is_needed=False, robot=robot)


def _executable(prefix_of: Callable[[str], str], package: str, name: str) -> str:
    try:
        return str(Path(prefix_of(package), 'lib', package, name))
    except LookupError as error:  # ament's PackageNotFoundError is one
        apt = f'ros-{os.environ.get("ROS_DISTRO", "jazzy")}-{package}'
        raise LibraryMissing(library=package, command=f'sudo apt install {apt}') from error
