"""One simulated robot among those of a world: a base that follows commands, and its lidar."""

from __future__ import annotations

import math
from typing import Any

import mujoco  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from orchestrator_ren.errors import WorldError
from orchestrator_ren.simulation.base import STANDSTILL, Base, Velocity
from orchestrator_ren.simulation.lidar import Lidar, LidarScanner
from orchestrator_ren.simulation.scene import COORDINATES, body_name
from orchestrator_ren.simulation.world import Pose

VELOCITY_DECIMALS = 6


class SimulatedRobot:
    """A base and a lidar; `SimulatedFleet` makes it, and moves its world on.

    Attributes:
        base: What drives it.
        lidar: What it sees with.
    """

    def __init__(
        self,
        scene: Any,
        state: Any,
        index: int,
        base: Base,
        start: Pose,
        lidar: Lidar,
        random: np.random.Generator,
        command_timeout_substeps: int,
    ) -> None:
        """Take over a body of the scene.

        Args:
            scene: The `mujoco.MjModel`.
            state: Its `mujoco.MjData`.
            index: Of the body.
            base: What drives it.
            start: Where it stands at first.
            lidar: What it sees with.
            random: Source of the noise.
            command_timeout_substeps: It stops by itself so long after a command [> 0].
        """
        self.base = base
        self.lidar = lidar
        self._commanded = STANDSTILL
        self._fresh_substeps = 0
        self._scene = scene
        self._state = state
        self._start = start
        self._command_timeout_substeps = command_timeout_substeps
        self._mine = slice(COORDINATES * index, COORDINATES * (index + 1))
        body_id = scene.body(body_name(index)).id
        self._geometry_id = int(scene.body_geomadr[body_id])
        self._scanner = LidarScanner(lidar, scene, body_id, random)
        state.qpos[self._mine] = start

    def reset(self) -> None:
        """Put it back to its start, at rest and without a command.

        Raises:
            WorldError: Something is there: a wall, an obstacle or another robot. It stays.
        """
        left = self._state.qpos[self._mine].copy(), self._state.qvel[self._mine].copy()
        self._place(self._start, STANDSTILL)
        if self.is_touching:
            self._place(*left)
            at = f'({self._start.x_m:g}, {self._start.y_m:g})'
            raise WorldError(detail=f'start: the robot would stand in an obstacle at {at}')
        self._commanded = STANDSTILL
        self._fresh_substeps = 0

    @property
    def pose(self) -> Pose:
        """Where the robot stands in the world, yaw in [-pi, pi]."""
        x_m, y_m, yaw_rad = self._state.qpos[self._mine]
        return Pose(float(x_m), float(y_m), math.remainder(yaw_rad, math.tau))

    @property
    def velocity(self) -> Velocity:
        """How fast the base moves in its own frame, to the micrometre per second."""
        vx_mps, vy_mps, wz_radps = self._state.qvel[self._mine]
        yaw_rad = self._state.qpos[self._mine][2]
        cosine, sine = math.cos(yaw_rad), math.sin(yaw_rad)
        forward_mps = cosine * vx_mps + sine * vy_mps
        leftward_mps = cosine * vy_mps - sine * vx_mps
        return Velocity(*(_resolved(v) for v in (forward_mps, leftward_mps, wz_radps)))

    @property
    def is_touching(self) -> bool:
        """Whether the body is in contact with a wall, an obstacle or another robot."""
        pairs = self._state.contact.geom
        return bool(np.any(pairs == self._geometry_id))

    def command(self, vx_mps: float, vy_mps: float, wz_radps: float) -> None:
        """Set the velocity to follow from the next step on, in the frame of the base.

        A differential base ignores `vy_mps`; NaN or infinity anywhere stops the base.
        """
        self._commanded = self.base.attainable(Velocity(vx_mps, vy_mps, wz_radps))
        self._fresh_substeps = self._command_timeout_substeps

    def steer(self) -> int:
        """Set the motors for the substeps that come; return for how many [0 = for any]."""
        self._state.ctrl[self._mine] = self._commanded if self._fresh_substeps else STANDSTILL
        return self._fresh_substeps

    def age(self, substeps: int) -> None:
        """Take note that so many substeps were made."""
        self._fresh_substeps = max(0, self._fresh_substeps - substeps)

    def scan(self) -> NDArray[np.float32]:
        """Measure the range along every beam of the lidar; see `LidarScanner.scan`."""
        return self._scanner.scan(self._state, self.pose)

    def _place(self, pose: Any, velocity: Any) -> None:
        self._state.qpos[self._mine] = pose
        self._state.qvel[self._mine] = velocity
        self._state.qacc_warmstart[self._mine] = 0.0
        mujoco.mj_forward(self._scene, self._state)


def _resolved(velocity: float) -> float:
    # A first-order lag never quite reaches zero; adding 0.0 turns -0.0 into 0.0.
    return round(float(velocity), VELOCITY_DECIMALS) + 0.0
