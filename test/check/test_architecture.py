"""docs/architecture.md shows the house as it is: rooms, arrows, files."""

import re
from collections.abc import Callable

import pytest

from .imports import PACKAGE, SOURCES, import_graph

ROOT = PACKAGE.parent
TEXT = (ROOT / 'docs' / 'architecture.md').read_text(encoding='utf-8')
PICTURES = re.search(r'<!-- house -->\n(.*)<!-- end of house -->', TEXT, re.DOTALL)[1]
HOUSE, INSIDE = re.findall(r'```mermaid\n(.*?)```', PICTURES, re.DOTALL)

NOT_DRAWN = {'errors', 'location', 'key', 'key_file', '__init__'}
"""What every room may import; the page says so."""

RESERVED = {'end', 'graph', 'subgraph', 'style', 'class', 'click', 'default', 'call', 'href'}
"""Words that Mermaid does not take as the name of a box."""

BOX = re.compile(r'^ *(\w+)\["([^"]+)"\]$', re.MULTILINE)
ARROW = re.compile(r'^ *(\w+) --> (\w+)$', re.MULTILINE)

Arrows = set[tuple[str, str]]


def house_room(module: str) -> str:
    return module.split('.')[1]


def inner_room(module: str) -> str:
    """Return `orchestrator/ROOM` for what is inside it, else the room of the house."""
    parts = module.split('.')
    return '/'.join(parts[1:3]) if parts[1] == 'orchestrator' else parts[1]


def imported(room_of: Callable[[str], str]) -> Arrows:
    """Return who imports whom."""
    found = {
        (room_of(module), room_of(other))
        for module, others in import_graph().items()
        for other in others
    }
    return {
        (begin, end)
        for begin, end in found
        if begin != end and not {begin, end} & NOT_DRAWN and not end.endswith('/__init__')
    }


def rooms_of_the_house() -> set[str]:
    return {source.relative_to(PACKAGE).parts[0].removesuffix('.py') for source in SOURCES}


def boxes(picture: str) -> dict[str, str]:
    """Return the names of the boxes, and what is written in them."""
    return dict(BOX.findall(picture))


def differences(drawn: Arrows, there: Arrows) -> str:
    """Return what is wrong with a picture; empty = nothing."""
    missing = [f'missing: {begin} --> {end}' for begin, end in sorted(there - drawn)]
    extra = [f'no such import: {begin} --> {end}' for begin, end in sorted(drawn - there)]
    return '\n'.join(missing + extra)


def test_the_house_has_a_box_for_every_room_and_no_other() -> None:
    assert boxes(HOUSE).keys() == rooms_of_the_house() - NOT_DRAWN


def test_every_arrow_of_the_house_is_an_import_and_every_import_an_arrow() -> None:
    assert not differences(set(ARROW.findall(HOUSE)), imported(house_room))


def test_the_inside_of_the_orchestrator_is_drawn_as_it_is() -> None:
    there = imported(inner_room)
    own = {
        (begin.removeprefix('orchestrator/'), end.removeprefix('orchestrator/'))
        for begin, end in there
        if '/' in begin and '/' in end
    }
    assert not differences(set(ARROW.findall(INSIDE)), own)


def test_the_boxes_inside_the_orchestrator_name_what_they_import_of_the_house() -> None:
    rooms = {inner_room(module) for module in import_graph()}
    there: dict[str, set[str]] = {
        room: set() for room in rooms if '/' in room and not room.endswith('/__init__')
    }
    for begin, end in imported(inner_room):
        if begin in there and '/' not in end:
            there[begin].add(end)
    drawn = {}
    for name, label in boxes(INSIDE).items():
        title, _, used = label.partition('<br/>')
        folder = PACKAGE / 'orchestrator' / name
        assert title == (f'{name}/' if folder.is_dir() else f'{name}.py')
        drawn[f'orchestrator/{name}'] = set(filter(None, used.split(', ')))
    assert drawn == there


@pytest.mark.parametrize('picture', [HOUSE, INSIDE], ids=['house', 'inside'])
def test_a_picture_is_mermaid_that_github_draws(picture: str) -> None:
    first, *lines = picture.splitlines()
    assert first == 'flowchart TD'
    known = re.compile(r' *(\w+\["[^"]+"\]|subgraph \w+\["[^"]+"\]|end|\w+ --> \w+)')
    assert not [line for line in lines if not known.fullmatch(line)]
    assert not boxes(picture).keys() & RESERVED
    assert sum(' subgraph ' in line for line in lines) == lines.count('  end')
    ends = {end for arrow in ARROW.findall(picture) for end in arrow}
    assert ends <= boxes(picture).keys()


def test_a_difference_is_named() -> None:
    told = differences({('a', 'b'), ('x', 'y')}, {('a', 'b'), ('b', 'c')})
    assert told == 'missing: b --> c\nno such import: x --> y'


def test_every_room_says_what_may_be_in_it_and_what_never() -> None:
    folders = {f'{each.parent.relative_to(PACKAGE)}/' for each in SOURCES}
    folders = {each for each in folders if each.count('/') == 1 or each.startswith('orchestrator')}
    files = {f'{each.name}' for each in SOURCES if each.parent == PACKAGE}
    rows = re.findall(r'^\| `([\w/.]+)` \| \S.* \| \S.* \|$', TEXT, re.MULTILINE)
    assert (folders | files) - {'./', '__init__.py'} <= set(rows)
    assert {each for each in rows if each.endswith('/')} <= folders


def paths_named() -> list[str]:
    return sorted(set(re.findall(r'`([\w/]+\.py)`', TEXT)))


@pytest.mark.parametrize('path', paths_named())
def test_a_file_that_is_named_exists_and_is_one_only(path: str) -> None:
    """Named by its path in the repository or the package, or by the end of that."""
    if (ROOT / path).is_file() or (PACKAGE / path).is_file():
        return
    found = [each for each in SOURCES if f'/{each.relative_to(PACKAGE)}'.endswith(f'/{path}')]
    assert len(found) == 1, [str(each) for each in found]


def test_every_program_is_named() -> None:
    text = (ROOT / 'setup.py').read_text(encoding='utf-8')
    for program, room in re.findall(r"'(\w+) = orchestrator_ren\.(\w+)\.", text):
        assert f'| `{program}` | `{room}/` |' in TEXT
