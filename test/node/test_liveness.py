"""Whatever is asked, at whatever moment: every request is answered, and every ticket ends.

The store takes its time at random, before and after it has done what it was asked: what a reader
saw and what is on disk differ for as long as that.
"""

import random
import time

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.orchestrator.ticket_holders import Holder
from orchestrator_ren.srv import CancelTicket, CreateTicket, GetHistory
from orchestrator_ren.tickets.ticket import Status

from .conftest import settle, stamp_of

ROUNDS = 3
AT_ONCE = 25
SLOWEST_S = 0.02
ANSWERED_WITHIN_S = 30.0
FINAL = {each.value for each in Status if each.is_final}
TOO_LATE = 106
"""Its deadline passed before its turn to be created came."""

REFUSALS = {0, 203, 204, 207, 208, 401}
"""What may come of it: done, active, finished, ended late, past its deadline, or timed out."""

RAISED = 900
"""What else may come of a command that raises."""


def slow_down(monkeypatch, store, rng):
    """Make the store take its time."""
    for name in ('insert', 'insert_queued', 'change', 'get'):
        quick = getattr(store, name)

        def slow(*args, quick=quick):
            time.sleep(rng.choice([0.0, rng.uniform(0.0, SLOWEST_S)]))
            outcome = quick(*args)
            time.sleep(rng.choice([0.0, rng.uniform(0.0, SLOWEST_S)]))
            return outcome

        monkeypatch.setattr(store, name, slow)


class Life:
    """A ticket, and what is asked of it, each at a random turn of the loop."""

    def __init__(self, rig, rng):
        self._rig, self._rng = rig, rng
        self._created = rig.send(CreateTicket, 'create_ticket', **self._wishes())
        self._left = [
            (
                rng.randrange(60),
                rng.choice(['goal', 'goal', 'force', 'plan', 'cancel', 'call off']),
            )
            for _ in range(rng.randint(1, 5))
        ]
        self._sending, self._replies, self._handles = [], [], []

    def _wishes(self):
        rng, now_s = self._rng, time.time()
        wishes = {'command': rng.choice(['turn', 'turn', 'turn', 'brief', 'raise', 'flaky'])}
        if wishes['command'] in ('turn', 'brief'):
            wishes['params'] = f'{{ticks: {rng.randrange(3)}}}'
        if wishes['command'] == 'flaky':
            wishes.update(max_attempts=2, backoff_seconds=0.05)
        if rng.random() < 0.2:
            wishes['not_before'] = stamp_of(now_s + 1.0)
        if rng.random() < 0.2:
            wishes['deadline'] = stamp_of(now_s + rng.uniform(1.5, 3.0))
        return {**wishes, 'priority': rng.randint(1, 4), 'timeout_seconds': 5.0}

    @property
    def ticket_id(self):
        return self._created.result().ticket.id

    def step(self):
        """Ask what is due; return whether all is asked and answered."""
        if not self._created.done():
            return False
        if not self._created.result().success:
            return True
        left, self._left = self._left, []
        for turns, what in left:
            if turns > 0:
                self._left.append((turns - 1, what))
            else:
                self._ask(what)
        for each in [sending for sending in self._sending if sending.done()]:
            self._sending.remove(each)
            self._handles.append(each.result())
            self._replies.append(each.result().get_result_async())
        is_answered = all(each.done() for each in self._replies)
        return is_answered and not self._left and not self._sending

    def _ask(self, what):
        if what == 'cancel':
            reply = self._rig.send(CancelTicket, 'cancel_ticket', ticket_id=self.ticket_id)
            self._replies.append(reply)
        elif what != 'call off':
            goal = ExecuteTicket.Goal(ticket_id=self.ticket_id)
            goal.force, goal.dry_run = what == 'force', what == 'plan'
            self._sending.append(self._rig.action.send_goal_async(goal))
        elif self._handles:
            self._replies.append(self._handles[-1].cancel_goal_async())

    def check(self):
        """See that what it was told and what is on disk agree."""
        created = self._created.result()
        if not created.success:
            assert created.error_code == TOO_LATE, created.message
            return
        ticket = self._rig.get(self.ticket_id)
        if ticket.status == 'PENDING':  # it was never executed
            ticket = self._rig.execute(self.ticket_id).result().ticket
        assert ticket.status in FINAL, ticket
        history = self._rig.call(GetHistory, 'get_history', ticket_id=self.ticket_id)
        assert history.events[-1].status == ticket.status
        for reply in self._replies:
            answer = getattr(reply.result(), 'result', reply.result())
            code = getattr(answer, 'error_code', 0)
            raises = code == RAISED and ticket.command in ('raise', 'flaky')
            assert code in REFUSALS or raises, answer


@pytest.mark.parametrize('dispatch', ['manual', 'auto'])
def test_every_request_is_answered_and_every_ticket_ends(extra, monkeypatch, dispatch):
    extra.start(orchestrator={'dispatch': dispatch})
    settle(extra)
    rng = random.Random(11)
    orchestrator = extra.orchestrator
    holders, dispatcher = orchestrator._holders, orchestrator._dispatch.dispatcher
    slow_down(monkeypatch, extra.orchestrator._store, rng)
    for _ in range(ROUNDS):
        lives = [Life(extra, rng) for _ in range(AT_ONCE)]
        extra.spin_until(
            lambda lives=lives: all([each.step() for each in lives]), ANSWERED_WITHIN_S
        )
        extra.spin_until(
            lambda: not len(dispatcher) and not any(holders.of(each) for each in Holder),
            ANSWERED_WITHIN_S,
        )
        for each in lives:
            each.check()
    assert len(dispatcher) == 0
    assert not any(holders.of(each) for each in Holder)
