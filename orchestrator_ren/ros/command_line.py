"""The words of a command line: those of the program, and those of ROS behind `--ros-args`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_ren.errors import ArgumentInvalid

BEGIN, END = '--ros-args', '--'
"""What is between them is for ROS; the end may be left out."""

ROS_FLAGS = {'-p', '--param', '--params-file', '-r', '--remap', '--log-level', '-e', '--enclave'}
"""Of those behind `--ros-args`, the ones that people write elsewhere."""


@dataclass(frozen=True)
class CommandLine:
    """A command line, without the program's name.

    Attributes:
        own: Words for the program.
        ros: Words for ROS.
    """

    own: tuple[str, ...]
    ros: tuple[str, ...]

    def ros_values(self, *flags: str) -> list[str]:
        """Return the words behind these flags of ROS."""
        pairs = zip(self.ros, self.ros[1:], strict=False)
        return [value for flag, value in pairs if flag in flags]

    def refuse_own(self, program: str) -> None:
        """Refuse words for the program where it takes none.

        Raises:
            ArgumentInvalid: There are some: a limit that is written here would not count.
        """
        if not self.own:
            return
        words = ' '.join(self.own)
        is_of_ros = any(each in ROS_FLAGS or ':=' in each for each in self.own)
        hint = f'{program} {BEGIN} {words}' if is_of_ros else f'{program} --help'
        raise ArgumentInvalid(detail=f'{self.own[0]!r} is not known here; try: {hint}')


def split(words: Sequence[str]) -> CommandLine:
    """Return the words by whom they are for."""
    own, ros, is_for_ros = [], [], False
    for each in words:
        if each == BEGIN:
            is_for_ros = True
        elif is_for_ros and each == END:
            is_for_ros = False
        else:
            (ros if is_for_ros else own).append(each)
    return CommandLine(tuple(own), tuple(ros))
