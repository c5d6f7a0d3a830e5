"""Commands of other packages are found; what is broken is told, and harms nobody."""

import importlib
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator_ren.commands import plugins
from orchestrator_ren.commands.answers import ask
from orchestrator_ren.commands.command import Command, Interruption
from orchestrator_ren.commands.plugins import BrokenPlugin
from orchestrator_ren.errors import InternalError, OutOfRange, WrongType

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / 'test' / 'plugin'
GUIDE = ROOT / 'docs' / 'extending.md'

GOOD = """
from pydantic import BaseModel, Field
from orchestrator_ren.commands.command import Command, Prediction

class Params(BaseModel, extra='forbid'):
    pass

class Aliased(Params):
    times: int = Field(1, alias='howOften')

class Good(Command):
    name = 'good'
    description = 'Does nothing.'
    params_type = Params

    def predict(self, params):
        return Prediction()

    async def run(self, params, context):
        return {}
"""


class Site:
    """A folder on the path, with plug-ins as pip would have installed them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.distributions: set[str] = set()

    def add(self, distribution: str, code: str, **values: str) -> None:
        """Install a module of the distribution's name; values are what entry points name in it."""
        (self.folder / f'{distribution}.py').write_text(code)
        lines = [f'{name} = {distribution}:{value}\n' for name, value in values.items()]
        self.add_metadata(distribution, f'[orchestrator_ren.commands]\n{"".join(lines)}')

    def add_metadata(self, distribution: str, entry_points: str) -> None:
        metadata = self.folder / f'{distribution}-1.0.dist-info'
        metadata.mkdir()
        (metadata / 'METADATA').write_text(
            f'Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n'
        )
        (metadata / 'entry_points.txt').write_text(entry_points)
        self.distributions.add(distribution)
        importlib.invalidate_caches()

    def discover(self, *taken: str) -> tuple[dict[str, Command[Any]], list[BrokenPlugin]]:
        """Return what was found of this folder: others may be installed on this machine."""
        commands, broken = plugins.discover(taken)
        return (
            {each.name: each for each in commands if source_of(each) in self.distributions},
            [each for each in broken if each.distribution in self.distributions],
        )


def source_of(command: Command[Any]) -> Any:
    return vars(command)['source']


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.syspath_prepend(tmp_path)
    made = Site(tmp_path)
    yield made
    for name in (*made.distributions, 'orchestrator_ren_wave'):
        sys.modules.pop(name, None)


def test_a_class_is_a_plug_in(site: Site) -> None:
    site.add('simple', GOOD, any_name='Good')
    commands, broken = site.discover()
    assert list(commands) == ['good']
    assert commands['good'].parse({}) is not None
    assert broken == []


def test_a_command_tells_which_distribution_it_came_with(site: Site) -> None:
    site.add('simple', GOOD, any_name='Good')
    commands, _ = site.discover()
    assert source_of(commands['good']) == 'simple'


@pytest.mark.parametrize(
    ('result', 'names'),
    [
        ('Good()', {'good'}),
        ('[Good(), Better()]', {'good', 'better'}),
        ('(each() for each in (Good, Better))', {'good', 'better'}),
        ('[]', set()),
    ],
)
def test_a_function_may_give_one_command_or_several(
    site: Site, result: str, names: set[str]
) -> None:
    better = "class Better(Good):\n    name = 'better'\n"
    site.add('several', f'{GOOD}\n{better}\ndef make():\n    return {result}\n', made='make')
    commands, broken = site.discover()
    assert set(commands) == names
    assert broken == []


def test_a_command_may_be_frozen(site: Site) -> None:
    frozen = "@dataclass(frozen=True)\nclass Frozen(Good):\n    name = 'frozen'\n"
    site.add('frozen', f'from dataclasses import dataclass\n{GOOD}\n{frozen}', frozen='Frozen')
    commands, _ = site.discover()
    assert source_of(commands['frozen']) == 'frozen'


