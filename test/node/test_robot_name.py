"""By which name a store knows a robot, and what it cannot be."""

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.orchestrator.parameters import robot_name

LONG = '/' + 'x' * 100


@pytest.mark.parametrize('is_in_fleet', [False, True])
def test_robot_has_the_name_it_is_given_else_that_of_its_namespace(is_in_fleet):
    assert robot_name('ren', '/r1', is_in_fleet) == 'ren'
    assert robot_name('', '/site/r1', is_in_fleet) == 'site/r1'
    assert robot_name('', '/', is_in_fleet) == 'robot'


def test_robot_with_a_file_of_its_own_may_have_any_namespace():
    assert robot_name('', LONG, is_in_fleet=False) == 'x' * 64
    assert robot_name('', '/any', is_in_fleet=False) == 'any'


@pytest.mark.parametrize('namespace', [LONG, '/any'])
def test_robot_of_a_fleet_needs_a_name_to_be_asked_for(namespace):
    with pytest.raises(ConfigurationError, match="parameter 'robot_name'"):
        robot_name('', namespace, is_in_fleet=True)


def test_robot_with_a_long_namespace_takes_tickets(context, tmp_path):
    """Its name did not fit into the ticket's message."""
    from .conftest import Rig

    rig = Rig(context, LONG, tmp_path)
    rig.start(gate=False, base=False)
    response = rig.create()
    rig.close()
    assert response.success
    assert response.ticket.robot == 'x' * 64
