"""The page for people, the documentation of the API, and their files: all from this package."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator_ren.errors import RouteUnknown
from orchestrator_ren.gateway.access.reply import POLICY

FOLDER = Path(__file__).parents[1] / 'page'

MEDIA_TYPES = {
    '.css': 'text/css',
    '.html': 'text/html',
    '.js': 'text/javascript',
    '.md': 'text/markdown',
    '.svg': 'image/svg+xml',
    '.txt': 'text/plain',
}
"""Of the files that are served; the folder has no others."""

OPEN_PATHS = ('/ui', '/ui/', '/favicon.ico')
"""For anybody: they say nothing of the robot. What ends with a slash stands for all below it."""

POLICIES = {'redoc.html': POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")}
"""Of those that need another one: Redoc writes its styles into the page."""


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        content: All of it.
        headers: That go with it: a browser asks each time whether it is still the same.
    """

    content: bytes
    media_type: str
    headers: Mapping[str, str]


@cache
def page_files() -> Mapping[str, Path]:
    """Return the files that are served, by their paths in the folder; there are no others."""
    found = (each for each in FOLDER.rglob('*') if each.suffix in MEDIA_TYPES)
    return {each.relative_to(FOLDER).as_posix(): each for each in found}


@cache
def page_file(name: str) -> PageFile:
    """Return a file.

    Raises:
        KeyError: There is none of that name.
    """
    path = page_files()[name]
    content = path.read_bytes()
    tag = hashlib.sha256(content).hexdigest()[:20]
    headers = {'ETag': f'"{tag}"', 'Cache-Control': 'no-cache'}
    if path.suffix == '.html':
        headers['Content-Security-Policy'] = POLICIES.get(name, POLICY)
    return PageFile(content, MEDIA_TYPES[path.suffix], headers)


def prefers_html(accept: str) -> bool:
    """Whether who asks is a browser: it names HTML, and no JSON that it would rather have."""
    weights = dict(map(_weighed, accept.lower().split(',')))
    html = weights.get('text/html', 0.0)
    return html > 0.0 and html >= weights.get('application/json', 0.0)


def _weighed(entry: str) -> tuple[str, float]:
    kind, *parameters = (each.strip() for each in entry.split(';'))
    for each in parameters:
        if each.startswith('q='):
            try:
                return kind, float(each[2:])
            except ValueError:
                return kind, 0.0
    return kind, 1.0


def for_browsers(app: ASGIApp) -> ASGIApp:
    """Return the application that sends a browser at the root to the page, and passes on the rest.

    For programs the root is the home of the API; and people without a key must find the page.
    """
    to_page = RedirectResponse('ui/', 303, {'Vary': 'Accept', 'Cache-Control': 'no-store'})

    async def sent_on(scope: Scope, receive: Receive, send: Send) -> None:
        is_read = scope['type'] == 'http' and scope['method'] in ('GET', 'HEAD')
        is_root = is_read and scope['path'] == '/'
        if is_root and prefers_html(Headers(scope=scope).get('accept', '')):
            await to_page(scope, receive, send)
        else:
            await app(scope, receive, send)

    return sent_on


router = APIRouter(include_in_schema=False)


@router.get('/ui')
async def to_folder() -> Response:
    """Send on to where its relative addresses are right."""
    return RedirectResponse('ui/', 308)


@router.get('/ui/{name:path}')
async def file(name: str, request: Request) -> Response:
    """Return a file of the page."""
    return _answer(name or 'index.html', request)


@router.get('/docs')
async def swagger(request: Request) -> Response:
    """Return Swagger UI, to read and try the API."""
    return _answer('docs.html', request)


@router.get('/redoc')
async def redoc(request: Request) -> Response:
    """Return Redoc, to read the API."""
    return _answer('redoc.html', request)


@router.get('/favicon.ico')
async def icon(request: Request) -> Response:
    """Return the picture in the browser's tab."""
    return _answer('favicon.svg', request)


def _answer(name: str, request: Request) -> Response:
    try:
        found = page_file(name)
    except KeyError:
        raise RouteUnknown(path=request.url.path) from None
    if found.headers['ETag'] in request.headers.get('if-none-match', ''):
        return Response(status_code=304, headers=found.headers)
    return Response(found.content, headers=found.headers, media_type=found.media_type)
