"""Simulated robots that drive through one world in steps of simulated time.

They see each other and run into each other. The same seed and the same commands at the same
simulated times give the same numbers, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import mujoco  # type: ignore[import-untyped]
import numpy as np

from orchestrator_ren.simulation.base import CONTROL_STEP_S, Base
from orchestrator_ren.simulation.lidar import Lidar
from orchestrator_ren.simulation.robot import SimulatedRobot
from orchestrator_ren.simulation.scene import TIMESTEP_S, build_scene
from orchestrator_ren.simulation.world import Pose, World


class SimulatedFleet:
    """A world with robots in it, moved on by `step`.

    Attributes:
        robots: In the order of their starts.

    Raises:
        WorldError: A robot would start inside a wall, an obstacle or another robot.
    """

    def __init__(
        self,
        world: World,
        base: Base,
        starts: Sequence[Pose],
        seed: int = 0,
        *,
        lidar: Lidar | None = None,
        command_timeout_s: float = 0.5,
    ) -> None:
        """Place the robots at rest.

        Args:
            world: What they can run into, besides each other.
            base: What drives each.
            starts: Where each stands.
            seed: Of everything random.
            lidar: What each sees with; None takes the defaults.
            command_timeout_s: A base stops by itself this long after a command [s, > 0].
        """
        self._scene = build_scene(world, base, len(starts))
        self._state = mujoco.MjData(self._scene)
        timeout_substeps = max(1, round(command_timeout_s / TIMESTEP_S))
        seen = lidar or Lidar()
        self.robots = tuple(
            SimulatedRobot(
                *(self._scene, self._state, index, base, start, seen),
                np.random.default_rng(seed + index),
                timeout_substeps,
            )
            for index, start in enumerate(starts)
        )
        self._substeps = 0
        for each in self.robots:
            each.reset()

    @property
    def time_s(self) -> float:
        """Simulated time since construction [s]."""
        return self._substeps * TIMESTEP_S

    def step(self, dt_s: float = CONTROL_STEP_S) -> None:
        """Move the world on.

        Args:
            dt_s: Simulated time [s, > 0], rounded to whole physics steps of 5 ms.
        """
        remaining = round(dt_s / TIMESTEP_S)
        while remaining > 0:
            fresh = [each.steer() for each in self.robots]
            count = min([remaining, *filter(None, fresh)])
            mujoco.mj_step(self._scene, self._state, count)
            for each in self.robots:
                each.age(count)
            self._substeps += count
            remaining -= count
