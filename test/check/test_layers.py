"""Dependencies point one way, and libraries stay in their rooms."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from .imports import PACKAGE, SOURCES, import_graph, imports_of, own_room, room_of, top

every_source = pytest.mark.parametrize(
    'source', SOURCES, ids=lambda source: str(source.relative_to(PACKAGE))
)

PROGRAMS = {'gate', 'orchestrator', 'robots', 'gateway', 'cli'}
"""Folders of programs; none imports another's, but for the host of the gate."""

HOST = ('orchestrator/node.py', 'gate')
EDGE = PROGRAMS | {'ros', 'client'}
PURE = {'tickets', 'motion', 'commands', 'location'}
LAYERS = {
    'gate': {'ros', 'motion', 'location'},
    'orchestrator': {'ros', 'store', 'telemetry'} | PURE,
    'robots': {'ros', 'simulation', 'motion', 'location'},
    'cli': {'ros', 'client', 'store', 'tickets', 'location', 'key', 'key_file'},
    'gateway': {'ros', 'client', 'telemetry', 'tickets', 'location', 'key', 'key_file'},
    'client': {'ros', 'tickets'},
    'ros': {'motion', 'location'},
    'commands': {'tickets', 'motion'},
    'store': {'tickets', 'motion', 'location'},
    'telemetry': {'tickets', 'motion'},
    'simulation': {'tickets', 'motion'},
    'tickets': set(),
    'motion': set(),
    'errors': set(),
    'location': set(),
    'key': set(),
    'key_file': {'key'},
    '__init__': set(),
}
"""What each room may import, besides itself and `errors`."""

GENERATED = {'msg', 'srv', 'action'}
ROS = {
    'rclpy', 'launch', 'launch_ros', 'ros2cli', 'ament_index_python', 'tf2_ros',
    'action_msgs', 'builtin_interfaces', 'diagnostic_msgs', 'geometry_msgs', 'nav_msgs',
    'rcl_interfaces', 'rosgraph_msgs', 'sensor_msgs', 'std_msgs', 'std_srvs', 'tf2_msgs',
    'turtlesim',
    'unique_identifier_msgs', 'visualization_msgs',
}  # fmt: skip
HOME_OF = {
    'sqlalchemy': {'store'},
    'alembic': {'store'},
    'mujoco': {'simulation'},
    'rich': {'cli'},
    'fastapi': {'gateway'},
    'starlette': {'gateway'},
    'uvicorn': {'gateway'},
    'prometheus_client': {'telemetry'},
}
NOT_IN_MOTION = {'pydantic', 'yaml', 'sqlalchemy', 'numpy', 'prometheus_client', 'mujoco'}
IMPURE = {'time', 'threading', 'random', 'secrets', 'os', 'socket', 'subprocess', 'asyncio'}
"""Clocks, threads, chance and I/O, which the pure rooms are given from outside."""


def test_there_is_something_to_check() -> None:
    assert {room_of(source) for source in SOURCES} >= PROGRAMS | {
        'ros',
        'motion',
        'tickets',
        'store',
    }


@every_source
def test_every_room_has_its_rules(source: Path) -> None:
    assert room_of(source) in LAYERS


@every_source
def test_imports_point_down_only(source: Path) -> None:
    room = room_of(source)
    allowed = LAYERS[room] | {room, 'errors', ''}
    if str(source.relative_to(PACKAGE)) == HOST[0]:
        allowed |= {HOST[1]}
    rooms = {own_room(name) for name in imports_of(source)} - GENERATED
    assert rooms <= allowed


@every_source
def test_ros_and_generated_messages_stay_at_the_edge(source: Path) -> None:
    names = list(imports_of(source))
    ros = {name for name in names if top(name) in ROS or own_room(name) in GENERATED}
    assert not ros or room_of(source) in EDGE


@every_source
def test_a_library_stays_in_its_room(source: Path) -> None:
    for library in {top(name) for name in imports_of(source)} & set(HOME_OF):
        assert room_of(source) in HOME_OF[library]


@pytest.mark.parametrize('source', sorted((PACKAGE / 'motion').glob('*.py')), ids=lambda s: s.name)
def test_motion_needs_nothing_but_the_standard_library(source: Path) -> None:
    assert not {top(name) for name in imports_of(source)} & NOT_IN_MOTION


@pytest.mark.parametrize(
    'source',
    [source for source in SOURCES if room_of(source) in ('motion', 'tickets', 'commands')],
    ids=lambda source: str(source.relative_to(PACKAGE)),
)
def test_domain_code_has_no_clock_thread_or_chance_inside(source: Path) -> None:
    assert not {top(name) for name in imports_of(source)} & IMPURE
    assert 'datetime.now(' not in source.read_text()


def test_no_module_takes_the_place_of_the_generated_ones() -> None:
    taken = {path.stem for path in PACKAGE.iterdir()} & GENERATED
    assert not taken


