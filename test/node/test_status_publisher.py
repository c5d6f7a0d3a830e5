"""The status is told when it says something new, and not too often."""

import time

import pytest

rclpy = pytest.importorskip('rclpy')

from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.orchestrator.interface.status_publisher import CALM_S, StatusPublisher
from orchestrator_ren.ros import qos

LOAD_S = 3.0 * CALM_S
"""How long each callback takes of a process that has too much to do [s]."""


class Told:
    """A status publisher, what it tells, and a status that the test sets."""

    def __init__(self, rig):
        self.spin_until = rig.spin_until
        self.spin_for = rig.spin_for
        self.state = 'READY'
        self.heard = []
        node = rig.client
        self.node = node
        node.create_subscription(OrchestratorStatus, 'status', self._on_status, qos.EVENTS)
        self.publisher = StatusPublisher(node, lambda: OrchestratorStatus(state=self.state))
        self.publisher.tell()
        self.spin_until(lambda: self.states == ['READY'])
        self.spin_for(2.0 * CALM_S)

    def _on_status(self, message):
        self.heard.append((time.monotonic(), message.state))

    @property
    def states(self):
        return [state for _, state in self.heard]

    def change(self, state):
        self.state = state
        self.publisher.tell_change()


@pytest.fixture
def told(rig):
    return Told(rig)


def test_the_first_change_is_told_at_once_and_then_what_the_others_led_to(told):
    for each in 'STOPPED', 'NO_GATE', 'NO_BASE':
        told.change(each)
    told.spin_until(lambda: told.states == ['READY', 'STOPPED', 'NO_BASE'])
    first_mono_s, last_mono_s = told.heard[-2][0], told.heard[-1][0]
    assert last_mono_s - first_mono_s >= 0.8 * CALM_S


def test_what_says_nothing_new_is_not_told(told):
    told.change('READY')
    told.spin_for(3.0 * CALM_S)
    assert told.states == ['READY']


def test_a_change_is_told_though_each_look_at_the_time_comes_too_late(told):
    """It was put off each time: under such a load, e-stops were told once a second."""
    told.node.create_timer(0.001, lambda: time.sleep(LOAD_S))
    told.change('READY')
    told.change('STOPPED')
    changed_mono_s = time.monotonic()
    told.spin_until(lambda: told.states[-1] == 'STOPPED', timeout_s=8.0 * LOAD_S)
    assert time.monotonic() - changed_mono_s < 8.0 * LOAD_S
