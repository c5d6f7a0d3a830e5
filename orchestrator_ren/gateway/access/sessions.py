"""The sessions of the page: a cookie says whose key it stands for, and until when.

It is signed under that key's digest: nothing is kept, so that a restart of the gateway signs
nobody out, and it ends with the key.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from orchestrator_ren.key import NAME, Key, Keys

SESSION_S = 12 * 3600.0
"""How long one is good for more than to stop the robot [s]."""

MOST_ENDED = 1024
"""Whose end is remembered; the oldest is forgotten first, and so are all at a restart."""

SESSION = re.compile(
    rf'(?P<said>(?P<name>{NAME.pattern})\.(?P<end>\d{{1,11}})\.[A-Za-z0-9_-]{{11}})'
    r'\.(?P<mac>[0-9a-f]{64})',
    re.ASCII,
)
"""Name of the key, end [s since 1970], something that no other session has; the signature."""


class Sessions:
    """Makes them and judges them.

    Args:
        now: Tells the time, UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._ended: OrderedDict[str, None] = OrderedDict()

    def begin(self, key: Key) -> str:
        """Return a new one that stands for the key."""
        end_s = int(self._now().timestamp() + SESSION_S)
        said = f'{key.name}.{end_s}.{secrets.token_urlsafe(8)}'
        return f'{said}.{_mac(said, key)}'

    def key_of(self, session: str, keys: Keys) -> Key | None:
        """Return the key that it stands for; None if there is none, or somebody signed out."""
        found = SESSION.fullmatch(session)
        key = keys.named(found['name']) if found else None
        if found is None or key is None:
            return None
        is_ours = hmac.compare_digest(found['mac'], _mac(found['said'], key))
        return key if is_ours and _hidden(session) not in self._ended else None

    def is_over(self, session: str) -> bool:
        """Whether it is only good to stop the robot, as an expired key is."""
        found = SESSION.fullmatch(session)
        return found is None or self._now().timestamp() >= int(found['end'])

    def end(self, session: str) -> None:
        """Let it stand for nobody any more."""
        self._ended[_hidden(session)] = None
        if len(self._ended) > MOST_ENDED:
            self._ended.popitem(last=False)


def _mac(said: str, key: Key) -> str:
    return hmac.new(bytes.fromhex(key.digest), f'session {said}'.encode(), sha256).hexdigest()


def _hidden(session: str) -> str:
    """Return what is kept of one, with which nobody can do anything."""
    return sha256(session.encode()).hexdigest()
