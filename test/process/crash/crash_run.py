"""Kills, one after the other, under a client that is busy; and what is found after each."""

import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice

from .busy_client import FINISHED, BusyClient
from .crash_system import CrashSystem, Kill, KilledError
from .ledger import DUPLICATED, EXECUTED_TWICE, KINDS, STUCK, Finding, check_history

OUTSIDE = 'outside'
"""Killed by the test, whatever it does."""

CYCLE = (
    'before commit',
    'after commit',
    'before reply',
    'after reply',
    'queued',
    'mid-cancel',
    OUTSIDE,
    'mid-drive',  # leaves something to recover
    'recovery before commit',
    'recovery after commit',
)
MOST_PASSINGS = {
    'before commit': 10,
    'after commit': 10,
    'before reply': 5,
    'after reply': 5,
    'mid-drive': 8,
    'mid-cancel': 4,
}
"""The kill comes at one of so many passings; at the first where nothing is said."""

INTERRUPTS = (
    'queued',
    'mid-cancel',
    'mid-drive',
    'recovery before commit',
    'recovery after commit',
)
"""Points after which a ticket has failed that was EXECUTING."""

LEAVES_CREATED = ('after commit', 'before reply')
"""Points after which a create that was not answered is on disk."""

INTERRUPTED = 205
WORK_S = 30.0
"""A kill that has not come by then does not come [s]."""


@dataclass
class Tally:
    """What kills at one point led to.

    Attributes:
        sent_again: Creates sent again, by whether that made the ticket: the one that was under
            way, or one that went to an orchestrator just dead.
        interrupted: Tickets found FAILED that were EXECUTING; after a kill that is followed by
            one during recovery, they count there.
        recovery_s: From an orchestrator that has come up, its store still closed, to one that
            takes requests [s].
        ready_s: From the start of its process to READY, as heard by the client [s].
    """

    kills: int = 0
    sent_again: Counter[bool] = field(default_factory=Counter)
    interrupted: int = 0
    recovery_s: list[float] = field(default_factory=list)
    ready_s: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f'{self.kills:3} kills; sent again: {self.sent_again[True]} made,'
            f' {self.sent_again[False]} found; {self.interrupted} interrupted;'
            f' recovery {_shown(self.recovery_s)}'
        )


def schedule(count: int, rng: random.Random) -> Iterator[tuple[str, Kill]]:
    """Yield so many kills with their names, each point in turn."""
    for name in islice(cycle(CYCLE), count):
        if name == OUTSIDE:
            yield name, Kill(after_s=rng.uniform(0.0, 1.5))
        else:
            yield name, Kill(name, rng.randint(1, MOST_PASSINGS.get(name, 1)))


