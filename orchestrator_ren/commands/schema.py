"""The JSON schema of a command's parameters, the same with pydantic 1 and 2."""

from __future__ import annotations

import json
from typing import Any, cast

from pydantic import BaseModel

REF_PREFIX = '#/$defs/'
"""Where shared parts lie; pydantic 1 puts them into `#/definitions/`."""

_NAMES_AS_KEYS = frozenset({'properties', '$defs', 'definitions', 'patternProperties'})
"""Keywords whose keys are names that somebody chose, not keywords."""

_VALUES = frozenset({'default', 'const', 'enum', 'example', 'examples', 'required'})
"""Keywords that hold values, left as they are."""


def json_schema(params_type: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of the parameters: a value that has a JSON form.

    What differs between pydantic 1 and 2 is made the same: no titles, shared parts in `$defs`, a
    reference beside the other keywords, the keywords of the type itself at the top. What differs
    in meaning stays: only pydantic 2 says that an optional field may be null.

    Raises:
        Exception: The type has no JSON schema; it holds a callable, say, or a default that is
            not finite.
    """
    schema = _normalised(_generated(params_type))
    name = schema.get('$ref', '').removeprefix(REF_PREFIX)
    if name:  # a type that contains itself
        schema = {**schema['$defs'][name], '$defs': schema['$defs']}
    return cast('dict[str, Any]', json.loads(json.dumps(schema, allow_nan=False)))


def _generated(params_type: type[BaseModel]) -> dict[str, Any]:
    """Return the schema in pydantic's own words."""
    generate = getattr(params_type, 'model_json_schema', None) or params_type.schema
    return cast('dict[str, Any]', generate())


def _normalised(schema: Any) -> Any:
    """Return a schema, or a list of them, in our words."""
    if isinstance(schema, list):
        return [_normalised(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword == 'allOf' and len(value) == 1:  # pydantic 1, around a reference
            found.update(_normalised(value[0]))
        elif keyword != 'title':
            found['$defs' if keyword == 'definitions' else keyword] = _part(keyword, value)
    return found


def _part(keyword: str, value: Any) -> Any:
    """Return what stands beside a keyword, in our words."""
    if keyword in _NAMES_AS_KEYS:
        return {name: _normalised(each) for name, each in value.items()}
    if keyword in _VALUES:
        return value
    if keyword == '$ref':
        return value.replace('#/definitions/', REF_PREFIX)
    return _normalised(value)