BROKEN_CODE = {
    'import of what is not there': ('import not_there', 'raised ModuleNotFoundError: No module n'),
    'error at import': (
        "raise RuntimeError('no\\narm.')",
        'importing it raised RuntimeError: no arm',
    ),
    'exit at import': ("raise SystemExit('bye')", 'importing it raised SystemExit: bye'),
    'error that has no text': (
        'class Mute(Exception):\n    __str__ = None\nraise Mute',
        'importing it raised Mute: it does not say why',
    ),
    'error that is no text': ("raise OSError('\\udcff')", 'importing it raised OSError: \\udcff'),
    'no such attribute': ('', 'importing it raised AttributeError'),
    'neither class nor function': ('Bad = 7', 'it names 7, which is neither a class nor a f'),
    'another class': ('class Bad:\n    pass', 'its class is no subclass of Command'),
    'abstract': (
        'class Bad(Command):\n    pass',
        'its class does not define predict, run',
    ),
    'function with arguments': ('def Bad(robot):\n    pass', 'calling it raised TypeError'),
    'function that raises': ('def Bad():\n    1 / 0', 'calling it raised ZeroDivisionError'),
    'function that exits': ('def Bad():\n    raise SystemExit', 'calling it raised SystemExit'),
    'function that gives nothing': (
        'def Bad():\n    pass',
        'its function returned None, which is no Command object',
    ),
    'function that gives a text': (
        "def Bad():\n    return 'good'",
        "its function returned 'good'",
    ),
    'function that gives a class': (
        'def Bad():\n    return [Good]',
        'its function returned <class',
    ),
    'function that fails half-way': (
        'def Bad():\n    yield Good()\n    1 / 0',
        'calling it raised ZeroDivisionError',
    ),
}

BROKEN_ATTRIBUTES = {
    'name = None': 'its command has no name',
    "name = 'Bad'": "its name is 'Bad'; it must match",
    "name = 'bad\\n'": "its name is 'bad\\n'; it must match",
    f'name = {"b" * 65!r}': 'it must match',
    "name = ''": "its name is ''; it must match",
    'name = 7': 'its name is 7, which is no str',
    "name = 'drive'": "its name 'drive' is taken already",
    'description = None': 'its command has no description',
    "description = ' '": 'its description is empty',
    'params_type = None': 'its command has no params_type',
    'params_type = dict': 'its params_type is dict, which is no pydantic BaseModel',
    "params_type = type('P', (BaseModel,), {})": 'does not forbid extra fields',
    "resources = {'arm'}": "its resources is {'arm'}, which is no frozenset",
    "resources = 'arm'": "its resources is 'arm', which is no frozenset",
    'resources = frozenset({7})': 'its resource 7 is not a text of 1 to 64 characters',
    "resources = frozenset({''})": "its resource '' is not a text",
    'shared_resources = frozenset({None})': 'its resource None is not a text',
    "moves = 'no'": "its moves is 'no', which is no bool",
    'moves = True': "it moves, but 'base' is not among its resources",
    'interlocked = 1': 'its interlocked is 1, which is no bool',
    "recovery = 'requeue'": "its recovery is 'requeue', which is no RecoveryPolicy",
    "params_type = type('P', (Aliased,), {})": "its parameter 'howOften' is an alias",
    'predict = None': 'its predict does not take one argument',
    'run = lambda self, params, context: {}': 'its run is no coroutine function',
    'async def run(self, params, context): yield {}': 'its run is no coroutine function',
    'async def run(self, params): return {}': 'its run does not take two arguments',
    'async def predict(self, params): ...': 'its predict is async',
    'def predict(self): ...': 'its predict does not take one argument',
    'moves = property(lambda self: 1 / 0)': 'its moves is a property',
    'description = "x" * 1001': 'its description has 1001 characters; the limit is 1000',
    'resources = frozenset(map(str, range(33)))': 'it has 33 resources; the limit is 32',
}
BROKEN = {
    **BROKEN_CODE,
    **{line: (f'class Bad(Good):\n    {line}', why) for line, why in BROKEN_ATTRIBUTES.items()},
}


