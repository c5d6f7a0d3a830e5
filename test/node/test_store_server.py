"""A store on a PostgreSQL server that is restarted, or taken by somebody else."""

import threading

import pytest

pytest.importorskip('rclpy')

from ..postgres.server import started_server


@pytest.fixture(scope='module')
def server():
    with started_server() as started:
        yield started


@pytest.fixture
def on_server(rig, server):
    """The rig with an orchestrator whose store is on the server."""
    with server.database() as rig.store_url:
        rig.start()
        yield rig


def test_restart_of_the_server_is_noticed_by_itself_and_survived(on_server, server):
    """Its lock was gone with the old server, and nobody looked; then it cost a term."""
    ticket_id = on_server.created_id()
    term = on_server.status().status.term
    server.restart()
    on_server.spin_until(lambda: on_server.create().success)
    assert on_server.status().status.term == term
    assert on_server.execute(ticket_id).result().success


def test_motion_goes_on_while_its_server_restarts(on_server, server):
    execution, ticket_id = on_server.drive_until_moving()
    restarting = threading.Thread(target=server.restart)
    restarting.start()
    on_server.spin_until(lambda: not restarting.is_alive())
    assert not execution.is_done
    on_server.spin_until(lambda: on_server.cancel(ticket_id).success)
    execution.result()
    on_server.await_status(ticket_id, 'CANCELLED')
