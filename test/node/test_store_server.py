"""A store on a PostgreSQL server that is restarted, or taken by somebody else."""

import threading

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.store.ticket_store import TicketStore

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


def end_lock(server):
    server.run("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")


def test_restart_of_the_server_is_noticed_by_itself_and_survived(on_server, server):
    """The lock was gone with the old server, and nobody looked."""
    ticket_id = on_server.created_id()
    term = on_server.status().status.term
    server.restart()
    on_server.spin_until(lambda: on_server.statuses[-1].state == 'STORE_DOWN')
    on_server.spin_until(lambda: on_server.statuses[-1].state == 'READY')
    assert on_server.status().status.term == term + 1
    assert on_server.execute(ticket_id).result().success


def test_motion_goes_on_while_its_server_restarts(on_server, server):
    execution, ticket_id = on_server.drive_until_moving()
    restarting = threading.Thread(target=server.restart)
    restarting.start()
    on_server.spin_until(lambda: on_server.statuses[-1].state == 'STORE_DOWN')
    assert not execution.is_done
    assert on_server.cancel(ticket_id).success
    execution.result()
    restarting.join()
    on_server.spin_until(lambda: on_server.statuses[-1].state == 'READY')
    on_server.await_status(ticket_id, 'CANCELLED')


def test_store_that_somebody_else_has_taken_is_told_until_it_is_free(on_server, server):
    end_lock(server)
    other = TicketStore(on_server.store_url)
    other.open()
    on_server.spin_until(lambda: on_server.status().error_code == 302)
    assert on_server.create().error_code == 302
    other.close()
    on_server.spin_until(lambda: on_server.statuses[-1].state == 'READY')
    assert on_server.create().success
