"""Killed at the worst moments, nothing is lost, doubled or stuck, and the robot stands."""

import os
import random
import signal

import pytest

from orchestrator_ren.store.verification import verify

from ...amounts import amount
from .crash_run import CYCLE, CrashRun, schedule
from .crash_system import Kill

KILLS = amount('CRASH_KILLS', bounded=len(CYCLE), whole=200)
SEED = int(os.environ.get('CRASH_SEED', '43'))
"""With this one, the first kills meet creates, starts, ends and cancels alike."""

RECOVERY_LIMIT_S = 2.0
"""From a process that has come up, its store still closed, to one that takes requests [s]."""

READY_LIMIT_S = 10.0
"""From the start of the process to READY as a client hears it [s]: the interpreter's start and
the middleware's discovery count, on a loaded machine too."""


@pytest.mark.statistics
@pytest.mark.timeout(60 + 10 * KILLS)
def test_killed_orchestrator_loses_doubles_and_strands_no_ticket(crash_system, store_url):
    run = CrashRun(crash_system, SEED)
    crash_system.start('cmd_vel_gate')
    try:
        for name, kill in schedule(KILLS, random.Random(SEED)):
            run.kill(name, kill)
        run.bring_up(Kill())
        run.finish()
    finally:
        print(crash_system.log('orchestrator')[-2000:])  # noqa: T201
        print(f'\n{run.summary()}')  # noqa: T201
    assert not run.findings, run.findings
    assert crash_system.end(crash_system.process, signal.SIGINT) == 0
    verdicts = list(verify(store_url))
    assert sorted(each.ticket_id for each in verdicts) == sorted(run.ticket_ids)
    assert not [each for each in verdicts if each.problem]
    assert max(run.recovery_s) <= RECOVERY_LIMIT_S
    assert max(run.ready_s) <= READY_LIMIT_S
