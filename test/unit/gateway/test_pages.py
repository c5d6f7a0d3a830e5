"""How the page and its files are served."""

import asyncio
from typing import Any

import pytest

pytest.importorskip('fastapi')

from fastapi import FastAPI

from orchestrator_ren.errors import RouteUnknown
from orchestrator_ren.gateway.routes import pages
from orchestrator_ren.gateway.routes.pages import page_files, prefers_html

CHROME = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8'


class Answer:
    """What was answered to a GET."""

    def __init__(self, messages: list[Any]) -> None:
        self.status = messages[0]['status']
        self.headers = {name.decode(): value.decode() for name, value in messages[0]['headers']}
        self.body = b''.join(each.get('body', b'') for each in messages[1:])


def got(path: str, **headers: str) -> Answer:
    app = FastAPI(docs_url=None, redoc_url=None)
    app.include_router(pages.router)

    @app.get('/')
    async def home() -> dict[str, str]:
        return {'service': 'for programs'}

    messages: list[Any] = []
    scope = {
        'type': 'http',
        'method': 'GET',
        'path': path,
        'raw_path': path.encode(),
        'query_string': b'',
        'root_path': '',
        'scheme': 'http',
        'server': ('robot', 80),
        'headers': [
            (name.replace('_', '-').encode(), value.encode()) for name, value in headers.items()
        ],
    }

    async def receive() -> Any:
        return {'type': 'http.request', 'body': b'', 'more_body': False}

    async def send(message: Any) -> None:
        messages.append(message)

    asyncio.run(pages.for_browsers(app)(scope, receive, send))
    return Answer(messages)


@pytest.mark.parametrize(
    ('accept', 'is_html'),
    [
        (CHROME, True),
        ('text/html', True),
        ('text/html;q=0.5,application/json;q=0.5', True),
        ('*/*', False),
        ('', False),
        ('application/json', False),
        ('application/json, text/html;q=0.9', False),
        ('text/html;q=0', False),
        ('text/html;q=much', False),
        (';;,;q=,', False),
    ],
)
def test_a_browser_is_known_by_what_it_accepts(accept: str, is_html: bool) -> None:
    assert prefers_html(accept) is is_html


def test_a_browser_at_the_root_is_sent_to_the_page_and_others_are_not() -> None:
    browser = got('/', accept=CHROME)
    assert (browser.status, browser.headers['location']) == (303, 'ui/')
    assert browser.headers['vary'] == 'Accept'
    assert b'for programs' in got('/', accept='*/*').body
    assert b'for programs' in got('/').body
    assert got('/docs', accept=CHROME).status == 200


@pytest.mark.parametrize(
    ('path', 'kind'),
    [
        ('/ui/', 'text/html'),
        ('/ui/app.js', 'text/javascript'),
        ('/ui/style/base.css', 'text/css'),
        ('/ui/vendor/VENDOR.md', 'text/markdown'),
        ('/docs', 'text/html'),
        ('/redoc', 'text/html'),
        ('/favicon.ico', 'image/svg+xml'),
    ],
)
def test_files_say_what_they_are_and_are_asked_for_once(path: str, kind: str) -> None:
    first = got(path)
    assert first.status == 200
    assert first.headers['content-type'].startswith(kind)
    assert first.headers['cache-control'] == 'no-cache'
    again = got(path, if_none_match=f'"other", {first.headers["etag"]}')
    assert (again.status, again.body) == (304, b'')
    assert got(path, if_none_match='"other"').status == 200


def test_a_page_may_load_and_run_what_is_shipped_only() -> None:
    policy = got('/ui/').headers['content-security-policy']
    assert "default-src 'self'" in policy
    assert 'unsafe' not in policy
    assert "style-src 'self' 'unsafe-inline'" in got('/redoc').headers['content-security-policy']


@pytest.mark.parametrize(
    'path', ['/ui/none.js', '/ui/../app.py', '/ui/%2e%2e/app.py', '/ui//etc/passwd', '/ui/vendor']
)
def test_nothing_else_is_served(path: str) -> None:
    with pytest.raises(RouteUnknown):
        got(path)


def test_the_address_without_its_slash_is_sent_on() -> None:
    assert got('/ui').headers['location'] == 'ui/'


def test_all_that_is_served_is_there() -> None:
    assert {'index.html', 'app.js', 'stop.js', 'grey.js', 'vendor/preact.js'} <= set(page_files())
