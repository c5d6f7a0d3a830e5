"""What stands behind the `?` of a URL: only what its address takes, and what is one value once."""

from __future__ import annotations

from collections import Counter

from starlette.requests import HTTPConnection

from orchestrator_ren.errors import UnknownParameter, WrongType, printable
from orchestrator_ren.gateway.refusals import MOST_SHOWN, named


def check_query(connection: HTTPConnection) -> None:
    """Let it pass if the address takes it; a list may be given several times.

    Raises:
        UnknownParameter: Nobody would read it, and who sent it believes that it counts.
        WrongType: It is given several times, and is one value.
    """
    taken = connection.scope['route'].dependant.query_params
    is_list = {each.alias: isinstance(each.get_default(), list) for each in taken}
    given = Counter(name for name, _ in connection.query_params.multi_items())
    for name, count in given.items():
        field = printable(name)[:MOST_SHOWN]
        if name not in is_list:
            known = ', '.join(is_list) or 'none'
            message = f"the query has '{field}', which is not known; known here: {known}"
            raise named(UnknownParameter, field, message)
        if count > 1 and not is_list[name]:
            raise WrongType(field=field, value=f'given {count} times', expected='one value')
