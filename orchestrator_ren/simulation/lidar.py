"""A planar lidar that looks all around from the centre of the base."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import mujoco  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from orchestrator_ren.simulation.world import Pose


@dataclass(frozen=True)
class Lidar:
    """What the lidar sees and how well.

    Attributes:
        beams: rays per scan, evenly around the circle, counter-clockwise from straight behind.
        range_min_m: nearer things are too close to measure [m, >= 0].
        range_max_m: farther things are not seen [m, > range_min_m].
        height_m: of the scanning plane above the floor [m, > 0].
        noise_stddev_m: of the gaussian error of one range [m, >= 0].
    """

    beams: int = 360
    range_min_m: float = 0.12
    range_max_m: float = 25.0
    height_m: float = 0.3
    noise_stddev_m: float = 0.0

    @property
    def angle_min_rad(self) -> float:
        """Direction of the first beam: straight behind [rad]."""
        return -math.pi

    @property
    def angle_increment_rad(self) -> float:
        """Angle from one beam to the next [rad]."""
        return math.tau / self.beams

    @property
    def angle_max_rad(self) -> float:
        """Direction of the last beam, one increment short of the first [rad]."""
        return self.angle_min_rad + (self.beams - 1) * self.angle_increment_rad

    def angles_rad(self) -> NDArray[np.float64]:
        """Direction of every beam, counter-clockwise from the robot's x axis [rad]."""
        return np.linspace(self.angle_min_rad, self.angle_max_rad, self.beams)


class LidarScanner:
    """Casts the beams of a lidar into a scene; the robot's own body is transparent."""

    def __init__(
        self, lidar: Lidar, scene: Any, body_id: int, random: np.random.Generator
    ) -> None:
        """Prepare a scanner.

        Args:
            lidar: what to imitate.
            scene: the `mujoco.MjModel` to look into.
            body_id: of the body that carries the lidar.
            random: source of the noise.
        """
        self._lidar = lidar
        self._scene = scene
        self._body_id = body_id
        self._random = random
        self._angles_rad = lidar.angles_rad()
        self._directions = np.zeros((lidar.beams, 3))
        self._geometry_ids = np.zeros(lidar.beams, np.int32)
        self._distances_m = np.zeros(lidar.beams)

    def scan(self, state: Any, pose: Pose) -> NDArray[np.float32]:
        """Measure the range along every beam.

        Args:
            state: the `mujoco.MjData` of the scene.
            pose: of the robot.

        Returns:
            One range per beam [m]; nothing in sight is +inf and too close is -inf (REP-117).
        """
        self._directions[:, 0] = np.cos(self._angles_rad + pose.yaw_rad)
        self._directions[:, 1] = np.sin(self._angles_rad + pose.yaw_rad)
        mujoco.mj_multiRay(
            m=self._scene,
            d=state,
            pnt=np.array([pose.x_m, pose.y_m, self._lidar.height_m]),
            vec=self._directions.ravel(),
            geomgroup=None,
            flg_static=True,
            bodyexclude=self._body_id,
            geomid=self._geometry_ids,
            dist=self._distances_m,
            normal=None,
            nray=self._lidar.beams,
            cutoff=self._lidar.range_max_m,
        )
        return self._measured()

    def _measured(self) -> NDArray[np.float32]:
        lidar = self._lidar
        ranges_m = self._distances_m.copy()
        if lidar.noise_stddev_m > 0.0:
            ranges_m += self._random.normal(0.0, lidar.noise_stddev_m, lidar.beams)
        ranges_m[ranges_m < lidar.range_min_m] = -np.inf
        ranges_m[ranges_m > lidar.range_max_m] = np.inf
        # MuJoCo's answer for a beam that hits nothing is a negative distance.
        ranges_m[self._distances_m < 0.0] = np.inf
        return ranges_m.astype(np.float32)
