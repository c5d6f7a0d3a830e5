"""The cmd_vel gate's node: feeds `motion.gate.decide` and publishes what it decides."""

from __future__ import annotations

import math
import random
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.parameter import Parameter as RosParameter
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Bool, Empty
from std_srvs.srv import Trigger

from orchestrator_ren.errors import GateLost, InternalError, NotAlone, OrchestratorError
from orchestrator_ren.gate.kept_file import KeptFile, Unreadable
from orchestrator_ren.gate.latch_file import LatchFile
from orchestrator_ren.gate.other_gates import TOPIC as STATE_TOPIC
from orchestrator_ren.gate.other_gates import OtherGates
from orchestrator_ren.gate.parameters import PARAMETERS
from orchestrator_ren.location import former_latch_file, latch_file
from orchestrator_ren.motion import e_stop, gate
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_word import must_tell, word_of
from orchestrator_ren.motion.laser_scan import ScanReading, is_repeated, read
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.obstacle import Clearance, clearance, fault_of
from orchestrator_ren.motion.odometry import Odometer
from orchestrator_ren.motion.standstill import Standstill, StandstillLimits
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.msg import DriveCommand, EStopState
from orchestrator_ren.ros import diagnostics, qos
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros.graph import publishers_of
from orchestrator_ren.ros.parameters import Parameter, declare
from orchestrator_ren.ros.process import ProcessNode, run

HEARTBEAT_S = 0.1
"""Period of e_stop_state [s]."""

STOP_ZEROS = 5
"""Zeros sent when the process ends."""

ACKNOWLEDGE_S = 0.2
"""How long the end waits for the base to acknowledge the zeros [s]."""


