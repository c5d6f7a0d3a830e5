import pytest

pytest.importorskip('rclpy')
pytest.importorskip('uvicorn')

from .conftest import printed_by

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp('bench_http')
    return printed_by('bench_http.py', folder, '--seconds=2', '--calls=10', '--stops=2')


@pytest.mark.parametrize(
    'row',
    [
        'create, p50: HTTP beside ROS',
        'POST /stop to zero, p99',
        'gateway, 32 follow a drive',
        'cmd_vel off its period, p99, with reques',
        '  requests answered',
    ],
)
def test_each_row_has_a_figure(printed: list[str], row: str) -> None:
    line = next(line for line in printed if line.startswith(row))
    assert float(line[47:].split()[0].replace(',', '')) > 0.0
