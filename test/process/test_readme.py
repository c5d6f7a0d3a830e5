"""What the pages tell people to type works; the real ros2 CLI is used where there is one."""

import importlib
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ament_index_python.packages import get_package_prefix

ROOT = Path(__file__).parents[2]
PAGES = (
    'README.md',
    'docs/first-ticket.md',
    'docs/cli.md',
    'docs/interface.md',
    'docs/queue.md',
    'docs/store.md',
)
"""In the order in which they are read: the README's ticket is the one of the others."""


def blocks(page: str, language: str) -> list[str]:
    """Return what stands in the blocks of a language on a page."""
    text = (ROOT / page).read_text(encoding='utf-8')
    return re.findall(rf'```{language}\n(.*?)```', text, re.DOTALL)


def bash_lines(*pages: str) -> list[str]:
    """Return the lines of the pages' blocks of bash."""
    texts = [block for page in pages for block in blocks(page, 'bash')]
    return [line.split('#')[0].strip() for text in texts for line in text.splitlines()]


REN_LINES = [
    line.partition('#')
    for page in ('README.md', 'docs/first-ticket.md', 'docs/cli.md')
    for block in blocks(page, 'bash')
    for line in block.splitlines()
    if line.startswith('ren ')
]
"""What is typed, and what is said of it: `ID` has the id of that ticket, `exit 1` is its end."""

ROS_LINES = [line for line in bash_lines(*PAGES) if line.startswith('ros2 ')]
MAKE_LINES = [line for line in bash_lines('README.md') if line.startswith('make ')]


@pytest.fixture
def namespace() -> str:
    """The pages' names are those without a namespace."""
    return ''


def python_type(name: str) -> Any:
    """Return the class of a type such as `std_msgs/msg/Bool`."""
    package, kind, type_name = name.split('/')
    return getattr(importlib.import_module(f'{package}.{kind}'), type_name)


def filled(type_: Any, words: list[str]) -> Any:
    """Return a message with the fields that the command line's YAML gives."""
    return type_(**yaml.safe_load(words[0] if words else '{}'))


def run_line(system: Any, line: str) -> Any:
    """Do what a line of a page does, and return what it answers."""
    _, noun, verb, *rest = shlex.split(line)
    if noun == 'run':
        path = Path(get_package_prefix(verb), 'lib', verb, *rest)
        return subprocess.run([path], env=system.environment, timeout=30, check=True)
    name, type_name, *values = [word for word in rest if not word.startswith('--')]
    type_ = python_type(type_name)
    if (noun, verb) == ('service', 'call'):
        request = filled(type_.Request, values)
        fields = {each: getattr(request, each) for each in request.get_fields_and_field_types()}
        return system.call(type_, name, **fields)
    if (noun, verb) == ('action', 'send_goal'):
        return system.result(system.execute(filled(type_.Goal, values).ticket_id), 60.0)
    assert (noun, verb) == ('topic', 'pub'), line
    return system.e_stop.publish(filled(type_, values))


def test_every_page_has_lines_and_every_line_is_one_that_is_run():
    for page in PAGES:
        lines = bash_lines(page)
        assert lines
        assert all(re.match(r'(ros2|make|ren) ', line) for line in lines if line)


def test_every_service_action_and_topic_line_of_the_pages_works(system):
    system.start_robot()
    assert len(ROS_LINES) >= 10
    ticket_id = ''
    for line in ROS_LINES:
        answer = run_line(system, line.replace('TICKET', ticket_id))
        if 'create_ticket' in line and not ticket_id:
            ticket_id = answer.ticket.id
        if '/e_stop' in line:
            wanted = 'true' in line
            system.spin_until(
                lambda wanted=wanted: system.e_stop_states[-1].topic_active == wanted
            )
        elif 'cancel_ticket' in line:
            assert answer.error_code == 204  # here it is finished already
        elif 'get_status' in line:
            system.spin_until(lambda: system.statuses[-1].state == 'READY')
        elif ' run ' not in line:
            assert answer.success, f'{line}: {answer.message}'


def test_every_line_of_ren_of_the_pages_works(system):
    system.start_robot('external')
    assert len(REN_LINES) >= 20
    ticket_id = ''
    for line, _, said in REN_LINES:
        done = subprocess.run(
            shlex.split(line.replace('ID', ticket_id)),
            env={**system.environment, 'XDG_CACHE_HOME': system.environment['ROS_HOME']},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        wanted = int(found[1]) if (found := re.search(r'exit (\d+)', said)) else 0
        assert done.returncode == wanted, f'{line}: {done.stdout}{done.stderr}'
        if 'ID' in said:
            ticket_id = done.stdout.split()[0]


@pytest.mark.skipif(shutil.which('ros2') is None, reason='ros2cli is not installed')
def test_every_service_line_works_with_the_ros2_cli(system):
    system.start_robot()
    ticket_id = system.create('{speed: 0.5, duration_seconds: 1}')
    for line in (each for each in ROS_LINES if ' service call ' in each):
        done = subprocess.run(
            shlex.split(line.replace('TICKET', ticket_id)),
            env=system.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert 'success=' in done.stdout


def ended(system: Any, source: str) -> tuple[int, str]:
    """Run a program of a page; return its exit code and what it printed."""
    program = subprocess.Popen(
        [sys.executable, '-c', source], stdout=subprocess.PIPE, text=True, env=system.environment
    )
    system.spin_until(lambda: program.poll() is not None, 30.0)
    return program.returncode, program.communicate()[0]


def test_python_program_of_the_interface_page_drives_the_robot(system):
    system.start_robot()
    (source,) = blocks('docs/interface.md', 'python')
    code, out = ended(system, source)
    assert (code, out.startswith('COMPLETED 0')) == (0, True)
    system.assert_ends_in_zero()


def test_first_program_of_the_client_page_drives_the_robot(system):
    system.start_robot()
    code, out = ended(system, blocks('docs/client.md', 'python')[0])
    assert code == 0
    assert '%' in out
    assert out.splitlines()[-1].startswith('COMPLETED 0')
    system.assert_ends_in_zero()


def test_second_program_of_the_client_page_watches_a_ticket_and_presses_the_e_stop(system):
    system.start_robot()
    code, out = ended(system, blocks('docs/client.md', 'python')[1])
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith('refused   107 params.speed is 9')
    assert 'execution_completed' in lines[-2]
    assert lines[-1] == 'e-stop    STOPPED'
    system.spin_until(lambda: system.e_stop_states[-1].state == 'STOPPED')
    system.assert_ends_in_zero()


def test_make_targets_of_the_readme_exist():
    makefile = (ROOT / 'Makefile').read_text(encoding='utf-8')
    assert MAKE_LINES == ['make demo', 'make test']
    for line in MAKE_LINES:
        assert re.search(rf'^{line.split()[1]}:', makefile, re.MULTILINE)
