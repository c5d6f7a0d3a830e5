"""A program: a gate, and beside it a node that is bad at what BAD_AT says."""

import ctypes
import os
import sys
import time

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.task import Future

from orchestrator_ren.gate.node import CmdVelGate
from orchestrator_ren.ros.process import ProcessNode, run
from orchestrator_ren.ros.tasks import Tasks


class BadNeighbour(ProcessNode):
    """Raises in what its name says."""

    def __init__(self, kind: str) -> None:
        super().__init__(f'bad_{kind}'.replace(' ', '_'))
        self._kind = kind
        if kind == 'callback':
            steady = Clock(clock_type=ClockType.STEADY_TIME)
            self.create_timer(1e-6, self._raise, clock=steady)
        if kind == 'coroutine':
            self.create_timer(1.0, lambda: Tasks(self).run(self._raise_late()))
        if kind == 'shutdown':
            self.create_timer(1.0, rclpy.shutdown)

    def begin_stop(self) -> None:
        if self._kind == 'begin_stop':
            raise SystemExit(7)

    async def finish_stop(self) -> None:
        if self._kind == 'finish_stop':
            raise SystemExit(7)
        if self._kind == 'late finish_stop':
            await self._raise_late()

    def destroy_node(self) -> None:
        if self._kind == 'destroy_node':
            ctypes.PyDLL(None).sleep(60)  # with Python's lock held, as rclpy takes a node down
        super().destroy_node()

    async def _raise_late(self) -> None:
        later: Future = Future()
        self.executor.create_task(later.set_result, None)
        await later
        raise RecursionError(self._kind)

    def _raise(self) -> None:
        raise RecursionError(self._kind)


def make_nodes(kind: str) -> list[ProcessNode]:
    if kind == 'start':
        time.sleep(60.0)
    # Once before and once after: the gate begins to stop first, and finishes last.
    bad = BadNeighbour(kind)
    return [CmdVelGate(), bad] if 'finish_stop' in kind else [bad, CmdVelGate()]


if __name__ == '__main__':
    sys.exit(run(lambda: make_nodes(os.environ['BAD_AT'])))
