"""Stop: zero now, and the tickets that move the robot are cancelled."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from orchestrator_ren.commands.command import Command, CommandContext, Prediction


class StopParams(BaseModel, extra='forbid'):
    """`stop` takes no parameters."""


class Stop(Command[StopParams]):
    """Needs no resource and no free e-stop: it never waits and is never refused."""

    name = 'stop'
    description = 'Stop the robot at once and cancel the tickets that move it.'
    params_type = StopParams
    is_urgent = True
    stops = True

    def predict(self, params: StopParams) -> Prediction:
        """Return nothing: it takes no time."""
        return Prediction()

    async def run(self, params: StopParams, context: CommandContext) -> dict[str, Any]:
        """Stop, and name the tickets that were cancelled."""
        return {'stopped_tickets': context.stop_motion('stopped by a stop ticket')}
