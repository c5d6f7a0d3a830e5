"""Why nothing starts from the queue."""

from __future__ import annotations

import enum


class PauseReason(enum.IntEnum):
    """As it is stored; `text` is for people."""

    NONE = 0
    """The queue is not paused."""
    CLIENT = 1
    """A client asked for it."""
    UNSAFE = 2
    """Something kept the robot from moving, while the dispatcher starts tickets by itself."""
    CRASH = 3
    """The orchestrator ended during a motion: nothing moves again before somebody has looked."""

    STOPPED = 4
    """Somebody called `stop`: the next motion must not begin in the same moment."""

    RESTART = 5
    """Tickets that may move the robot waited from before this start: nobody expects them now."""

    LEFT = 6
    """A client of `execute_ticket` waited for a ticket from before this start, and is gone."""

    @classmethod
    def _missing_(cls, value: object) -> PauseReason | None:
        """Return a reason that only a newer version has a name for."""
        if not isinstance(value, int):
            return None
        reason = int.__new__(cls, value)
        reason._name_, reason._value_ = 'UNKNOWN', value
        return reason

    @property
    def is_made_by_itself(self) -> bool:
        """Whether nobody asked for it; it is about tickets that nobody stays for."""
        return self in _BY_ITSELF

    @property
    def text(self) -> str:
        """A sentence for people; empty for NONE."""
        return _TEXTS.get(self, f'by a newer version: {self.value}; call resume_queue')


_BY_ITSELF = (
    PauseReason.UNSAFE,
    PauseReason.CRASH,
    PauseReason.STOPPED,
    PauseReason.RESTART,
    PauseReason.LEFT,
)

_TEXTS = {
    PauseReason.NONE: '',
    PauseReason.CLIENT: 'by a client; call resume_queue',
    PauseReason.UNSAFE: (
        'the robot could not move (e-stop, gate, odometry or store);'
        ' once that is mended, call resume_queue'
    ),
    PauseReason.CRASH: 'the orchestrator ended during a motion; call resume_queue',
    PauseReason.STOPPED: 'stop was called; call resume_queue',
    PauseReason.RESTART: (
        'tickets that may move the robot waited from before this start; look at them (get_queue),'
        ' then call resume_queue'
    ),
    PauseReason.LEFT: (
        'who stayed for tickets from before this start is gone; look at them (get_queue), then'
        ' call resume_queue'
    ),
}
