"""The commands this orchestrator knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestrator_ren.commands.command import BUILT_IN, Command
from orchestrator_ren.commands.drive import Drive
from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.commands.forward import SOURCE as FORWARDED
from orchestrator_ren.commands.scan import Scan
from orchestrator_ren.commands.stop import Stop
from orchestrator_ren.errors import UnknownCommand
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.tickets.recovery import RecoveryPolicy

OWN = frozenset({BUILT_IN, FORWARDED})
"""The sources of commands whose code is ours: what they are asked, they answer at once."""


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

    def has(self, name: str) -> bool:
        """Whether there is a command of that name."""
        return name in self._commands

    @property
    def foreign(self) -> dict[str, Command[Any]]:
        """Those whose code is somebody else's, by their names."""
        return {name: each for name, each in self._commands.items() if each.source not in OWN}

    def fit(self, limits: MotionLimits) -> None:
        """Let the commands whose code is ours plan within what the gate lets pass."""
        for command in self._commands.values():
            if command.source in OWN:
                command.fit(limits)

    def recovery_policy(self, name: str) -> RecoveryPolicy:
        """Return what becomes of a ticket of that command after a crash.

        A robot must not move because of a restart: FAIL for what moves it, whatever it declares,
        and for a command that is not there any more.
        """
        if self.may_move(name):
            return RecoveryPolicy.FAIL
        return self._commands[name].recovery

    def may_move(self, name: str) -> bool:
        """Return whether the command of that name may move the robot; one that is gone may."""
        command = self._commands.get(name)
        return command is None or command.moves


def built_in_commands(
    settings: DriveSettings,
    picture_folder: Path,
    utc_now: Callable[[], datetime],
    scan_open_space: str = 'inf',
) -> list[Command[Any]]:
    """Return the commands that come with this package.

    Args:
        settings: How the robot drives.
        picture_folder: Where pictures of scans go.
        utc_now: Clock for their names.
        scan_open_space: What the lidar sends for nothing in sight.
    """
    return [Drive(settings), Scan(settings, picture_folder, utc_now, scan_open_space), Stop()]