class CmdVelGate(ProcessNode):
    """The only publisher of cmd_vel.

    It cannot move the robot wrongly: it publishes nothing but what `decide` returns, and zero
    when `decide` raises. All its timers run on the steady clock.

    Parameters:
        See `gate/parameters.py`.
    Publishers:
        cmd_vel (geometry_msgs/Twist, or TwistStamped; qos.VELOCITY): with each command, and zeros
            at 20 Hz while latched and for 1 s after a motion.
        /diagnostics (DiagnosticArray; 1 Hz).
        e_stop_state (EStopState; qos.LATCHED): on change and at 10 Hz.
    Subscriptions:
        drive_command (DriveCommand; qos.VELOCITY).
        e_stop (std_msgs/Bool; each of qos.E_STOP_INPUTS).
        heartbeat (std_msgs/Empty; qos.SENSOR), with `heartbeat_timeout_s`.
        odom (nav_msgs/Odometry; qos.SENSOR): whether the robot stands.
        scan (sensor_msgs/LaserScan; qos.SENSOR), with `stop_distance_m`.
    Services:
        reset_e_stop (std_srvs/Trigger): releases the latch.
        stop (std_srvs/Trigger): zero now, the running motion is closed; not latched.
    Timers:
        50 Hz while something moves or zeros are due, or a heartbeat is needed; 10 Hz state.
    """

    def __init__(
        self,
        parameter_overrides: Sequence[RosParameter] = (),
        neighbours: Sequence[Parameter] = (),
        **node_args: Any,
    ) -> None:
        super().__init__(
            'cmd_vel_gate', parameter_overrides=list(parameter_overrides), **node_args
        )
        values = declare(self, PARAMETERS, neighbours)
        self._limits = MotionLimits(
            max_speed_mps=values.max_speed_mps,
            max_yaw_rate_radps=values.max_yaw_rate_radps,
            max_acceleration_mps2=values.max_acceleration_mps2,
            max_deceleration_mps2=values.max_deceleration_mps2,
            max_yaw_acceleration_radps2=values.max_yaw_acceleration_radps2,
            stop_distance_m=values.stop_distance_m,
            heartbeat_timeout_s=values.heartbeat_timeout_s,
        )
        name = self.get_namespace()
        path = Path(values.latch_file) if values.latch_file else latch_file(name)
        former = None if values.latch_file else former_latch_file(name)
        self._latch_file = LatchFile(path, former)
        start = self._latch_file.load()
        if values.start_latched:
            start = e_stop.press(start, Cause.START, 'at start')
        if not values.heartbeat_timeout_s:  # nobody listens to one any more
            start = e_stop.release(start, Cause.HEARTBEAT)
        self._latch_file.save(start)
        self._started_at_mono_s = time.monotonic()
        self._term_file = KeptFile(Path(f'{path}.term'))
        self._kept_term = self._load_term()
        self._state = gate.GateState(
            gate_id=random.SystemRandom().getrandbits(63) + 1,
            e_stop=start,
            heartbeat_at_mono_s=self._started_at_mono_s,
            **self._kept_term,
        )
        self._is_simulated = self.get_parameter('use_sim_time').value
        self._odometer = Odometer(
            StandstillLimits(values.standstill_speed_mps, values.standstill_yaw_rate_radps),
            is_simulated=self._is_simulated,
        )
        self._reading: ScanReading | None = None
        self._open_space = values.scan_open_space
        self._half_width_m = values.stop_half_width_m
        self._stops_on_second = values.stop_on_second_publisher
        self._seconds: list[str] = []
        self._commanders: list[str] = []
        self._commanded_at_ns = 0
        self._announced: gate.GateState | None = None
        self._frame = values.base_frame if values.enable_stamped_cmd_vel else None
        self._velocity_publisher = self.create_publisher(
            Twist if self._frame is None else TwistStamped, 'cmd_vel', qos.VELOCITY
        )
        self._state_publisher = self.create_publisher(EStopState, STATE_TOPIC, qos.LATCHED)
        self._other_gates = OtherGates(
            self, self._state.gate_id, self._uptime_s, self._on_other_gate
        )
        self._command_subscription = self.create_subscription(
            DriveCommand, 'drive_command', self._on_drive_command, qos.VELOCITY
        )
        for profile in qos.E_STOP_INPUTS.values():
            # One of them always fits; the default warning about the others would mislead.
            self.create_subscription(
                Bool,
                'e_stop',
                self._on_e_stop,
                profile,
                event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
            )
        self.create_subscription(Odometry, 'odom', self._on_odometry, qos.SENSOR)
        if values.heartbeat_timeout_s:
            beat = partial(self._judge, gate.Heartbeat())
            self.create_subscription(Empty, 'heartbeat', lambda _message: beat(), qos.SENSOR)
        if values.stop_distance_m:
            self.create_subscription(LaserScan, 'scan', self._on_scan, qos.SENSOR)
        self.create_service(Trigger, 'reset_e_stop', self._handle_reset)
        self.create_service(Trigger, 'stop', self._handle_stop)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._tick_timer = self.create_timer(
            gate.TICK_S, partial(self._judge, gate.Tick()), clock=steady
        )
        self.create_timer(HEARTBEAT_S, self._announce, clock=steady)
        self._diagnostics = diagnostics.DiagnosticsPublisher(self)
        self.create_timer(diagnostics.PERIOD_S, self._diagnose, clock=steady)
        self.get_logger().info(
            f'at most {self._limits.max_speed_mps:g} m/s; the e-stop is {start.status.value}'
        )

    def begin_stop(self) -> None:
        """Close the running motion and send zeros; what comes later is refused."""
        self._judge(gate.Stop(GateLost.code, 'is shutting down'))
        self.destroy_subscription(self._command_subscription)

    async def finish_stop(self) -> None:
        """Send the last zeros and wait until they are acknowledged."""
        self._send_last_zeros()
        self._latch_file.close()
        self._term_file.close()

    def on_forced_end(self) -> None:
        """Send the last zeros: whatever blocks the process may have kept it from any."""
        self._send_last_zeros()

    def on_callback_error(self) -> None:
        """Stop: an exception while judging safety is a stop."""
        self._judge(gate.Stop(InternalError.code, "a callback in the gate's process raised"))

    def _load_term(self) -> dict[str, int]:
        """Return the highest term that was ever seen, and whose it is."""
        try:
            kept = self._term_file.load() or {}
            term, holder_id = kept.get('term', 0), kept.get('orchestrator_id', 0)
            is_term = type(term) is int and 0 <= term < 2**32
            if not (is_term and type(holder_id) is int and 0 <= holder_id < 2**64):
                raise Unreadable(f'{self._term_file.path} has no term: {kept}')
            return {'term': term, 'orchestrator_id': holder_id}
        except Unreadable as error:
            # What was sent to an earlier run is refused all the same, by its gate_id.
            self.get_logger().error(f'the highest term is not known any more: {error!r}')
            return {}

    def _uptime_s(self) -> float:
        return time.monotonic() - self._started_at_mono_s

    def _on_other_gate(self) -> None:
        """End: the other one was there first, and the base must obey one only."""
        if self.fatal is None:
            names = ', '.join(publishers_of(self, STATE_TOPIC))
            self.fatal = NotAlone(count='more than one', what='cmd_vel gate', names=names)
            self.get_logger().fatal(f'{self.fatal}; this one was started later, and ends')

    def _send_last_zeros(self) -> None:
        for _ in range(STOP_ZEROS):
            self._publish(ZERO)
        self._velocity_publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGE_S))

    def _on_drive_command(self, message: DriveCommand) -> None:
        if conversions.is_announcement(message):
            self._judge(gate.Announcement(conversions.origin_from_msg(message)))
            return
        command = conversions.command_from_msg(message, self._simulated_step_s())
        if self._limits.stop_distance_m and not command.velocity.is_zero:
            ways = [each for each in (command.velocity, self._state.output) if each.speed_mps]
            free = min(map(self._clearance, ways), key=lambda each: each.way_m, default=None)
            if free is not None:
                command = replace(command, clearance_m=free.way_m, clearance_reason=free.reason)
        self._judge(command)

    def _clearance(self, velocity: Velocity) -> Clearance:
        return clearance(
            self._reading,
            math.atan2(velocity.y_mps, velocity.x_mps),
            self._half_width_m,
            self._limits.stop_distance_m,
            time.monotonic(),
        )

    def _on_scan(self, message: LaserScan) -> None:
        scan = conversions.scan_from_msg(message, time.monotonic())
        if self._reading is None or not is_repeated(scan, self._reading.scan):
            self._reading = read(scan, self._open_space)

    def _on_odometry(self, message: Odometry) -> None:
        now_mono_s = time.monotonic()
        self._odometer.add(conversions.odometry_from_msg(message, now_mono_s))
        if not self._state.awaits_standstill:
            return
        is_standing = self._odometer.standstill(now_mono_s).is_standing
        if is_standing is not None:
            self._judge(gate.Standing(is_standing))

    def _simulated_step_s(self) -> float:
        """Return the simulated time since the last command [s]; 0 without simulated time."""
        if not self._is_simulated:
            return 0.0
        previous_ns = self._commanded_at_ns
        self._commanded_at_ns = self.get_clock().now().nanoseconds
        return max(0.0, (self._commanded_at_ns - previous_ns) * 1e-9)

    def _on_e_stop(self, message: Bool) -> None:
        was_latched = self._state.e_stop.is_latched
        self._judge(gate.Press('e_stop topic') if message.data else gate.Release())
        if self._state.e_stop.is_latched and not was_latched:
            self.get_logger().warning(
                'e-stop latched: call reset_e_stop once its topic says false'
            )

    def _handle_reset(
        self, _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        standstill = self._odometer.standstill(time.monotonic())
        if standstill.is_standing is None and self._odometer.was_moving:
            reason = f'odometry showed the robot moving, and then: {standstill.reason}'
            standstill = Standstill(False, f'{reason}; mend it, or start the gate again')
        was_latched = self._state.e_stop.is_latched
        try:
            self._judge(gate.Reset(standstill.is_standing, standstill.reason))
            response.success, response.message = True, 'the e-stop is free'
            if was_latched:
                self.get_logger().info('e-stop reset')
        except OrchestratorError as error:
            response.message = f'{error.code}: {error}'
        return response

    def _handle_stop(
        self, _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        self._judge(gate.Stop())
        response.success, response.message = True, 'zero sent'
        return response

    def _judge(self, given: gate.Input) -> None:
        """Decide on one input, publish the velocity, and tell a changed state."""
        now_mono_s = time.monotonic()
        try:
            self._state, velocity = gate.decide(self._state, given, now_mono_s, self._limits)
        except OrchestratorError:
            raise
        except Exception:
            self.get_logger().error(f'the gate could not decide\n{traceback.format_exc()}')
            self._state, velocity = gate.stop_unjudged(self._state, now_mono_s)
        if velocity is not None:
            self._publish(velocity)
        self._latch_file.save(self._state.e_stop)
        term = {'term': self._state.term, 'orchestrator_id': self._state.orchestrator_id}
        if term != self._kept_term:
            self._kept_term = term
            self._term_file.keep(term)
        self._schedule_ticks()
        if must_tell(self._announced, self._state):
            self._announce()

    def _publish(self, velocity: Velocity) -> None:
        twist = conversions.velocity_to_msg(velocity)
        if self._frame is None:
            self._velocity_publisher.publish(twist)
            return
        stamped = TwistStamped(twist=twist)
        stamped.header.stamp = self.get_clock().now().to_msg()
        stamped.header.frame_id = self._frame
        self._velocity_publisher.publish(stamped)

    def _schedule_ticks(self) -> None:
        """Tick only while decisions are due without input: an idle gate costs nothing."""
        is_due = self._limits.heartbeat_timeout_s or self._state.needs_ticks(time.monotonic())
        if not is_due:
            self._tick_timer.cancel()
        elif self._tick_timer.is_canceled():
            self._tick_timer.reset()

    def _announce(self) -> None:
        self._announced = self._state
        self._state_publisher.publish(
            conversions.word_to_msg(
                word_of(
                    self._state,
                    self._limits,
                    time.monotonic(),
                    self._uptime_s(),
                    self._velocity_publisher.get_subscription_count(),
                    self._scan_fault(),
                ),
                self._state,
                self.get_clock().now().to_msg(),
            )
        )

    def _scan_fault(self) -> str:
        """Return why an obstacle would be taken to be on any way; empty = not known to be."""
        distance_m = self._limits.stop_distance_m
        return fault_of(self._reading, distance_m, time.monotonic()) if distance_m else ''

    def _look_around(self) -> None:
        """Look for others where there may be one only, and tell the log who they are."""
        self._other_gates.look()
        self._commanders = sorted(set(publishers_of(self, 'drive_command')))
        # One of its own name is its own, which was killed, or another gate: see `OtherGates`.
        own = self.get_fully_qualified_name()
        before, seconds = self._seconds, set(publishers_of(self, 'cmd_vel')) - {own}
        self._seconds = sorted(seconds)
        if not seconds:
            self._judge(gate.Release(Cause.PUBLISHER))  # also one from before a restart
        elif self._seconds != before:
            topic = self.resolve_topic_name('cmd_vel')
            words = f'{", ".join(self._seconds)} publishes on {topic}, too'
            self.get_logger().warning(f'{words}: the base obeys both')
            if self._stops_on_second:
                self._judge(gate.Press(words, Cause.PUBLISHER))

    def _diagnose(self) -> None:
        """Look around, and tell the diagnostics how things are."""
        self._look_around()
        self._latch_file.look()
        self._term_file.look()
        latch = self._state.e_stop
        level = diagnostics.OK if not latch.is_latched else diagnostics.ERROR
        others = f'{", ".join(self._seconds)} publishes too' if self._seconds else 'the only one'
        alive = self._state.orchestrators.count(time.monotonic())
        has_rivals = alive > 1 or len(self._commanders) > 1
        trouble = self._latch_file.trouble or self._term_file.trouble
        self._diagnostics.publish(
            (
                'e-stop',
                level,
                f'{latch.status.value} {latch.source}'.rstrip(),
                {'causes': ' '.join(sorted(latch.causes)), 'count': latch.count},
            ),
            (
                'cmd_vel',
                diagnostics.ERROR if self._seconds else diagnostics.OK,
                others,
                {'stream': self._state.stream},
            ),
            (
                'drive_command',
                diagnostics.ERROR if has_rivals else diagnostics.OK,
                f'more than one publisher: {", ".join(self._commanders)}'
                if has_rivals
                else 'one publisher at most',
                {
                    'term': self._state.term,
                    'orchestrators': alive,
                    'refused': self._state.rejected_count,
                    'last refusal': self._state.last_refusal,
                },
            ),
            (
                'latch file',
                diagnostics.WARN if trouble else diagnostics.OK,
                trouble or 'written',
                {},
            ),
        )


def main() -> int:
    """Run the gate in a process of its own."""
    return run(lambda: [CmdVelGate()])
