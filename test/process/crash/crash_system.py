"""An orchestrator that is killed, and a client that goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.action import ActionClient

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.srv import GetHistory, ListTickets

from ..conftest import System

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).with_name('crash_orchestrator.py')
PAGE = 100
TAIL_S = 0.05
"""How long what a killed process sent last is waited for [s]."""


class KilledError(Exception):
    """The orchestrator died before what was waited for came."""


@dataclass(frozen=True)
class Kill:
    """When an orchestrator is killed.

    Attributes:
        point: One of `crash_orchestrator.POINTS`; empty = not by itself.
        passings: How often it passes the point, the last time to death.
        after_s: Killed from outside after so much work [s]; None = it is not.
    """

    point: str = ''
    passings: int = 1
    after_s: float | None = None


class CrashSystem(System):
    """Its orchestrator is `crash_orchestrator.py`, one process after the other on one store."""

    def __init__(self, *args: Any, store_url: str) -> None:
        super().__init__(*args)
        paths = [str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])]
        self.environment['PYTHONPATH'] = os.pathsep.join(paths)  # what the tests import, too
        self.statuses.append(OrchestratorStatus())  # the first start is one after term 0
        self._store_url = store_url
        self._kill = Kill()
        self._deadline_mono_s = float('inf')
        self.started_at_mono_s = self.started_at_s = 0.0
        self.process: subprocess.Popen[bytes]

    def start(
        self, executable: str, *arguments: str, **parameters: Any
    ) -> subprocess.Popen[bytes]:
        """Start an executable, the orchestrator with the kill that is planned."""
        if executable != 'orchestrator':
            return super().start(executable, *arguments, **parameters)
        self.environment.update(CRASH_AT=self._kill.point, CRASH_AFTER=str(self._kill.passings))
        self.started_at_mono_s, self.started_at_s = time.monotonic(), time.time()
        words = ['--ros-args', '-r', f'__ns:=/{self._namespace}']
        for item in parameters.items():
            words += ['-p', '{}:={}'.format(*item)]
        with (self._tmp_path / 'orchestrator.log').open('ab') as log:
            self.process = subprocess.Popen(
                [sys.executable, PROGRAM, *words],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        self._processes.append(self.process)
        return self.process

    def start_to_die(self, kill: Kill) -> None:
        """Start an orchestrator that does not live to answer."""
        self._kill = kill
        self._deadline_mono_s = float('inf')
        self.start('orchestrator', gate='external', store_url=self._store_url)
        self.spin_until(lambda: self.is_dead)

    def bring_up(self, kill: Kill) -> int:
        """Start an orchestrator, and return its term once it answers."""
        self._kill = kill
        self._deadline_mono_s = float('inf')
        self.restart_orchestrator(gate='external', store_url=self._store_url)
        self.action.destroy()
        self.action = ActionClient(self.client, ExecuteTicket, 'execute_ticket')
        self._wait_for_action()
        return self.statuses[-1].term

    def begin_work(self) -> None:
        """From now on it may be killed from outside."""
        if self._kill.after_s is not None:
            self._deadline_mono_s = time.monotonic() + self._kill.after_s

    @property
    def is_dead(self) -> bool:
        """Whether the orchestrator was killed; the kill from outside is done here."""
        if time.monotonic() > self._deadline_mono_s:
            self.process.kill()
            self.process.wait()
        return self.process.poll() is not None

    def pursue(self, condition: Callable[[], Any], timeout_s: float = 20.0) -> Any:
        """Return the condition's value once it holds; raise KilledError if it never will."""
        self.spin_until(lambda: condition() or self.is_dead, timeout_s)
        tail_until_mono_s = time.monotonic() + TAIL_S
        self.spin_until(lambda: condition() or time.monotonic() > tail_until_mono_s)
        if not condition():
            raise KilledError
        return condition()

    def execute(self, ticket_id: str) -> Any:
        """Send the goal; return the future of its result."""
        sending = self.action.send_goal_async(ExecuteTicket.Goal(ticket_id=ticket_id))
        self.pursue(sending.done)
        return sending.result().get_result_async()

    def tickets(self, **wanted: Any) -> list[Any]:
        """Return all tickets that match, page after page."""
        found: list[Any] = []
        token = ''
        while True:
            page = self.call(ListTickets, 'list_tickets', limit=PAGE, page_token=token, **wanted)
            assert page.success, page.message
            found += page.tickets
            token = page.next_page_token
            if not token:
                assert (page.total, page.total_is_exact) == (len(found), True)
                return found

    def history(self, ticket_id: str) -> list[Any]:
        response = self.call(GetHistory, 'get_history', ticket_id=ticket_id)
        assert response.success, response.message
        return list(response.events)

    def _wait_for_action(self) -> None:
        """Send goals that are refused until one is answered: by the live server."""
        results: list[Any] = []
        sent_at_mono_s = 0.0

        def is_answered() -> bool:
            nonlocal sent_at_mono_s
            if time.monotonic() - sent_at_mono_s > 0.5:
                sent_at_mono_s = time.monotonic()
                goal = ExecuteTicket.Goal(ticket_id='none')
                self.action.send_goal_async(goal).add_done_callback(
                    lambda sending: results.append(sending.result().get_result_async())
                )
            return any(each.done() for each in results)

        self.spin_until(is_answered)
