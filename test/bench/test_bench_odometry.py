import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by

pytestmark = pytest.mark.timeout(120)

IDLE_PERCENT = 25.0
"""What no idle robot takes of a core, on whatever machine; one that turns in circles takes all."""


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp('bench_odometry')
    return printed_by('bench_odometry.py', folder, '--seconds=2', '--rates', '0', '50')


@pytest.mark.parametrize('rate', ['0 Hz', '50 Hz'])
def test_what_each_takes_stands_beside_the_bare_node_and_none_turns_in_circles(
    printed: list[str], rate: str
) -> None:
    line = next(line for line in printed if line.startswith(rate))
    bare, apart, _, in_one, _ = map(float, line[len(rate) :].split())
    assert 0.0 <= bare < IDLE_PERCENT
    assert 0.0 < apart < IDLE_PERCENT
    assert 0.0 < in_one < IDLE_PERCENT


def test_the_yardstick_is_told(printed: list[str]) -> None:
    assert any(line.startswith('yardstick, 50 Hz:') for line in printed)
