"""World and base as one MuJoCo model: static geometry, and a body with three planar joints."""

from __future__ import annotations

import math
from typing import Any

import mujoco  # type: ignore[import-untyped]

from orchestrator_ren.simulation.base import CONTROL_STEP_S, Base
from orchestrator_ren.simulation.world import Box, Cylinder, Wall, World

SUBSTEPS_PER_CONTROL_STEP = 4
TIMESTEP_S = CONTROL_STEP_S / SUBSTEPS_PER_CONTROL_STEP
BODY = 'base'
# Painted steel and concrete against a plastic bumper: a base that grazes a wall slides along it.
WALL_FRICTION = [0.3, 0.005, 0.0001]


def build_scene(world: World, base: Base) -> Any:
    """Compile the model; its coordinates are x, y, yaw and its controls vx, vy, wz.

    There is no gravity: the wheels carry the base, and nothing in the plane depends on it.

    Returns:
        The `mujoco.MjModel`.
    """
    spec = mujoco.MjSpec()
    spec.option.timestep = TIMESTEP_S
    spec.option.gravity = [0.0, 0.0, 0.0]
    # Not implicitfast: its symmetric derivative makes a base that turns drive up to 2 % too fast.
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_EULER
    _add_body(spec, base)
    _add_motors(spec, base)
    for wall in world.walls:
        _add_wall(spec, wall)
    for box in world.boxes:
        _add_box(spec, box)
    for cylinder in world.cylinders:
        _add_cylinder(spec, cylinder)
    return spec.compile()


def _add_body(spec: Any, base: Base) -> None:
    body = spec.worldbody.add_body(name=BODY)
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    body.add_joint(name='x', type=slide, axis=[1, 0, 0])
    body.add_joint(name='y', type=slide, axis=[0, 1, 0])
    body.add_joint(name='yaw', type=hinge, axis=[0, 0, 1])
    body.mass = base.mass_kg
    body.inertia = [base.inertia_kgm2] * 3
    body.explicitinertial = True
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=[0, 0, base.radius_m, 0, 0, base.height_m - base.radius_m],
        size=[base.radius_m, 0, 0],
        friction=WALL_FRICTION,
    )
    body.add_site(name=BODY)


def _add_motors(spec: Any, base: Base) -> None:
    mass, inertia = base.mass_kg, base.inertia_kgm2
    driven = (mass / base.lag_s, mass * base.acceleration_mps2)
    held = (mass / base.grip_s, mass * base.grip_mps2)
    turned = (inertia / base.lag_s, inertia * base.turning_radps2)
    _add_motor(spec, 'vx', 0, *driven)
    _add_motor(spec, 'vy', 1, *(driven if base.can_move_sideways else held))
    _add_motor(spec, 'wz', 5, *turned)


def _add_motor(spec: Any, name: str, axis: int, gain: float, limit: float) -> None:
    """Add a velocity servo along one axis of the body's own frame, limited in force or torque."""
    motor = spec.add_actuator(
        name=name,
        trntype=mujoco.mjtTrn.mjTRN_SITE,
        target=BODY,
        gear=[float(index == axis) for index in range(6)],
        forcelimited=True,
        forcerange=[-limit, limit],
    )
    motor.set_to_velocity(kv=gain)


def _add_wall(spec: Any, wall: Wall) -> None:
    along_x_m, along_y_m = wall.x2_m - wall.x1_m, wall.y2_m - wall.y1_m
    # Longer by its thickness, so that two walls that meet close their corner.
    length_m = math.hypot(along_x_m, along_y_m) + wall.thickness_m
    x_m, y_m = (wall.x1_m + wall.x2_m) / 2, (wall.y1_m + wall.y2_m) / 2
    yaw_rad = math.atan2(along_y_m, along_x_m)
    _add_block(spec, (x_m, y_m), yaw_rad, (length_m, wall.thickness_m, wall.height_m))


def _add_box(spec: Any, box: Box) -> None:
    _add_block(spec, (box.x_m, box.y_m), box.yaw_rad, (box.length_m, box.width_m, box.height_m))


def _add_block(
    spec: Any, at_m: tuple[float, float], yaw_rad: float, size_m: tuple[float, float, float]
) -> None:
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[*at_m, size_m[2] / 2],
        quat=[math.cos(yaw_rad / 2), 0.0, 0.0, math.sin(yaw_rad / 2)],
        size=[extent / 2 for extent in size_m],
        friction=WALL_FRICTION,
    )


def _add_cylinder(spec: Any, cylinder: Cylinder) -> None:
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        pos=[cylinder.x_m, cylinder.y_m, cylinder.height_m / 2],
        size=[cylinder.radius_m, cylinder.height_m / 2, 0.0],
        friction=WALL_FRICTION,
    )
