"""Idempotency keys: what becomes a ticket's request_id."""

import pytest

from orchestrator_ren.errors import OutOfRange
from orchestrator_ren.gateway.bodies import MAX_REQUEST_ID_CHARACTERS
from orchestrator_ren.gateway.idempotency import request_id_of


@pytest.mark.parametrize(
    ('caller', 'key', 'expected'),
    [
        ('', None, 'own'),
        ('', 'abc', ':abc'),
        ('ren', '"abc"', 'ren:abc'),
        (
            'ren',
            '8e03978e-40d5-43e8-bc93-6894a57f9324',
            'ren:8e03978e-40d5-43e8-bc93-6894a57f9324',
        ),
    ],
)
def test_a_key_is_the_callers_own(caller, key, expected):
    assert request_id_of(caller, key, 'own') == expected


def test_a_long_key_is_still_one_of_its_own():
    made = {request_id_of('c' * 64, f'{"k" * 254}{end}', '') for end in 'ab'}
    assert len(made) == 2
    assert {len(each) <= MAX_REQUEST_ID_CHARACTERS for each in made} == {True}


@pytest.mark.parametrize('key', ['', '""', 'x' * 256, 'ä', 'a\x00', 'a\tb'])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(OutOfRange, match='Idempotency-Key'):
        request_id_of('ren', key, '')
