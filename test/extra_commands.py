"""Commands for tests that no robot needs; as a program, the orchestrator that has them.

The product knows nothing of them: they are put into its registry from outside.
"""

import sys
import time
from typing import Any, ClassVar

from pydantic import BaseModel

from orchestrator_ren.commands.command import Command, CommandContext, Prediction
from orchestrator_ren.commands.drive import DriveSettings
from orchestrator_ren.commands.registry import CommandRegistry, built_in_commands
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.nodes import orchestrator

SLOWLY = Velocity(0.5)
BURN_S = 0.005


class NoParams(BaseModel, extra='forbid'):
    """No parameters."""


class _Endless(Command[NoParams]):
    """Goes on until it is interrupted."""

    params_type = NoParams
    description = 'Goes on until it is interrupted.'

    def predict(self, params: NoParams) -> Prediction:
        return Prediction()

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        while True:
            self.act(context)
            await context.tick()

    def act(self, context: CommandContext) -> None:
        pass


class Listen(_Endless):
    """Does not care for the e-stop."""

    name = 'listen'
    resources = frozenset({'microphone'})


class Grip(_Endless):
    """Does not move the base, but must stop with it."""

    name = 'grip'
    resources = frozenset({'gripper'})
    interlocked = True


class Burn(_Endless):
    """Keeps the orchestrator busy, 5 ms in each control period."""

    name = 'burn'

    def act(self, context: CommandContext) -> None:
        until_s = time.perf_counter() + BURN_S
        while time.perf_counter() < until_s:
            pass


class Raise(_Endless):
    """Raises at once."""

    name = 'raise'

    def act(self, context: CommandContext) -> None:
        raise RuntimeError('a defect of a command')


class Dawdle(_Endless):
    """Drives on beyond any timeout."""

    name = 'dawdle'
    resources = frozenset({'base'})
    moves = True

    def act(self, context: CommandContext) -> None:
        context.drive(SLOWLY)


class Stumble(Dawdle):
    """Drives, and raises."""

    name = 'stumble'

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        driven_s = 0.0
        while driven_s < 1.0:
            context.drive(SLOWLY)
            driven_s += await context.tick()
        raise RuntimeError('a defect of a command')


class Hang(Dawdle):
    """Drives, and blocks the orchestrator for a second."""

    name = 'hang'
    BLOCKED_S: ClassVar[float] = 1.0

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        driven_s = 0.0
        while driven_s < 1.0:
            context.drive(SLOWLY)
            driven_s += await context.tick()
        time.sleep(self.BLOCKED_S)  # the defect
        await context.tick()
        return {}


EXTRA = (Listen, Grip, Burn, Raise, Dawdle, Stumble, Hang)


def with_extra_commands(settings: DriveSettings) -> CommandRegistry:
    """Return the built-in commands and these."""
    built_in = built_in_commands(settings)
    return CommandRegistry([*built_in.commands, *(each() for each in EXTRA)])


if __name__ == '__main__':
    orchestrator.built_in_commands = with_extra_commands
    sys.exit(orchestrator.main())
