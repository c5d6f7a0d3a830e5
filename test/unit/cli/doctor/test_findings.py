"""`doctor` finds each planted fault, says what to do, and nothing of a healthy robot."""

from dataclasses import replace

import pytest

from orchestrator_ren.cli.doctor.findings import TWIST, Endpoint, Observed, findings

GATE = Endpoint('/cmd_vel_gate', 'orchestrator_ren/msg/EStopState', b'gate')
ORCHESTRATOR = Endpoint(
    '/orchestrator', 'orchestrator_ren/msg/OrchestratorStatus', b'orchestrator'
)
BASE = Endpoint('/base', TWIST, b'base')
ODOMETRY = Endpoint('/base', 'nav_msgs/msg/Odometry', b'base')
HEALTHY = Observed(
    robots=('',),
    statuses=(ORCHESTRATOR,),
    gates=(GATE,),
    commanders=(replace(GATE, type=TWIST),),
    bases=(BASE,),
    odometry=(ODOMETRY,),
    odometry_hz=20.0,
    speed_mps=0.0,
    free_bytes=10**12,
    rclpy='rclpy 7.1.5',
)
STAMPED = replace(BASE, type='geometry_msgs/msg/TwistStamped')
FAULTS = [
    ('no-orchestrator', {'statuses': ()}, 'ren up'),
    (
        'two-orchestrators',
        {'statuses': (ORCHESTRATOR, replace(ORCHESTRATOR, process=b'x')), 'answering': 2},
        'end',
    ),
    ('standing-by', {'answering': 0}, 'takes over'),
    ('no-gate', {'gates': (), 'commanders': ()}, 'cmd_vel_gate'),
    ('two-gates', {'gates': (GATE, replace(GATE, process=b'x'))}, 'end all but one'),
    ('gate-in-process', {'gates': (replace(GATE, process=b'orchestrator'),)}, 'external'),
    ('second-publisher', {'commanders': (GATE, Endpoint('/teleop', TWIST))}, 'remap'),
    ('no-base', {'bases': ()}, 'driver'),
    ('wrong-type', {'bases': (STAMPED,)}, 'Twist'),
    ('no-odometry', {'odometry': (), 'odometry_hz': 0.0}, 'remap'),
    ('two-odometries', {'odometry': (ODOMETRY, Endpoint('/ekf'))}, 'only one'),
    ('slow-odometry', {'odometry_hz': 2.0}, '5 Hz'),
    ('stands-still', {'commanded_mps': 0.5}, 'motors'),
    ('no-clock', {'uses_simulated_time': True}, 'simulation'),
    ('disk-full', {'free_bytes': 10**6}, 'retention_days'),
    ('untested-rclpy', {'rclpy': 'rclpy 8.0.0'}, 'make test'),
    ('untested-rclpy', {'rclpy': 'rclpy of an unknown version'}, 'make test'),
    ('no-time-zones', {'has_time_zones': False}, 'tzdata'),
    ('open-file', {'open_files': ('/x/store.url (mode 0644)',)}, 'chmod 600'),
    ('key-file', {'key_files': ('key file /x: mode 0644',)}, 'mend it'),
    ('complaint', {'complaints': (('cmd_vel_gate: e-stop', 'STOPPED'),)}, 'errors.md'),
]


def test_of_a_healthy_robot_nothing_is_said() -> None:
    assert findings(HEALTHY) == []
    assert findings(replace(HEALTHY, uses_simulated_time=True, clock_ticks=3)) == []
    assert findings(replace(HEALTHY, commanded_mps=0.5, speed_mps=0.5)) == []
    assert findings(replace(HEALTHY, free_bytes=None, rclpy='rclpy 9.1.2')) == []


def test_one_that_stands_by_beside_the_one_that_has_the_robot_is_no_fault() -> None:
    both = (ORCHESTRATOR, replace(ORCHESTRATOR, process=b'x'))
    assert findings(replace(HEALTHY, statuses=both, answering=1)) == []


@pytest.mark.parametrize(('name', 'fault', 'advice'), FAULTS)
def test_a_planted_fault_is_found_alone_and_says_what_to_do(name, fault, advice) -> None:
    [found] = findings(replace(HEALTHY, **fault))
    assert found.name == name
    assert advice in found.advice
    assert found.text


def test_who_publishes_is_named() -> None:
    [found] = findings(replace(HEALTHY, commanders=(GATE, Endpoint('/teleop', TWIST))))
    assert '/teleop' in found.text
    assert 'cmd_vel_gate' not in found.text


def test_robots_elsewhere_are_told_where_none_is_here() -> None:
    found = findings(Observed(namespace='a', robots=('', 'b')))
    assert 'the one without a namespace, b' in found[0].advice
    assert 'ren -n a up' in found[0].advice
