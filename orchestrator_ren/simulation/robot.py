"""A simulated robot: a base with a lidar that drives through a world in steps of simulated time.

The same seed and the same commands at the same simulated times give the same numbers, bit for bit.
"""

from __future__ import annotations

import math

import mujoco  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from orchestrator_ren.errors import WorldError
from orchestrator_ren.simulation.base import CONTROL_STEP_S, STANDSTILL, Base, Velocity
from orchestrator_ren.simulation.lidar import Lidar, LidarScanner
from orchestrator_ren.simulation.scene import BODY, TIMESTEP_S, build_scene
from orchestrator_ren.simulation.world import Pose, World

VELOCITY_DECIMALS = 6


class SimulatedRobot:
    """A base and a lidar in a world, moved on by `step`.

    Raises:
        WorldError: the robot would start inside a wall or an obstacle.
    """

    def __init__(
        self,
        world: World,
        base: Base,
        seed: int = 0,
        *,
        start: Pose | None = None,
        lidar: Lidar | None = None,
        command_timeout_s: float = 0.5,
    ) -> None:
        """Place a robot at rest.

        Args:
            world: what it can run into.
            base: what drives it.
            seed: of everything random.
            start: where it stands; None takes the world's own start.
            lidar: what it sees with; None takes the defaults.
            command_timeout_s: the base stops by itself this long after a command [s, > 0].
        """
        self.base = base
        self.lidar = lidar or Lidar()
        self._start = start or Pose(world.start.x_m, world.start.y_m, world.start.yaw_rad)
        self._command_timeout_substeps = max(1, round(command_timeout_s / TIMESTEP_S))
        self._scene = build_scene(world, base)
        self._state = mujoco.MjData(self._scene)
        body_id = self._scene.body(BODY).id
        random = np.random.default_rng(seed)
        self._scanner = LidarScanner(self.lidar, self._scene, body_id, random)
        self._substeps = 0
        self.reset()

    def reset(self) -> None:
        """Put the robot back to its start, at rest and without a command; time runs on."""
        mujoco.mj_resetData(self._scene, self._state)
        self._state.qpos[:] = self._start
        self._commanded = STANDSTILL
        self._expires_at_substep = 0
        mujoco.mj_forward(self._scene, self._state)
        if self.is_touching:
            at = f'({self._start.x_m:g}, {self._start.y_m:g})'
            raise WorldError(detail=f'start: the robot would stand in an obstacle at {at}')

    @property
    def time_s(self) -> float:
        """Simulated time since construction [s]."""
        return self._substeps * TIMESTEP_S

    @property
    def pose(self) -> Pose:
        """Where the robot stands in the world, yaw in [-pi, pi]."""
        x_m, y_m, yaw_rad = self._state.qpos
        return Pose(float(x_m), float(y_m), math.remainder(yaw_rad, math.tau))

    @property
    def velocity(self) -> Velocity:
        """How fast the base moves in its own frame, to the micrometre per second."""
        vx_mps, vy_mps, wz_radps = self._state.qvel
        cosine, sine = math.cos(self._state.qpos[2]), math.sin(self._state.qpos[2])
        forward_mps = cosine * vx_mps + sine * vy_mps
        leftward_mps = cosine * vy_mps - sine * vx_mps
        return Velocity(*(_resolved(v) for v in (forward_mps, leftward_mps, wz_radps)))

    @property
    def is_touching(self) -> bool:
        """Whether the body is in contact with a wall or an obstacle."""
        return bool(self._state.ncon)

    def command(self, vx_mps: float, vy_mps: float, wz_radps: float) -> None:
        """Set the velocity to follow from the next step on, in the frame of the base.

        A differential base ignores `vy_mps`; NaN or infinity anywhere stops the base.
        """
        self._commanded = self.base.attainable(Velocity(vx_mps, vy_mps, wz_radps))
        self._expires_at_substep = self._substeps + self._command_timeout_substeps

    def step(self, dt_s: float = CONTROL_STEP_S) -> None:
        """Move the world on.

        Args:
            dt_s: simulated time [s, > 0], rounded to whole physics steps of 5 ms.
        """
        remaining = round(dt_s / TIMESTEP_S)
        while remaining > 0:
            fresh = max(0, self._expires_at_substep - self._substeps)
            count = min(remaining, fresh) or remaining
            self._state.ctrl[:] = self._commanded if fresh else STANDSTILL
            mujoco.mj_step(self._scene, self._state, count)
            self._substeps += count
            remaining -= count

    def scan(self) -> NDArray[np.float32]:
        """Measure the range along every beam of the lidar; see `LidarScanner.scan`."""
        return self._scanner.scan(self._state, self.pose)


def _resolved(velocity: float) -> float:
    # A first-order lag never quite reaches zero; adding 0.0 turns -0.0 into 0.0.
    return round(float(velocity), VELOCITY_DECIMALS) + 0.0
