"""fleet.launch.py as a whole: each robot drives its own tickets, and Ctrl-C ends everything."""

import os
import tempfile
import time
import unittest
from pathlib import Path

import launch_testing
import launch_testing.actions
import launch_testing.asserts
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, SetEnvironmentVariable

from orchestrator_ren.client import TicketClient

LAUNCH_FILE = Path(__file__).parents[2] / 'launch' / 'fleet.launch.py'
# Above 101 the ports of a domain overlap those that Linux hands out to anyone.
DOMAIN_ID = os.environ.get('TEST_DOMAIN_ID') or str(1 + os.getpid() % 100)
ROS_HOME = tempfile.TemporaryDirectory(prefix='orchestrator_ren_')
START_TIMEOUT_S = 40.0
NAMES = ('r1', 'r2', 'r3')


def generate_test_description() -> LaunchDescription:
    for name, value in (
        ('ROS_DOMAIN_ID', DOMAIN_ID),
        ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST'),
    ):
        os.environ[name] = value  # for the clients of the test too
    return LaunchDescription(
        [
            SetEnvironmentVariable('ROS_HOME', ROS_HOME.name),
            IncludeLaunchDescription(
                str(LAUNCH_FILE), launch_arguments={'world': 'warehouse', 'robots': '3'}.items()
            ),
            launch_testing.actions.ReadyToTest(),
        ]
    )


class TestFleet(unittest.TestCase):
    def test_each_robot_drives_from_its_own_place(self) -> None:
        for number, name in enumerate(NAMES, 1):
            with TicketClient(namespace=name, timeout_s=START_TIMEOUT_S) as robot:
                until_mono_s = time.monotonic() + START_TIMEOUT_S
                while not (status := robot.status()).is_ready or not status.hears_odometry:
                    assert time.monotonic() < until_mono_s, status
                    time.sleep(0.1)
                ticket = robot.create('drive', speed=1.0, duration_seconds=number)
                done = robot.execute(ticket)
                assert done.result['distance_source'] == 'odometry', done
                assert abs(done.result['distance_traveled'] - number) <= 0.02, done


@launch_testing.post_shutdown_test()
class TestShutdown(unittest.TestCase):
    def test_all_end_in_order(self, proc_info) -> None:
        names = sorted(name.rpartition('-')[0] for name in proc_info.process_names())
        assert names == ['cmd_vel_gate'] * 3 + ['orchestrator'] * 3 + ['sim_robot']
        launch_testing.asserts.assertExitCodes(proc_info)