def modules_below(name: str) -> set[str]:
    """Return all that a module of ours imports, itself or through other modules of ours."""
    seen: set[str] = set()
    left = {name}
    while left:
        module = left.pop()
        source = PACKAGE.parent / f'{module.replace(".", "/")}.py'
        if not source.exists():
            continue
        names = set(imports_of(source))
        found = names | {each.rpartition('.')[0] for each in names}
        left |= {each for each in found if top(each) == PACKAGE.name} - seen
        seen |= found
    return seen


def test_the_gate_knows_nothing_of_tickets_commands_and_the_store() -> None:
    below = modules_below('orchestrator_ren.gate.node')
    assert 'orchestrator_ren.motion.gate' in below
    assert not {own_room(name) for name in below} & {'tickets', 'commands', 'store', 'telemetry'}
    assert not {top(name) for name in below} & {'pydantic', 'sqlalchemy', 'alembic', 'yaml'}


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the ways that come back to where they began."""
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return [error.args[1]]
    return []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert not circles(import_graph())


def test_a_circle_would_be_seen() -> None:
    assert circles({'a': {'b'}, 'b': {'c'}, 'c': {'a'}})


INNER_LAYERS = {
    'program': {'node'},
    'interface': {'dispatch', 'execution', 'store_access', 'shutdown'},
    'dispatch': {'execution', 'store_access', 'shutdown', 'ticket_holders'},
    'execution': {'store_access', 'shutdown', 'ticket_holders'},
    'store_access': {'shutdown', 'ticket_holders'},
    'command_set': {'forward'},
    'forward': set(),
    'parameters': set(),
    'shutdown': set(),
    'ticket_holders': set(),
}
"""What each room of the orchestrator may import of the others; `node.py` connects them all."""


def inner_room(module: str) -> str:
    """Return the room within the orchestrator; '' for what is not in it."""
    parts = module.split('.')
    return parts[2] if parts[1] == 'orchestrator' and len(parts) > 2 else ''


def test_the_rooms_of_the_orchestrator_point_down_only() -> None:
    graph = import_graph()
    rooms = {inner_room(module) for module in graph} - {'', '__init__', 'node'}
    assert rooms == set(INNER_LAYERS)
    for module, others in graph.items():
        room = inner_room(module)
        if room in INNER_LAYERS:
            assert {inner_room(each) for each in others} - {'', room} <= INNER_LAYERS[room], module


COMPOSERS = {'orchestrator/node.py'}
"""Who makes everything has everything."""

VALUES = {
    'accepting', 'ended',  # futures
    'executor', 'context',  # of a node
    'preempt', 'reasons', 'result', 'schedule', 'updated_at', 'value',  # of decisions and tickets
}  # fmt: skip
"""What is held by value, or belongs to rclpy: to call it is to reach through nobody."""


def reached_through(source: Path) -> list[str]:
    """Return the calls of an object that belongs to another one's object: `a.b.c()`."""
    found = []
    for call in ast.walk(ast.parse(source.read_text(), source)):
        if not isinstance(call, ast.Call):
            continue
        chain, part = [], call.func
        while isinstance(part, ast.Attribute):
            chain.append(part.attr)
            part = part.value
        depth = len(chain) - (isinstance(part, ast.Name) and part.id == 'self')
        if isinstance(part, ast.Name) and depth > 1 and chain[1] not in VALUES:
            found.append(f'{source.name}:{call.lineno}: {ast.unparse(call.func)}')
    return found


@pytest.mark.parametrize(
    'source',
    [
        source
        for source in SOURCES
        if room_of(source) == 'orchestrator' and str(source.relative_to(PACKAGE)) not in COMPOSERS
    ],
    ids=lambda source: str(source.relative_to(PACKAGE)),
)
def test_nobody_calls_the_object_of_another_object(source: Path) -> None:
    assert not reached_through(source)


def test_reaching_through_would_be_seen(tmp_path: Path) -> None:
    source = tmp_path / 'reaching.py'
    source.write_text('self._a.b.c()\na.b.c()\nself.a.b()\nself.a.executor.wake()\n')
    assert len(reached_through(source)) == 2


@every_source
def test_callbacks_have_one_thread(source: Path) -> None:
    """docs/decisions/0013: too much stands on it."""
    others = ('MultiThreadedExecutor', 'EventsExecutor')
    assert not [name for name in imports_of(source) if name.endswith(others)]


@pytest.mark.parametrize(
    'source',
    [source for source in SOURCES if room_of(source) not in ('ros', 'gateway')],
    ids=lambda source: str(source.relative_to(PACKAGE)),
)
def test_coroutines_are_begun_where_what_they_raise_is_seen(source: Path) -> None:
    """By `ros/tasks.py`: some releases of rclpy lose it (rclpy#1642). Not asyncio."""
    assert 'create_task(' not in source.read_text()
