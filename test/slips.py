"""Commands of somebody else, each with a slip: none of them may be felt by another ticket."""

import contextlib
import threading
import time
from typing import Any, ClassVar

from pydantic import BaseModel

from orchestrator_ren.commands.command import Command, CommandContext, Prediction
from orchestrator_ren.errors import MotionError
from orchestrator_ren.motion.velocity import Velocity

from .extra_commands import NoParams, with_extra_commands
from .rich_command import SOURCE, Rich

SLOWLY = Velocity(0.3)


class _Slip(Command[Any]):
    params_type: Any = NoParams
    description = 'Has a slip.'
    source = SOURCE

    def predict(self, params: Any) -> Prediction:
        return Prediction()

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        return {}


TRYING = 'trying'


class TryAgain(_Slip):
    """Tries again whatever a tick raises."""

    name = 'try_again'

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        context.report(0.5, TRYING)
        while True:
            with contextlib.suppress(Exception):
                await context.tick()


class TryHarder(_Slip):
    """The same, and not even an interruption ends it."""

    name = 'try_harder'

    is_over: ClassVar[threading.Event] = threading.Event()

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        context.report(0.5, TRYING)
        while not self.is_over.is_set():  # else Python could not take it down after the test
            with contextlib.suppress(BaseException):
                await self.wait(context)
        return {}

    async def wait(self, context: CommandContext) -> None:
        await context.tick()


class LookHarder(TryHarder):
    """The same with scans, and it does not wait for any."""

    name = 'look_harder'

    async def wait(self, context: CommandContext) -> None:
        await context.next_scan(0.0)


class LookWrong(TryHarder):
    """The same with a time that is none."""

    name = 'look_wrong'

    async def wait(self, context: CommandContext) -> None:
        await context.next_scan('soon')  # type: ignore[arg-type]


class TidyHarder(TryHarder):
    """The same with what is for tidying up."""

    name = 'tidy_harder'

    async def wait(self, context: CommandContext) -> None:
        await context.wind_down_tick()


class HandOverParams(BaseModel, extra='forbid'):
    """Which slip."""

    slip: str


class HandOver(_Slip):
    """Hands over something wrong at its third tick, and tries again."""

    name = 'hand_over'
    params_type = HandOverParams
    resources = frozenset({'base'})
    moves = True
    SLIPS: ClassVar[dict[str, Any]] = {
        'message': lambda context: context.report(0.5, 42),
        'no progress': lambda context: context.report(None, 'a message'),
        'progress in words': lambda context: context.report('half', 'a message'),
        'progress nan': lambda context: context.report(float('nan'), 'a message'),
        'half a character': lambda context: context.report(0.5, '\ud800'),
        'huge message': lambda context: context.report(0.5, 'x' * 1_000_000),
        'no velocity': lambda context: context.drive(0.5),
        'velocity in words': lambda context: context.drive(Velocity('fast')),
        'velocity nan': lambda context: context.drive(Velocity(float('nan'))),
        'reason': lambda context: context.stop_motion(42),
    }

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        for _ in range(3):
            await context.tick()
        while True:
            with contextlib.suppress(Exception):
                self.SLIPS[params.slip](context)
                await context.tick()


class Forget(_Slip):
    """Forgets to wait for ticks while it drives."""

    name = 'forget'
    resources = frozenset({'base'})
    moves = True

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        while True:
            with contextlib.suppress(Exception):
                context.drive(SLOWLY)


class Murmur(_Slip):
    """Tells its progress in numbers, beside whatever goes on."""

    name = 'murmur'

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        while True:
            with contextlib.suppress(Exception):
                context.report(0.5, 42)  # type: ignore[arg-type]
                await context.tick()


class AskedParams(BaseModel, extra='forbid'):
    """What is slow or wrong when it is asked."""

    method: str = 'parse'
    slip: str = 'hang'


