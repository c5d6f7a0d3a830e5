"""The service that stands beside ours answers its seven requests."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('fastapi')
pytest.importorskip('uvicorn')

DRY_RUN = {'command': 'drive', 'params': {'speed': 1.0}, 'dry_run': True}


@pytest.fixture
def connection() -> Iterator[HTTPConnection]:
    program = Path(__file__).with_name('web_service.py')
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        made = HTTPConnection('127.0.0.1', int(process.stdout.readline()), timeout=20.0)
        yield made
        made.close()
        process.terminate()


def asked(connection: HTTPConnection, method: str, path: str, body: Any = None) -> Any:
    headers = {'Content-Type': 'application/json'}
    connection.request(method, path, body and json.dumps(body), headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_ticket_is_created_found_and_executed_once(connection: HTTPConnection) -> None:
    _, ticket = asked(connection, 'POST', '/ticket', DRY_RUN)
    assert ticket['status'] == 'PENDING'
    path = f'/ticket/{ticket["id"]}'
    assert asked(connection, 'GET', path) == (200, ticket)
    done = {**ticket, 'status': 'COMPLETED'}
    request = {'ticket_id': ticket['id']}
    assert asked(connection, 'POST', '/execute', request) == (200, done)
    assert asked(connection, 'POST', '/execute', request)[0] == 409
    assert asked(connection, 'GET', '/tickets') == (200, {'tickets': [done], 'total': 1})
    assert asked(connection, 'GET', '/telemetry/metrics') == (200, {'COMPLETED': 1})
    assert len(asked(connection, 'GET', '/telemetry/events')[1]) == 3
    assert asked(connection, 'GET', '/')[1]['tickets'] == 1


def test_what_is_none_of_its_tickets_is_refused(connection: HTTPConnection) -> None:
    assert asked(connection, 'GET', '/ticket/none')[0] == 404
    assert asked(connection, 'POST', '/ticket', {'params': {}})[0] == 422
