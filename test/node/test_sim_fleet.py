"""Several simulated robots in one world, as other nodes see them."""

from collections.abc import Iterator

import pytest

rclpy = pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from sensor_msgs.msg import LaserScan
from std_srvs.srv import Trigger

from orchestrator_ren.errors import ConfigurationError, WorldError
from orchestrator_ren.robots.parameters import MOST_ROBOTS, robot_names
from orchestrator_ren.robots.transforms import Fixed

from .test_sim_robot import FAST, Bench

NAMES = ('r1', 'r2', 'r3')
ROBOTS = ','.join(NAMES)
SIDE_M = (0.0, 2.0, -2.0)
"""Where each stands at first, to the left of the world's start."""


class FleetBench(Bench):
    """A bench with three robots."""

    def __init__(self, context: rclpy.Context, namespace: str) -> None:
        super().__init__(context, namespace)
        self.of: dict[str, list[Odometry]] = {each: [] for each in NAMES}
        self.seen: dict[str, list[LaserScan]] = {each: [] for each in NAMES}
        self.commands, self.resets = {}, {}
        for name in NAMES:
            self._watch(Odometry, f'{name}/odom', self.of[name])
            self._watch(LaserScan, f'{name}/scan', self.seen[name])
            self.commands[name] = self.watcher.create_publisher(Twist, f'{name}/cmd_vel', 1)
            self.resets[name] = self.watcher.create_client(Trigger, f'{name}/sim_robot/reset')

    def start(self, **parameters: object) -> None:
        self.make(robots=ROBOTS, **parameters).start()
        self.spin_until(lambda: all(self.of.values()))
        self.spin_until(
            lambda: all(each.get_subscription_count() for each in self.commands.values())
        )

    def push(self, **speeds_mps: float) -> None:
        """Let each of them drive ahead at its speed until somebody else says so."""

        def publish() -> None:
            for name, speed_mps in speeds_mps.items():
                twist = Twist()
                twist.linear.x = speed_mps
                self.commands[name].publish(twist)

        self.watcher.create_timer(0.005, publish)

    def at(self, name: str) -> tuple[float, float]:
        position = self.of[name][-1].pose.pose.position
        return position.x, position.y

    def reset_of(self, name: str) -> Trigger.Response:
        self.spin_until(self.resets[name].service_is_ready)
        reply = self.resets[name].call_async(Trigger.Request())
        self.spin_until(reply.done)
        return reply.result()


@pytest.fixture
def fleet(context: rclpy.Context, namespace: str) -> Iterator[FleetBench]:
    made = FleetBench(context, namespace)
    yield made
    made.executor.shutdown()
    if made.robot is not None:
        made.robot.destroy_node()
    made.watcher.destroy_node()


def test_each_has_its_topics_and_frames_and_a_place_of_its_own(fleet: FleetBench) -> None:
    fleet.start(world='warehouse', **FAST)
    fleet.spin_until(lambda: all(fleet.seen.values()))
    for name, side_m in zip(NAMES, SIDE_M, strict=True):
        odometry, scan = fleet.of[name][-1], fleet.seen[name][-1]
        assert fleet.at(name) == (0.0, side_m)
        assert odometry.header.frame_id == f'{name}/odom'
        assert odometry.child_frame_id == f'{name}/base_link'
        assert scan.header.frame_id == f'{name}/base_scan'
    assert not fleet.odometry, 'nobody is without a name'


def test_each_drives_as_it_is_told(fleet: FleetBench) -> None:
    fleet.start(world='empty', **FAST)
    fleet.push(r1=1.0, r3=-0.5)
    fleet.spin_until(lambda: fleet.at('r1')[0] > 1.0 and fleet.at('r3')[0] < -0.5)
    assert fleet.at('r2') == (0.0, 2.0)


def test_they_see_each_other(fleet: FleetBench) -> None:
    fleet.start(world='empty', **FAST)
    fleet.spin_until(lambda: all(fleet.seen.values()))
    left, right = 270, 90
    assert fleet.seen['r1'][-1].ranges[left] == pytest.approx(1.75, abs=0.01)
    assert fleet.seen['r1'][-1].ranges[right] == pytest.approx(1.75, abs=0.01)
    assert fleet.seen['r2'][-1].ranges[right] == pytest.approx(1.75, abs=0.01)


def test_a_reset_brings_one_back_and_leaves_the_others(fleet: FleetBench) -> None:
    fleet.start(world='empty', **FAST)
    fleet.push(r1=1.0, r2=1.0)
    fleet.spin_until(lambda: min(fleet.at('r1')[0], fleet.at('r2')[0]) > 1.0)
    farthest_m = fleet.at('r2')[0]
    assert fleet.reset_of('r1').success
    fleet.spin_until(lambda: fleet.at('r1')[0] < 1.0)
    assert fleet.at('r2')[0] >= farthest_m


def test_the_frames_of_all_hang_together(fleet: FleetBench) -> None:
    told: list[Fixed] = []
    robot = fleet.make(robots=ROBOTS, world='empty', publish_tf=False)
    robot._transforms.tell_fixed = told.extend  # tf2_msgs is not on PyPI
    robot.start()
    assert {(each.parent, each.child) for each in told} == {
        pair
        for name in NAMES
        for pair in (('world', f'{name}/odom'), (f'{name}/base_link', f'{name}/base_scan'))
    }


def test_where_there_is_no_room_for_all_it_says_how_many_fit(fleet: FleetBench, tmp_path) -> None:
    path = tmp_path / 'corridor.yaml'
    path.write_text(
        'boxes: [{name: n, x_m: 0, y_m: 2, length_m: 9, width_m: 3},'
        ' {name: s, x_m: 0, y_m: -2, length_m: 9, width_m: 3},'
        ' {name: e, x_m: 3, y_m: 0, length_m: 3, width_m: 3},'
        ' {name: w, x_m: -3, y_m: 0, length_m: 3, width_m: 3}]'
    )
    with pytest.raises(WorldError, match='1 robots have room around the start, 2 m apart, and no'):
        fleet.make(robots=ROBOTS, world=str(path)).start()


@pytest.mark.parametrize(
    'text', ['r1,r1', 'r1,', 'r 1', '1r', 'a/b', 'r__1', ','.join(f'r{i}' for i in range(65))]
)
def test_names_that_no_namespace_has_are_refused(fleet: FleetBench, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"parameter 'robots' is .* such as r1,r2,r3"):
        fleet.make(robots=text, world='empty')


def test_names_may_have_spaces_around_them() -> None:
    assert robot_names('r1, r2 ,lift_3') == ['r1', 'r2', 'lift_3']
    assert robot_names(' ') == []
    assert len(robot_names(','.join(f'r{i}' for i in range(MOST_ROBOTS)))) == MOST_ROBOTS
