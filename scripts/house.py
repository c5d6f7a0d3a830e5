"""The pictures of docs/architecture.md, drawn from the imports: rooms, and who imports whom."""

import ast
import re
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'orchestrator_ren'
HOST = 'orchestrator'
"""The program that has rooms of its own."""

LEFT_OUT = {'errors', 'location', 'key', 'key_file', '__init__'}
"""What every room may import: arrows to these would hide the others."""

Arrows = set[tuple[str, str]]


def pictures() -> str:
    """Return the house, and the inside of its largest program, each as a block of Mermaid."""
    programs = {name.split('.')[1] for name in entry_points()}
    rooms = sorted({parts[0] for parts in modules().values()} - LEFT_OUT)
    shared = {room for room in rooms if room not in programs and needs_ros(room)}
    layers = {
        'the programs': [room for room in rooms if room in programs],
        'what they share of ROS': sorted(shared),
        'without ROS': [room for room in rooms if room not in programs | shared],
    }
    return '\n\n'.join((house(layers), 'Inside `orchestrator/`:', inside()))


def house(layers: dict[str, list[str]]) -> str:
    """Return the rooms in their layers, and the arrows between them."""
    lines = []
    for number, (title, rooms) in enumerate(layers.items(), start=1):
        lines += [f'  subgraph layer{number}["{title}"]']
        lines += [f'    {room}["{room}/"]' for room in rooms]
        lines += ['  end']
    return block(lines, arrows(lambda parts: parts[0]))


def inside() -> str:
    """Return the program's rooms, what each imports of the house, and the arrows between them."""
    found = arrows(lambda parts: '/'.join(parts[:2]) if parts[0] == HOST else parts[0])
    is_folder = {parts[1]: len(parts) > 2 for parts in modules().values() if parts[0] == HOST}
    lines = []
    for room in sorted(is_folder.keys() - LEFT_OUT):
        used = sorted(end for begin, end in found if begin == f'{HOST}/{room}' and '/' not in end)
        name = f'{room}/' if is_folder[room] else f'{room}.py'
        label = '<br/>'.join(filter(None, (name, ', '.join(used))))
        lines.append(f'  {room}["{label}"]')
    own = {
        (begin.partition('/')[2], end.partition('/')[2])
        for begin, end in found
        if '/' in begin and '/' in end
    }
    return block(lines, own)


def block(lines: Iterable[str], found: Arrows) -> str:
    """Return a flowchart of these lines and arrows."""
    drawn = [f'  {begin} --> {end}' for begin, end in sorted(found)]
    return '\n'.join(('```mermaid', 'flowchart TD', *lines, *drawn, '```'))


def arrows(room_of: Callable[[tuple[str, ...]], str]) -> Arrows:
    """Return who imports whom; `room_of` gives the room of a module's path, as parts."""
    known = modules()
    found = set()
    for name, parts in known.items():
        source = PACKAGE.parent / f'{name.replace(".", "/")}.py'
        for node in ast.walk(ast.parse(source.read_text(encoding='utf-8'))):
            if isinstance(node, ast.ImportFrom):
                # `from a.b import c`: c may be a module, or something in the module a.b.
                names = {f'{node.module}.{alias.name}' for alias in node.names} | {node.module}
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
            else:
                continue
            ends = {room_of(known[each]) for each in names & known.keys()}
            found |= {(room_of(parts), end) for end in ends - LEFT_OUT - {room_of(parts)}}
    return {(begin, end) for begin, end in found if begin not in LEFT_OUT}


def needs_ros(room: str) -> bool:
    """Whether something in a room imports rclpy."""
    return any(
        re.search(r'^ *(from|import) rclpy\b', source.read_text(encoding='utf-8'), re.MULTILINE)
        for source in (PACKAGE / room).rglob('*.py')
    )


def modules() -> dict[str, tuple[str, ...]]:
    """Return each module of the package, and where it is: (room, …, file without .py)."""
    paths = [path.relative_to(PACKAGE).with_suffix('') for path in PACKAGE.rglob('*.py')]
    return {'.'.join((PACKAGE.name, *path.parts)): path.parts for path in paths}


def entry_points() -> list[str]:
    """Return the modules of the programs."""
    text = (ROOT / 'setup.py').read_text(encoding='utf-8')
    return re.findall(r"' *\w+ *= *([\w.]+):", text)