@pytest.mark.parametrize('kind', BROKEN)
def test_a_broken_plug_in_is_told_and_the_others_are_there(site: Site, kind: str) -> None:
    code, reason = BROKEN[kind]
    site.add('defective', f'{GOOD}\n{code}\n', a_bad_one='Bad')
    site.add('simple', GOOD, good='Good')
    commands, broken = site.discover('drive', 'stop')
    assert list(commands) == ['good']
    assert [(each.name, each.value, each.distribution) for each in broken] == [
        ('a_bad_one', 'defective:Bad', 'defective')
    ]
    assert reason in broken[0].reason
    assert len(broken[0].reason.splitlines()) == 1


def test_a_broken_plug_in_reads_as_one_line() -> None:
    broken = BrokenPlugin('grip', 'arm:Grip', 'arm', 'its description is empty')
    assert str(broken) == "plug-in 'grip' (arm:Grip) of arm: its description is empty"


def test_parameters_that_nobody_can_send_are_told(site: Site) -> None:
    code = """
class Unsendable(BaseModel, extra='forbid', arbitrary_types_allowed=True):
    thing: type('Thing', (), {})

class Bad(Good):
    params_type = Unsendable
"""
    site.add('defective', GOOD + code, bad='Bad')
    _, broken = site.discover()
    assert broken[0].reason.startswith('its params_type has no JSON schema: ')


def test_of_two_commands_of_one_name_the_first_entry_point_counts(site: Site) -> None:
    site.add('a_later_one', GOOD, two='Good')
    site.add('the_first_one', GOOD, one='Good')
    commands, broken = site.discover()
    assert source_of(commands['good']) == 'the_first_one'
    assert [(each.name, each.reason) for each in broken] == [
        ('two', "its name 'good' is taken already")
    ]


def test_what_is_wrong_with_one_command_leaves_its_siblings(site: Site) -> None:
    bad = "class Bad(Good):\n    name = 'no name'\n"
    site.add('mixed', f'{GOOD}\n{bad}\ndef make():\n    return Bad(), Good()\n', mixed='make')
    commands, broken = site.discover()
    assert list(commands) == ['good']
    assert [each.name for each in broken] == ['mixed']


def test_entry_points_nobody_can_read_hide_no_others(site: Site) -> None:
    site.add_metadata('garbled', '[orchestrator_ren.commands]\nthis is no entry point\n')
    site.add('simple', GOOD, good='Good')
    commands, broken = site.discover()
    assert list(commands) == ['good']
    assert [each.distribution for each in broken] == ['garbled']
    assert broken[0].reason.startswith('its entry_points.txt cannot be read: ')


def test_a_folder_without_a_name_is_no_obstacle(site: Site) -> None:
    site.add('simple', GOOD, good='Good')
    (site.folder / 'simple-1.0.dist-info' / 'METADATA').unlink()
    commands, _ = plugins.discover([])
    assert source_of(next(each for each in commands if each.name == 'good')) == plugins.GROUP


def test_somebody_who_wants_the_process_to_end_is_heard(site: Site) -> None:
    site.add('interrupted', 'raise KeyboardInterrupt', any_name='Good')
    with pytest.raises(KeyboardInterrupt):
        site.discover()


def test_what_moves_may_name_its_resources_itself(site: Site) -> None:
    code = """
class Own(Good):
    moves = True

    def needs(self, params):
        return super().needs(params)
"""
    site.add('own', GOOD + code, own='Own')
    commands, broken = site.discover()
    assert list(commands) == ['good']
    assert broken == []


class Context:
    """Ticks, and interrupts at last."""

    def __init__(self, ticks: int) -> None:
        self.ticks_left = ticks
        self.reports: list[tuple[float, str]] = []

    async def tick(self) -> float:
        if not self.ticks_left:
            raise Interruption
        self.ticks_left -= 1
        return 0.05

    def report(self, progress: float, message: str) -> None:
        self.reports.append((progress, message))


def run(command: Command[Any], params: Mapping[str, Any], context: Any) -> Any:
    """Run a coroutine that waits for nothing to its end."""
    coroutine = command.run(command.parse(params), context)
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    return ended.value.value


