"""Old tickets go in batches that nobody notices."""

import statistics
import time
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.orchestrator.store_access.retention import MAX_BATCH, MAX_HOLD_S
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Ticket

OLD = datetime.now(timezone.utc) - timedelta(days=365)
FINISHED = 600


@pytest.fixture
def filled(rig):
    """The store of the rig, with old finished tickets and one old that waits."""
    store = TicketStore(rig.store_url, synchronous='normal')
    store.open()
    for number in range(FINISHED + 1):
        note = {'operator': 'ren', 'note': 'x' * 500}
        ticket = Ticket(
            f't-{number}', 'stop', {}, metadata=note, created_at=OLD, updated_at=OLD, robot='robot'
        )
        store.insert(ticket)
        if number:
            store.change(ticket, lifecycle.cancel(ticket, OLD, 'old'), Actor.CLIENT)
    store.close()


@pytest.mark.alone
@pytest.mark.usefixtures('filled')
def test_no_batch_holds_the_store_for_long_and_others_are_answered_in_between(rig, monkeypatch):
    took_s = []
    prune = TicketStore.prune

    def timed(store, *args):
        began_s = time.perf_counter()
        removed = prune(store, *args)
        took_s.append(time.perf_counter() - began_s)
        return removed

    monkeypatch.setattr(TicketStore, 'prune', timed)
    rig.start(base=False)
    rig.spin_until(lambda: took_s)
    created_after = []
    while rig.list_tickets().total > len(created_after) + 1:
        created_after.append(len(took_s))
        rig.created_id('', command='stop')
    assert rig.get('t-0').status == 'PENDING'
    assert rig.metric('tickets.pruned').value == FINISHED
    assert len(took_s) >= 5
    assert len(set(created_after)) > 2, 'tickets were created between the batches'
    assert statistics.median(took_s) < MAX_HOLD_S


@pytest.mark.alone
@pytest.mark.parametrize(('takes_s', 'is_less'), [(0.03, True), (0.0, False)])
def test_batches_follow_how_long_they_take(rig, monkeypatch, takes_s, is_less):
    asked = []

    def fake(_store, _ended_before, _keep, limit):
        asked.append(limit)
        released_at_mono_s = time.monotonic() + takes_s
        while time.monotonic() < released_at_mono_s:
            pass
        return limit if len(asked) < 8 else 0

    monkeypatch.setattr(TicketStore, 'prune', fake)
    rig.start(base=False)
    rig.spin_until(lambda: len(asked) == 8)
    assert asked == sorted(asked, reverse=is_less)
    assert (asked[-1] < asked[0]) == is_less
    assert 1 <= min(asked) <= max(asked) <= MAX_BATCH


def test_after_a_round_the_next_one_waits(rig, monkeypatch):
    asked = []
    monkeypatch.setattr(TicketStore, 'prune', lambda *_: asked.append(1) or 0)
    rig.start(base=False)
    rig.spin_until(lambda: asked)
    rig.spin_for(2.2)
    assert asked == [1]


@pytest.mark.usefixtures('filled')
def test_round_under_way_ends_with_its_batch_when_the_orchestrator_stops(rig, monkeypatch):
    prune, batches = TicketStore.prune, []
    monkeypatch.setattr(
        TicketStore, 'prune', lambda store, *args: batches.append(1) or prune(store, *args)
    )
    rig.start(base=False)
    rig.spin_until(lambda: batches)
    rig.orchestrator.begin_stop()
    begun = len(batches)
    rig.stop_orchestrator()
    assert len(batches) <= begun + 1
    store = TicketStore(rig.store_url)
    store.open()
    assert sum(store.count_by_status().values()) > 1, 'the rest stays for the next start'
    store.close()