class CrashRun:
    """A client, the kills it lived through, and what was found after them."""

    def __init__(self, system: CrashSystem, seed: int) -> None:
        self._system = system
        self._client = BusyClient(system, random.Random(seed))
        self._tallies = {name: Tally() for name in CYCLE}
        self._last = ''
        self._interrupted: set[str] = set()
        self._to_try: list[str] = []

    @property
    def findings(self) -> list[Finding]:
        return self._client.findings

    @property
    def ticket_ids(self) -> list[str]:
        return [each.ticket_id for each in self._client.ledger.orders.values()]

    @property
    def recovery_s(self) -> list[float]:
        return [each for tally in self._tallies.values() for each in tally.recovery_s]

    @property
    def ready_s(self) -> list[float]:
        return [each for tally in self._tallies.values() for each in tally.ready_s]

    def kill(self, name: str, kill: Kill) -> None:
        """Start an orchestrator, check what it finds, and work with it until it is killed."""
        if name.startswith('recovery'):
            self._system.start_to_die(kill)
        else:
            try:
                self.bring_up(kill)
                self._work(name)
            except KilledError:
                self._client.recorder.expect_quiet(time.monotonic())
                self._client.mourn()
        log = self._system.log('orchestrator')
        assert self._system.process.returncode == -signal.SIGKILL, log[-2000:]
        self._tallies[name].kills += 1
        self._last = name

    def bring_up(self, kill: Kill) -> None:
        """Start an orchestrator, check what it finds, and wait until it can move the robot."""
        term = self._system.bring_up(kill)
        self._audit()
        recorder, system = self._client.recorder, self._system
        system.pursue(lambda: term in recorder.ready_at_mono_s)
        system.pursue(lambda: recorder.serving_at_s > system.started_at_s)
        if self._last:
            tally = self._tallies[self._last]
            tally.recovery_s.append(recorder.serving_at_s - recorder.up_at_s)
            tally.ready_s.append(recorder.ready_at_mono_s[term] - system.started_at_mono_s)
        self._try_interrupted()
        recorder.end_quiet()

    def finish(self) -> None:
        """Bring every ticket to an end."""
        self._client.end_all()
        left = [each for each in self._system.tickets() if not each.completed_at.sec]
        self.findings.extend((STUCK, f'{each} never ended') for each in left)

    def summary(self) -> str:
        found = Counter(kind for kind, _ in self.findings)
        lines = [f'{name:22} {tally}' for name, tally in self._tallies.items()]
        kills = sum(each.kills for each in self._tallies.values())
        counts = ', '.join(f'{found[kind]} {kind}' for kind in KINDS)
        lines += [
            f'{kills} kills, {len(self.ticket_ids)} tickets: {counts};'
            f' recovery {_shown(self.recovery_s)};'
            f' process start to READY {_shown(self.ready_s)}'
        ]
        return '\n'.join(lines)

    def _work(self, name: str) -> None:
        self._system.begin_work()
        until_mono_s = time.monotonic() + WORK_S
        while time.monotonic() < until_mono_s:
            if name == 'mid-cancel':
                self._client.cancel_what_rolls_on()
            else:
                self._client.work()
        raise AssertionError(f'the kill {name} never came')

    def _audit(self) -> None:
        """Compare what is there with what was asked for and told."""
        ledger, recorder = self._client.ledger, self._client.recorder
        self._send_again()
        tickets = self._system.tickets()
        self.findings.extend(ledger.compare(tickets))
        self._stop_if_found()
        for ticket in tickets:
            order = ledger.of_ticket(ticket.id)
            if not order.is_settled:
                events = self._system.history(ticket.id)
                self.findings.extend(check_history(ticket, events, recorder.terms_of_stream))
                ledger.note(ticket)
                order.is_settled = order.told_end is not None
            if ticket.error_code == INTERRUPTED and ticket.id not in self._interrupted:
                self._interrupted.add(ticket.id)
                self._to_try.append(ticket.id)
        self.findings.extend(recorder.findings())
        self._stop_if_found()
        assert self._to_try or self._last not in INTERRUPTS, f'{self._last}: nothing failed'

    def _send_again(self) -> None:
        for order in self._client.ledger.unanswered():
            is_made = self._client.send(order)
            if is_made and self._last in LEAVES_CREATED:
                self.findings.append((DUPLICATED, f'made twice: {order}'))
            self._tallies[self._last].sent_again[is_made] += 1

    def _try_interrupted(self) -> None:
        """What was EXECUTING at a kill is not executed again."""
        while self._to_try:
            result = self._client.execute_again(self._to_try[-1])
            if result.error_code != FINISHED:
                self.findings.append((EXECUTED_TWICE, f'after its interruption: {result}'))
                self._stop_if_found()
            self._tallies[self._last].interrupted += 1
            del self._to_try[-1]

    def _stop_if_found(self) -> None:
        assert not self.findings, f'after {self._last}: {self.findings}'


def _shown(durations_s: list[float]) -> str:
    if not durations_s:
        return '-'
    return f'p50 {statistics.median(durations_s):.2f} max {max(durations_s):.2f} s'
