from typing import Any

from pydantic import BaseModel, Field

from orchestrator_ren.commands.command import Command, CommandContext, Prediction

WAVE_S = 0.5


class WaveParams(BaseModel, extra='forbid'):
    times: int = Field(ge=1, le=10, description='How often.')


class Wave(Command[WaveParams]):
    name = 'wave'
    description = 'Wave with the arm.'
    params_type = WaveParams
    resources = frozenset({'arm'})
    interlocked = True

    def predict(self, params: WaveParams) -> Prediction:
        return Prediction(duration_s=params.times * WAVE_S)

    async def run(self, params: WaveParams, context: CommandContext) -> dict[str, Any]:
        total_s, elapsed_s = params.times * WAVE_S, 0.0
        while elapsed_s < total_s:  # move your arm here
            context.report(elapsed_s / total_s, f'wave {1 + int(elapsed_s / WAVE_S)}')
            elapsed_s += await context.tick()
        return {'waved': params.times}
