"""Which programs belong to a fleet of simulated robots, and in which order they end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator_ren.cli.up.part import Installed, Part, gateway, in_world, waiting_for

MOST_ROBOTS = 64
"""As the simulator takes."""


@dataclass(frozen=True)
class Fleet:
    """What `ren up --fleet` is asked for.

    Attributes:
        count: Of the robots.
        store_url: Of the database that they share.
        namespace: Around those of the robots, without slashes around it; empty = none.
        params_file: Of all nodes; empty = none.
        world: Of the simulator; empty = its default.
        http_port: Of the HTTP gateway, one for all; None = there is none.
    """

    count: int
    store_url: str
    namespace: str = ''
    params_file: str = ''
    world: str = ''
    http_port: int | None = None

    @property
    def names(self) -> list[str]:
        """Of the robots; each is in a namespace that is called so."""
        return [f'r{number}' for number in range(1, self.count + 1)]

    def parts(self, prefix_of: Callable[[str], str]) -> tuple[Part, ...]:
        """Return the programs in the order in which they end, those of one kind together.

        The gates last, as long as there is a world: each base gets its zeros.

        Args:
            prefix_of: Returns where a package is installed.

        Raises:
            LibraryMissing: The package is not there.
        """
        installed, around = Installed(prefix_of, self.params_file), self.namespace
        store = ('-p', f"store_url:='{self.store_url}'")
        robots = ('-p', f'robots:={",".join(self.names)}')

        def of_each(executable: str, *words: str) -> list[Part]:
            return [
                installed.node(
                    executable, *words, *_frame(each, 'base', 'base_link'),
                    *(_frame(each, 'odom', 'odom') if executable == 'orchestrator' else ()),
                    namespace=self.namespace_of(each), robot=each,
                )
                for each in self.names
            ]  # fmt: skip

        return (
            *(installed.node(n, *words, namespace=around) for n, words in gateway(self.http_port)),
            *of_each('orchestrator', '-p', 'gate:=external', *store),
            installed.node('sim_robot', *robots, *in_world(self.world), namespace=around),
            *of_each('cmd_vel_gate'),
        )

    def waiting(self, ren: Sequence[str], timeout_s: float) -> tuple[Part, ...]:
        """Return the parts that say when each robot is ready; see `waiting_for`."""
        return tuple(
            waiting_for(ren, self.namespace_of(each), timeout_s, each) for each in self.names
        )

    def namespace_of(self, robot: str) -> str:
        """Return where the robot is, without slashes around it."""
        return f'{self.namespace}/{robot}' if self.namespace else robot


def _frame(robot: str, parameter: str, frame: str) -> tuple[str, str]:
    """Return the words that give a node the simulator's frame of its robot."""
    return '-p', f'{parameter}_frame:={robot}/{frame}'
