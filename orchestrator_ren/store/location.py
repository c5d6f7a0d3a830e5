"""Where the store of a robot is: when nobody says otherwise, and what is meant by who does."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy.engine import URL

from orchestrator_ren.errors import StoreUrlInvalid
from orchestrator_ren.location import expanded, robot_file
from orchestrator_ren.store.engine import FILE_URI, StoreUrl, file_of, parse


def default_url(namespace: str) -> StoreUrl:
    """Return the URL of an SQLite file of that namespace."""
    return URL.create('sqlite', database=str(robot_file(namespace, 'tickets', '.db')))


def expanded_url(text: str, field: str) -> StoreUrl:
    """Return the URL with the path of its SQLite file expanded; another one as it is.

    Raises:
        ConfigurationError: As for `location.expanded`.
    """
    try:
        url = parse(text)
    except StoreUrlInvalid:  # the store says so, while the robot can be stopped
        return text
    path = file_of(url)
    if not path or path.startswith('//'):
        return text
    path = expanded(path, field)
    is_uri = str(url.database).startswith(FILE_URI)
    return url.set(database=FILE_URI + quote(path) if is_uri else path)
