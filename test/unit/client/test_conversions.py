"""What the orchestrator says in messages is what the client reads."""

from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip('rclpy')

from builtin_interfaces.msg import Time

from orchestrator_ren import action, msg
from orchestrator_ren.client import conversions
from orchestrator_ren.client.answers import (
    CommandInfo,
    EStop,
    Metric,
    QueueEntry,
    Robot,
    RobotStatus,
)
from orchestrator_ren.orchestrator.interface.conversions import (
    event_to_msg,
    series_to_msg,
    ticket_to_msg,
)
from orchestrator_ren.telemetry.series import Series
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.schedule import Schedule
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)

FULL = Ticket(
    id='tick-20260102-00000001',
    command='drive',
    params={'speed': 0.5, 'name': 'ü'},
    created_at=AT,
    updated_at=AT + timedelta(seconds=1),
    priority=Priority.CRITICAL,
    timeout_s=12.5,
    metadata={'operator': 'ren', 'more': [1, {'a': None}]},
    dry_run=True,
    schedule=Schedule(AT, AT + timedelta(days=1), 3, 1.5),
    status=Status.FAILED,
    attempt=2,
    started_at=AT + timedelta(seconds=2),
    completed_at=AT + timedelta(seconds=3),
    result={'distance_traveled': 1.25},
    error_code=409,
    error='the robot is held up',
    requested_by='ren',
    robot='robot2',
    is_for_any=True,
    capabilities=('lift', 'scan'),
)
EMPTY = Ticket(id='t', command='stop', params={}, created_at=AT, updated_at=AT)

EVENT = Event(
    at=AT,
    type=EventType.EXECUTION_FAILED,
    actor=Actor.SAFETY,
    ticket_id='tick-20260102-00000001',
    command='drive',
    previous_status=Status.EXECUTING,
    status=Status.FAILED,
    attempt=2,
    error_code=501,
    message='the e-stop is latched',
    details={'result': {'distance_traveled': 1.25}},
    step=4,
    number=77,
    requested_by='ren',
)


@pytest.mark.parametrize('ticket', [FULL, EMPTY], ids=['full', 'empty'])
def test_a_ticket_is_the_same_on_both_sides(ticket):
    assert conversions.ticket_from_msg(ticket_to_msg(ticket)) == ticket


def test_the_full_samples_differ_from_the_defaults_in_every_field():
    """Else one that is left out would not be seen; some are the orchestrator's own."""
    for full, empty, own in (
        (FULL, EMPTY, {'request_id', 'dry_attempt', 'is_awaited'}),
        (EVENT, Event(AT, EventType.SERVICE_STARTED, Actor.CLIENT), {'robot'}),
    ):
        same = [each.name for each in fields(full)
                if getattr(full, each.name) == getattr(empty, each.name)]  # fmt: skip
        assert set(same) <= {'created_at', 'at', *own}


@pytest.mark.parametrize('status', list(Status))
def test_every_status_is_read(status):
    ticket = replace(EMPTY, status=status)
    assert conversions.ticket_from_msg(ticket_to_msg(ticket)).status is status


def test_an_event_is_the_same_on_both_sides():
    assert conversions.event_from_msg(event_to_msg(EVENT)) == EVENT
    bare = Event(AT, EventType.SERVICE_STARTED, Actor.SERVICE, message='store')
    assert conversions.event_from_msg(event_to_msg(bare)) == bare


def test_a_metric_is_the_same_on_both_sides():
    series = Series('execution.latency_ms', 'histogram', 12.5, 3, [1.0, 2.0], [1, 3])
    assert conversions.metric_from_msg(series_to_msg(series)) == Metric(
        'execution.latency_ms', 'histogram', 12.5, 3, (1.0, 2.0), (1, 3)
    )


