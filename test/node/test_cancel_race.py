"""Cancelling races with starting, ending and failing: there is one end, and all agree on it."""

import random
import sys
from collections import Counter

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.orchestrator import command_set
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CancelTicket, GetHistory

from ..amounts import amount
from ..extra_commands import with_extra_commands
from .conftest import Execution

RACES = amount('CANCEL_RACES', bounded=150, whole=1_000)
AT_ONCE = 50
FINAL = {'COMPLETED', 'FAILED', 'CANCELLED'}


class Race:
    """One ticket that is executed, and cancelled at a random moment, perhaps twice.

    It runs at once, or waits for others, or fails.
    """

    def __init__(self, rig, rng):
        self._rig = rig
        kind = rng.choice(['brief', 'turn', 'raise'])
        params = '' if kind == 'raise' else f'{{ticks: {rng.randrange(6)}}}'
        self.ticket_id = rig.created_id(params, command=kind)
        self._execution = Execution(rig, self.ticket_id) if rng.random() < 0.9 else None
        ways = [rng.choice(['service', 'action']) for _ in range(rng.randint(1, 2))]
        self._cancels_left = [(rng.randrange(40), way) for way in ways]
        self._replies = []

    def step(self):
        """Send what is due, counted in turns of the loop; return whether all is answered."""
        left, self._cancels_left = self._cancels_left, []
        for turns, way in left:
            if turns > 0:
                self._cancels_left.append((turns - 1, way))
            elif way == 'action' and self._execution is not None:
                self._replies.append(self._execution.handle.cancel_goal_async())
            else:
                request = CancelTicket.Request(ticket_id=self.ticket_id)
                self._replies.append(self._rig.cancel_client.call_async(request))
        is_answered = all(each.done() for each in self._replies)
        has_result = self._execution is None or self._execution.is_done
        return not self._cancels_left and is_answered and has_result

    def outcome(self):
        """Return the final status, once it is sure that all agree on it."""
        rig = self._rig
        ticket = rig.get(self.ticket_id)
        assert ticket.status in FINAL
        events = rig.call(GetHistory, 'get_history', ticket_id=self.ticket_id).events
        ends = [each.status for each in events if each.status in FINAL]
        assert ends == [ticket.status], 'it ended once'
        if self._execution is not None:
            result = self._execution.result()
            refused_code = 204  # it was cancelled before the goal came
            assert result.ticket.status == ticket.status or result.error_code == refused_code
        granted = [
            reply.result().success for reply in self._replies if hasattr(reply.result(), 'success')
        ]
        assert ticket.status == 'CANCELLED' or not any(granted), 'a granted cancel counts'
        return ticket.status


@pytest.mark.statistics
@pytest.mark.timeout(300)
def test_cancel_at_any_moment_leaves_one_final_status(rig, monkeypatch):
    monkeypatch.setattr(command_set, 'built_in_commands', with_extra_commands)
    rig.start()
    rig.cancel_client = rig.client.create_client(
        CancelTicket, 'cancel_ticket', qos_profile=qos.SERVICES
    )
    rig.spin_until(rig.cancel_client.service_is_ready)
    rng, outcomes = random.Random(5), Counter()
    for _ in range(RACES // AT_ONCE):
        races = [Race(rig, rng) for _ in range(AT_ONCE)]
        rig.spin_until(lambda races=races: all([each.step() for each in races]))
        outcomes.update(each.outcome() for each in races)
    print(f'\n{RACES} races: {dict(outcomes)}', file=sys.stderr)  # noqa: T201
    assert outcomes.total() == RACES
    assert min(outcomes[each] for each in FINAL) > RACES // 50, 'all endings were met'
