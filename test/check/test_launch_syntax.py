"""Launch files compile and YAML files parse, on machines without ROS 2 too."""

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LAUNCH_FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
YAML_FILES = sorted(
    path for suffix in ('yaml', 'yml') for path in (ROOT / 'config').rglob(f'*.{suffix}')
)


def test_there_is_something_to_check() -> None:
    assert LAUNCH_FILES
    assert YAML_FILES


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)
def test_a_launch_file_compiles(path: Path) -> None:
    assert compile(path.read_text(), path, 'exec', dont_inherit=True)


@pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)
def test_a_launch_file_has_what_launch_looks_for(path: Path) -> None:
    functions = {
        node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
    }
    assert 'generate_launch_description' in functions


@pytest.mark.parametrize('path', YAML_FILES, ids=lambda path: path.name)
def test_a_yaml_file_parses(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text()), dict | None)
