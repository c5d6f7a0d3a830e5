"""How `ren` ends, for scripts."""

from __future__ import annotations

from enum import IntEnum

from orchestrator_ren.errors import ConfigurationError, OrchestratorError


class ExitCode(IntEnum):
    """What the exit code of `ren` says.

    Attributes:
        meaning: In a few words.
    """

    meaning: str

    def __new__(cls, value: int, meaning: str) -> ExitCode:
        """Make one."""
        made = int.__new__(cls, value)
        made._value_ = value
        made.meaning = meaning
        return made

    DONE = 0, 'done'
    REFUSED = 1, 'refused'
    USAGE = 2, 'wrong command line, nothing was sent'
    NOBODY = 3, 'nobody answered'
    FAILED = 4, 'FAILED'
    CANCELLED = 5, 'CANCELLED'
    INTERRUPTED = 130, 'left by Ctrl-C'
    CLOSED = 141, 'nobody takes the output any more'


NOBODY_CODES = (801, 804)
"""Of errors that say that nobody was there."""


def exit_code_of(error: OrchestratorError) -> ExitCode:
    """Return how `ren` ends with an error."""
    if error.code in NOBODY_CODES:
        return ExitCode.NOBODY
    return ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.REFUSED
