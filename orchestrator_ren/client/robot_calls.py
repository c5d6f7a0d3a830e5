"""The calls about the robot: stop, e-stop, status, metrics; coroutines that await only `Wait`."""

from __future__ import annotations

from typing import Any

from std_srvs.srv import Trigger

from orchestrator_ren import srv
from orchestrator_ren.client import conversions
from orchestrator_ren.client.answers import EStop, Metric, RobotStatus
from orchestrator_ren.client.asking import Asking, read_message
from orchestrator_ren.client.standby import StandbyWord
from orchestrator_ren.errors import NotAnswered
from orchestrator_ren.ros import qos


class RobotCalls:
    """Asks gate and orchestrator.

    Args:
        asking: The robot.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    async def stop(self, limit_s: float | None) -> str:
        """Have the gate stop the robot; return what it did."""
        return str((await self._asking.ask(Trigger, 'stop', Trigger.Request(), limit_s)).message)

    async def status(self, limit_s: float | None) -> RobotStatus:
        """Return how the orchestrator is, also of one that stands by: that says so, unasked."""
        request = srv.GetStatus.Request()
        with StandbyWord(self._asking.link) as standby:
            try:
                answer = await self._asking.answer(
                    srv.GetStatus, 'get_status', request, limit_s, True, standby.is_certain
                )
            except NotAnswered:
                waiting = standby.newest()
                if waiting is None:
                    raise
                return read_message(conversions.status_from_msg, waiting)
        return read_message(conversions.status_from_msg, answer.status, answer.error_code)

    async def e_stop_state(self, limit_s: float | None, **until: Any) -> EStop:
        """Return what the gate says of the e-stop; `until` as for `Asking.heard`."""
        from orchestrator_ren.msg import EStopState

        read = conversions.e_stop_from_msg
        topic = EStopState, 'e_stop_state', qos.LATCHED
        return await self._asking.heard(*topic, read, limit_s, **until)

    async def press(self, limit_s: float | None) -> EStop:
        """Press the e-stop, and return what the gate says once it has latched."""

        def is_latched(state: EStop) -> bool:
            return state.is_pressed and state.is_latched

        return await self.e_stop_state(
            limit_s, is_wanted=is_latched, say=lambda: self._say_pressed(True)
        )

    async def reset(self, release: bool | None, limit_s: float | None) -> EStop:
        """Reset the e-stop, and return what the gate says then.

        It does not speak for a button that somebody else has: with None, the topic is released
        only where this client has pressed it, and nobody else publishes there.
        """

        def is_released(state: EStop) -> bool:
            return not state.is_pressed

        if release is None:
            release = self._asking.link.is_only_publisher('e_stop')
        if release:
            await self.e_stop_state(
                limit_s, is_wanted=is_released, say=lambda: self._say_pressed(False)
            )
        # Once: heard late, a second one would undo a press that came after the first.
        await self._asking.ask(Trigger, 'reset_e_stop', Trigger.Request(), limit_s, False)
        return await self.e_stop_state(limit_s)

    async def metrics(self, limit_s: float | None) -> dict[str, Metric]:
        """Return the metrics as published next, by name."""
        from orchestrator_ren.msg import Metrics

        topic = Metrics, 'telemetry/metrics', qos.METRICS
        return await self._asking.heard(*topic, conversions.metrics_from_msg, limit_s)

    def _say_pressed(self, is_pressed: bool) -> None:
        from std_msgs.msg import Bool

        self._asking.link.publish(Bool, 'e_stop', Bool(data=is_pressed))
