"""The URL of a store as its owner gives it: a parameter that all may read, or his own file."""

from __future__ import annotations

import os
import stat

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.store.engine import StoreUrl, shown
from orchestrator_ren.store.location import default_url, expanded_url

LIMIT_BYTES = 4096
"""Longest file; a URL is shorter."""


def chosen_url(url: StoreUrl, url_file: str, namespace: str, file_field: str) -> StoreUrl:
    """Return the URL that is meant.

    Args:
        url: As given; empty = none.
        url_file: Path of a file that holds it; empty = none.
        namespace: Of the orchestrator, whose own store it is if neither is given.
        file_field: How the file is given, for errors.

    Raises:
        ConfigurationError: Both are given, or the file is not one of that kind.
    """
    if url and url_file:
        limit = 'empty where the URL itself is given too'
        raise ConfigurationError(field=file_field, value=repr(url_file), limit=limit)
    if url_file:
        return expanded_url(_content(url_file, file_field), file_field)
    return url or default_url(namespace)


def exposed_by(url: StoreUrl) -> list[str]:
    """Return what anybody on the ROS graph can read who should not, if the URL is a parameter."""
    if not isinstance(url, str) or shown(url) == url:  # parsed: that of a file
        return []
    return ['store_url has a password in it, for all to read; use ~/.pgpass or store_url_file']


def _content(path: str, field: str) -> str:
    try:
        # Without waiting, should it be a pipe.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), encoding='utf-8') as file:
            found = os.fstat(file.fileno())
            text = file.read(LIMIT_BYTES).strip() if stat.S_ISREG(found.st_mode) else ''
    except (OSError, ValueError) as error:
        limit = f'a file that can be read ({getattr(error, "strerror", None) or error})'
        raise ConfigurationError(field=field, value=repr(path), limit=limit) from error
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        mode = stat.S_IMODE(found.st_mode)
        limit = f'a file for its owner only (mode 0600, not {mode:04o}): chmod 600 {path}'
        raise ConfigurationError(field=field, value=repr(path), limit=limit)
    if not text or len(text.split()) > 1:
        limit = 'a file that holds one URL and nothing else'
        raise ConfigurationError(field=field, value=repr(path), limit=limit)
    return text
