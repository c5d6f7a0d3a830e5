"""The end of the orchestrator, which everybody who begins something asks about."""

from __future__ import annotations

from orchestrator_ren.errors import ServiceStopping


class Shutdown:
    """Whether the orchestrator shuts down: then nothing new begins.

    Attributes:
        has_begun: It does, and will not change its mind.
    """

    def __init__(self) -> None:
        self.has_begun = False

    def begin(self) -> None:
        """Begin nothing from now on."""
        self.has_begun = True

    def refuse(self) -> None:
        """Raise ServiceStopping once it has begun."""
        if self.has_begun:
            raise ServiceStopping
