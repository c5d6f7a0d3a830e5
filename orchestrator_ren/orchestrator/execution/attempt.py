"""The one way through an attempt: run the command, zero, stand still, whatever happens."""

from __future__ import annotations

import math
from collections.abc import Awaitable
from functools import partial
from typing import Any

from rclpy.logging import get_logger

from orchestrator_ren.commands import handed_over
from orchestrator_ren.commands.command import Command, Interruption
from orchestrator_ren.errors import CancelTimeout, InternalError, OrchestratorError
from orchestrator_ren.orchestrator.execution.command_run import CommandRun
from orchestrator_ren.orchestrator.execution.execution import Execution, Plan
from orchestrator_ren.tickets.ending import Ending, completed, failed
from orchestrator_ren.tickets.ticket import Status

_HOW = 'it raised that itself, or used the context of a ticket that has ended'

_log = get_logger('orchestrator')


async def perform(
    execution: Execution, command: Command[Any], params: Any, start: Awaitable[None]
) -> tuple[Ending, dict[str, Any]]:
    """Run the command to its end, whatever way, then to standstill.

    Args:
        execution: Of a QUEUED ticket; planned only, where that is a dry run.
        command: To run.
        params: Its parameters.
        start: Makes the ticket EXECUTING when its turn has come.

    Returns:
        How it ended, and the result: what was done, also when it was not all.
    """
    assert execution.ticket is not None
    name = execution.command
    result = {'command': name, 'executed': False, **execution.ticket.params}
    try:
        await start
        if execution.plan.is_dry_run:
            result.update(_told(execution.plan))
        else:
            run = execution.run
            assert run is not None
            result['executed'] = True
            done = await run.outcome(name, partial(command.run, params, run.context))
            result.update(handed_over.result(done), executed=True)
        ending = completed()
    except Interruption:
        ending = failed(InternalError(detail=f'{name} was interrupted, though nobody did: {_HOW}'))
    except OrchestratorError as error:
        ending = failed(error)
    except Exception as error:
        _log.error(f'command {name} raised\n{handed_over.traceback_of(error)}')
        ending = failed(handed_over.error_of(error))
    # What it was interrupted with counts, even if the command ended at the same moment; that it
    # did not end at all counts more than a cancel.
    is_abandoned = isinstance(ending.error, CancelTimeout)
    interrupted = execution.ending
    if interrupted is not None and (interrupted.error or not is_abandoned):
        ending = interrupted
    execution.close()
    if execution.run is not None and execution.moves:
        ending = await _stand_still(execution.run, ending, result)
    return ending, result


async def _stand_still(run: CommandRun, ending: Ending, result: dict[str, Any]) -> Ending:
    """Wait for standstill; a robot that does not stand fails what would not have failed.

    So does one that the gate did not move: what was sent is no proof of a motion.
    """
    try:
        await run.confirm_followed()
    except OrchestratorError as error:
        ending = failed(error) if ending.status is Status.COMPLETED else ending
    try:
        result.update(await run.stand_still())
    except OrchestratorError as error:
        result['standstill'] = 'not reached'
        _log.error(str(error))
        ending = ending if ending.error is not None else failed(error)
    result.update(run.motion_result())
    return ending


def _told(plan: Plan) -> dict[str, Any]:
    predicted = plan.prediction
    return {
        'dry_run': True,
        'predicted_duration_seconds': round(predicted.duration_s, 3),
        'predicted_distance': round(predicted.distance_m, 4),
        'predicted_max_speed': round(predicted.speed_mps, 4),
        'predicted_end': {
            'x': round(predicted.end_x_m, 4),
            'y': round(predicted.end_y_m, 4),
            'yaw_degrees': round(math.degrees(predicted.end_yaw_rad), 2),
        },
        'queue_position': plan.position,
    }
