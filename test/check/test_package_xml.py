"""package.xml is complete: whoever runs rosdep has what the package imports."""

import ast
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / 'orchestrator_ren'

ROSDEP_KEY = {
    'alembic': 'python3-alembic',
    'fastapi': 'python3-fastapi',
    'matplotlib': 'python3-matplotlib',
    'numpy': 'python3-numpy',
    'prometheus_client': 'python3-prometheus-client',
    'psycopg2': 'python3-psycopg2',
    'pydantic': 'python3-pydantic',
    'rich': 'python3-rich',
    'sqlalchemy': 'python3-sqlalchemy',
    'starlette': 'python3-fastapi',
    'uvicorn': 'python3-uvicorn',
    'yaml': 'python3-yaml',
    **{
        name: name
        for name in (
            'action_msgs', 'ament_index_python', 'builtin_interfaces', 'diagnostic_msgs',
            'geometry_msgs', 'launch', 'launch_ros', 'nav_msgs', 'rcl_interfaces', 'rclpy',
            'ros2cli', 'rosgraph_msgs', 'sensor_msgs', 'std_msgs', 'std_srvs', 'tf2_msgs',
            'tf2_ros', 'turtlesim', 'unique_identifier_msgs', 'visualization_msgs',
        )
    },
}  # fmt: skip
"""Import to rosdep key; a new third-party import needs a line here and one in package.xml."""

OPTIONAL = {'mujoco', 'turtlesim', 'ros2cli'}
"""From pip, or only used where they are installed anyway."""


@pytest.fixture(scope='module')
def package() -> ET.Element:
    return ET.parse(ROOT / 'package.xml').getroot()


def texts(package: ET.Element, *tags: str) -> set[str]:
    return {(each.text or '').strip() for tag in tags for each in package.iter(tag)}


def imported_libraries() -> set[str]:
    names: set[str] = set()
    for source in [*PACKAGE.rglob('*.py'), *(ROOT / 'launch').glob('*.py')]:
        for node in ast.walk(ast.parse(source.read_text(), source)):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition('.')[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.partition('.')[0])
    return names - set(sys.stdlib_module_names) - {PACKAGE.name}


def test_it_is_format_3(package: ET.Element) -> None:
    assert package.tag == 'package'
    assert package.get('format') == '3'


def test_the_name_is_that_of_the_package(package: ET.Element) -> None:
    assert texts(package, 'name') == {PACKAGE.name}


@pytest.mark.parametrize('tag', ['name', 'version', 'description', 'maintainer', 'license'])
def test_every_required_element_says_something(tag: str, package: ET.Element) -> None:
    found = package.findall(tag)
    assert found
    assert all((each.text or '').strip() for each in found)


def test_every_maintainer_has_an_address(package: ET.Element) -> None:
    assert all('@' in each.get('email', '') for each in package.findall('maintainer'))


def test_the_version_has_three_numbers(package: ET.Element) -> None:
    assert re.fullmatch(r'\d+\.\d+\.\d+', package.findtext('version', ''))


def test_the_licence_is_the_file_beside_it(package: ET.Element) -> None:
    [licence] = package.findall('license')
    assert licence.text == 'Apache-2.0'
    assert 'Apache License' in (ROOT / licence.get('file', 'LICENSE')).read_text()


def test_it_is_built_by_ament_cmake(package: ET.Element) -> None:
    assert package.findtext('export/build_type') == 'ament_cmake'
    assert 'ament_cmake' in texts(package, 'buildtool_depend')


def test_messages_are_generated_and_usable(package: ET.Element) -> None:
    assert texts(package, 'member_of_group') == {'rosidl_interface_packages'}
    assert 'rosidl_default_generators' in texts(package, 'buildtool_depend', 'build_depend')
    assert 'rosidl_default_runtime' in texts(package, 'exec_depend', 'depend')


@pytest.mark.parametrize('library', sorted(imported_libraries() - OPTIONAL))
def test_every_import_is_a_dependency(library: str, package: ET.Element) -> None:
    assert library in ROSDEP_KEY, 'not known to this test'
    assert ROSDEP_KEY[library] in texts(package, 'depend', 'exec_depend')


@pytest.mark.parametrize(
    'interface',
    sorted(path for kind in ('msg', 'srv', 'action') for path in (ROOT / kind).glob(f'*.{kind}')),
    ids=lambda path: path.name,
)
def test_every_package_an_interface_uses_is_a_build_dependency(
    interface: Path, package: ET.Element
) -> None:
    used = set(re.findall(r'^([a-z_0-9]+)/\w+', interface.read_text(), re.MULTILINE))
    assert used - {PACKAGE.name} <= texts(package, 'depend')


def test_no_dependency_is_named_twice_in_one_role(package: ET.Element) -> None:
    for tag in {each.tag for each in package if each.tag.endswith('depend')}:
        names = [each.text for each in package.findall(tag)]
        assert len(names) == len(set(names)), tag


def test_the_version_is_the_newest_of_the_changelog(package: ET.Element) -> None:
    changelog = (ROOT / 'CHANGELOG.md').read_text()
    newest = re.search(r'^## (\d+\.\d+\.\d+)', changelog, re.MULTILINE)
    assert newest
    assert newest[1] == package.findtext('version')
