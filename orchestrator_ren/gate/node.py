"""The cmd_vel gate's node: feeds `motion.gate.decide` and publishes what it decides."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from types import SimpleNamespace
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.parameter import Parameter as RosParameter
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.errors import GateLost, InternalError, NotAlone, OrchestratorError
from orchestrator_ren.gate.command_input import CommandInput
from orchestrator_ren.gate.diagnosis import parts_of
from orchestrator_ren.gate.heartbeat_input import HeartbeatInput
from orchestrator_ren.gate.judge import Judge
from orchestrator_ren.gate.kept_state import KeptState
from orchestrator_ren.gate.neighbours import Neighbours
from orchestrator_ren.gate.other_gates import OtherGates
from orchestrator_ren.gate.parameters import PARAMETERS
from orchestrator_ren.gate.state_publisher import HEARTBEAT_S, StatePublisher
from orchestrator_ren.gate.state_publisher import TOPIC as STATE_TOPIC
from orchestrator_ren.gate.velocity_publisher import VelocityPublisher
from orchestrator_ren.motion import gate
from orchestrator_ren.motion.e_stop import EStop
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.odometry import Odometer
from orchestrator_ren.motion.reset import reset_by
from orchestrator_ren.motion.standstill import StandstillLimits
from orchestrator_ren.motion.way_watch import WayWatch
from orchestrator_ren.ros import diagnostics, qos
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros.graph import publishers_of
from orchestrator_ren.ros.introspection import introspect
from orchestrator_ren.ros.parameters import Parameter, declare
from orchestrator_ren.ros.process import ProcessNode
from orchestrator_ren.ros.quiet_subscription import QuietSubscription


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
        odom (nav_msgs/Odometry; qos.SENSOR): whether the robot stands; looked at at 10 Hz while
            nothing moves.
        scan (sensor_msgs/LaserScan; qos.NEWEST_SCAN), with `stop_distance_m`: looked at at 10 Hz
            and before each command is judged.
    Services:
        reset_e_stop (std_srvs/Trigger): releases the latch.
        stop (std_srvs/Trigger): zero now, the running motion is closed; not latched.
    Timers:
        50 Hz while something moves, or zeros or a heartbeat are due; 10 Hz state.
    """

    def __init__(
        self,
        parameter_overrides: Sequence[RosParameter] = (),
        let_pass: Sequence[Parameter] = (),
        **node_args: Any,
    ) -> None:
        super().__init__(
            'cmd_vel_gate', parameter_overrides=list(parameter_overrides), **node_args
        )
        values = declare(self, PARAMETERS, let_pass)
        is_simulated = self.get_parameter('use_sim_time').value
        limits = _limits_of(values)
        self._way = WayWatch(
            values.stop_distance_m, values.stop_half_width_m, values.scan_open_space
        )
        self._odometer = Odometer(
            StandstillLimits(values.standstill_speed_mps, values.standstill_yaw_rate_radps),
            is_simulated=is_simulated,
        )
        frame = values.base_frame if values.enable_stamped_cmd_vel else None
        self._velocity = VelocityPublisher(self, frame)
        self._state_publisher = StatePublisher(
            self,
            limits,
            lambda: self._velocity.listeners,
            lambda now_mono_s: self._commands.times.worst_s(now_mono_s),
            self._way.fault,
        )
        self._kept = KeptState(self.get_namespace(), values.latch_file, self.get_logger())
        self._judge = Judge(
            self._kept.start(
                is_latched=values.start_latched, needs_heartbeat=bool(values.heartbeat_timeout_s)
            ),
            limits,
            self._velocity.publish,
            (self._kept.save, self._schedule_ticks, self._state_publisher.tell_change),
            self.get_logger(),
        )
        gate_id = self._judge.state.gate_id
        self._other_gates = OtherGates(
            self, gate_id, self._state_publisher.uptime_s, self._on_other_gate
        )
        self._neighbours = Neighbours(self, values.stop_on_second_publisher)
        clock = self.get_clock() if is_simulated else None
        self._commands = CommandInput(self, clock, self._judge.take, self._on_command)
        self._listen(values)
        introspect(self, values.service_introspection)
        self._start_timers()
        status = self._judge.state.e_stop.status.value
        self.get_logger().info(f'at most {limits.max_speed_mps:g} m/s; the e-stop is {status}')

    def _listen(self, values: SimpleNamespace) -> None:
        for profile in qos.E_STOP_INPUTS.values():
            # One of them always fits; the default warning about the others would mislead.
            self.create_subscription(
                Bool,
                'e_stop',
                self._on_e_stop,
                profile,
                event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
            )
        self._odometry = QuietSubscription(self, Odometry, 'odom', qos.SENSOR, self._on_odometry)
        self._heartbeat: HeartbeatInput | None = None
        if values.heartbeat_timeout_s:
            self._heartbeat = HeartbeatInput(self, values.heartbeat_timeout_s, self._judge.take)
        self._scans: QuietSubscription | None = None
        if values.stop_distance_m:
            self._scans = QuietSubscription(
                self, LaserScan, 'scan', qos.NEWEST_SCAN, self._on_scan
            )
        self.create_service(Trigger, 'reset_e_stop', self._handle_reset)
        self.create_service(Trigger, 'stop', self._handle_stop)

    def _start_timers(self) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        tick = partial(self._judge.take, gate.Tick())
        self._tick_timer = self.create_timer(gate.TICK_S, tick, clock=steady)
        self.create_timer(HEARTBEAT_S, self._on_word_due, clock=steady)
        self._diagnostics = diagnostics.DiagnosticsPublisher(self)
        self.create_timer(diagnostics.PERIOD_S, self._diagnose, clock=steady)

    def begin_stop(self) -> None:
        """Close the running motion and send zeros; what comes later is refused."""
        self._judge.take(gate.StopRequest(GateLost.code, 'is shutting down'))
        self._commands.close()

    async def finish_stop(self) -> None:
        """Send the last zeros and wait until they are acknowledged."""
        self._velocity.publish_last_zeros()
        self._kept.close()

    def on_forced_end(self) -> None:
        """Send the last zeros: whatever blocks the process may have kept it from any."""
        self._velocity.publish_last_zeros()

    def on_callback_error(self) -> None:
        """Stop: an exception while judging safety is a stop."""
        reason = "a callback in the gate's process raised"
        self._judge.take(gate.StopRequest(InternalError.code, reason))

    def _on_other_gate(self) -> None:
        """End: the other one was there first, and the base must obey one only."""
        if self.fatal is None:
            names = ', '.join(publishers_of(self, STATE_TOPIC))
            self.fatal = NotAlone(count='more than one', what='cmd_vel gate', names=names)
            self.get_logger().fatal(f'{self.fatal}; this one was started later, and ends')

    def _on_word_due(self) -> None:
        """Say how it is, by what the sensors have sent."""
        self._look_around(self._judge.state.needs_odometry)
        self._state_publisher.tell(self._judge.state)

    def _look_around(self, needs_odometry: bool) -> None:
        """Judge what the sensors have sent; odometry at once from now on, if that is needed."""
        self._odometry.attend(needs_odometry)
        if self._scans is not None:
            self._scans.look()

    def _on_command(self, command: gate.Command) -> None:
        self._look_around(True)
        output = self._judge.state.output
        self._judge.take(self._way.looked(command, output, time.monotonic()))

    def _on_scan(self, raw: bytes, received_mono_s: float) -> None:
        self._way.take(conversions.scan_from_bytes(raw, received_mono_s))

    def _on_odometry(self, raw: bytes, received_mono_s: float) -> None:
        self._odometer.add(conversions.odometry_from_bytes(raw, received_mono_s))
        if not self._judge.state.awaits_standstill:
            return
        is_standing = self._odometer.standstill(time.monotonic()).is_standing
        if is_standing is not None:
            self._judge.take(gate.Standing(is_standing))

    def _on_e_stop(self, message: Bool) -> None:
        was_latched = self._e_stop.is_latched
        self._judge.take(gate.Press('e_stop topic') if message.data else gate.Release())
        if self._e_stop.is_latched and not was_latched:
            self.get_logger().warning(
                'e-stop latched: call reset_e_stop once its topic says false'
            )

    def _handle_reset(
        self, _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        was_latched = self._e_stop.is_latched
        self._look_around(self._judge.state.needs_odometry)
        try:
            self._judge.take(reset_by(self._odometer, time.monotonic()))
            response.success, response.message = True, 'the e-stop is free'
            if was_latched:
                self.get_logger().info('e-stop reset')
        except OrchestratorError as error:
            response.message = f'{error.code}: {error}'
        return response

    def _handle_stop(
        self, _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        self._judge.take(gate.StopRequest())
        response.success, response.message = True, 'zero sent'
        return response

    @property
    def _e_stop(self) -> EStop:
        return self._judge.state.e_stop

    def _schedule_ticks(self, state: gate.GateState) -> None:
        """Tick only while decisions are due without input: an idle gate costs nothing."""
        is_late = self._heartbeat is not None and self._heartbeat.is_late
        if not (is_late or state.needs_ticks(time.monotonic())):
            self._tick_timer.cancel()
        elif self._tick_timer.is_canceled():
            self._tick_timer.reset()

    def _diagnose(self) -> None:
        """Look around, and tell the diagnostics how things are."""
        self._other_gates.look()
        found = self._neighbours.look()
        if found is not None:
            self._judge.take(found)
        self._kept.look()
        parts = parts_of(self._judge.state, self._neighbours, self._kept)
        self._diagnostics.publish(*parts)


def _limits_of(values: SimpleNamespace) -> MotionLimits:
    return MotionLimits(**{each.name: getattr(values, each.name) for each in fields(MotionLimits)})
