"""The format of the hashes: one that changed would make all earlier histories look edited."""

import hashlib
import json
from datetime import datetime, timezone
from typing import Any

import pytest

from orchestrator_ren.store.chain import chained_hash

ROW: dict[str, Any] = {
    'ticket_id': 'tick-20260102-0000abcd',
    'step': 2,
    'at': datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc),
    'type': 'ticket_queued',
    'actor': 'client',
    'previous_status': 'PENDING',
    'status': 'QUEUED',
    'attempt': 1,
    'error_code': 0,
    'message': 'execute_ticket “é”',
    'details': '{"a": 1}',
}
PREVIOUS = '0' * 64
KNOWN = 'bbf6539ab43e671827cb98813de486248ed1917b74e374f61724dd268a3c013b'
"""Of the row above; never edited, as the format of the hashes never changes."""


def test_a_known_row_has_its_known_hash() -> None:
    assert chained_hash(PREVIOUS, ROW) == KNOWN


def test_the_hash_is_that_of_a_list_in_json() -> None:
    text = (
        f'["{PREVIOUS}", 1767323045678901, "tick-20260102-0000abcd", 2, "ticket_queued", "client",'
        ' "PENDING", "QUEUED", 1, 0, "execute_ticket \\u201c\\u00e9\\u201d", "{\\"a\\": 1}"]'
    )
    assert json.loads(text)[1] == 1767323045678901
    assert hashlib.sha256(text.encode()).hexdigest() == KNOWN


@pytest.mark.parametrize('column', ROW)
def test_every_column_counts(column: str) -> None:
    other: Any = datetime(2026, 1, 2, 3, 4, 5, 678902, tzinfo=timezone.utc)
    if column != 'at':
        other = ROW[column] + (1 if isinstance(ROW[column], int) else 'x')
    assert chained_hash(PREVIOUS, {**ROW, column: other}) != KNOWN


def test_the_event_before_counts() -> None:
    assert len({chained_hash(previous, ROW) for previous in ('', PREVIOUS, '1' * 64)}) == 3


def test_columns_do_not_run_into_one_another() -> None:
    one = {**ROW, 'type': 'ab', 'actor': 'c'}
    other = {**ROW, 'type': 'a', 'actor': 'bc'}
    assert chained_hash('', one) != chained_hash('', other)


def test_what_is_stored_beside_the_row_does_not_count() -> None:
    assert chained_hash(PREVIOUS, {**ROW, 'hash': 'x'}) == KNOWN
