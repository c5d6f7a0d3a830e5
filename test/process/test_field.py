"""What other people's robots meet: recordings, programs started twice, a colleague's container."""

import signal

import pytest

pytest.importorskip('rclpy')

from geometry_msgs.msg import Twist

from orchestrator_ren.msg import DriveCommand
from orchestrator_ren.ros import qos

ONE_METRE = '{speed: 1.0, duration_seconds: 1}'


def await_state(system, state):
    system.spin_until(lambda: system.statuses and system.statuses[-1].state == state)


def record(system):
    recorded = []
    system.client.create_subscription(DriveCommand, 'drive_command', recorded.append, qos.VELOCITY)
    return recorded


def play_back(system, recorded):
    publisher = system.client.create_publisher(DriveCommand, 'drive_command', qos.VELOCITY)
    system.spin_until(lambda: publisher.get_subscription_count() > 0)
    system.cmd_vel.clear()
    for each in list(recorded):  # it hears itself
        publisher.publish(each)
        system.spin_for(0.05)
    system.client.destroy_publisher(publisher)


def drive(system):
    result = system.result(system.execute(system.create(ONE_METRE)))
    assert result.success, result.message


def test_recorded_drive_moves_nothing_after_gate_and_orchestrator_were_killed(system):
    """49 moving Twists, with no ticket."""
    orchestrator, gate = system.start_robot('external')
    recorded = record(system)
    drive(system)
    for each in (orchestrator, gate):
        system.end(each, signal.SIGKILL)
    system.start('cmd_vel_gate')
    system.restart_orchestrator(gate='external')
    await_state(system, 'READY')
    assert sum(each.twist.linear.x > 0.0 for each in recorded) > 10
    system.spin_for(1.2)  # the zeros after the start
    play_back(system, recorded)
    assert all(twist == Twist() for twist in system.cmd_vel)
    await_state(system, 'READY')
    drive(system)


def test_store_that_was_put_aside_does_not_make_drives_that_do_nothing(system, tmp_path):
    orchestrator, _ = system.start_robot('external')
    for _ in range(2):
        system.end(orchestrator, signal.SIGTERM)
        orchestrator = system.start('orchestrator', gate='external')
    system.end(orchestrator, signal.SIGTERM)
    system.start('orchestrator', gate='external', store_url=f'sqlite:///{tmp_path}/new.db')
    system.spin_until(lambda: system.statuses[-1].term == 1)
    await_state(system, 'READY')
    system.spin_until(lambda: system.statuses[-1].hears_odometry)
    before_m = system.odometry[-1].pose.pose.position.x
    drive(system)
    assert system.odometry[-1].pose.pose.position.x - before_m == pytest.approx(1.0, abs=0.05)


def test_launched_twice_the_second_set_ends_and_the_first_goes_on(system):
    """The second gate stayed: drives failed with 900 and 503, or were cancelled by nobody."""
    system.start_robot('external')
    second_gate = system.start('cmd_vel_gate')
    second = system.start('orchestrator', gate='external')
    system.spin_until(lambda: second.poll() is not None and second_gate.poll() is not None)
    assert (second.returncode, second_gate.returncode) == (1, 1)
    assert 'NotAlone 507' in system.log('cmd_vel_gate')
    assert 'StoreInUse 302' in system.log('orchestrator')
    await_state(system, 'READY')
    drive(system)


def test_second_stack_of_a_colleague_is_told_and_moves_nothing_until_it_is_ended(system, tmp_path):
    system.start_robot('external')
    system.environment['ROS_HOME'] = str(tmp_path / 'colleague')
    system.start('cmd_vel_gate')
    second = system.start('orchestrator', gate='external')
    await_state(system, 'NOT_ALONE')
    assert '/orchestrator' in system.log('orchestrator')
    system.end(second, signal.SIGTERM)
    await_state(system, 'READY')
    drive(system)


def test_orchestrator_with_a_gate_of_its_own_ends_beside_another_gate(system, tmp_path):
    system.start_robot('external')
    system.environment['ROS_HOME'] = str(tmp_path / 'other')
    second = system.start('orchestrator', gate='in_process')
    system.spin_until(lambda: second.poll() is not None)
    assert second.returncode == 1
    assert 'NotAlone 507' in system.log('orchestrator')
    await_state(system, 'READY')
