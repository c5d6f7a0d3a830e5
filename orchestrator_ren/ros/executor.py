"""The executor of our programs: rclpy's single-threaded one at half its cost."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from threading import RLock, get_ident
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.executors import (
    ExternalShutdownException,
    SingleThreadedExecutor,
    TimeoutObject,
)
from rclpy.guard_condition import GuardCondition
from rclpy.node import Node
from rclpy.task import Task

from orchestrator_ren.ros.coroutine_run import CoroutineRun
from orchestrator_ren.ros.wait_set import WaitSet, entities_of

POLLS = not hasattr(SingleThreadedExecutor, '_call_task_in_next_spin')
"""Whether a task of this rclpy cannot tell what it waits for (below 7.1.9 and 9.1.4)."""

LOOK_S = 0.0005
"""Steps that follow each other are taken for so long before the next look at the entities [s]."""

Step = Callable[[], None]


class CachedExecutor(SingleThreadedExecutor):
    """Does what a SingleThreadedExecutor does, in the same order.

    Its wait set is made again only when the nodes have other entities than before; callbacks are
    called as they are, not as tasks that wake the executor twice; coroutines are resumed when
    what they await is done, and what they raise is raised, in every release of rclpy.

    It relies on inner parts of rclpy: `test` finds out whether they are as they must be.
    """

    def __init__(self, *, context: Context | None = None) -> None:
        self._steps: deque[Step] = deque()  # of any thread
        self._resumed: deque[Step] = deque()  # callbacks that go on; of any thread
        self._has_resumed = False
        self._round: deque[Step] = deque()
        self._runs: set[CoroutineRun] = set()  # nobody else may know of one that waits for ever
        self._waiting_tasks: set[Task] = set()
        self._busy = 0
        self._wait_set: WaitSet | None = None
        self._is_stale = True
        self._is_waiting = False
        self._looked_at_mono_s = 0.0
        self._spun_by: int | None = None
        self._hold_lock = RLock()  # who spins says so, or another thread lets go: never both
        super().__init__(context=context)

    def create_task(
        self, callback: Callable[..., Any] | Coroutine[Any, Any, Any], *args: Any, **kwargs: Any
    ) -> Task:
        """Have a function or coroutine run by the executor; from any thread."""
        task = Task(callback, args, kwargs, executor=self)
        self._call_task_in_next_spin(task)
        return task

    def wake(self) -> None:
        """Look anew at what the nodes have, and at what may go on; from any thread."""
        self._is_stale = True
        self._end_wait()

    def add_node(self, node: Node) -> bool:
        """Serve a node's callbacks too."""
        is_new = super().add_node(node)
        self.wake()
        return is_new

    def remove_node(self, node: Node) -> None:
        """Serve a node's callbacks no longer."""
        super().remove_node(node)
        self.wake()
        self._let_go()

    def shutdown(self, timeout_sec: float | None = None) -> bool:
        """End; from any thread."""
        is_done = bool(super().shutdown(timeout_sec))
        self._let_go()
        return is_done

    def test(self) -> None:
        """Raise something, if this rclpy is other than what is relied on; do nothing else."""
        done: list[str] = []
        self.create_task(partial(done.append, 'task'))
        self.spin_once(timeout_sec=0.0)
        if done != ['task']:
            raise RuntimeError('a task was not run')
        for kind in 'timer', 'subscription', 'client', 'service', 'guard_condition', 'waitable':
            if not callable(getattr(self, f'_take_{kind}')):
                raise RuntimeError(f'_take_{kind} is not callable')
        self._wait(0.0)

    def _spin_once_impl(
        self,
        timeout_sec: float | TimeoutObject | None = None,
        wait_condition: Callable[[], bool] = lambda: False,
    ) -> None:
        """Wait for and do one thing; rclpy's `spin…` all call this."""
        with self._hold_lock:
            outer, self._spun_by = self._spun_by, get_ident()  # first: see `_let_go`
        try:
            self._gather(_limit_s(timeout_sec), wait_condition)
            if self._round and not self._is_shutdown:
                self._round.popleft()()
        finally:
            self._spun_by = outer
            if self._is_shutdown:
                self._let_go()

    def _gather(self, limit_s: float, is_reached: Callable[[], bool]) -> None:
        """Wait until there is something to do, or the time is over, or something else so."""
        until_mono_s = time.monotonic() + limit_s
        while not self._round and not self._is_shutdown and not is_reached():
            rest_s = until_mono_s - time.monotonic()
            self._next_round(max(0.0, rest_s))
            if rest_s <= 0.0:
                break

    def _next_round(self, limit_s: float) -> None:
        """Gather what is to be done: steps first, then entities."""
        for _ in range(len(self._steps)):
            self._round.append(self._steps.popleft())
        if self._resumed and not self._has_resumed:
            self._has_resumed = True
            self._round.append(self._resumed.popleft())
        if self._round and time.monotonic() < self._looked_at_mono_s + LOOK_S:
            return
        if POLLS:
            for task in list(self._waiting_tasks):
                task()
        self._wait(limit_s)

    def _wait(self, limit_s: float) -> None:
        """Add what is ready to the round."""
        wait_set = self._current_wait_set()
        self._is_waiting = True  # before the look at what others set after a look at this
        is_due = self._round or self._steps or self._resumed or self._is_stale
        try:
            ready = wait_set.wait(
                0.0 if is_due else limit_s, self.can_execute if self._busy else None
            )
        except BaseException:
            self._let_go()  # whatever is wrong with it
            raise
        finally:
            self._is_waiting = False
            self._looked_at_mono_s = time.monotonic()
            self._has_resumed = False
        if not self._context.ok() and not self._is_shutdown:
            raise ExternalShutdownException()
        for kind, entity in ready:
            self._round.append(partial(self._serve, entity, getattr(self, f'_take_{kind.name}')))

    def _current_wait_set(self) -> WaitSet:
        """Return that of all entities there are now."""
        is_stale = self._is_stale
        if is_stale:  # else one who says so at this moment would be overlooked
            self._is_stale = False
        if self._wait_set is None or (is_stale and not self._wait_set.is_of(self.get_nodes())):
            self._let_go()
            guards = [each for each in (self._guard, self._sigint_gc) if each is not None]
            self._wait_set = WaitSet(self.get_nodes(), guards, self._context)
        return self._wait_set

    def _serve(self, entity: Any, take: Callable[[Any], Any]) -> None:
        """Take what is there for an entity, and call its callback with it."""
        if self._is_stale and not any(each is entity for each in entities_of(self.get_nodes())):
            return
        group = entity.callback_group
        if not group.beginning_execution(entity):
            if isinstance(entity, GuardCondition):
                entity.trigger()  # nothing else remembers that it was
            return
        self._busy += not isinstance(group, ReentrantCallbackGroup)
        run = CoroutineRun(
            _called(entity, take),
            self._resume,
            lambda: self,
            partial(self._on_end, entity),
        )
        self._runs.add(run)
        run.go_on()

    def _on_end(self, entity: Any, run: CoroutineRun) -> None:
        self._runs.discard(run)
        group = entity.callback_group
        self._busy -= not isinstance(group, ReentrantCallbackGroup)
        group.ending_execution(entity)

    def _take_timer(self, tmr: Any) -> Any:
        return super()._take_timer(tmr) if tmr.handle.is_timer_ready() else None

    def _call_task_in_next_spin(self, task: Task) -> None:
        """Run or resume a task; rclpy's tasks call this too."""
        self._add(partial(self._run_task, task))

    def _run_task(self, task: Task) -> None:
        has_waited = task in self._waiting_tasks
        task()
        if has_waited:
            return
        if task.done() or task.cancelled():
            self._settle(task)
        else:
            self._waiting_tasks.add(task)
            task.add_done_callback(self._settle)

    def _settle(self, task: Task) -> None:
        """Raise what it raised: with some releases of rclpy nobody would hear of it."""
        self._waiting_tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            raise error

    def _add(self, step: Step) -> None:
        """Have it done soon; from any thread."""
        self._steps.append(step)
        self._end_wait()

    def _resume(self, step: Step) -> None:
        """Have a callback go on soon; from any thread.

        One between two looks at the entities: a client in this process takes one answer at each
        look, keeps ten, and would never hear of others that are sent it meanwhile.
        """
        self._resumed.append(step)
        self._end_wait()

    def _end_wait(self) -> None:
        guard = self._guard
        if self._is_waiting and guard is not None:
            with suppress(InvalidHandle):
                guard.trigger()

    def _let_go(self) -> None:
        """Let what is destroyed be taken down, unless another thread may wait for it now.

        That one lets go itself: it says that it spins before it looks whether this was shut down,
        and `shutdown` says so before it looks whether somebody spins.
        """
        with self._hold_lock:
            if self._wait_set is not None and self._spun_by in (None, get_ident()):
                self._wait_set.close()
                self._wait_set = None


