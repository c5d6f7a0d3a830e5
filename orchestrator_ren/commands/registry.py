"""The commands this orchestrator knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator_ren.commands.command import Command
from orchestrator_ren.commands.drive import Drive, DriveSettings
from orchestrator_ren.commands.stop import Stop
from orchestrator_ren.errors import UnknownCommand
from orchestrator_ren.tickets.recovery import RecoveryPolicy


class CommandRegistry:
    """Commands by name."""

    def __init__(self, commands: Iterable[Command[Any]]) -> None:
        self._commands = {command.name: command for command in commands}

    @property
    def commands(self) -> list[Command[Any]]:
        """All of them, in the order of their names."""
        return [self._commands[name] for name in sorted(self._commands)]

    def get(self, name: str) -> Command[Any]:
        """Return the command of that name.

        Raises:
            UnknownCommand: There is none; the error lists those there are.
        """
        try:
            return self._commands[name]
        except KeyError:
            raise UnknownCommand(command=name, known=', '.join(sorted(self._commands))) from None

    def recovery_policy(self, name: str) -> RecoveryPolicy:
        """Return what becomes of a ticket of that command after a crash.

        A robot must not move because of a restart: FAIL for what moves it, whatever it declares,
        and for a command that is not there any more.
        """
        command = self._commands.get(name)
        if command is None or command.moves:
            return RecoveryPolicy.FAIL
        return command.recovery


def built_in_commands(settings: DriveSettings) -> CommandRegistry:
    """Return the commands that come with this package, for a robot that drives like that."""
    return CommandRegistry([Drive(settings), Stop()])
