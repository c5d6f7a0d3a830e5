"""JSON as it is taken: UTF-8, each name once. FastAPI would take more, and say less."""

from __future__ import annotations

import json
from typing import Any

from orchestrator_ren.errors import BodyUnreadable, printable, shown

LONGEST = 80
"""Characters of a repeated name that are shown."""


def json_in(body: bytes) -> Any:
    """Return what a body holds.

    Raises:
        BodyUnreadable: It is no JSON, or an object in it has a name twice: which one counts?
    """
    try:
        return json.loads(body.decode(), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        detail = f'it is no JSON: {error.msg} at character {error.pos}'
        raise BodyUnreadable(detail=detail) from error
    except UnicodeDecodeError as error:
        raise BodyUnreadable(detail='it is not UTF-8') from error
    except RecursionError as error:
        raise BodyUnreadable(detail='it is nested too deep') from error
    except ValueError as error:  # a number of thousands of digits
        raise BodyUnreadable(detail=shown(error)) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(each for each in names if names.count(each) > 1)
        raise BodyUnreadable(detail=f"'{printable(twice[:LONGEST])}' is given twice")
    return found