async def _called(entity: Any, take: Callable[[Any], Any]) -> None:
    call = take(entity)
    if call is not None:
        await call()


def _limit_s(timeout_sec: float | TimeoutObject | None) -> float:
    limit = timeout_sec.timeout if isinstance(timeout_sec, TimeoutObject) else timeout_sec
    return math.inf if limit is None or limit < 0.0 else float(limit)


def make_executor(nodes: Sequence[Node], is_stock_wanted: bool) -> SingleThreadedExecutor:
    """Return an executor that serves the nodes.

    Args:
        nodes: Made, of one context, with an executor not yet.
        is_stock_wanted: Whether it shall be rclpy's own.
    """
    context = nodes[0].context
    try:
        executor = SingleThreadedExecutor(context=context) if is_stock_wanted else _tested(nodes)
    except Exception as error:
        words = f'with this rclpy, its own executor is used, which costs twice as much: {error!r}'
        nodes[0].get_logger().warning(words)
        executor = SingleThreadedExecutor(context=context)
    for node in nodes:
        executor.add_node(node)
    return executor


def _tested(nodes: Sequence[Node]) -> SingleThreadedExecutor:
    """Return the quick executor.

    Raises:
        Exception: It does not work with this rclpy, in whatever way.
    """
    executor = CachedExecutor(context=nodes[0].context)
    try:
        for node in nodes:
            executor.add_node(node)
        executor.test()
    except Exception:
        executor.shutdown()
        raise
    return executor
