"""The gate's parts as the diagnostics show them."""

from __future__ import annotations

import time

from orchestrator_ren.gate.kept_state import KeptState
from orchestrator_ren.gate.neighbours import Neighbours
from orchestrator_ren.motion.gate_state import GateState
from orchestrator_ren.ros import diagnostics
from orchestrator_ren.ros.diagnostics import Part


def parts_of(state: GateState, neighbours: Neighbours, kept: KeptState) -> list[Part]:
    """Return the parts."""
    return [
        _e_stop(state),
        _cmd_vel(state, neighbours.other_publishers),
        _drive_command(state, neighbours.commanders),
        (
            'latch file',
            diagnostics.WARN if kept.trouble else diagnostics.OK,
            kept.words,
            {},
        ),
    ]


def _e_stop(state: GateState) -> Part:
    latch = state.e_stop
    level = diagnostics.ERROR if latch.is_latched else diagnostics.OK
    message = f'{latch.status.value} {latch.source}'.rstrip()
    values = {'causes': ' '.join(sorted(latch.causes)), 'count': latch.count}
    return 'e-stop', level, message, values


def _cmd_vel(state: GateState, others: list[str]) -> Part:
    level = diagnostics.ERROR if others else diagnostics.OK
    message = f'{", ".join(others)} publishes too' if others else 'the only one'
    return 'cmd_vel', level, message, {'stream': state.stream}


def _drive_command(state: GateState, commanders: list[str]) -> Part:
    alive = state.orchestrators.count(time.monotonic())
    values: dict[str, object] = {
        'term': state.term,
        'orchestrators': alive,
        'refused': state.rejected_count,
        'last refusal': state.last_refusal,
    }
    if alive > 1 or len(commanders) > 1:
        message = f'more than one publisher: {", ".join(commanders)}'
        return 'drive_command', diagnostics.ERROR, message, values
    return 'drive_command', diagnostics.OK, 'one publisher at most', values
