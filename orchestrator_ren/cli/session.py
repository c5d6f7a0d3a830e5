"""The robot that a verb talks to, and what all verbs need to know of it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from orchestrator_ren.cli.cache import Cache
from orchestrator_ren.cli.parser import TIMEOUT_S
from orchestrator_ren.errors import (
    NotAnswered,
    OrchestratorError,
    RobotUnknown,
    TicketIdAmbiguous,
    TicketNotFound,
)

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient
    from orchestrator_ren.client.own_node import OwnNode

WHOLE_ID = re.compile(r'tick-\d{8}-[0-9a-f]{8}')

RECENT = 2000
"""Tickets among which a part of an id is looked for, the newest."""

MOST_NAMED = 5
"""Ids that are told where a part fits several."""

_open: list[TicketClient | OwnNode] = []


@contextmanager
def robot_of(options: argparse.Namespace) -> Iterator[TicketClient]:
    """Yield the client of the robot that is meant; `close_all` closes it.

    Raises:
        RobotUnknown: Nobody answers in its namespace, but others do elsewhere.
        NotAnswered: Nobody answers.
    """
    from orchestrator_ren.client import TicketClient

    timeout_s = TIMEOUT_S if options.timeout is None else options.timeout
    with in_words_of_ours():
        client = TicketClient(namespace_of(options), timeout_s=timeout_s)
        close_at_end(client)
        try:
            yield client
        except NotAnswered as error:
            raise _unknown(client, options, error) from error


def close_at_end(client: TicketClient | OwnNode) -> None:
    """Have it closed once the exit code is known."""
    _open.append(client)


def close_all(code: int) -> None:
    """Close what is open; where the middleware hangs, the process ends with that exit code."""
    if not _open:
        return
    from orchestrator_ren.ros.end_at_latest import end_at_latest

    end_at_latest(code)
    while _open:
        _open.pop().close()


@contextmanager
def in_words_of_ours() -> Iterator[None]:
    """Tell in a line what keeps a node from being made.

    Raises:
        ConfigurationError: ROS_DOMAIN_ID is no number, or the like.
    """
    try:
        yield
    except RuntimeError as error:  # RCLError
        from orchestrator_ren.ros.beginning import in_our_words

        raise in_our_words(error) from error


def namespace_of(options: argparse.Namespace) -> str:
    """Return the namespace without slashes around it; empty = none."""
    return str(options.namespace)


def cache_of(options: argparse.Namespace) -> Cache:
    """Return what is remembered of the robot."""
    return Cache(namespace_of(options))


def whole_id(client: TicketClient, text: str) -> str:
    """Return the id that begins or ends so.

    Raises:
        TicketNotFound: None does, of the newest.
        TicketIdAmbiguous: Several do.
    """
    text = text.lower()
    if WHOLE_ID.fullmatch(text):
        return text
    ids = (each.id for each in client.find(limit=RECENT))
    found = list(islice((each for each in ids if fits(each, text)), MOST_NAMED + 1))
    if not found:
        raise TicketNotFound(ticket_id=text)
    if len(found) > 1:
        more = ', …' if len(found) > MOST_NAMED else ''
        raise TicketIdAmbiguous(text=text, found=', '.join(found[:MOST_NAMED]) + more)
    return found[0]


def fits(ticket_id: str, text: str) -> bool:
    """Whether the id begins or ends so, or what is behind its date begins so."""
    own = ticket_id.rpartition('-')[2]
    begins = ticket_id.startswith(text) or own.startswith(text)
    return bool(text) and (begins or ticket_id.endswith(text))


def _unknown(
    client: TicketClient, options: argparse.Namespace, error: NotAnswered
) -> OrchestratorError:
    there = client.namespaces()
    mine = namespace_of(options)
    if not there or mine in there:
        return error
    return RobotUnknown(robot=_shown(mine), known=', '.join(map(_shown, sorted(there))))


def _shown(namespace: str) -> str:
    return f'-n {namespace}' if namespace else 'the one without a namespace'
