"""`ren doctor` beside real nodes: nothing of a healthy robot, and each fault that is made."""

import json
import subprocess
from pathlib import Path

import pytest
import rclpy
from ament_index_python.packages import get_package_prefix
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry

REN = str(Path(get_package_prefix('orchestrator_ren'), 'bin', 'ren'))


def names(system, code=1):
    """Return what it finds; the system goes on meanwhile."""
    doctor = subprocess.Popen(
        [REN, '-n', system._namespace, 'doctor', '--json'],
        env=system.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    system.spin_until(lambda: doctor.poll() is not None, 30.0)
    found = json.loads(doctor.communicate()[0])
    assert doctor.returncode == code, found
    assert all(each['text'] and each['advice'] for each in found)
    return {each['name'] for each in found}


def test_of_a_healthy_robot_it_finds_nothing(system):
    system.start_robot('external')
    assert names(system, code=0) == set()


@pytest.fixture
def stranger(domain_id, namespace):
    """A node in a context of its own: one participant has one type for a topic."""
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain_id)
    yield rclpy.create_node('stranger', namespace=namespace, context=context)
    context.try_shutdown()


def test_it_finds_a_second_publisher_another_type_and_two_odometries(system, stranger):
    system.start_robot('external')
    stranger.create_publisher(Odometry, 'odom', 10)
    system.client.create_publisher(Twist, 'cmd_vel', 10)
    base = stranger.create_subscription(TwistStamped, 'cmd_vel', lambda _: None, 10)
    assert {'second-publisher', 'wrong-type', 'two-odometries'} <= names(system)
    stranger.destroy_subscription(base)


def test_it_finds_a_gate_in_the_process_of_the_orchestrator(system):
    system.start_robot('in_process')
    assert names(system) == {'gate-in-process'}


def test_it_finds_that_gate_and_odometry_are_missing(system):
    system.start('orchestrator')
    system.spin_until(lambda: system.statuses)
    assert {'no-gate', 'no-odometry'} <= names(system)


def test_it_finds_a_clock_that_does_not_run(system):
    system.start('sim_robot', world='empty')
    system.start('cmd_vel_gate', use_sim_time=True)
    system.start('orchestrator', use_sim_time=True)
    system.spin_until(lambda: system.statuses and system.odometry)
    assert 'no-clock' in names(system)


def test_it_tells_what_the_nodes_complain_of(system):
    system.start_robot('external')
    subprocess.run(
        [REN, '-n', system._namespace, '--timeout', '10', 'e-stop'],
        env=system.environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert names(system) == {'complaint'}


def test_it_finds_files_of_keys_that_others_may_read_or_that_are_broken(system):
    """A gateway would not start with them, or would not see that a key was removed."""
    system.start_robot('external')
    folder = Path(system.environment['ROS_HOME'], 'orchestrator_ren')
    good, opened, broken = (folder / f'{name}.keys' for name in ('http', 'other', 'third'))
    for path in (good, opened, broken):
        subprocess.run(
            [REN, 'key', 'add', 'anna', '--keys-file', str(path)],
            env=system.environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    assert names(system, code=0) == set()
    opened.chmod(0o644)
    broken.write_text('nonsense')
    assert names(system) == {'key-file'}
