"""World and bases as one MuJoCo model: static geometry, and bodies with three planar joints."""

from __future__ import annotations

import math
from typing import Any

import mujoco  # type: ignore[import-untyped]

from orchestrator_ren.simulation.base import CONTROL_STEP_S, Base
from orchestrator_ren.simulation.world import Block, Cylinder, World

SUBSTEPS_PER_CONTROL_STEP = 4
TIMESTEP_S = CONTROL_STEP_S / SUBSTEPS_PER_CONTROL_STEP
COORDINATES = 3
"""Of each body, x, y and yaw; as many controls, vx, vy and wz."""
# Painted steel and concrete against a plastic bumper: a base that grazes a wall slides along it.
WALL_FRICTION = [0.3, 0.005, 0.0001]


def build_scene(world: World, base: Base, count: int = 1) -> Any:
    """Compile the model, with `COORDINATES` and controls for each of so many bodies in turn.

    There is no gravity: the wheels carry the base, and nothing in the plane depends on it.

    Returns:
        The `mujoco.MjModel`.
    """
    spec = mujoco.MjSpec()
    spec.option.timestep = TIMESTEP_S
    spec.option.gravity = [0.0, 0.0, 0.0]
    # Not implicitfast: its symmetric derivative makes a base that turns drive up to 2 % too fast.
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_EULER
    for index in range(count):
        _add_body(spec, body_name(index), base)
    for index in range(count):
        _add_motors(spec, body_name(index), base)
    for block in world.blocks:
        _add_block(spec, block)
    for cylinder in world.cylinders:
        _add_cylinder(spec, cylinder)
    return spec.compile()


def body_name(index: int) -> str:
    """Return what the body is called in the model."""
    return f'base {index}'


def _add_body(spec: Any, name: str, base: Base) -> None:
    body = spec.worldbody.add_body(name=name)
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    body.add_joint(name=f'{name} x', type=slide, axis=[1, 0, 0])
    body.add_joint(name=f'{name} y', type=slide, axis=[0, 1, 0])
    body.add_joint(name=f'{name} yaw', type=hinge, axis=[0, 0, 1])
    body.mass = base.mass_kg
    body.inertia = [base.inertia_kgm2] * 3
    body.explicitinertial = True
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=[0, 0, base.radius_m, 0, 0, base.height_m - base.radius_m],
        size=[base.radius_m, 0, 0],
        friction=WALL_FRICTION,
    )
    body.add_site(name=name)


def _add_motors(spec: Any, name: str, base: Base) -> None:
    mass, inertia = base.mass_kg, base.inertia_kgm2
    driven = (mass / base.lag_s, mass * base.acceleration_mps2)
    held = (mass / base.grip_s, mass * base.grip_mps2)
    turned = (inertia / base.lag_s, inertia * base.turning_radps2)
    _add_motor(spec, name, 0, *driven)
    _add_motor(spec, name, 1, *(driven if base.can_move_sideways else held))
    _add_motor(spec, name, 5, *turned)


def _add_motor(spec: Any, body: str, axis: int, gain: float, limit: float) -> None:
    """Add a velocity servo along one axis of the body's own frame, limited in force or torque."""
    motor = spec.add_actuator(
        name=f'{body} {axis}',
        trntype=mujoco.mjtTrn.mjTRN_SITE,
        target=body,
        gear=[float(index == axis) for index in range(6)],
        forcelimited=True,
        forcerange=[-limit, limit],
    )
    motor.set_to_velocity(kv=gain)


def _add_block(spec: Any, block: Block) -> None:
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[block.x_m, block.y_m, block.height_m / 2],
        quat=[math.cos(block.yaw_rad / 2), 0.0, 0.0, math.sin(block.yaw_rad / 2)],
        size=[extent / 2 for extent in (block.length_m, block.width_m, block.height_m)],
        friction=WALL_FRICTION,
    )


def _add_cylinder(spec: Any, cylinder: Cylinder) -> None:
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        pos=[cylinder.x_m, cylinder.y_m, cylinder.height_m / 2],
        size=[cylinder.radius_m, cylinder.height_m / 2, 0.0],
        friction=WALL_FRICTION,
    )
