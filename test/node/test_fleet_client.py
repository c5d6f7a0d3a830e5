"""What the client asks about robots of a store, as an orchestrator that stands in hears it."""

import asyncio
import threading
import time

import pytest
from builtin_interfaces.msg import Time

from orchestrator_ren import msg, srv
from orchestrator_ren.client import AsyncTicketClient, TicketClient
from orchestrator_ren.client.answers import Robot
from orchestrator_ren.errors import NotAnswered, RobotAlive, RobotNotInStore
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.future import Future

SERVICES = {
    'create_ticket': srv.CreateTicket,
    'list_tickets': srv.ListTickets,
    'get_queue': srv.GetQueue,
    'list_robots': srv.ListRobots,
    'declare_stopped': srv.DeclareStopped,
}


class Standin:
    """Refuses what it is not told to answer; keeps what it is asked.

    Attributes:
        asked: Each request.
        answers: Fields of the answers, by service.
    """

    def __init__(self, node):
        self.asked = []
        self.answers = {}
        self._node = node
        self._services = [
            node.create_service(kind, name, self._answering(name))
            for name, kind in SERVICES.items()
        ]

    def _answering(self, name):
        def answer(request, response):
            self.asked.append(request)
            fields = self.answers.get(name, {'error_code': 213, 'message': 'no such robot'})
            for field, value in {'success': 'error_code' not in fields, **fields}.items():
                setattr(response, field, value)
            return response

        return answer

    def close(self):
        for each in self._services:
            self._node.destroy_service(each)


@pytest.fixture
def standin(rig):
    made = Standin(rig.client)
    yield made
    made.close()


def in_a_thread(rig, function):
    """Return what a call gives while the rig's executor runs here."""
    outcome = {}

    def run():
        try:
            outcome['value'] = function()
        except Exception as error:
            outcome['error'] = error

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    rig.spin_until(lambda: not thread.is_alive())
    if 'error' in outcome:
        raise outcome['error']
    return outcome['value']


@pytest.fixture(params=['blocking', 'awaited'])
def ask(rig, request):
    """Make a call on either face of the client."""

    def blocking(name, *args, **kwargs):
        with TicketClient(node=rig.client, requested_by='tester') as client:
            found = getattr(client, name)(*args, **kwargs)
            return list(found) if name == 'find' else found

    async def awaited(name, *args, **kwargs):
        async with AsyncTicketClient(node=rig.client, requested_by='tester') as client:
            found = getattr(client, name)(*args, **kwargs)
            return [each async for each in found] if name == 'find' else await found

    def asked(*args, **kwargs):
        def call():
            if request.param == 'blocking':
                return blocking(*args, **kwargs)
            return asyncio.run(awaited(*args, **kwargs))

        return in_a_thread(rig, call)

    return asked


def test_the_robots_of_the_store_are_told_with_what_waits_for_any(standin, ask):
    robots = [msg.Robot(name='robot1', is_alive=True), msg.Robot(name='robot2', host='shed')]
    standin.answers['list_robots'] = {'robots': robots, 'waiting_for_any': 4}
    fleet = ask('robots')
    assert fleet.robots == (Robot('robot1', True), Robot('robot2', False, 'shed'))
    assert fleet.waiting_for_any == 4


@pytest.mark.parametrize('robot', ['robot2', Robot('robot2', False)], ids=['name', 'robot'])
@pytest.mark.parametrize(('given', 'told'), [('', 'tester'), ('anna', 'anna')])
def test_who_has_seen_a_robot_stand_is_told(standin, ask, robot, given, told):
    standin.answers['declare_stopped'] = {'ticket_ids': ['tick-1', 'tick-2']}
    assert ask('declare_stopped', robot, given) == ['tick-1', 'tick-2']
    [request] = standin.asked
    assert (request.robot, request.requested_by) == ('robot2', told)


def test_a_robot_that_is_alive_is_refused_as_the_class_of_its_code(standin, ask):
    standin.answers['declare_stopped'] = {'error_code': 215, 'message': 'robot1 is alive'}
    with pytest.raises(RobotAlive, match='robot1 is alive'):
        ask('declare_stopped', 'robot1')


def test_that_a_robot_stands_is_said_once_however_long_nobody_answers(rig):
    """Heard late, a second word would speak of a robot that has been back since."""
    heard = []

    async def never(request, response):
        heard.append(request)
        await Future(executor=rig.client.executor)
        return response

    service = rig.client.create_service(srv.DeclareStopped, 'declare_stopped', never)
    with pytest.raises(NotAnswered), TicketClient(node=rig.client, timeout_s=2.0) as client:
        in_a_thread(rig, lambda: client.declare_stopped('robot2', 'anna'))
    assert len(heard) == 1
    rig.client.destroy_service(service)


def test_an_orchestrator_that_stands_by_is_told_though_it_answers_nothing(rig, ask):
    """`ren status` said that nobody is there, while one waited for the robot."""
    publisher = rig.client.create_publisher(msg.OrchestratorStatus, 'status', qos.LATCHED)
    publisher.publish(msg.OrchestratorStatus(state='STANDBY', detail='tower has the robot'))
    status = ask('status')
    assert (status.state, status.detail) == ('STANDBY', 'tower has the robot')
    publisher.publish(msg.OrchestratorStatus(state='READY'))
    with pytest.raises(NotAnswered, match=r'within 1\.0 s'):
        ask('status', timeout_s=1.0)
    rig.client.destroy_publisher(publisher)


def test_one_that_goes_on_standing_by_is_not_waited_for(rig, ask):
    publisher = rig.client.create_publisher(msg.OrchestratorStatus, 'status', qos.LATCHED)
    told = []

    def tell():
        told.append(msg.OrchestratorStatus(state='STANDBY', stamp=Time(sec=len(told) + 1)))
        publisher.publish(told[-1])

    timer = rig.client.create_timer(0.1, tell)
    begun_mono_s = time.monotonic()
    assert ask('status', timeout_s=30.0).state == 'STANDBY'
    assert time.monotonic() - begun_mono_s < 10.0
    rig.client.destroy_timer(timer)
    rig.client.destroy_publisher(publisher)


@pytest.mark.parametrize(
    ('name', 'args', 'robot'),
    [
        ('create', ('drive', {}), 'robot2'),
        ('create', ('drive', {}), 'any'),
        ('find', (), '*'),
        ('find_page', (), 'any'),
        ('queue_entries', (), 'robot2'),
    ],
)
def test_each_call_that_may_be_of_another_robot_says_which(standin, ask, name, args, robot):
    with pytest.raises(RobotNotInStore, match='no such robot'):
        ask(name, *args, robot=robot)
    assert [each.robot for each in standin.asked] == [robot]
    with pytest.raises(RobotNotInStore):
        ask(name, *args)
    assert standin.asked[-1].robot == ''


@pytest.mark.parametrize('given', ['lift', ['lift', 'scan']])
def test_what_a_robot_must_have_is_sent(standin, ask, given):
    with pytest.raises(RobotNotInStore):
        ask('create', 'drive', {}, capabilities=given)
    assert standin.asked[0].capabilities == ([given] if given == 'lift' else given)
