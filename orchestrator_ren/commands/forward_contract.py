"""One forwarded command as its YAML contract describes it; see docs/forward.md."""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping
from typing import Any, Literal, cast

from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictInt, StrictStr

TYPES: dict[str, type] = {'float': float, 'int': int, 'bool': bool, 'str': str}

Number = StrictInt | StrictFloat | None


class ForwardParameter(BaseModel, extra='forbid'):
    """A parameter that tickets of the command have; required where it has no default."""

    type: Literal['float', 'int', 'bool', 'str']
    default: Any = None
    description: StrictStr = ''
    ge: Number = None
    gt: Number = None
    le: Number = None
    lt: Number = None

    @property
    def bounds(self) -> dict[str, Any]:
        """The bounds it has, by their names."""
        given = {'ge': self.ge, 'gt': self.gt, 'le': self.le, 'lt': self.lt}
        return {name: limit for name, limit in given.items() if limit is not None}

    def sample(self) -> Any:
        """Return its default, or some value within its bounds if there is one."""
        convert = TYPES[self.type]
        if self.default is not None:
            return convert(self.default)
        limits = list(self.bounds.values())
        near = [limit + step for limit in limits for step in (0, 1, -1)]
        middle = sum(limits) / max(1, len(limits))
        values = [convert(each) for each in (0, *near, middle)] if limits else [convert()]
        return next(filter(self.takes, values), values[0])

    def takes(self, value: Any) -> bool:
        """Return whether a value of its type is within its bounds, and finite."""
        if isinstance(value, float) and not math.isfinite(value):
            return False
        return all(getattr(operator, name)(value, limit) for name, limit in self.bounds.items())


class ForwardProgress(BaseModel, extra='forbid'):
    """The field of the feedback that tells how far the goal is."""

    field: StrictStr
    kind: Literal['fraction', 'percent', 'remaining']

    def share(self, now: float, most: float) -> float:
        """Return the progress [0-1].

        Args:
            now: What the feedback says: a part of 1, of 100, or what is left.
            most: The largest that it has said.
        """
        if self.kind == 'remaining':
            return 1.0 - now / most if most > 0.0 else 0.0
        return now if self.kind == 'fraction' else now / 100.0


class ForwardContract(BaseModel, extra='forbid'):
    """One command as the YAML file describes it; docs/forward.md explains each field."""

    description: StrictStr
    action: StrictStr = ''
    service: StrictStr = ''
    endpoint: StrictStr
    parameters: dict[str, ForwardParameter] = Field(default_factory=dict)
    request: dict[str, Any] = Field(default_factory=dict)
    result: dict[str, StrictStr] = Field(default_factory=dict)
    succeeded_when: dict[str, Any] = Field(default_factory=dict)
    progress: ForwardProgress | None = None
    resources: list[StrictStr] = Field(default_factory=list)
    shared_resources: list[StrictStr] = Field(default_factory=list)
    moves: StrictBool = False
    interlocked: StrictBool = False
    retriable: StrictBool = False
    timeout_seconds: float = Field(5.0, gt=0.0, le=3600.0)

    def filled_request(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request's values by field path, with the parameters put in."""
        return cast('dict[str, Any]', _filled(self.request, params))

    def samples(self) -> dict[str, Any]:
        """Return the default or another good value of each parameter."""
        return {name: each.sample() for name, each in self.parameters.items()}

    def sample_request(self) -> dict[str, Any]:
        """Return a request with `samples` put in."""
        return self.filled_request(self.samples())

    def unmet(self, found: Mapping[str, Any]) -> str:
        """Return which field does not have its value of `succeeded_when`; empty = none.

        Args:
            found: What the result has in these fields.
        """
        for path, wanted in self.succeeded_when.items():
            if found[path] != wanted:
                return f'{path} must be {json.dumps(wanted)}'
        return ''


def _filled(value: Any, params: Mapping[str, Any]) -> Any:
    """Return the value with each '$name' in it replaced; '$$' begins a text that is meant so."""
    if isinstance(value, dict):
        return {key: _filled(each, params) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, params) for each in value]
    if isinstance(value, str) and value.startswith('$'):
        return value[1:] if value.startswith('$$') else params[value[1:]]
    return value
