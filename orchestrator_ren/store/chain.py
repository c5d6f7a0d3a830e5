"""The hashes that tie each event of a ticket to those before it.

An event that was edited, removed or put in between no longer fits, and neither does what comes
after it. That finds accidents and quiet corrections; it is no proof against somebody who makes
all the hashes anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from orchestrator_ren.store.tables import UtcMicroseconds

_COLUMNS = (
    'ticket_id',
    'step',
    'type',
    'actor',
    'previous_status',
    'status',
    'attempt',
    'error_code',
    'message',
    'details',
)

_micros = UtcMicroseconds().process_bind_param


def chained_hash(previous: str, row: Mapping[str, Any]) -> str:
    """Return the hash of an event's row (its hash aside) that follows one with `previous`.

    It is the SHA-256 of a JSON list: `previous` (empty for the first), the time in microseconds,
    the other columns in the order above, and who asked for it where that is known.
    """
    content = [previous, _micros(row['at'], None), *(row[name] for name in _COLUMNS)]
    if row.get('requested_by'):
        content.append(row['requested_by'])
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
