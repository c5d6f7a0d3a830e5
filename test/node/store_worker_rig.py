"""The thread of the store with a store of which only the commits are looked at."""

import threading
from contextlib import contextmanager

from orchestrator_ren.errors import StoreUnavailable
from orchestrator_ren.orchestrator.store_access.store_worker import StoreWorker

WAIT_S = 10.0


class Executor:
    """Counts how often it is woken."""

    def __init__(self):
        self.wakes = 0
        self._was_woken = threading.Condition()

    def wake(self):
        with self._was_woken:
            self.wakes += 1
            self._was_woken.notify_all()

    def until(self, condition):
        with self._was_woken:
            assert self._was_woken.wait_for(condition, WAIT_S), 'timed out'


class Asked:
    """A coroutine that awaits a call: what came of it."""

    def __init__(self, coroutine):
        self.outcome = None
        self._coroutine = coroutine
        self._answer = None
        self._go_on()

    @property
    def is_done(self):
        if self.outcome is None and self._answer.done():
            self._go_on()
        return self.outcome is not None

    def _go_on(self):
        try:
            self._answer = self._coroutine.send(None)
        except StopIteration as end:
            self.outcome = end.value
        except Exception as error:
            self.outcome = error

    def cancel(self):
        self._coroutine.close()


class WorkerRig:
    """A worker with a store of which only the commits are looked at.

    Attributes:
        commits: What was made in each, by name.
        commit_error: What the next commit raises.
    """

    def __init__(self):
        self.executor = Executor()
        self.commits = []
        self.commit_error = self.begin_error = None
        self._making = None
        self._slow = []
        self.worker = StoreWorker(self, 'test writer', 'x', self._together)

    @contextmanager
    def _together(self):
        if self.begin_error is not None:
            raise self.begin_error
        self._making, before = [], self._making
        try:
            yield
            if self.commit_error is not None:
                raise self.commit_error
            failed = [each for each in self._making if isinstance(each, StoreUnavailable)]
            if failed:
                raise failed[0]
            self.commits.append(self._making)
        finally:
            self._making = before

    def _made(self, name, error):
        if self._making is None:
            if error is None:
                self.commits.append([name])
        else:
            self._making.append(name if error is None else error)
        if error is not None:
            raise error
        return name

    def join(self, name, error=None):
        return Asked(self.worker.join(self._made, name, error))

    def alone(self, name):
        return Asked(self.worker.call(self._made, name, None))

    def slow(self, way, error=None):
        """Ask for a call that lasts until it is freed; `way`: `call` or `join` of the worker."""
        entered, free = threading.Event(), threading.Event()

        def last():
            entered.set()
            assert free.wait(WAIT_S)
            return self._made('slow', error)

        asked = Asked(way(last))
        asked.entered, asked.free = entered, free.set
        self._slow.append(asked)
        return asked

    def occupied(self):
        """Have the thread make a call that lasts until it is freed: what comes next waits."""
        slow = self.slow(self.worker.call)
        assert slow.entered.wait(WAIT_S)
        return slow

    def close(self):
        for each in self._slow:
            each.free()
        self.worker.close(lambda: None)

    def outcomes(self, *asked):
        self.executor.until(lambda: all([each.is_done for each in asked]))
        return [each.outcome for each in asked]
