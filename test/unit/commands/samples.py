"""The built-in commands, for a robot as it is without settings."""

from datetime import datetime, timezone
from pathlib import Path

from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.commands.registry import CommandRegistry, built_in_commands


def registry_of(settings: DriveSettings | None = None) -> CommandRegistry:
    return CommandRegistry(
        built_in_commands(
            settings or DriveSettings(),
            Path('/nowhere'),
            lambda: datetime(2026, 1, 2, tzinfo=timezone.utc),
        )
    )
