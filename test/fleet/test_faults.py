"""A fleet whose orchestrators and server fail: nothing is lost, doubled or stuck, and all stop."""

import os
import sys
from itertools import cycle, islice

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.store.verification import verify

from ..amounts import IS_LONG, amount
from . import orchestrator_faults, server_faults
from .fleet_client import OWN
from .fleet_run import FleetRun
from .fleet_system import TAKEOVER_LIMIT_S, FleetSystem

BOUNDED = (
    ('before commit of a take', 'r2'),
    ('after commit of a take', 'r3'),
    ('before commit of a start', 'r3'),
    ('after commit of a start', 'r2'),
    ('before commit of a end', 'r2'),
    ('after commit of a end', 'r3'),
    ('drive', 'r3'),
    ('idle', 'r2'),
    ('after commit of a recovery', 'r3'),
    ('frozen', 'r1'),
    ('server killed', 'r2'),
    ('cut off', 'r1'),
)
EVERY = tuple(
    (kind, robot) for robot in OWN for kind in (*orchestrator_faults.KINDS, *server_faults.KINDS)
)
FAULTS = amount('FLEET_FAULTS', bounded=len(BOUNDED), whole=200)
ONLY = os.environ.get('FLEET_ONLY', '')
"""The kind of fault that happens, and nothing else, to look at one."""

SEED = int(os.environ.get('FLEET_SEED', '43'))


@pytest.mark.alone
@pytest.mark.statistics
@pytest.mark.timeout(120 + 30 * FAULTS)
def test_fleet_in_trouble_loses_doubles_and_strands_no_ticket(fleet: FleetSystem) -> None:
    run = FleetRun(fleet, SEED)
    run.bring_up()
    kinds = [each for each in (EVERY if IS_LONG or ONLY else BOUNDED) if ONLY in each[0]]
    try:
        for kind, robot in islice(cycle(kinds), FAULTS):
            run.let_happen(kind, robot)
    finally:
        print(f'\n{run.summary()}', file=sys.stderr)  # noqa: T201
    verdicts = list(verify(fleet.url))
    assert sorted(each.ticket_id for each in verdicts) == sorted(run.ticket_ids)
    assert not [each for each in verdicts if each.problem]
    assert max(run.takeover_s, default=0.0) <= TAKEOVER_LIMIT_S
