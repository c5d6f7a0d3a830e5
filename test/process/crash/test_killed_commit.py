"""Killed while it writes what many wait for: all of a commit is there, or nothing of it."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import orchestrator_ren
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.listing import TicketFilter

from ...amounts import amount

KILLS = amount('COMMIT_KILLS', bounded=8, whole=100)
TOGETHER = 8
MOST_ANSWERS = 120
WAIT_S = 20.0

WRITER = f"""
import itertools, sys
from datetime import datetime, timezone
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Ticket

store = TicketStore(sys.argv[1])
store.open()
for batch in itertools.count():
    now = datetime.now(timezone.utc)
    with store.together():
        for number in range({TOGETHER}):
            id_ = f'tick-{{store.term:04}}-{{batch:06}}-{{number}}'
            more = {{'metadata': {{'batch': batch}}, 'robot': 'robot'}}
            ticket = Ticket(id_, 'stop', {{}}, now, now, **more)
            store.insert(ticket)
            if number % 2:
                store.change(ticket, lifecycle.enqueue(ticket, now, force=False), Actor.CLIENT)
    for number in range({TOGETHER}):
        print(f'tick-{{store.term:04}}-{{batch:06}}-{{number}}', flush=True)
"""


def killed_after(answers: int, url: str) -> list[str]:
    """Kill a writer after so many answers; return all it gave."""
    package = Path(orchestrator_ren.__file__).parents[1]
    paths = os.pathsep.join([str(package), os.environ.get('PYTHONPATH', '')])
    with subprocess.Popen(
        [sys.executable, '-c', WRITER, url],
        env={**os.environ, 'PYTHONPATH': paths},
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        too_late = threading.Timer(WAIT_S, writer.kill)
        too_late.start()
        told = [writer.stdout.readline().strip() for _ in range(answers)]
        writer.kill()
        told += [line.strip() for line in writer.stdout if line.endswith('\n')]
        too_late.cancel()
    assert all(told), 'it ended before'
    return told


@pytest.mark.statistics
@pytest.mark.timeout(60 + 10 * KILLS)
def test_what_was_answered_is_there_and_of_each_commit_all_or_nothing(tmp_path):
    url, chance = f'sqlite:///{tmp_path}/tickets.db', random.Random(7)
    told = set()
    for _ in range(KILLS):
        told |= set(killed_after(chance.randrange(1, MOST_ANSWERS), url))
    store = TicketStore(url)
    store.open()
    counted = sum(store.count_by_status().values())
    assert store.page(TicketFilter(), 1).total == counted
    store.close()
    verdicts = list(verify(url))
    assert [each for each in verdicts if each.problem] == []
    found = {each.ticket_id for each in verdicts}
    assert told <= found
    assert len(found) == counted
    commits = {each.rpartition('-')[0] for each in found}
    assert len(found) == len(commits) * TOGETHER
    print(f'\n{KILLS} kills, {len(told)} answered, {len(commits)} commits whole')  # noqa: T201
