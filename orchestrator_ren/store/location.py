"""Where the store of a robot is, when nobody says otherwise."""

from __future__ import annotations

from orchestrator_ren.location import robot_file


def default_url(namespace: str) -> str:
    """Return the URL of an SQLite file of that namespace."""
    return f'sqlite:///{robot_file(namespace, "tickets", ".db")}'