def test_feedback_is_read():
    message = action.ExecuteTicket.Feedback(
        status='EXECUTING', progress=0.5, elapsed_seconds=1.0, remaining_seconds=2.0,
        distance_m=3.0, speed_mps=4.0, queue_position=5, message='drives',
    )  # fmt: skip
    found = conversions.progress_from_msg(message)
    assert [getattr(found, each.name) for each in fields(found)] == [
        Status.EXECUTING, 0.5, 1.0, 2.0, 3.0, 4.0, 5, 'drives',
    ]  # fmt: skip


def test_a_command_is_read_with_its_schema():
    message = msg.CommandInfo(
        name='drive', description='Drives.', params_schema='{"type": "object"}',
        resources=['base'], shared_resources=['lidar'], moves=True, interlocked=True,
        recovery='fail', retriable=True, is_urgent=True, source='built-in', error='none',
    )  # fmt: skip
    assert conversions.command_from_msg(message) == CommandInfo(
        'drive', 'Drives.', {'type': 'object'}, ('base',), ('lidar',),
        True, True, 'fail', True, True, 'built-in', 'none',
    )  # fmt: skip
    assert conversions.command_from_msg(msg.CommandInfo(name='broken')).params_schema == {}


def test_a_place_in_the_queue_is_read_with_none_for_what_is_not_known():
    message = msg.QueueEntry(
        position=1, ticket_id='t', command='drive', priority=3, reason='the base is taken',
        waiting_since=Time(sec=10),
    )  # fmt: skip
    since = datetime.fromtimestamp(10, timezone.utc)
    assert conversions.queue_entry_from_msg(message) == QueueEntry(
        1, 't', 'drive', Priority.HIGH, 'the base is taken', since, None, None, None
    )


def test_the_status_is_read():
    message = msg.OrchestratorStatus(
        stamp=Time(sec=10), state='STOPPED', detail='latched', version='1', uptime_seconds=2.0,
        term=3, hears_odometry=True, pending=4, queued=5, executing=6, completed=7, failed=8,
        cancelled=9, executing_ids=['t'], waiting=10, pause_reason='by a client', robot='robot2',
    )  # fmt: skip
    found = conversions.status_from_msg(message, 501)
    assert found == RobotStatus(
        datetime.fromtimestamp(10, timezone.utc), 'STOPPED', 501, 'latched', '1', 2.0, 3, True,
        dict(zip(Status, range(4, 10), strict=True)), ('t',), 10, 'by a client',
        'robot2',
    )  # fmt: skip
    assert not found.is_ready


def test_a_robot_of_the_store_is_read():
    message = msg.Robot(
        name='robot2', is_alive=False, host='tower', term=7, lease_seconds=1.5,
        last_seen=Time(sec=10), unreachable_since=Time(sec=20), capabilities=['lift'],
        executing_ids=['t'], waiting=3,
    )  # fmt: skip
    seen, since = (datetime.fromtimestamp(each, timezone.utc) for each in (10, 20))
    expected = Robot('robot2', False, 'tower', 7, 1.5, seen, since, ('lift',), ('t',), 3)
    assert conversions.robot_from_msg(message) == expected
    assert conversions.robot_from_msg(msg.Robot(is_alive=True)).unreachable_since is None


def test_a_ticket_is_read_with_its_robot_and_what_that_must_have():
    message = ticket_to_msg(EMPTY)
    message.robot, message.is_for_any, message.capabilities = 'robot2', True, ['lift', 'scan']
    found = conversions.ticket_from_msg(message)
    assert (found.robot, found.is_for_any) == ('robot2', True)
    assert found.capabilities == ('lift', 'scan')


def test_the_e_stop_is_read_with_its_causes():
    message = msg.EStopState(
        state='STOPPED', source='e_stop topic', topic_active=True, cause_topic=True,
        cause_obstacle=True, stream='t#1', is_zero=True, stop_count=2, gate_id=7,
    )  # fmt: skip
    found = conversions.e_stop_from_msg(message)
    assert found == EStop(
        'STOPPED', 'e_stop topic', True, ('topic', 'obstacle'), 't#1', True, 2, 7
    )
    assert found.is_latched
