"""A program: what its command line and parameter files mean, before and beside its nodes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.ros import parameter_files
from orchestrator_ren.ros.beginning import tell
from orchestrator_ren.ros.command_line import CommandLine, split
from orchestrator_ren.ros.parameter_files import NodeName, ParameterFile
from orchestrator_ren.ros.parameters import ROS_OWN, Parameter
from orchestrator_ren.ros.process import ProcessNode, run
from orchestrator_ren.ros.release import rclpy_release

HELP, VERSION = ('-h', '--help'), ('--version',)


@dataclass(frozen=True)
class Program:
    """An executable that runs nodes.

    Attributes:
        name: Of the executable.
        description: One sentence.
        parameters: Of its node.
    """

    name: str
    description: str
    parameters: tuple[Parameter, ...]

    def run(self, make_nodes: Callable[[], Sequence[ProcessNode]]) -> int:
        """Answer, refuse, or run the nodes; return the exit code."""
        line = split(sys.argv[1:])
        answer = self._answer(line)
        if answer:
            print(answer)  # noqa: T201
            return 0
        try:
            line.refuse_own(self.name)
            files = [parameter_files.read(each) for each in line.ros_values('--params-file')]
        except OrchestratorError as error:
            tell(error)
            return 1
        return run(make_nodes, partial(_check, files, line.ros_values('-p', '--param')))

    def _answer(self, line: CommandLine) -> str:
        """Return what is only asked for."""
        if any(each in HELP for each in line.own):
            return self._help()
        if any(each in VERSION for each in line.own):
            return f'{self.name} {version("orchestrator_ren")}, {rclpy_release()}'
        return ''

    def _help(self) -> str:
        lines = [
            f'usage: {self.name} [--help] [--version] [--ros-args [-p NAME:=VALUE]',
            '       [--params-file FILE] [-r __ns:=/ROBOT] [--log-level LEVEL] ...]',
            '',
            self.description,
            '',
            'parameters:',
        ]
        for each in self.parameters:
            lines += [
                f'  {each.name}  (default: {each.default!r})',
                f'      {each.description} Must be {each.limit}.',
            ]
        return '\n'.join(lines)


def _check(files: list[ParameterFile], rules: list[str], nodes: Sequence[ProcessNode]) -> None:
    """Look whether what the command line sets is for the nodes that there are.

    Raises:
        ConfigurationError: It is clearly meant for them, and does not count.
    """
    names = [NodeName(each.get_fully_qualified_name(), each.original_name) for each in nodes]
    known = {name for node in nodes for name in node._parameters if name not in ROS_OWN}
    for rule in rules:
        parameter_files.check_override(rule, names)
    for file in files:
        doubt = parameter_files.check(file, names, known)
        if doubt:
            nodes[0].get_logger().warning(doubt)
