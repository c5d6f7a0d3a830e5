import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp('bench_watching')
    return printed_by('bench_watching.py', folder, '--seconds=2', '--calls=20')


@pytest.mark.parametrize(
    'row', ['create_ticket, p50', 'CPU time of one', 'at rest', 'cmd_vel off its period, p99']
)
def test_who_is_watched_stands_beside_who_is_not(printed: list[str], row: str) -> None:
    line = next(line for line in printed if line.startswith(row))
    watched, unwatched = map(float, line[47:].split()[:2])
    assert watched > 0.0
    assert unwatched > 0.0
