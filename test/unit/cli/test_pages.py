"""What the pages tell people to type is what `ren` takes."""

import re
import shlex
from pathlib import Path

import pytest

from orchestrator_ren.cli.arguments import parsed
from orchestrator_ren.cli.parser import Parser
from orchestrator_ren.cli.schema_options import add_options, options_of
from orchestrator_ren.commands.drive import DriveParams
from orchestrator_ren.commands.schema import json_schema

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))]
LINES = [
    pytest.param(line, id=f'{page.name} {line[:60].strip()}')
    for page in PAGES
    for block in re.findall(r'```(?:bash|sh)?\n(.*?)```', page.read_text(encoding='utf-8'), re.S)
    for line in block.splitlines()
    if re.match(r'ren (?!up\b)', line)
]
"""`ren up` is checked where it is run."""


@pytest.mark.parametrize('line', LINES)
def test_each_line_of_a_page_is_understood(line: str) -> None:
    """docs/fleet.md had `--ns /r1` and `speed=0.5`, which `ren` does not know."""
    _, options = parsed('ren', shlex.split(line, comments=True)[1:])
    parser = Parser(prog='ren', add_help=False, allow_abbrev=False)
    add_options(parser, 'drive', options_of(json_schema(DriveParams)))
    _, unknown = parser.parse_known_args(options.more)
    parser.refuse_unknown(unknown)


def test_there_are_such_lines() -> None:
    assert len(LINES) > 30
