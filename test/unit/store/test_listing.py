"""Lists of tickets: what matches, newest first, page by page, and how many there are."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator_ren.store import listing
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import listing as page_listing
from orchestrator_ren.tickets.listing import (
    MAX_LABEL_CHARACTERS,
    MAX_LABELS,
    MAX_PAGE_BYTES,
    ROW_BYTES,
    Page,
    Position,
    TicketFilter,
    labels_of_request,
    position_of_token,
)
from orchestrator_ren.tickets.ticket import Status

from .samples import LATER, NOW, ended_before, new_ticket, on_every_database, stored_in

pytestmark = on_every_database
ANY = TicketFilter()


def at(number: int) -> datetime:
    return NOW + timedelta(seconds=number)


def with_metadata(**metadata: Any) -> TicketFilter:
    return TicketFilter(labels=labels_of_request(metadata))


def numbers(page: Page) -> list[int]:
    return [int(ticket.id[-8:], 16) for ticket in page.tickets]


def listed(store: TicketStore, wanted: TicketFilter = ANY) -> list[int]:
    """Return what matches, after a look at the totals."""
    page = store.page(wanted, 100)
    assert (page.total, page.total_is_exact, page.next_token) == (len(page.tickets), True, '')
    return numbers(page)


def test_a_list_is_newest_first_page_by_page(store: TicketStore) -> None:
    for number in (3, 1, 5, 2, 4):
        store.insert(new_ticket(number))
    assert listed(store) == [5, 4, 3, 2, 1]
    pages = [store.page(ANY, 2, offset) for offset in (0, 2, 4, 5)]
    assert [numbers(page) for page in pages] == [[5, 4], [3, 2], [1], []]
    assert [page.total for page in pages] == [5, 5, 5, 5]
    assert [bool(page.next_token) for page in pages] == [True, True, False, False]


def test_a_page_ends_before_it_is_too_large_and_its_token_goes_on(store: TicketStore) -> None:
    """A page of 54 MB was read, and sent in one piece."""
    for number in range(300):
        store.insert(new_ticket(number, metadata={'note': 'x' * (number % 2) * 60_000}))
    walked, after, sizes = [], None, []
    while not sizes or after is not None:
        page = store.page(ANY, 1000, after=after)
        assert page.total == 300
        walked += numbers(page)
        sizes.append(sum(ROW_BYTES + len(str(each.metadata)) for each in page.tickets))
        after = position_of_token(page.next_token, 0)
    assert walked == list(range(300))[::-1]
    assert max(sizes) <= MAX_PAGE_BYTES
    assert min(sizes[:-1]) > MAX_PAGE_BYTES - 70_000, 'a page that is not full ends early'


def test_a_ticket_that_is_larger_than_a_page_is_on_one_of_its_own(
    store: TicketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_listing, 'MAX_PAGE_BYTES', 10)
    for number in range(3):
        store.insert(new_ticket(number))
    page = store.page(ANY, 10)
    assert (numbers(page), bool(page.next_token)) == ([2], True)


def test_a_listed_ticket_is_whole(store: TicketStore) -> None:
    tickets = [stored_in(store, status, number) for number, status in enumerate(Status)]
    assert store.page(ANY, 10).tickets == tickets[::-1]


@pytest.mark.parametrize(
    'wanted', [ANY, TicketFilter(command='drive'), with_metadata(operator='ren')]
)
def test_tickets_of_the_same_instant_have_an_order_too(
    wanted: TicketFilter, store: TicketStore
) -> None:
    for number in (2, 3, 1):
        store.insert(new_ticket(number, created_at=NOW, metadata={'operator': 'ren'}))
    assert [numbers(store.page(wanted, 1, offset)) for offset in (0, 1, 2)] == [[3], [2], [1]]
    walked, after = [], None
    for _ in range(3):
        page = store.page(wanted, 1, after=after)
        walked += numbers(page)
        after = position_of_token(page.next_token, 0)
    assert walked == [3, 2, 1]


def test_an_empty_store_has_an_empty_page(store: TicketStore) -> None:
    assert store.page(ANY, 10) == Page([], 0, True, '')
    assert store.page(with_metadata(operator='ren'), 10) == Page([], 0, True, '')


def test_a_list_of_statuses_has_those_only(store: TicketStore) -> None:
    for number, status in enumerate([*Status, Status.PENDING]):
        stored_in(store, status, number)
    assert listed(store, TicketFilter(statuses=frozenset({Status.PENDING}))) == [6, 0]
    some = frozenset({Status.PENDING, Status.FAILED, Status.EXECUTING})
    assert listed(store, TicketFilter(statuses=some)) == [6, 4, 2, 0]
    assert listed(store, TicketFilter(statuses=frozenset(Status))) == [6, 5, 4, 3, 2, 1, 0]


def test_a_list_of_a_command_has_that_only(store: TicketStore) -> None:
    for number, command in enumerate(['drive', 'stop', 'drive', 'drive_on']):
        status = Status.QUEUED if number == 2 else Status.PENDING
        stored_in(store, status, number, command=command)
    assert listed(store, TicketFilter(command='drive')) == [2, 0]
    assert listed(store, TicketFilter(command='driv')) == []
    queued = frozenset({Status.QUEUED})
    assert listed(store, TicketFilter(command='drive', statuses=queued)) == [2]


def test_a_list_of_a_time_has_its_beginning_and_not_its_end(store: TicketStore) -> None:
    for number in range(5):
        store.insert(new_ticket(number))
    assert listed(store, TicketFilter(created_from=at(1), created_until=at(3))) == [2, 1]
    assert listed(store, TicketFilter(created_from=at(3))) == [4, 3]
    assert listed(store, TicketFilter(created_until=at(1))) == [0]
    a_little = timedelta(microseconds=1)
    assert listed(store, TicketFilter(created_from=at(4) + a_little)) == []
    assert listed(store, TicketFilter(created_until=at(0) + a_little)) == [0]


TAGGED: list[dict[str, Any]] = [
    {'operator': 'ren', 'urgent': True},
    {'operator': 'eve', 'urgent': 1, 'tries': 2},
    {'operator': 'ren', 'urgent': False, 'tries': 2.0},
    {'urgent': None, 'tries': '2', 'deep': {'operator': 'ren'}, 'all': ['ren']},
    {'tries': 2.5, 'label “é”': '🤖'},
]
SEARCHES: list[tuple[dict[str, Any], list[int]]] = [
    ({'operator': 'ren'}, [2, 0]),
    ({'operator': 'REN'}, []),
    ({'Operator': 'ren'}, []),
    ({'tries': 2}, [2, 1]),
    ({'tries': 2.0}, [2, 1]),
    ({'tries': '2'}, [3]),
    ({'tries': 2.5}, [4]),
    ({'urgent': True}, [0]),
    ({'urgent': 1}, [1]),
    ({'urgent': False}, [2]),
    ({'urgent': None}, [3]),
    ({'label “é”': '🤖'}, [4]),
    ({'operator': 'ren', 'tries': 2}, [2]),
    ({'operator': 'ren', 'tries': 2, 'urgent': False}, [2]),
    ({'operator': 'ren', 'tries': 2, 'urgent': True}, []),
    ({'nowhere': 1}, []),
]


def test_a_list_of_metadata_has_all_of_its_entries(store: TicketStore) -> None:
    for number, metadata in enumerate(TAGGED):
        store.insert(new_ticket(number, metadata=metadata))
    for metadata, found in SEARCHES:
        assert (metadata, listed(store, with_metadata(**metadata))) == (metadata, found)


def test_only_so_much_metadata_is_searched(store: TicketStore) -> None:
    metadata: dict[str, Any] = {'deep': {}, 'long': 'x' * MAX_LABEL_CHARACTERS}
    metadata |= {f'label_{number}': number for number in range(MAX_LABELS + 1)}
    store.insert(new_ticket(1, metadata=metadata))
    last = MAX_LABELS - 1
    assert listed(store, with_metadata(**{f'label_{last}': last})) == [1]
    assert listed(store, with_metadata(**{f'label_{last + 1}': last + 1})) == []
    assert store.get(new_ticket(1).id).metadata == metadata


def test_conditions_add_up(store: TicketStore) -> None:
    for number in range(16):
        stored_in(
            store,
            Status.FAILED if number & 1 else Status.QUEUED,
            number,
            command='drive' if number & 2 else 'stop',
            metadata={'operator': 'ren' if number & 4 else 'eve'},
        )
    wanted = TicketFilter(
        statuses=frozenset({Status.FAILED, Status.PENDING}),
        command='drive',
        labels=labels_of_request({'operator': 'ren'}),
        created_from=at(8),
    )
    assert listed(store, wanted) == [15]


def test_a_ticket_stays_in_its_lists_while_it_changes(store: TicketStore) -> None:
    stored_in(store, Status.COMPLETED, 1, metadata={'operator': 'ren'})
    assert listed(store, with_metadata(operator='ren')) == [1]
    completed = frozenset({Status.COMPLETED})
    assert listed(store, TicketFilter(statuses=completed, command='drive')) == [1]
    queued = frozenset({Status.QUEUED})
    assert listed(store, TicketFilter(statuses=queued)) == []


@pytest.mark.parametrize(
    'wanted',
    [
        ANY,
        TicketFilter(command='drive'),
        TicketFilter(statuses=frozenset({Status.COMPLETED, Status.PENDING})),
        with_metadata(operator='ren'),
    ],
    ids=['any', 'command', 'statuses', 'metadata'],
)
def test_pages_show_each_ticket_once_while_others_come_and_go(
    wanted: TicketFilter, store: TicketStore
) -> None:
    metadata = {'operator': 'ren'}
    for number in range(12):
        status = Status.COMPLETED if number % 3 == 0 else Status.PENDING
        stored_in(store, status, number, at(number + 20), metadata=metadata)
    seen: list[int] = []
    after: Position | None = None
    for turn in range(20):
        page = store.page(wanted, 2, after=after)
        seen += numbers(page)
        if not page.next_token:
            break
        after = position_of_token(page.next_token, 0)
        store.insert(new_ticket(100 + turn, metadata=metadata))
        store.prune(ended_before(at(20 + 1)), keep=2, limit=1)  # 0, then 3: not yet seen
    assert seen == [11, 10, 9, 8, 7, 6, 5, 4, 2, 1]


def test_a_page_begins_behind_a_ticket_that_is_gone(store: TicketStore) -> None:
    for number in range(3):
        stored_in(store, Status.COMPLETED, number, at(30 - number))
    after = Position.of(store.page(ANY, 1).tickets[0])
    assert store.prune(ended_before(LATER), keep=2, limit=1) == 1
    assert numbers(store.page(ANY, 10, after=after)) == [1, 0]


@pytest.mark.parametrize(
    'wanted',
    [
        TicketFilter(created_from=NOW),
        TicketFilter(created_until=at(99)),
        with_metadata(operator='ren'),
        TicketFilter(statuses=frozenset(Status), created_from=NOW),
    ],
    ids=['from', 'until', 'metadata', 'statuses'],
)
def test_no_more_than_a_limit_are_counted(
    wanted: TicketFilter, store: TicketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, 'MAX_COUNTED', 3)
    totals = []
    for number in range(5):
        stored_in(store, list(Status)[number], number, metadata={'operator': 'ren'})
        page = store.page(wanted, 1)
        totals.append((page.total, page.total_is_exact))
    assert totals == [(1, True), (2, True), (3, True), (3, False), (3, False)]


def test_what_is_counted_all_along_has_no_limit(
    store: TicketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, 'MAX_COUNTED', 1)
    for number in range(3):
        store.insert(new_ticket(number))
    of_robot = TicketFilter(robot='robot')
    for wanted in (of_robot, replace(of_robot, command='drive', statuses=frozenset(Status))):
        page = store.page(wanted, 1)
        assert (page.total, page.total_is_exact) == (3, True)


def test_every_status_is_counted(store: TicketStore) -> None:
    assert store.count_by_status() == dict.fromkeys(Status, 0)
    for number, status in enumerate([*Status, Status.FAILED]):
        stored_in(store, status, number)
    assert store.count_by_status() == {**dict.fromkeys(Status, 1), Status.FAILED: 2}
