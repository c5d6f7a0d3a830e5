"""Requests that keep or break the contracts, and garbage: each is answered, quickly."""

import json
import math
import signal
import statistics
import time
from pathlib import Path

import pytest
from builtin_interfaces.msg import Time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestrator_ren.srv import (
    CancelTicket,
    CreateTicket,
    GetHistory,
    GetQueue,
    GetStatus,
    GetTicket,
    ListCommands,
    ListTickets,
)
from orchestrator_ren.store.verification import verify

from ..amounts import amount

REQUESTS = amount('FUZZ_REQUESTS', bounded=1_500, whole=10_000)
REQUESTS_A_ROUND = 100
KNOWN = 'TICKET'
"""Stands for the id of the ticket that was created last."""

numbers = (
    st.integers(-(2**70), 2**70)
    | st.floats(-5, 5)
    | st.sampled_from([0, 1, 3.0, 3.01, -0.0, 1e308, 5e-324])
)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=8), each),
    max_leaves=8,
)
garbage = st.text(max_size=200) | st.text('{}[]:,&*!|>\'"%@`#-?\\ \n\t\0~', max_size=60)
objects = (
    st.just('')
    | st.dictionaries(st.text(max_size=12), json_values, max_size=5).map(json.dumps)
    | garbage
)
no_numbers = st.sampled_from(['fast', '1.5', True, None, [1.5], {}])
drives = st.fixed_dictionaries(
    {
        'speed': st.floats(0, 3) | numbers | no_numbers,
        'duration_seconds': st.floats(0.1, 60) | numbers | no_numbers,
    },
    optional={
        'direction': st.floats(-360, 360) | numbers,
        'reverse': st.booleans() | json_values,
        'gear': json_values,
    },
).map(json.dumps)
names = st.sampled_from(['drive', 'drive', 'scan', 'stop', 'fly', '']) | st.text(max_size=64)
ids = st.just(KNOWN) | st.just('tick-20260101-00000000') | st.text(max_size=64)
uint32 = st.integers(0, 2**32 - 1) | st.integers(0, 1001)
times = st.one_of(
    # Most are real: what is none is refused before anything else is looked at.
    st.builds(Time, sec=st.integers(0, 2**31 - 1), nanosec=st.integers(0, 10**9 - 1)),
    st.builds(Time, sec=st.integers(1, 2**31 - 1), nanosec=st.integers(0, 10**9 - 1)),
    st.builds(Time, sec=st.integers(0, 4102444800 // 2), nanosec=st.just(0)),
    st.builds(Time, sec=st.integers(-(2**31), 2**31 - 1), nanosec=uint32),
)
statuses = st.sampled_from(['PENDING', 'failed', 'QUEUED', 'LOST', '']) | st.text(max_size=16)
floats = st.floats(width=64) | st.sampled_from([0.0, -1.0, math.nan, math.inf, 86400.1])

requests = st.one_of(
    st.builds(
        CreateTicket.Request,
        command=names,
        params=drives | objects,
        priority=st.integers(0, 255) | st.integers(0, 4),
        timeout_seconds=st.just(0.0) | floats,
        metadata=objects,
        dry_run=st.booleans(),
        request_id=st.sampled_from(['', '', 'one', 'two']) | st.text(max_size=128),
        not_before=st.just(Time()) | times,
        deadline=st.just(Time()) | times,
        max_attempts=st.sampled_from([0, 0, 1, 2, 255]),
        backoff_seconds=st.just(0.0) | floats,
    ),
    # Nothing but the parameters is wrong: what is looked at before hides what is wrong in them.
    st.builds(CreateTicket.Request, command=st.just('drive'), params=drives),
    st.builds(GetTicket.Request, ticket_id=ids),
    st.builds(CancelTicket.Request, ticket_id=ids, reason=st.text(max_size=256)),
    st.builds(GetHistory.Request, ticket_id=ids, limit=uint32, offset=uint32),
    st.builds(
        ListTickets.Request,
        statuses=st.lists(statuses, max_size=6),
        command=names,
        metadata=objects,
        created_from=st.just(Time()) | times,
        created_until=st.just(Time()) | times,
        limit=uint32,
        offset=st.just(0) | uint32,
        page_token=st.just('') | st.from_regex(r'-?\d{1,20}\.\S{1,30}', fullmatch=True) | garbage,
    ),
    st.builds(GetQueue.Request, limit=uint32, offset=st.just(0) | uint32),
    st.builds(ListCommands.Request, name=names),
    st.builds(GetStatus.Request),
)
SERVICES = {
    CreateTicket: 'create_ticket',
    GetTicket: 'get_ticket',
    CancelTicket: 'cancel_ticket',
    GetHistory: 'get_history',
    ListTickets: 'list_tickets',
    GetQueue: 'get_queue',
    ListCommands: 'list_commands',
    GetStatus: 'get_status',
}


class Sender:
    """Sends requests one after the other, and keeps how long each took."""

    def __init__(self, system):
        self._system = system
        self._clients = {
            service: system.client.create_client(service, name)
            for service, name in SERVICES.items()
        }
        for client in self._clients.values():
            system.spin_until(client.service_is_ready)
        self._latest_id = ''
        self.created: set[str] = set()
        self.latencies_s: list[float] = []
        self.codes: dict[int, int] = {}

    def send(self, request):
        if getattr(request, 'ticket_id', '') == KNOWN:
            request.ticket_id = self._latest_id
        service = next(each for each in SERVICES if isinstance(request, each.Request))
        before_s = time.perf_counter()
        reply = self._clients[service].call_async(request)
        self._system.spin_until(reply.done)
        self.latencies_s.append(time.perf_counter() - before_s)
        response = reply.result()
        assert response.success == (response.error_code == 0), response
        assert response.success or response.message
        self.codes[response.error_code] = self.codes.get(response.error_code, 0) + 1
        if service is CreateTicket and response.success:
            self._latest_id = response.ticket.id
            self.created.add(response.ticket.id)


@pytest.mark.alone
@pytest.mark.statistics
@pytest.mark.timeout(300)
def test_any_requests_are_all_answered_and_break_nothing(system, tmp_path: Path):
    url = f'sqlite:///{tmp_path}/fuzz.db'
    # Nobody listens to its velocities: what can be executed is, meanwhile.
    process = system.start('orchestrator', gate='in_process', store_url=url, dispatch='auto')
    sender = Sender(system)

    @settings(
        max_examples=REQUESTS // REQUESTS_A_ROUND,
        deadline=None,
        derandomize=True,  # the same requests everywhere: what fails once, fails again
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())  # not a list: the text of a round that hypothesis makes has a limit
    def send_a_round(data):
        for _ in range(REQUESTS_A_ROUND):
            sender.send(data.draw(requests))

    send_a_round()
    assert len(sender.latencies_s) >= REQUESTS
    p99_s = statistics.quantiles(sender.latencies_s, n=100)[98]
    print(  # noqa: T201
        f'\n{len(sender.latencies_s)} requests: all answered, p50'
        f' {statistics.median(sender.latencies_s) * 1e3:.2f} ms, p99 {p99_s * 1e3:.2f} ms, max'
        f' {max(sender.latencies_s) * 1e3:.1f} ms; {len(sender.created)} tickets, codes'
        f' {dict(sorted(sender.codes.items()))}'
    )
    assert p99_s < 0.1
    assert not {300, 301, 900} & set(sender.codes)
    assert {0, 101, 104, 106, 110, 115, 201} <= set(sender.codes), 'the search was too narrow'
    assert process.poll() is None
    assert system.end(process, signal.SIGINT) == 0
    assert 'Traceback' not in system.log('orchestrator')
    verdicts = list(verify(url))
    assert {each.ticket_id for each in verdicts} == sender.created
    assert not [each for each in verdicts if each.problem]
