"""What each address needs, by method and shape.

Nothing needs an admin: keys are made on the robot itself, by `ren key`.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator_ren.gateway.access.request import Request
from orchestrator_ren.key import Role

LOGIN, LOGOUT, SESSION = '/login', '/logout', '/session'
SESSION_PATHS = (LOGIN, LOGOUT, SESSION)
"""For who has no key yet."""


class Roles:
    """The table.

    Args:
        open_paths: For anybody: files of the page, which say nothing of the robot. One that ends
            with a slash stands for all below it; they are only read.
    """

    def __init__(self, open_paths: Sequence[str]) -> None:
        self._files = frozenset(each for each in open_paths if not each.endswith('/'))
        self._folders = tuple(each for each in open_paths if each.endswith('/'))

    def needed(self, request: Request) -> Role | None:
        """Return the least role that may ask for that; None = anybody may."""
        if request.is_websocket:
            return Role.VIEWER
        if request.path in SESSION_PATHS:
            return None
        if request.is_stop:
            return Role.VIEWER
        if request.is_write:
            return Role.OPERATOR
        is_open = request.path in self._files or request.path.startswith(self._folders)
        return None if is_open else Role.VIEWER
