"""What the orchestrator says of itself on /diagnostics."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rclpy.node import Node

from orchestrator_ren.commands.plugins import BrokenPlugin
from orchestrator_ren.errors import NotAtStandstill, OrchestratorError
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.execution.runner import TicketRunner
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros import diagnostics
from orchestrator_ren.ros.diagnostics import Part
from orchestrator_ren.ros.graph import publishers_of
from orchestrator_ren.telemetry.metrics_page import MetricsPage


class SelfDiagnosis:
    """Publishes one item for each part that can be wrong.

    Args:
        node: Owns the publisher.
        version: Of the package.
        keeper: Of the store.
        runner: Knows whether the last motion ended at standstill.
        sensors: Of the robot.
        dispatcher: Holds the queue.
        pause: Of the queue.
        broken_plugins: Plug-ins that could not be used.
        misfits: Returns what the gate's limits lower.
        exposed: What secrets anybody can read.
        page: Of the metrics.
    """

    def __init__(
        self,
        node: Node,
        version: str,
        keeper: StoreKeeper,
        runner: TicketRunner,
        sensors: Sensors,
        dispatcher: Dispatcher,
        pause: QueuePause,
        broken_plugins: Sequence[BrokenPlugin],
        misfits: Callable[[], Sequence[str]],
        exposed: Sequence[str],
        page: MetricsPage,
    ) -> None:
        self._node = node
        self._version = version
        self._keeper = keeper
        self._runner = runner
        self._sensors = sensors
        self._dispatcher = dispatcher
        self._pause = pause
        self._broken_plugins = broken_plugins
        self._misfits = misfits
        self._exposed = exposed
        self._page = page
        self._publisher = diagnostics.DiagnosticsPublisher(node)

    def publish(self, trouble: OrchestratorError | None) -> None:
        """Publish all; `trouble` is why nothing can move."""
        store = self._keeper.store
        counts: dict[str, object] = {
            each.value: count for each, count in store.count_by_status().items()
        }
        identity: dict[str, object] = {'version': self._version, 'term': store.term}
        self._publisher.publish(
            _error('service', trouble, 'ready', identity),
            _error('ticket store', self._keeper.trouble, 'works', counts),
            self._standstill(),
            self._queue(),
            _warning('limits', self._misfits(), "within the cmd_vel gate's"),
            _warning('plug-ins', [str(each) for each in self._broken_plugins], 'none is broken'),
            _warning('secrets', self._exposed, 'none can be read by others'),
            self._odometry(),
            _warning(
                'metrics page', [each for each in [self._page.trouble] if each], self._page.words
            ),
        )

    def _standstill(self) -> Part:
        rolls_on = self._runner.rolls_on
        level = diagnostics.ERROR if rolls_on else diagnostics.OK
        words = f'{rolls_on} [{NotAtStandstill.code}]' if rolls_on else 'reached'
        return 'standstill', level, words, {}

    def _queue(self) -> Part:
        reason = self._pause.reason
        level = diagnostics.WARN if reason else diagnostics.OK
        words = f'paused: {reason.text}' if reason else 'goes on'
        return 'queue', level, words, {'waiting': len(self._dispatcher)}

    def _odometry(self) -> Part:
        sensors, sources = self._sensors, publishers_of(self._node, 'odom')
        odometer = sensors.odometer
        trouble = odometer.trouble(time.monotonic())
        told = ['heard' if sensors.hears_odometry else 'not heard: standstill cannot be measured']
        level = diagnostics.OK if sensors.hears_odometry and not trouble else diagnostics.WARN
        if trouble:
            told.append(trouble)
        if len(sources) > 1:
            told.append(f'{len(sources)} publishers: {", ".join(sources)}')
        if len(sources) > 1 or (trouble and not sensors.hears_odometry):
            level = diagnostics.ERROR
        values: dict[str, object] = {
            'refused': odometer.refused_count,
            'jumps': odometer.jump_count,
        }
        return 'odometry', level, '; '.join(told), values


def _error(
    name: str, error: OrchestratorError | None, good: str, values: dict[str, object]
) -> Part:
    level = diagnostics.OK if error is None else diagnostics.ERROR
    return name, level, f'{error} [{error.code}]' if error else good, values


def _warning(name: str, wrong: Sequence[str], good: str) -> Part:
    return name, diagnostics.WARN if wrong else diagnostics.OK, '; '.join(wrong) or good, {}
