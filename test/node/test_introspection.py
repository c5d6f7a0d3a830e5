"""Services that tell what they were asked, for recordings (rosbag2#2002)."""

import pytest

pytest.importorskip('rclpy')

from rclpy.action import ActionServer
from std_srvs.srv import Trigger

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.ros.shared_parameters import SERVICE_INTROSPECTION
from orchestrator_ren.srv import CreateTicket

EVENTS = '/_service_event'


def told_by(rig):
    names = (name for name, _ in rig.client.get_topic_names_and_types())
    own = (name.removeprefix(rig.client.get_namespace() + '/') for name in names)
    return {name.removesuffix(EVENTS) for name in own if name.endswith(EVENTS)}


def events_of(rig, service, name):
    seen = []
    rig.client.create_subscription(service.Event, f'{name}{EVENTS}', seen.append, 100)
    rig.spin_until(lambda: rig.client.count_publishers(f'{name}{EVENTS}'))
    return seen


def test_contents_are_told_of_each_service_of_ours(rig):
    told = {'service_introspection': 'contents'}
    rig.start(gate_parameters=told, orchestrator=told)
    own = {
        each.srv_name.rpartition('/')[2]
        for node in (rig.orchestrator, rig.gate)
        for each in node.services
        if each.srv_type.__module__.partition('.')[0] in ('orchestrator_ren', 'std_srvs')
    }
    rig.spin_until(lambda: own <= told_by(rig))
    assert {'create_ticket', 'get_status', 'stop', 'reset_e_stop'} <= own
    assert not {each for each in told_by(rig) if 'parameters' in each}
    of_action = {f'execute_ticket/_action/{each}' for each in ('send_goal', 'cancel_goal')}
    assert (of_action <= told_by(rig)) == hasattr(ActionServer, 'configure_introspection')
    created, stopped = (
        events_of(rig, CreateTicket, 'create_ticket'),
        events_of(rig, Trigger, 'stop'),
    )
    rig.spin_for(0.5)
    ticket_id = rig.created_id()
    assert rig.stop().success
    rig.spin_until(lambda: len(created) >= 2 and len(stopped) >= 2)
    asked = next(each for each in created if each.request)
    answered = next(each for each in created if each.response)
    assert asked.request[0].command == 'drive'
    assert answered.response[0].ticket.id == ticket_id


def test_metadata_have_no_contents(rig):
    rig.start(orchestrator={'service_introspection': 'metadata'})
    created = events_of(rig, CreateTicket, 'create_ticket')
    rig.spin_for(0.5)
    rig.created_id()
    rig.spin_until(lambda: len(created) >= 2)
    assert not any(each.request or each.response for each in created)
    assert all(each.info.stamp.sec for each in created)


def test_it_is_off_by_default(running):
    running.created_id()
    assert told_by(running) == set()


def test_off_is_what_yaml_makes_of_it(rig):
    """`-p service_introspection:=off` is false by the time that it arrives."""
    assert SERVICE_INTROSPECTION.checked(False) == 'off'
    with pytest.raises(ConfigurationError, match='one of: off, metadata, contents'):
        SERVICE_INTROSPECTION.checked(True)
