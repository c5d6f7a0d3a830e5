"""The application's OpenAPI, with what FastAPI cannot know of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from orchestrator_ren.gateway.examples import EXAMPLES
from orchestrator_ren.gateway.problem import MEDIA_TYPE

NAMESPACE = {
    'name': 'namespace',
    'in': 'path',
    'required': True,
    'description': 'of the robot, without slashes around it; it may have several parts',
    'schema': {'type': 'string', 'example': 'robot1'},
}

SECURITY: dict[str, Any] = {
    'key': {'type': 'http', 'scheme': 'bearer', 'description': 'a key, made by `ren key add`'}
}
"""Needed where the gateway has keys."""


class Application(FastAPI):
    """FastAPI that tells all of it."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI."""
        if self.openapi_schema is None:
            _complete(super().openapi())
        assert self.openapi_schema is not None
        return self.openapi_schema


def _complete(told: dict[str, Any]) -> None:
    schemas = told['components']['schemas']
    for name, example in EXAMPLES.items():
        schemas[name]['examples'] = [example]
    told['components']['securitySchemes'] = SECURITY
    told['security'] = [{}, {'key': []}]
    for path, way in _ways(told):
        if '{namespace}' in path:
            way.setdefault('parameters', []).append(NAMESPACE)
        for status in ('4XX', '5XX'):
            content = way['responses'][status]['content']
            content[MEDIA_TYPE] = content.pop('application/json', content.get(MEDIA_TYPE))


def _ways(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in told['paths'].items():
        for way in methods.values():
            yield path, way
