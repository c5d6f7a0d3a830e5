"""The `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import hashlib

from orchestrator_ren.errors import OutOfRange
from orchestrator_ren.gateway.bodies import MAX_REQUEST_ID_CHARACTERS

MOST_CHARACTERS = 255
"""Of a key; as many as others take (Stripe)."""


def request_id_of(caller: str, key: str | None, request_id: str) -> str:
    """Return the `request_id` of a ticket; empty for none.

    A key is the caller's own: nobody gets a ticket of somebody else by guessing one.

    Args:
        caller: Who asks; empty = nobody is known.
        key: The header, with or without the quotes that the draft wants.
        request_id: From the body; the header comes first.

    Raises:
        OutOfRange: The key is none.
    """
    if key is None:
        return request_id
    bare = key[1:-1] if len(key) >= 2 and key[0] == key[-1] == '"' else key
    if not (0 < len(bare) <= MOST_CHARACTERS and bare.isascii() and bare.isprintable()):
        limit = f'printable ASCII of 1 to {MOST_CHARACTERS} characters'
        raise OutOfRange(field='Idempotency-Key', value=repr(key)[:80], limit=limit)
    made = f'{caller}:{bare}'
    if len(made) <= MAX_REQUEST_ID_CHARACTERS:
        return made
    digest = hashlib.sha256(bare.encode()).hexdigest()
    return f'{caller[: MAX_REQUEST_ID_CHARACTERS - len(digest) - 1]}:{digest}'
