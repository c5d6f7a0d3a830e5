"""Tickets that others have given to a robot: counted once, whoever is the first to touch them."""

import pytest

from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Status, Ticket

from .samples import LATER, OpenStore, new_ticket, start, stepped

pytestmark = pytest.mark.parametrize('database', ['postgresql'], indirect=True)


def of(robot: str) -> LeaseTerms:
    return LeaseTerms(RobotIdentity(robot, (), is_in_fleet=True))


@pytest.fixture
def mine(url: str, open_store: OpenStore) -> TicketStore:
    return open_store(url, terms=of('r1'))


@pytest.fixture
def given(url: str, open_store: OpenStore, mine: TicketStore) -> Ticket:
    """A QUEUED ticket for the first robot, of the second one."""
    ticket = new_ticket(1, robot='r1')
    queued = stepped(ticket, Status.QUEUED)
    open_store(url, terms=of('r2')).insert_queued(ticket, queued, Actor.CLIENT, 'the test')
    return queued


def counted(store: TicketStore) -> dict[Status, int]:
    return {status: count for status, count in store.count_by_status().items() if count}


def test_given_ticket_that_is_started_before_it_was_noticed_is_counted_once(
    mine: TicketStore, given: Ticket
) -> None:
    """After a takeover -1 were QUEUED, and the status could not be published any more."""
    assert counted(mine) == {}
    start(mine, given)
    assert counted(mine) == {Status.EXECUTING: 1}
    assert mine.fleet.accept(10) == []
    assert counted(mine) == {Status.EXECUTING: 1}
    mine.count()
    assert counted(mine) == {Status.EXECUTING: 1}


def test_given_ticket_that_was_noticed_is_counted_once(mine: TicketStore, given: Ticket) -> None:
    assert mine.fleet.accept(10) == [given]
    assert counted(mine) == {Status.QUEUED: 1}
    mine.change(given, lifecycle.start(given, LATER), Actor.DISPATCHER)
    assert counted(mine) == {Status.EXECUTING: 1}
