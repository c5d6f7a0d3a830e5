"""Examples of what is asked and answered, for `/docs` and whoever reads the OpenAPI."""

from __future__ import annotations

from typing import Any

TICKET_ID = 'tick-20261127-7a1754ff'
AT = '2026-11-27T09:17:56.725882+00:00'
DRIVE = {'speed': 1.5, 'direction': 90, 'duration_seconds': 10}
OPERATOR = {'operator': 'user-001', 'session_id': 'ses-123'}

TICKET: dict[str, Any] = {
    'id': TICKET_ID,
    'command': 'drive',
    'params': DRIVE,
    'priority': 'normal',
    'status': 'pending',
    'timeout_seconds': 30.0,
    'metadata': OPERATOR,
    'created_at': AT,
    'updated_at': AT,
    'started_at': None,
    'completed_at': None,
    'result': None,
    'error': None,
    'error_code': 0,
    'attempt': 0,
    'dry_run': False,
    'request_id': '',
    'requested_by': '',
    'not_before': None,
    'deadline': None,
    'robot': 'robot1',
    'is_for_any': False,
    'capabilities': [],
}
EVENT: dict[str, Any] = {
    'number': 1,
    'at': AT,
    'type': 'ticket_created',
    'ticket_id': TICKET_ID,
    'command': 'drive',
    'status': 'pending',
    'attempt': 0,
    'actor': 'client',
    'requested_by': '',
    'message': '',
    'error_code': 0,
    'details': {},
}

EXAMPLES: dict[str, dict[str, Any]] = {
    'NewTicket': {
        'command': 'drive',
        'params': DRIVE,
        'priority': 'normal',
        'timeout_seconds': 30,
        'metadata': OPERATOR,
    },
    'Execution': {'ticket_id': TICKET_ID, 'force': False, 'wait_seconds': 60},
    'Cancellation': {'reason': 'the way is blocked'},
    'Declaration': {'requested_by': 'anna'},
    'Reset': {'release': True},
    'TicketModel': TICKET,
    'TicketListModel': {
        'tickets': [TICKET],
        'total': 1,
        'total_is_exact': True,
        'limit': 100,
        'offset': 0,
        'next_page_token': None,
    },
    'ExecutionModel': {
        'ticket_id': TICKET_ID,
        'status': 'completed',
        'result': {'distance': 15.0},
        'error': None,
        'error_code': 0,
        'execution_time_ms': 10_734,
        'message': 'done',
    },
    'HistoryModel': {'ticket_id': TICKET_ID, 'events': [EVENT]},
    'EventListModel': {'events': [EVENT], 'last_number': 1},
    'EStopModel': {
        'state': 'stopped',
        'is_latched': True,
        'is_pressed': True,
        'source': 'e_stop topic',
        'causes': ['e_stop topic'],
        'is_zero': True,
    },
    'StoredRobotModel': {
        'name': 'robot2',
        'is_alive': False,
        'unreachable_since': AT,
        'last_seen': AT,
        'host': 'tower',
        'term': 7,
        'lease_s': 0.0,
        'capabilities': ['lift'],
        'executing_ids': [TICKET_ID],
        'waiting': 2,
    },
    'DeclaredModel': {'robot': 'robot2', 'ticket_ids': [TICKET_ID]},
    'MessageModel': {'message': 'zero sent'},
    'ProblemModel': {
        'type': 'urn:orchestrator_ren:error:107',
        'title': 'Unprocessable Entity',
        'status': 422,
        'detail': 'params.speed is 9; it must be at most 3.0',
        'instance': '/ticket',
        'code': 107,
        'error': 'SpeedAboveLimit',
        'retryable': False,
        'field': 'params.speed',
    },
}
"""By the names of the models in `bodies.py` and `models.py`."""
