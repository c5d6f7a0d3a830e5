"""What docs/watching.md tells people to type: done where it can be, else what it names exists."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_share_directory
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / 'docs' / 'watching.md').read_text(encoding='utf-8')
LINES = [
    line
    for block in re.findall(r'```bash\n(.*?)```', TEXT, re.DOTALL)
    for line in block.splitlines()
]
START = 'ros2 run orchestrator_ren orchestrator --ros-args '
OTHERS = ('rviz2 -d ', 'rqt ', 'ros2 run diagnostic_aggregator ', 'ros2 topic echo ')
"""Programs that are not on PyPI."""


@pytest.fixture
def namespace() -> str:
    """The page's names are those without a namespace."""
    return ''


def test_every_line_is_one_that_is_looked_at():
    known = (START, 'curl ', 'ros2 launch ', *OTHERS)
    assert LINES
    assert all(line.startswith(known) for line in LINES)


@pytest.mark.parametrize('line', [line for line in LINES if '$SHARE' in line])
def test_files_of_config_are_installed(line):
    share = Path(get_package_share_directory('orchestrator_ren'))
    for name in re.findall(r'\$SHARE/(\S+)', line):
        assert (share / name).is_file()


@pytest.mark.parametrize('name', re.findall(r'`config/([\w.]+)`', TEXT))
def test_files_that_are_named_are_there(name):
    assert (ROOT / 'config' / name).is_file()


@pytest.mark.parametrize('line', [line for line in LINES if 'launch orchestrator_ren' in line])
def test_launch_files_have_the_arguments(line):
    name, *arguments = shlex.split(line.partition('orchestrator_ren ')[2])
    source = (ROOT / 'launch' / name).read_text(encoding='utf-8')
    for each in arguments:
        assert f"'{each.partition(':=')[0]}'" in source


@pytest.mark.skipif(shutil.which('curl') is None, reason='curl is not installed')
def test_the_page_for_prometheus_is_read_as_told(system):
    [line] = [each for each in LINES if each.startswith(START)]
    [curl] = [each for each in LINES if each.startswith('curl ')]
    name, value = line.removeprefix(START + '-p ').split(':=')
    system.start_robot(**{name: value})
    done = subprocess.run(
        shlex.split(curl), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, system.log('orchestrator')
    found = {each.name: each for each in text_string_to_metric_families(done.stdout)}
    assert 'orchestrator_tickets_created' in found
