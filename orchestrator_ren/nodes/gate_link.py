"""The orchestrator's side of the gate and of the odometry."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import LaserScan

from orchestrator_ren.errors import (
    ClockUnusable,
    CommandRefused,
    CommandStale,
    EStopActive,
    GateLost,
    InternalError,
    MotionStopped,
    NoOdometry,
    OdometryJumped,
    OrchestratorError,
    SpeedAboveLimit,
)
from orchestrator_ren.motion.laser_scan import Scan, is_repeated
from orchestrator_ren.motion.odometry import Odometer
from orchestrator_ren.motion.standstill import StandstillLimits
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.msg import DriveCommand, EStopState
from orchestrator_ren.nodes import motion_conversions as conversions
from orchestrator_ren.nodes import qos
from orchestrator_ren.nodes.others import publishers_of

LOOK_S = 0.2
LOOKS = 2
"""A gate that was not heard before so many looks, each so long after the last [s], is lost; its
heartbeat comes every 0.1 s. One look is not enough: where this process itself stood still, it
comes before what the gate said meanwhile."""


class GateLink:
    """Sends velocities to the gate and listens to what it says.

    It cannot move the robot wrongly: the gate judges whatever it sends.

    Args:
        node: Owns the publisher and the subscriptions.
        on_motion_ended: Called with the stream (empty = every motion) and the error when the gate
            has stopped the robot by itself.
        on_unsafe: Called with the error when the e-stop latches, or the gate is lost.
        on_state: Called when it becomes possible or impossible to move.

    Attributes:
        on_odometry_jump: Called when odometry shows a step that no base can make.
    """

    def __init__(
        self,
        node: Node,
        on_motion_ended: Callable[[str, OrchestratorError], None],
        on_unsafe: Callable[[OrchestratorError], None],
        on_state: Callable[[], None],
    ) -> None:
        self.term = 0
        self.requires_odometry = False
        self.is_simulated = node.get_parameter('use_sim_time').value
        self.odometer = Odometer(
            StandstillLimits(
                node.get_parameter('standstill_speed_mps').value,
                node.get_parameter('standstill_yaw_rate_radps').value,
            ),
            is_simulated=self.is_simulated,
        )
        self.on_odometry_jump: Callable[[], None] = _nothing
        self._node = node
        self._on_motion_ended = on_motion_ended
        self._on_unsafe = on_unsafe
        self._on_state = on_state
        self._state: EStopState | None = None
        self._heard_at_mono_s = -math.inf
        self._silent_looks = 0
        self._publisher = node.create_publisher(DriveCommand, 'drive_command', qos.VELOCITY)
        node.create_subscription(EStopState, 'e_stop_state', self._on_gate_state, qos.LATCHED)
        node.create_subscription(Odometry, 'odom', self._on_odometry, qos.SENSOR)
        self._scan: Scan | None = None
        self._scan_subscription = None
        self._silence_timer = node.create_timer(
            LOOK_S, self._on_silence, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def scan_since(self, since_mono_s: float) -> Scan | None:
        """Return the latest laser scan, if it came in after `since_mono_s` [s].

        Nobody listens to scans before the first call: they are many and large.
        """
        if self._scan_subscription is None:
            self._scan_subscription = self._node.create_subscription(
                LaserScan, 'scan', self._on_scan, qos.SENSOR
            )
        if self._scan is None or self._scan.received_mono_s < since_mono_s:
            return None
        return self._scan

    def send(self, stream: str, velocity: Velocity, *, is_last: bool = False) -> None:
        """Ask for a velocity; `is_last` ends the stream."""
        self._publisher.publish(
            DriveCommand(
                stamp=self._node.get_clock().now().to_msg(),
                term=self.term,
                stream=stream,
                twist=conversions.velocity_to_msg(velocity),
                is_last=is_last,
            )
        )

    def end(self, stream: str) -> None:
        """Ask for zero, and end the stream."""
        self.send(stream, ZERO, is_last=True)

    def check_safe(self) -> None:
        """Refuse what must not go on while nothing may move.

        Raises:
            SafetyError: The e-stop is latched, or the gate is not heard.
        """
        if self.trouble is not None:
            raise self.trouble

    def check_motion(self, speed_mps: float) -> None:
        """Refuse a motion that the robot cannot do, or that the gate would not let pass.

        Raises:
            NoOdometry: None is heard, and the robot must not move without, or has had some before.
            ClockUnusable: `use_sim_time` is set, and no /clock is heard.
            SpeedAboveLimit: The gate's own limit is lower than `speed_mps` [m/s].
        """
        if not self.hears_odometry:
            trouble = self.odometer.trouble(time.monotonic())
            told = f'; what comes counts as none: {trouble}' if trouble else ''
            if self.requires_odometry:
                raise NoOdometry(reason=f'and require_odometry is set{told}')
            if self.odometer.has_begun:
                raise NoOdometry(
                    reason=f'but was before; mend it, or start the orchestrator again{told}'
                )
        if self.is_simulated and self._node.get_clock().now().nanoseconds == 0:
            raise ClockUnusable(detail='has not begun: no /clock is heard')
        if self._state is not None and speed_mps > self._state.max_speed_mps:
            raise SpeedAboveLimit(
                field='the speed',
                value=speed_mps,
                limit=f"at most {self._state.max_speed_mps:g}, the cmd_vel gate's max_speed_mps",
            )

    @property
    def hears_odometry(self) -> bool:
        """Whether odometry came in lately."""
        return self.odometer.fresh(time.monotonic()) is not None

    @property
    def expects_odometry(self) -> bool:
        """Whether somebody publishes odometry, but none was heard lately."""
        return not self.hears_odometry and bool(publishers_of(self._node, 'odom'))

    @property
    def jumped(self) -> OdometryJumped:
        """The error of a motion that saw the last jump of the odometry; there must be one."""
        jump = self.odometer.jump
        assert jump is not None
        return OdometryJumped(step_m=jump.step_m, turn_deg=jump.turn_deg, within_s=jump.within_s)

    @property
    def trouble(self) -> OrchestratorError | None:
        """Why nothing can move now; None when it can."""
        if self._state is None:
            return GateLost(detail='has not been heard yet; is it running?')
        if self._silent_looks >= LOOKS:
            silent_s = time.monotonic() - self._heard_at_mono_s
            return GateLost(detail=f'has not been heard for {silent_s:.1f} s')
        if self._state.state != EStopState.FREE:
            is_ready = self._state.state == EStopState.READY_TO_RESET
            hint = '; no cause holds any more: call reset_e_stop' if is_ready else ''
            return EStopActive(source=f'{self._state.source}{hint}')
        return None

    def _on_odometry(self, message: Odometry) -> None:
        jumps = self.odometer.jump_count
        self.odometer.add(conversions.odometry_from_msg(message, time.monotonic()))
        if self.odometer.jump_count != jumps:
            self.on_odometry_jump()

    def _on_scan(self, message: LaserScan) -> None:
        scan = conversions.scan_from_msg(message, time.monotonic())
        if not is_repeated(scan, self._scan):
            self._scan = scan

    def _on_gate_state(self, message: EStopState) -> None:
        previous, self._state = self._state, message
        self._heard_at_mono_s = time.monotonic()
        was_lost = self._silent_looks >= LOOKS
        self._silent_looks = 0
        self._silence_timer.reset()
        if previous is None:
            if self.trouble is not None:
                self._on_unsafe(self.trouble)
            self._on_state()
            return
        has_closed = message.closed_stream != previous.closed_stream
        if message.count > previous.count or message.state != EStopState.FREE:
            self._on_unsafe(EStopActive(source=message.source or 'pressed and reset'))
        elif message.stop_count > previous.stop_count:
            # Without a stream to close, `closed_code` is that of an earlier motion.
            code = message.closed_code if has_closed else MotionStopped.code
            self._on_motion_ended('', _error_of(code))
        elif has_closed:
            self._on_motion_ended(message.closed_stream, _error_of(message.closed_code))
        if message.state != previous.state or was_lost:
            self._on_state()

    def _on_silence(self) -> None:
        """Look again, then tell, once, that the gate is lost."""
        self._silent_looks += 1
        if self._silent_looks < LOOKS:
            self._silence_timer.reset()  # however late this look is, the next is `LOOK_S` away
            return
        self._silence_timer.cancel()
        if self._state is not None and isinstance(self.trouble, GateLost):
            self._on_unsafe(self.trouble)
        self._on_state()


def _nothing() -> None:
    pass


def _error_of(code: int) -> OrchestratorError:
    """Return the error the gate closed a stream with."""
    if code == EStopActive.code:
        return EStopActive(source='pressed meanwhile')
    if code == GateLost.code:
        return GateLost(detail='is shutting down')
    if code == CommandStale.code:
        return CommandStale()
    if code == CommandRefused.code:
        return CommandRefused()
    if code == MotionStopped.code:
        return MotionStopped(source='the stop service was called')
    return InternalError(detail='a callback of the gate raised')
