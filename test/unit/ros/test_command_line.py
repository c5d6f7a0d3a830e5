"""Words of a command line: for whom they are, and what is refused."""

import pytest

from orchestrator_ren.errors import ArgumentInvalid
from orchestrator_ren.ros.command_line import CommandLine, split


@pytest.mark.parametrize(
    ('words', 'own', 'ros'),
    [
        ('', '', ''),
        ('--help', '--help', ''),
        ('--ros-args -p a:=1', '', '-p a:=1'),
        ('--ros-args -p a:=1 --', '', '-p a:=1'),
        ('x --ros-args -r __ns:=/r -- y --ros-args -p a:=1', 'x y', '-r __ns:=/r -p a:=1'),
        ('-- x', '-- x', ''),
        ('--ros-args --ros-args', '', ''),
    ],
)
def test_words_are_the_programs_or_those_of_ros(words: str, own: str, ros: str) -> None:
    assert split(words.split()) == CommandLine(tuple(own.split()), tuple(ros.split()))


def test_values_are_those_behind_the_flags() -> None:
    line = split(
        ['--ros-args', '-p', 'a:=1', '--params-file', 'x.yaml', '-r', 'b:=c', '--param', 'd:=2']
    )
    assert line.ros_values('-p', '--param') == ['a:=1', 'd:=2']
    assert line.ros_values('--params-file') == ['x.yaml']


@pytest.mark.parametrize(
    ('words', 'hint'),
    [
        ('-p max_speed_mps:=1.0', 'gate --ros-args -p max_speed_mps:=1.0'),
        ('__ns:=/robot1', 'gate --ros-args __ns:=/robot1'),
        ('--params-file x.yaml', 'gate --ros-args --params-file x.yaml'),
        ('--fast', 'gate --help'),
    ],
)
def test_what_would_not_count_is_refused_with_what_would(words: str, hint: str) -> None:
    """The robot was ready at 3 m/s."""
    with pytest.raises(ArgumentInvalid, match=f'try: {hint}$') as told:
        split(words.split()).refuse_own('gate')
    assert told.value.code == 704
