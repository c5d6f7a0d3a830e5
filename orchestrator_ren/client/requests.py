"""From what a caller says to the messages of requests; what cannot be said is refused here."""

from __future__ import annotations

import getpass
import json
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from orchestrator_ren.client.answers import Robot
from orchestrator_ren.errors import (
    ContractError,
    OutOfRange,
    UnknownParameter,
    UnknownStatus,
    WrongType,
    printable,
)
from orchestrator_ren.ros.stamps import LAST_S, time_to_msg
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

ORDERS = {'newest': 0, 'oldest': 1}
"""The orders of lists, as in srv/ListTickets."""

_UNFIT = re.compile(r'[\0\ud800-\udfff]')

_TEXT = 'text of Unicode characters, without the character 0'


def filled(kind: Callable[..., Any], **values: Any) -> Any:
    """Return a message with these values.

    Unchecked, rosidl would send the low bits of a number that is too large, and end the process
    where a value is of another type.

    Raises:
        ContractError: A value is of another type, too long, or out of the range of its field; or
            a text that DDS would cut off or not take.
    """
    for field, value in values.items():
        texts = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        for each in texts:
            _check_text(field, each)
    try:
        return kind(check_fields=True, **values)
    except AssertionError as error:  # rosidl's own check
        raise ContractError(detail=' '.join(str(error).split())) from error


def _check_text(field: str, text: object) -> None:
    is_text = isinstance(text, str) and not _UNFIT.search(text)
    if not is_text:
        raise WrongType(field=field, value=printable(repr(text)[:100]), expected=_TEXT)


def params_of(params: dict[str, Any] | None, more: dict[str, Any]) -> dict[str, Any]:
    """Return a command's parameters, which are given as an object, or as keywords, or both.

    Raises:
        UnknownParameter: One is given both ways.
    """
    twice = sorted(set(params or ()) & set(more))
    if twice:
        known = f'{twice[0]} once: in params= or as a keyword'
        raise UnknownParameter(parameter=twice[0], command='create', known=known)
    return {**(params or {}), **more}


def object_text(field: str, found: dict[str, Any] | None) -> str:
    """Return an object as JSON; empty for none.

    Raises:
        WrongType: It has something that JSON has no form for.
    """
    if not found:
        return ''
    try:
        return json.dumps(found, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise WrongType(field=field, value=str(error), expected='a JSON object') from error


def priority_number(priority: str | int) -> int:
    """Return the number of a priority, which is given by name or number.

    Raises:
        OutOfRange: It is none.
    """
    limit = 'low, normal, high or critical, or 1 to 4'
    if isinstance(priority, str) and priority.upper() in Priority.__members__:
        return Priority[priority.upper()].value
    if isinstance(priority, int) and priority in Priority.__members__.values():
        return int(priority)
    raise OutOfRange(field='priority', value=priority, limit=limit)


def status_names(statuses: Iterable[Status | str]) -> list[str]:
    """Return the names of statuses, without repeats.

    Raises:
        UnknownStatus: One is none.
    """
    given = [statuses] if isinstance(statuses, str) else statuses
    names = {str(getattr(each, 'value', each)).upper(): each for each in given}
    for name, each in names.items():
        if name not in Status.__members__:
            raise UnknownStatus(status=each, known=', '.join(Status.__members__))
    return list(names)


def instant(field: str, when: datetime | None) -> Any:
    """Return the instant as a message; zero for None.

    Raises:
        WrongType: It has no zone: nobody knows which instant is meant.
        OutOfRange: No message can say it; zero is none.
    """
    if when is not None and when.tzinfo is None:
        expected = 'an instant with its zone, such as datetime.now(timezone.utc)'
        raise WrongType(field=field, value=when, expected=expected)
    if when is not None and not 0.0 < when.timestamp() <= LAST_S:
        limit = 'after 1970-01-01 and before 2038-01-19'  # what messages can say
        raise OutOfRange(field=field, value=when.isoformat(), limit=limit)
    return time_to_msg(when)


def order_number(order: str) -> int:
    """Return the number of an order of lists.

    Raises:
        OutOfRange: There is no such order.
    """
    if order not in ORDERS:
        raise OutOfRange(field='order', value=order, limit=' or '.join(ORDERS))
    return ORDERS[order]


def name_of(robot: Robot | str) -> str:
    """Return the name of a robot, which may be given itself."""
    return robot.name if isinstance(robot, Robot) else robot


def capability_names(given: Iterable[str]) -> list[str]:
    """Return the names of capabilities, of which one may be given as it is."""
    return [given] if isinstance(given, str) else list(given)


def id_of(ticket: Ticket | str) -> str:
    """Return the id of a ticket, which may be given itself."""
    return ticket if isinstance(ticket, str) else ticket.id


def login_name() -> str:
    """Return who runs this process; empty where that has no name."""
    try:
        return getpass.getuser()[:64]
    except (KeyError, OSError, ImportError):  # a container without an entry for its user
        return ''
