"""PgBouncer, which lends the few connections of a server to many clients."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .programs import user_of_server
from .server import ADMINISTRATOR, Server, free_port

SETTINGS = """
[databases]
* = host={host} port={server_port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = {ignored}
max_client_conn = 100
"""


@contextlib.contextmanager
def pgbouncer(server: Server, mode: str, ignored: str = '') -> Iterator[int]:
    """Put one before a server and give its port; the test is skipped where there is none.

    Args:
        server: Where it lets everybody in as the administrator.
        mode: Until when a client keeps a connection: `session`, `transaction`, `statement`.
        ignored: What it takes of a client's settings and drops, with commas between.
    """
    program = shutil.which('pgbouncer') or shutil.which('pgbouncer', path='/usr/sbin')
    if program is None:
        pytest.skip('pgbouncer is not installed: apt install pgbouncer')
    port = free_port()
    with tempfile.TemporaryDirectory(prefix='pgbouncer-') as name:
        settings = Path(name, 'settings.ini')
        settings.write_text(
            SETTINGS.format(
                host=server.folder, server_port=server.port, user=ADMINISTRATOR, port=port,
                mode=mode, ignored=','.join(['extra_float_digits', *ignored.split()]),
            )
        )  # fmt: skip
        Path(name).chmod(0o755)
        with subprocess.Popen(
            [program, '-q', str(settings)], user=user_of_server(), stderr=subprocess.DEVNULL
        ) as process:
            try:
                _await_port(port)
                yield port
            finally:
                process.kill()


def _await_port(port: int) -> None:
    until_mono_s = time.monotonic() + 10.0
    while True:
        with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port)):
            return
        assert time.monotonic() < until_mono_s, 'pgbouncer does not start'
        time.sleep(0.05)
