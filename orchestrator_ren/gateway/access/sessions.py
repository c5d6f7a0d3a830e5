"""The sessions of the page: a random id in a cookie stands for a key, while the key counts."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

SESSION_S = 12 * 3600.0
"""How long one is good for more than to stop the robot [s]."""

MOST = 1024
"""That are remembered; the oldest is forgotten first."""


@dataclass(frozen=True)
class Session:
    """Somebody has given his key to the page.

    Attributes:
        digest: Of the key.
        ends_at_mono_s: From when on it only stops the robot, as an expired key does [s].
    """

    digest: str
    ends_at_mono_s: float


class Sessions:
    """Keeps them in memory: after a restart, the key is asked for again.

    Args:
        clock: Monotonic [s].
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def begin(self, digest: str) -> str:
        """Begin one for the key of that digest; return its id."""
        session_id = secrets.token_urlsafe(32)
        self._sessions[_hidden(session_id)] = Session(digest, self._clock() + SESSION_S)
        if len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        return session_id

    def get(self, session_id: str) -> Session | None:
        """Return the session of that id; None if there is none."""
        return self._sessions.get(_hidden(session_id))

    def has_ended(self, session: Session) -> bool:
        """Whether it is only good to stop the robot."""
        return self._clock() >= session.ends_at_mono_s

    def end(self, session_id: str) -> None:
        """Forget it."""
        self._sessions.pop(_hidden(session_id), None)


def _hidden(session_id: str) -> str:
    """Return what is looked up, so that its time tells nothing of the id."""
    return sha256(session_id.encode('utf-8', 'backslashreplace')).hexdigest()