class Asked(_Slip):
    """Hangs, raises or answers nonsense when it is asked; `released` ends the hanging."""

    name = 'asked'
    params_type = AskedParams
    released = threading.Event()
    is_on: ClassVar[bool] = True

    def parse(self, given: Any) -> Any:
        params = super().parse(given)
        return self._slipped(params, 'parse', params)

    def needs(self, params: Any) -> Any:
        return self._slipped(params, 'needs', super().needs(params))

    def predict(self, params: Any) -> Any:
        return self._slipped(params, 'predict', Prediction())

    def kept(self, params: Any) -> Any:
        return self._slipped(params, 'kept', super().kept(params))

    def _slipped(self, params: AskedParams, method: str, right: Any) -> Any:
        if params.method != method or not self.is_on:
            return right
        if params.slip == 'hang':
            self.released.wait(60.0)
            return right
        if params.slip == 'raise':
            raise RuntimeError(f'a defect in {method}')
        return WRONG[params.slip]


WRONG: dict[str, Any] = {
    'none': None,
    'nan': Prediction(float('nan')),
    'words': Prediction('long'),  # type: ignore[arg-type]
    'set': {'a': {1}},
    'endless': {'a': [float('inf')]},
    'large': {'a': 'x' * 70_000},
}


class ReturnParams(BaseModel, extra='forbid'):
    """What it returns."""

    what: str


class Return(_Slip):
    """Returns what no ticket can keep."""

    name = 'return'
    params_type = ReturnParams
    WHAT: ClassVar[dict[str, Any]] = {
        'nothing': lambda: None,
        'millions': lambda: {'map': {'data': [0] * 2_000_000}},
        'text': lambda: {'words': 'x' * 10_000_000},
        'bytes': lambda: {'a': b'abc'},
        'keys': lambda: {'a': {1: 2}},
        'deep': lambda: deep(10_000),
        'generator': lambda: (each for each in ()),
    }

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        return self.WHAT[params.what]()


def deep(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {'a': found}
    return found


def odd_code() -> MotionError:
    error = MotionError(detail='x')
    error.code = 10**6  # type: ignore[misc]
    return error


class Mute(RuntimeError):
    def __str__(self) -> str:
        raise ValueError

    __repr__ = __str__


class RaiseParams(BaseModel, extra='forbid'):
    """What it raises."""

    what: str


class RaiseBadly(_Slip):
    """Raises what no message takes."""

    name = 'raise_badly'
    params_type = RaiseParams
    WHAT: ClassVar[dict[str, Any]] = {
        'code': odd_code,
        'mute': lambda: Mute(),
        'long': lambda: MotionError(detail='x' * 10_000_000),
        'half': lambda: MotionError(detail='\ud800'),
        'exit': lambda: SystemExit(3),
        'interrupt': lambda: KeyboardInterrupt(),
    }

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        raise self.WHAT[params.what]()


class Hoard(_Slip):
    """Keeps its context, for others."""

    name = 'hoard'
    resources = frozenset({'base'})
    moves = True
    kept_context: ClassVar[list[CommandContext]] = []

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        context.drive(SLOWLY)
        await context.tick()
        self.kept_context.append(context)
        return {}


class UseHoarded(_Slip):
    """Drives with the context of another."""

    name = 'use_hoarded'

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        while True:
            with contextlib.suppress(Exception):
                Hoard.kept_context[-1].drive(SLOWLY)
                await context.tick()


class Thread(_Slip):
    """Has a thread use its context."""

    name = 'thread'
    resources = frozenset({'base'})
    moves = True

    async def run(self, params: Any, context: CommandContext) -> dict[str, Any]:
        raised: list[str] = []

        def drive() -> None:
            try:
                context.drive(SLOWLY)
            except Exception as error:
                raised.append(str(error))

        thread = threading.Thread(target=drive, daemon=True)
        thread.start()
        while thread.is_alive():
            await context.tick()
        return {'raised': raised}


class Unfit(_Slip):
    """Fits no limits, and needs long to find out."""

    name = 'unfit'

    def fit(self, limits: Any) -> None:
        time.sleep(0.5)
        raise RuntimeError('a defect in fit')


SLIPS = (
    *(TryAgain, TryHarder, LookHarder, LookWrong, TidyHarder, HandOver, Forget, Murmur),
    *(Rich, Asked, Return, RaiseBadly, Hoard, UseHoarded, Thread, Unfit),
)


def with_slips(*args: Any) -> list[Command[Any]]:
    """Return the built-in and the extra commands, and these."""
    return [*with_extra_commands(*args), *(each() for each in SLIPS)]
