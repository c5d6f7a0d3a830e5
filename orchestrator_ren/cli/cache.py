"""What `ren` has seen of a robot, for the completion of a shell: never needed, only handy."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MOST_IDS = 50
"""Tickets that are remembered."""

NAMELESS = '-robot'
"""The file's name for the robot without a namespace; no namespace is called so."""


class Cache:
    """A file of commands and recent tickets; what cannot be read or written is not there.

    Args:
        namespace: Of the robot, without slashes around it.
    """

    def __init__(self, namespace: str) -> None:
        base = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
        name = namespace.replace('/', '.') or NAMELESS
        self._path = Path(base, 'orchestrator_ren', f'{name}.json')

    @property
    def commands(self) -> dict[str, dict[str, Any]]:
        """JSON schemas of the commands, by name."""
        found = self._read().get('commands')
        named = found.items() if isinstance(found, dict) else ()
        return {name: schema for name, schema in named if isinstance(schema, dict)}

    @property
    def ids(self) -> list[str]:
        """Of tickets, the newest first."""
        found = self._read().get('ids')
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

    def keep_commands(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember the commands."""
        self._write({**self._read(), 'commands': dict(schemas)})

    def keep_ids(self, ids: Iterable[str]) -> None:
        """Remember these tickets before the earlier ones."""
        known = list(dict.fromkeys([*ids, *self.ids]))[:MOST_IDS]
        self._write({**self._read(), 'ids': known})

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text(encoding='utf-8'))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, what: Mapping[str, Any]) -> None:
        """Write a file beside it and put it in its place: several may do so at once."""
        beside = self._path.with_suffix(f'.{os.getpid()}')
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_text(json.dumps(what), encoding='utf-8')
                beside.replace(self._path)
            except OSError:
                beside.unlink(missing_ok=True)
