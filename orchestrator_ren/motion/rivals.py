"""More than one gate, or orchestrator, where there may be one only."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_ren.errors import NotAlone


class Rivals:
    """Notices them by how many are heard, and keeps the error as it was told first.

    Args:
        names_of: Returns the names of those that publish on a topic, for people; asked once for
            each time that rivals are noticed.

    Attributes:
        error: Why nothing may move; None = each is the only one.
    """

    def __init__(self, names_of: Callable[[str], str]) -> None:
        self.error: NotAlone | None = None
        self._names_of = names_of

    def look(self, gates: int, orchestrators: int) -> NotAlone | None:
        """Take how many are alive; return the error where it is new."""
        before, self.error = self.error, None
        if gates > 1:
            count, what, topic = gates, 'cmd_vel gates', 'e_stop_state'
        elif orchestrators > 1:
            count, what, topic = orchestrators, 'orchestrators', 'drive_command'
        else:
            return None
        if before is not None and before.fields['what'] == what:
            self.error = before
            return None
        self.error = NotAlone(count=count, what=what, names=self._names_of(topic))
        return self.error
