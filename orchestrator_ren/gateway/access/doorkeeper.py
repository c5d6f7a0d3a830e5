"""Who asks, and may he?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from orchestrator_ren.errors import KeyMissing, RoleTooLow
from orchestrator_ren.gateway.access.cookie import session_id_of
from orchestrator_ren.gateway.access.key_ring import KeyRing
from orchestrator_ren.gateway.access.request import Request
from orchestrator_ren.gateway.access.sessions import Sessions
from orchestrator_ren.key import Caller, Key, Role

NOBODY = Caller('', Role.OPERATOR)
"""Whoever asks where no keys are: this machine is trusted."""


@dataclass(frozen=True)
class Shown:
    """What a request has to show.

    Attributes:
        key: It; None if there is none that counts.
        trouble: Why not, or why it is good for nothing but a stop.
    """

    key: Key | None
    trouble: str = ''


class Doorkeeper:
    """Knows keys and sessions.

    Args:
        ring: The keys; None = everybody may operate.
        sessions: Of the page.
        now: Tells the time, UTC.
    """

    def __init__(
        self, ring: KeyRing | None, sessions: Sessions, now: Callable[[], datetime]
    ) -> None:
        self._ring = ring
        self._sessions = sessions
        self._now = now

    @property
    def needs_keys(self) -> bool:
        """Whether there are keys."""
        return self._ring is not None

    def shown(self, request: Request) -> Shown:
        """Return the key of its header, or, without one, of its session."""
        header = request.value('authorization')
        if header is None:
            return self._of_session(session_id_of(request))
        scheme, _, text = header.partition(' ')
        if scheme.lower() != 'bearer':
            return Shown(None, 'Authorization is not Bearer KEY')
        return self.of_text(text.strip())

    def of_text(self, text: str) -> Shown:
        """Return the key of that text."""
        key = self._ring.keys.key_of(text) if self._ring else None
        return Shown(key, '' if key else 'nobody has the key that was sent')

    def signed_in(self, shown: Shown) -> Caller | None:
        """Return who may sign in with that; None = nobody.

        Raises:
            KeyExpired: It has expired.
        """
        if shown.key is None:
            return None
        shown.key.check(self._now())
        return shown.key.caller

    def admitted(self, request: Request, shown: Shown, needed: Role | None) -> Caller | None:
        """Return who asks; None for somebody without a key, where none is needed.

        Raises:
            KeyMissing: He has no key, or his session has ended.
            KeyExpired: It has expired, and he does not want to stop the robot.
            RoleTooLow: It allows less.
        """
        if self._ring is None:
            return NOBODY
        if needed is None:
            return shown.key.caller if self.counts(shown) and shown.key else None
        if shown.key is None or (shown.trouble and not request.is_stop):
            role = needed.name.lower()
            detail = shown.trouble
            raise KeyMissing(method=request.method, path=request.path, role=role, detail=detail)
        if not request.is_stop:
            shown.key.check(self._now())
            _check_role(request, shown.key.caller, needed)
        return shown.key.caller

    def counts(self, shown: Shown) -> bool:
        """Whether it is good for more than a stop."""
        if shown.key is None or shown.trouble:
            return False
        return not shown.key.is_expired(self._now())

    def counts_on(self, request: Request) -> bool:
        """Whether somebody who was let in would be so again: keys are removed, sessions end."""
        return self._ring is None or self.counts(self.shown(request))

    def _of_session(self, session_id: str) -> Shown:
        session = self._sessions.get(session_id) if session_id else None
        if not session_id:
            return Shown(None, 'none was sent')
        if self._ring is None or session is None:
            return Shown(None, 'the session is not known; sign in')
        keys = self._ring.keys
        key = keys.with_digest(session.digest)
        if key is None:
            return Shown(None, 'the key of the session was removed')
        ended = self._sessions.has_ended(session)
        return Shown(key, 'the session has ended; sign in again' if ended else '')


def _check_role(request: Request, caller: Caller, needed: Role) -> None:
    if caller.role < needed:
        role, wanted = caller.role.name.lower(), needed.name.lower()
        fields = {'name': caller.name, 'role': role, 'needed': wanted}
        raise RoleTooLow(method=request.method, path=request.path, **fields)
