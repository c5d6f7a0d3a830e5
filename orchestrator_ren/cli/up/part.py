"""Which programs belong to a robot, how each is started, and in which order they end."""

from __future__ import annotations

import os
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
        name: Of the executable; before each of its lines.
        command: To start it.
        is_needed: Whether the robot is none without it; else it goes on when this has ended.
    """

    name: str
    command: tuple[str, ...]
    is_needed: bool = True


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
        world = ('-p', f"world:='{self.world}'") if self.world else ()
        bases = {
            '': (),
            'sim': ((PACKAGE, 'sim_robot', world),),
            'turtlesim': (
                (PACKAGE, 'turtlesim_odometry', remap),
                ('turtlesim', 'turtlesim_node', ()),
            ),
        }
        port = self.http_port
        http = () if port is None else ((PACKAGE, GATEWAY, ('-p', f'port:={port}')),)
        return (
            *http,
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
        common = [
            *(('-r', f'__ns:=/{self.namespace}') if self.namespace else ()),
            *(('--params-file', self.params_file) if self.params_file else ()),
        ]
        return tuple(
            Part(
                name,
                (_executable(prefix_of, package, name), '--ros-args', *words, *common),
                is_needed=name != GATEWAY,
            )
            for package, name, words in self.nodes
        )


def waiting_for(ren: Sequence[str], namespace: str, timeout_s: float) -> Part:
    """Return the part that says when the robot is ready.

    Args:
        ren: What starts `ren`.
        namespace: Of the robot; empty = none.
        timeout_s: When it gives up [s].
    """
    where = ('-n', namespace) if namespace else ()
    words = ('status', '--wait', '--timeout', f'{timeout_s:g}', *where)
    return Part('ren', (*ren, *words), is_needed=False)


def _executable(prefix_of: Callable[[str], str], package: str, name: str) -> str:
    try:
        return str(Path(prefix_of(package), 'lib', package, name))
    except LookupError as error:  # ament's PackageNotFoundError is one
        apt = f'ros-{os.environ.get("ROS_DISTRO", "jazzy")}-{package}'
        raise LibraryMissing(library=package, command=f'sudo apt install {apt}') from error
