"""An application behind its guard, asked as a server would ask it."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.gateway.access import Access, Hosts, KeyRing, guarded
from orchestrator_ren.key import Role
from orchestrator_ren.key_file import KeyFile

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=timezone.utc)
JSON = ('content-type', 'application/json')
PAGE = 'http://127.0.0.1:8000'


@dataclass
class Answer:
    """What came back."""

    messages: list[Any]

    @property
    def status(self) -> int:
        return self.messages[0]['status']

    @property
    def body(self) -> bytes:
        return b''.join(each.get('body', b'') for each in self.messages[1:])

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> int:
        return self.json['code']

    def header(self, name: str) -> str:
        found = [value for key, value in self.messages[0]['headers'] if key == name.encode()]
        assert len(found) == 1, (name, found)
        return found[0].decode()

    @property
    def cookie(self) -> str:
        return self.header('set-cookie').partition(';')[0]


async def told(_scope, _receive, send, error: OrchestratorError) -> None:
    body = json.dumps({'code': error.code, 'detail': str(error)}).encode()
    await send({'type': 'http.response.start', 'status': 400, 'headers': []})
    await send({'type': 'http.response.body', 'body': body})


@dataclass
class Gateway:
    """The guard, with clocks that stand until they are moved, and an application that notes."""

    folder: Path
    has_keys: bool = True
    bind_host: str = '127.0.0.1'
    allowed: tuple[str, ...] = ()
    open_paths: tuple[str, ...] = ('/static/', '/page')
    mono_s: float = 1000.0
    now: datetime = NOW
    seen: list[Any] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    logged: list[Any] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    app: Any = None

    def __post_init__(self) -> None:
        self.file = KeyFile(self.folder / 'http.keys')
        self.keys: dict[str, str] = {}
        if self.has_keys:
            for role in Role:
                self.add(role.name.lower(), role, days=365)
        ring = KeyRing(self.file, lambda: self.mono_s, self.complaints.append)
        if self.has_keys:
            ring.load()
        access = Access(
            Hosts(self.bind_host, self.allowed),
            ring if self.has_keys else None,
            told,
            lambda *line: self.logged.append(line),
            self.open_paths,
            lambda: self.mono_s,
            lambda: self.now,
        )
        self.guarded = guarded(self._app, access)

    def add(self, name: str, role: Role, days: float | None = None) -> str:
        expires_at = None if days is None else self.now + timedelta(days=days)
        self.keys[name] = self.file.add(name, role, expires_at, self.now)
        return self.keys[name]

    async def _app(self, scope, receive, send) -> None:
        self.seen.append(scope)
        if self.app is not None:
            return await self.app(scope, receive, send)
        if scope['type'] == 'http':
            self.bodies.append((await receive()).get('body', b''))
            await send({'type': 'http.response.start', 'status': 200, 'headers': []})
            await send({'type': 'http.response.body', 'body': b'{}'})
        return None

    def bearer(self, name: str) -> tuple[str, str]:
        return ('authorization', f'Bearer {self.keys[name]}')

    def ask(
        self,
        method: str,
        path: str,
        /,
        *headers: tuple[str, str],
        body: Any = None,
        incoming: Any = None,
        **scope: Any,
    ) -> Answer:
        """Ask; without a Host of its own, by the one that the server has."""
        content = b'' if body is None else json.dumps(body).encode()
        if body is not None:
            headers = (*headers, JSON, ('content-length', str(len(content))))
        scope = self._scope(path, headers) | {'type': 'http', 'method': method} | scope
        return self._run(scope, incoming or [{'type': 'http.request', 'body': content}])

    def connect(self, path: str, *headers: tuple[str, str], **scope: Any) -> Answer:
        scope = self._scope(path, headers) | {'type': 'websocket', 'scheme': 'ws'} | scope
        return self._run(scope, [{'type': 'websocket.connect'}])

    def _scope(self, path: str, headers: Any) -> dict[str, Any]:
        if not any(name == 'host' for name, _ in headers):
            headers = (('host', '127.0.0.1:8000'), *headers)
        path, _, query = path.partition('?')
        return {
            'scheme': 'http',
            'path': path,
            'raw_path': path.encode(),
            'query_string': query.encode(),
            'headers': [(k.encode(), v.encode('latin-1')) for k, v in headers if v is not None],
            'client': ('127.0.0.1', 40_000),
            'server': ('127.0.0.1', 8000),
            'state': {'shared': 1},
        }

    def _run(self, scope: Any, incoming: Any) -> Answer:
        sent: list[Any] = []
        left = list(incoming)

        async def receive() -> Any:
            if not left:
                return {'type': 'http.disconnect'}
            message = left.pop(0)
            return await message if asyncio.iscoroutine(message) else message

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self.guarded(scope, receive, send))
        return Answer(sent)
