"""Parameter files: for whom they are, and whether somebody meant a node and missed it."""

from pathlib import Path

import pytest

from orchestrator_ren.errors import ArgumentInvalid, ParameterFileInvalid
from orchestrator_ren.ros.parameter_files import (
    NodeName,
    ParameterFile,
    check,
    check_override,
    read,
)

HERE = (NodeName('/orchestrator', 'orchestrator'), NodeName('/cmd_vel_gate', 'cmd_vel_gate'))
ROBOT1 = (NodeName('/robot1/orchestrator', 'orchestrator'),)
BOSS = (NodeName('/boss', 'orchestrator'),)
GATE = (NodeName('/cmd_vel_gate', 'cmd_vel_gate'),)


def file_of(names: str) -> ParameterFile:
    return ParameterFile('x.yaml', tuple(names.split()))


@pytest.mark.parametrize(
    ('text', 'names'),
    [
        ('', ''),
        ('# nothing', ''),
        ('orchestrator: {ros__parameters: {a: 1}}', '/orchestrator'),
        ('/**/orchestrator:\n  ros__parameters:\n    a: 1', '/**/orchestrator'),
        ('/robot1:\n  orchestrator:\n    ros__parameters: {a: 1}', '/robot1/orchestrator'),
        ('"/**":\n  ros__parameters: {a: {b: 1}}', '/**'),
        ('a: {ros__parameters: {}}\nb: {c: {ros__parameters: {}}}\nd:', '/a /b/c'),
        ('on: {ros__parameters: {a: 1}}', '/on'),
        ('a: {ros__parameters: {}}\n---\nb: {ros__parameters: {}}', '/a /b'),
        ('a: {ros__parameters: {serial: 2026-13-45}}', '/a'),
        ('a: {ros__parameters: {hex: 0x_, sign: =, angle: !degrees 90}}', '/a'),
    ],
)
def test_names_are_read_as_ros_reads_them(tmp_path: Path, text: str, names: str) -> None:
    path = tmp_path / "50% ü's?.yaml"
    path.write_text(text)
    assert read(str(path)).names == tuple(names.split())


@pytest.mark.parametrize('text', ['a: [1', '[1, 2]', 'text', b'\xff\xfe\x00', None])
def test_what_is_no_parameter_file_is_refused(tmp_path: Path, text: str | bytes | None) -> None:
    path = tmp_path / 'x.yaml'
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParameterFileInvalid, match=f'parameter file {path}: it') as told:
        read(str(path))
    assert told.value.code == 705
    assert '\n' not in str(told.value)


@pytest.mark.parametrize(
    ('names', 'nodes'),
    [
        ('/orchestrator', HERE),
        ('/cmd_vel_gate', HERE),
        ('/**', HERE),
        ('/*', HERE),
        ('/**/orchestrator', ROBOT1),
        ('/*/orchestrator', ROBOT1),
        ('/robot1/orchestrator', ROBOT1),
        ('/robot1/orchestrator /robot2/orchestrator', ROBOT1),
        ('/orchestrator /**/orchestrator', ROBOT1),
        ('/controller_server /**/cmd_vel_gate', GATE),
        ('/boss', BOSS),
        ('/boss /orchestrator', BOSS),
        ('/orchestrator /orchestrator_2', HERE),
        ('/** /r1/orchestrator', ROBOT1),
        ('/** /task_orchestrator', HERE),
    ],
)
def test_a_file_that_is_for_a_node_here_is_nothing_to_talk_of(
    names: str, nodes: tuple[NodeName, ...]
) -> None:
    assert check(file_of(names), nodes) == ''


@pytest.mark.parametrize(
    ('names', 'nodes'),
    [
        ('', HERE),
        ('/**/sim_robot', HERE),
        ('/**/orchestrator /**/sim_robot', GATE),
        ('/cmd_vel_gate', ROBOT1),
        ('/controller_server /planner_server', HERE),
        ('/task_orchestrator', HERE),
    ],
)
def test_a_file_for_others_is_told(names: str, nodes: tuple[NodeName, ...]) -> None:
    told = check(file_of(names), nodes)
    assert told.startswith('parameter file x.yaml: it names ')
    assert all(each in told for each in [*names.split(), *(node.full for node in nodes)])


@pytest.mark.parametrize(
    ('names', 'nodes'),
    [
        ('/orchestratr', HERE),
        ('/orchestratr /**', HERE),
        ('/orchestratr /**/cmd_vel_gate', HERE),
        ('/Orchestrator', ROBOT1),
        ('/cmd_vel_gates /orchestrator', HERE),
        ('/orchestrator', ROBOT1),
        ('/orchestrator /**', ROBOT1),
        ('/robot2/orchestrator', ROBOT1),
        ('/*/orchestrator', HERE),
        ('/**/orchestrator', BOSS),
    ],
)
def test_a_file_that_means_a_node_here_and_misses_it_is_refused(
    names: str, nodes: tuple[NodeName, ...]
) -> None:
    """A limit in it did not count: the robot was ready at 3 m/s."""
    with pytest.raises(ParameterFileInvalid, match='it names ') as told:
        check(file_of(names), nodes)
    assert any(f'write {node.full}, or /**/' in str(told.value) for node in nodes)


def test_a_file_for_strangers_with_parameters_of_ours_is_refused() -> None:
    """A limit in it did not count: the robot was ready at 3 m/s."""
    file = ParameterFile('x.yaml', ('/my_robot',), frozenset({'max_speed_mps', 'other'}))
    with pytest.raises(ParameterFileInvalid, match='also not max_speed_mps; write /'):
        check(file, HERE, {'max_speed_mps', 'gate'})
    assert check(file, HERE, {'gate'})


def test_a_file_for_strangers_only_is_told_every_node_that_it_may_mean() -> None:
    """It said only the first node of the process, which had not the parameters of the file."""
    told = check(file_of('/controller_server /planner_server'), HERE)
    assert all(f'/**/{node.original}' in told for node in HERE)


@pytest.mark.parametrize('rule', ['a:=1', 'a:=b:c', 'orchestrator:a:=1', '/orchestrator:a:=1'])
def test_a_parameter_of_the_command_line_for_a_node_here_counts(rule: str) -> None:
    check_override(rule, HERE)


def test_a_parameter_of_the_command_line_for_another_node_is_refused() -> None:
    with pytest.raises(ArgumentInvalid, match='-p orchestratr:max_speed_mps is for no node here'):
        check_override('orchestratr:max_speed_mps:=1.0', HERE)
