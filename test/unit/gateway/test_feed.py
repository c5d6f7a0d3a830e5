"""What happens, live: what whoever follows is told, and what becomes of the slow."""

import asyncio
import json
from dataclasses import replace

import pytest

from orchestrator_ren.client.answers import EStop, RobotStatus, TicketProgress
from orchestrator_ren.gateway import feed as feed_module
from orchestrator_ren.gateway.follower import MOST_BYTES, MOST_EVENTS, Follower
from orchestrator_ren.tickets.ticket import Status

from .conftest import AT, EVENT, STATUS, TICKET

PROGRESS = TicketProgress(AT, TICKET.id, 'drive', 1, 0.5, pose=(1.0, 2.0, 0.0))


def run(course):
    return asyncio.run(asyncio.wait_for(course, 10.0))


async def told(follower, *types):
    """Return the messages up to the first of each of these types."""
    found = []
    while not set(types) <= {each['type'] for each in found}:
        found += map(json.loads, await follower.texts(5.0))
    return found


async def watched(web):
    """Return once the feed's watch hears."""
    while web.client.seen is None:
        await asyncio.sleep(0)
    return web.client.seen


def test_whoever_comes_gets_what_is_so_now_then_what_changes(web):
    async def course():
        feed = web.robots.robot.feed
        async with feed.followed() as first:
            hear = (await watched(web)).put_nowait
            for each in (STATUS, EStop('FREE'), PROGRESS, EVENT):
                hear(each)
            await told(first, 'status', 'e_stop', 'progress', 'event')
            async with feed.followed() as second:
                [snapshot] = await told(second, 'snapshot')
                hear(EStop('STOPPED', 'button'))
                [change] = await told(second, 'e_stop')
        await feed.close()
        return snapshot, change

    snapshot, change = run(course())
    assert (snapshot['status']['state'], snapshot['e_stop']['state']) == ('ready', 'free')
    assert [each['progress'] for each in snapshot['progress']] == [0.5]
    assert [each['number'] for each in snapshot['events']] == [1]
    assert change['e_stop']['source'] == 'button'


def test_what_has_ended_is_no_longer_told_as_running(web):
    async def course():
        feed = web.robots.robot.feed
        async with feed.followed() as first:
            hear = (await watched(web)).put_nowait
            hear(PROGRESS)
            await told(first, 'progress')
            hear(STATUS)
            await told(first, 'status')
            async with feed.followed() as second:
                [snapshot] = await told(second, 'snapshot')
        await feed.close()
        return snapshot

    assert run(course())['progress'] == []


def test_a_robot_that_falls_silent_is_told_to_be(web, monkeypatch):
    """A page that shows the last word of a robot that is gone shows a lie."""
    monkeypatch.setattr(feed_module, 'SILENT_S', 0.05)

    async def course():
        feed = web.robots.robot.feed
        async with feed.followed() as follower:
            seen = await watched(web)
            seen.put_nowait(STATUS)
            await told(follower, 'status')
            await asyncio.sleep(0.06)
            seen.put_nowait(EStop('FREE'))
            found = await told(follower, 'heard')
        await feed.close()
        return [each for each in found if each['type'] == 'heard'][-1]

    assert run(course()) == {'type': 'heard', 'is_heard': False}


def test_the_watch_ends_when_nobody_follows_any_more(web, monkeypatch):
    monkeypatch.setattr(feed_module, 'LINGER_S', 0.0)

    async def course():
        feed = web.robots.robot.feed
        async with feed.followed():
            seen = await watched(web)
        seen.put_nowait(STATUS)
        await feed._task
        async with feed.followed() as follower:
            [snapshot] = await told(follower, 'snapshot')
        await feed.close()
        return snapshot

    assert run(course())['status'] is None, 'what was so a while ago is not told'


def test_a_defect_in_the_watch_does_not_end_it_for_good(web, monkeypatch):
    monkeypatch.setattr(feed_module, 'AGAIN_S', 0.01)

    async def course():
        feed = web.robots.robot.feed
        async with feed.followed() as follower:
            seen = await watched(web)
            web.client.seen = None
            seen.put_nowait(object.__new__(RobotStatus))  # has no fields
            (await watched(web)).put_nowait(STATUS)
            await told(follower, 'status')
        await feed.close()

    run(course())
    assert 'AttributeError' in web.robots.log[0]


def test_of_a_state_only_the_newest_waits_and_each_event():
    async def course():
        follower = Follower()
        for number in range(100):
            follower.tell_state('status', {'type': 'status', 'number': number})
            follower.tell_event({'type': 'event', 'number': number})
        return [json.loads(each) for each in await follower.texts(1.0)]

    found = run(course())
    assert [each['number'] for each in found if each['type'] == 'status'] == [99]
    assert [each['number'] for each in found if each['type'] == 'event'] == [*range(100)]


@pytest.mark.parametrize(('text', 'count'), [('x', MOST_EVENTS + 1), ('x' * (MOST_BYTES // 4), 5)])
def test_whoever_is_too_slow_is_let_go_and_holds_no_memory(text, count):
    async def course():
        follower = Follower()
        for _ in range(count):
            follower.tell_event({'type': 'event', 'text': text})
        return follower.is_too_slow, await follower.texts(1.0)

    assert run(course()) == (True, [])


def test_silence_is_told_as_a_tick():
    async def course():
        return await Follower().texts(0.01)

    assert run(course()) == ['{"type":"tick"}']


def test_whoever_waits_for_a_ticket_is_woken_by_its_events_only(web):
    async def course():
        feed = web.robots.robot.feed
        with feed.news_of(TICKET.id) as news, feed.news_of('tick-other') as others:
            seen = await watched(web)
            seen.put_nowait(replace(EVENT, status=Status.COMPLETED))
            await news.wait()
            is_other_woken = others.is_set()
        await feed.close()
        return is_other_woken

    assert run(course()) is False
