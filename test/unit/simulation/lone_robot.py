"""A simulated robot that is alone in its world."""

from typing import Any

from orchestrator_ren.simulation.base import Base
from orchestrator_ren.simulation.fleet import SimulatedFleet
from orchestrator_ren.simulation.starts import start_poses
from orchestrator_ren.simulation.world import Pose, World


class LoneRobot:
    """Robot and world as one."""

    def __init__(
        self, world: World, base: Base, seed: int = 0, *, start: Pose | None = None, **options: Any
    ) -> None:
        starts = [start] if start else start_poses(world, base, 1)
        self._fleet = SimulatedFleet(world, base, starts, seed, **options)
        [self._robot] = self._fleet.robots
        self.step = self._fleet.step

    @property
    def time_s(self) -> float:
        return self._fleet.time_s

    def __getattr__(self, name: str) -> Any:
        return getattr(self._robot, name)