@pytest.fixture
def wave(site: Site) -> Command[Any]:
    """The command of the example."""
    shutil.copy(EXAMPLE / 'orchestrator_ren_wave.py', site.folder)
    value = re.search(r"'(wave = .*)'", (EXAMPLE / 'setup.py').read_text())
    assert value is not None
    site.add_metadata('example', f'[orchestrator_ren.commands]\n{value[1]}\n')
    commands, broken = site.discover('drive', 'stop')
    assert broken == []
    return commands['wave']


def test_the_example_waves(wave: Command[Any]) -> None:
    context = Context(ticks=100)
    assert run(wave, {'times': 2}, context) == {'waved': 2}
    assert context.reports[0] == (0.0, 'wave 1')
    assert context.reports[-1][0] == pytest.approx(0.95)
    assert context.reports[-1][1] == 'wave 2'
    assert wave.predict(wave.parse({'times': 2})).duration_s == 1.0


def test_the_example_lets_an_interruption_pass(wave: Command[Any]) -> None:
    with pytest.raises(Interruption):
        wave.run(wave.parse({'times': 2}), Context(ticks=5)).send(None)


@pytest.mark.parametrize(('times', 'error'), [(0, OutOfRange), (11, OutOfRange), ('2', WrongType)])
def test_the_example_refuses_what_it_does_not_take(
    wave: Command[Any], times: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r'params\.times is '):
        wave.parse({'times': times})


def test_the_guide_shows_the_example_as_it_is_in_less_than_40_lines() -> None:
    shown = re.findall(
        r'```python\n# (\S+)\n(.*?)```', GUIDE.read_text(encoding='utf-8'), re.DOTALL
    )
    assert dict(shown) == {each.name: each.read_text() for each in EXAMPLE.glob('*.py')}
    assert sum(len([line for line in code.splitlines() if line]) for _, code in shown) < 40


EXITS = {
    'parse': "    def parse(self, given):\n        raise SystemExit('no')\n",
    'needs': "    def needs(self, params):\n        raise SystemExit('no')\n",
    'predict': "    def predict(self, params):\n        raise KeyboardInterrupt('no')\n",
}


@pytest.mark.parametrize('method', EXITS)
def test_what_is_asked_before_a_command_runs_ends_no_process(site: Site, method: str) -> None:
    site.add('exits', f'{GOOD}\nclass Exits(Good):\n{EXITS[method]}', exits='Exits')
    command = site.discover()[0]['good']
    with pytest.raises(InternalError, match='no'):
        ask(command, {})


@pytest.mark.parametrize(
    'error', ['StoreUnavailable(url="x", reason="y")', 'MotionError(detail="x")']
)
def test_only_what_refuses_parameters_is_an_error_of_them(site: Site, error: str) -> None:
    """Else the queue was paused, or the store taken for broken."""
    code = f"""
from orchestrator_ren.errors import MotionError, StoreUnavailable

class Raises(Good):
    def predict(self, params):
        raise {error}
"""
    site.add('raises', GOOD + code, raises='Raises')
    with pytest.raises(InternalError, match=error.split('(')[0]):
        ask(site.discover()[0]['good'], {})


def test_parameters_that_exit_when_they_are_checked_end_no_process(site: Site) -> None:
    code = """
class Exiting(Params):
    def __init__(self, **given):
        raise SystemExit(3)

class Exits(Good):
    params_type = Exiting
"""
    site.add('exits', GOOD + code, exits='Exits')
    with pytest.raises(InternalError, match='SystemExit: 3'):
        ask(site.discover()[0]['good'], {})


def test_exits_while_it_is_loaded_end_no_process(site: Site) -> None:
    site.add('exits', 'import sys\nsys.exit(1)', exits='Exits')
    made = f'{GOOD}\nimport sys\ndef make():\n    sys.exit(1)\n'
    site.add('maker', made, maker='make')
    commands, broken = site.discover()
    assert commands == {}
    assert all('SystemExit' in each.reason for each in broken)
    assert len(broken) == 2
