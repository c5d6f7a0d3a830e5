"""The commands this orchestrator knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator_ren.commands.command import Command
from orchestrator_ren.commands.drive import Drive, DriveSettings
from orchestrator_ren.commands.stop import Stop
from orchestrator_ren.errors import UnknownCommand


class CommandRegistry:
    """Commands by name."""

    def __init__(self, commands: Iterable[Command[Any]]) -> None:
        self._commands = {command.name: command for command in commands}

    def get(self, name: str) -> Command[Any]:
        """Return the command of that name.

        Raises:
            UnknownCommand: There is none; the error lists those there are.
        """
        try:
            return self._commands[name]
        except KeyError:
            raise UnknownCommand(command=name, known=', '.join(sorted(self._commands))) from None


def built_in_commands(settings: DriveSettings) -> CommandRegistry:
    """Return the commands that come with this package, for a robot that drives like that."""
    return CommandRegistry([Drive(settings), Stop()])
