"""Who imports whom in the package, read from its sources by `ast`."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / 'orchestrator_ren'
SOURCES = sorted(PACKAGE.rglob('*.py'))


def imports_of(source: Path) -> Iterator[str]:
    """Yield the full names that a module imports, those inside functions too."""
    for node in ast.walk(ast.parse(source.read_text(), source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{source}:{node.lineno}: relative import'
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def room_of(source: Path) -> str:
    return source.relative_to(PACKAGE).parts[0].removesuffix('.py')


def top(name: str) -> str:
    return name.partition('.')[0]


def own_room(name: str) -> str:
    """Return the room within our package that a name lies in, or ''."""
    return name.split('.')[1] if top(name) == PACKAGE.name and '.' in name else ''


def module_of(source: Path) -> str:
    return '.'.join(source.relative_to(PACKAGE.parent).with_suffix('').parts)


def import_graph() -> dict[str, set[str]]:
    """Return for each module those of ours that it imports, within functions and for types too."""
    modules = {module_of(source) for source in SOURCES}
    graph = {}
    for source in SOURCES:
        names = set(imports_of(source))
        names |= {name.rpartition('.')[0] for name in names}
        graph[module_of(source)] = names & modules - {module_of(source)}
    return graph
