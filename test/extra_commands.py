"""Commands for tests that no robot needs; as a program, the orchestrator that has them.

The product knows nothing of them: they are put into its registry from outside.
"""

import builtins
import contextlib
import gc
import sys
import threading
import time
from typing import Any, ClassVar

from pydantic import BaseModel
from rclpy.task import Future

from orchestrator_ren.commands.command import Command, CommandContext, Interruption, Prediction
from orchestrator_ren.commands.registry import built_in_commands
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.orchestrator import command_set, node

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


class Sneak(_Endless):
    """Drives, and has not said so."""

    name = 'sneak'

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
    TICKS_AFTER: ClassVar[int] = 1

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        driven_s = 0.0
        while driven_s < 1.0:
            context.drive(SLOWLY)
            driven_s += await context.tick()
        time.sleep(self.BLOCKED_S)  # the defect
        for _ in range(self.TICKS_AFTER):
            await context.tick()
        return {}


class HangUp(Hang):
    """The same, and is done then."""

    name = 'hang_up'
    TICKS_AFTER = 0


class HangLong(Hang):
    """The same for so long that only force ends the process meanwhile."""

    name = 'hang_long'
    BLOCKED_S = 20.0


class Quit(Stumble):
    """Drives, and ends the process, as far as it is concerned."""

    name = 'quit'

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        with contextlib.suppress(RuntimeError):
            await super().run(params, context)
        sys.exit(3)


class SpoilParams(BaseModel, extra='forbid'):
    """What is raised in a callback that belongs to no ticket."""

    error: str = 'SystemExit'


class Spoil(Command[SpoilParams]):
    """Drives, with a timer that raises meanwhile."""

    name = 'spoil'
    description = 'Drives, with a timer that raises meanwhile.'
    params_type = SpoilParams
    resources = frozenset({'base'})
    moves = True

    def predict(self, params: SpoilParams) -> Prediction:
        return Prediction()

    async def run(self, params: SpoilParams, context: Any) -> dict[str, Any]:
        def spoil() -> None:
            raise getattr(builtins, params.error)(4)

        context._stream._link._node.create_timer(1.0, spoil)
        while True:
            context.drive(SLOWLY)
            await context.tick()


class QuitWhereParams(BaseModel, extra='forbid'):
    """Where it exits: in parse, needs or predict, and at which time."""

    method: str
    when: str


class QuitWhere(Command[QuitWhereParams]):
    """Exits in what is asked before it runs."""

    name = 'quit_where'
    description = 'Exits before it runs.'
    params_type = QuitWhereParams

    def parse(self, given: Any) -> QuitWhereParams:
        params = super().parse(given)
        self._quit(params, 'parse')
        return params

    def needs(self, params: QuitWhereParams) -> Any:
        self._quit(params, 'needs')
        return super().needs(params)

    def predict(self, params: QuitWhereParams) -> Prediction:
        self._quit(params, 'predict')
        return Prediction()

    async def run(self, params: QuitWhereParams, context: CommandContext) -> dict[str, Any]:
        return {}

    def _quit(self, params: QuitWhereParams, method: str) -> None:
        is_main = threading.current_thread() is threading.main_thread()
        if params.method == method and is_main == (params.when == 'execution'):
            sys.exit(5)


class Ponder(_Endless):
    """Never answers what it is asked before it runs; of somebody else."""

    name = 'ponder'
    source = 'somebody else'

    def predict(self, params: NoParams) -> Prediction:
        threading.Event().wait()
        return Prediction()


class BriefParams(BaseModel, extra='forbid'):
    """How long it takes."""

    ticks: int = 1


class Brief(Command[BriefParams]):
    """Takes some control periods."""

    name = 'brief'
    description = 'Takes some control periods.'
    params_type = BriefParams

    def predict(self, params: BriefParams) -> Prediction:
        return Prediction()

    async def run(self, params: BriefParams, context: CommandContext) -> dict[str, Any]:
        for _ in range(params.ticks):
            await context.tick()
        return {}


class Reach(Brief):
    """Reaches out before it asks its context for anything."""

    name = 'reach'
    resources = frozenset({'gripper'})
    interlocked = True

    async def run(self, params: BriefParams, context: CommandContext) -> dict[str, Any]:
        return {'reached': 1}


class Turn(Brief):
    """The same, one after the other."""

    name = 'turn'
    resources = frozenset({'turnstile'})


class Deaf(_Endless):
    """Does not notice that it is to end, and never does."""

    name = 'deaf'
    resources = frozenset({'ear'})

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        await Future()
        return {}


class DeafDrive(Deaf):
    """The same, and it has set the robot going."""

    name = 'deaf_drive'
    resources = frozenset({'base'})
    moves = True

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        while True:
            with contextlib.suppress(Interruption):
                context.drive(SLOWLY)
                await context.tick()
                continue
            await Future()


class FlakyParams(BaseModel, extra='forbid'):
    """How often it fails before it succeeds."""

    failures: int = 1


class Flaky(Command[FlakyParams]):
    """Fails a few times."""

    name = 'flaky'
    description = 'Fails a few times.'
    params_type = FlakyParams
    retriable = True

    def __init__(self) -> None:
        self.calls = 0

    def predict(self, params: FlakyParams) -> Prediction:
        return Prediction()

    async def run(self, params: FlakyParams, context: CommandContext) -> dict[str, Any]:
        self.calls += 1
        if self.calls <= params.failures:
            raise RuntimeError(f'failure {self.calls}')
        return {'calls': self.calls}


class CountObjects(_Endless):
    """Counts what a full garbage collection looks through, with every callback waiting; ends."""

    name = 'count_objects'

    async def run(self, params: NoParams, context: CommandContext) -> dict[str, Any]:
        return {'objects': len(gc.get_objects())}


EXTRA = (
    *(Listen, Grip, Burn, Brief, Reach, Turn, Raise, Dawdle, Sneak, Stumble, Hang, HangUp),
    *(Deaf, DeafDrive, Flaky, CountObjects, HangLong, Quit, Spoil, QuitWhere, Ponder),
)


def with_extra_commands(*args: Any) -> list[Command[Any]]:
    """Return the built-in commands and these."""
    return [*built_in_commands(*args), *(each() for each in EXTRA)]


if __name__ == '__main__':
    command_set.built_in_commands = with_extra_commands
    sys.exit(node.main())
