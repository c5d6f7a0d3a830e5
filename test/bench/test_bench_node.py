import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by

ROWS = (
    'start, orchestrator, p50',
    'start, gate, p50',
    'create_ticket, p50',
    'cmd_vel, off its period, p99',
    'idle, orchestrator and gate',
    '10 executions: RSS',
    '10 executions: threads',
    '10 executions: files',
)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp('bench_node')
    return printed_by(
        'bench_node.py', folder, '--starts=1', '--calls=5', '--seconds=1', '--executions=10'
    )


@pytest.mark.parametrize('name', ROWS)
def test_each_figure_stands_beside_the_bare_one_and_is_judged(
    printed: list[str], name: str
) -> None:
    words = next(line for line in printed if line.startswith(name))[len(name) :].split()
    measured, bare, limit = map(float, words[:3])
    assert measured > 0
    assert bare > 0
    assert words[-1] == ('met' if measured <= limit else 'MISSED')


def test_the_requests_of_the_load_were_answered(printed: list[str]) -> None:
    line = next(line for line in printed if 'requests a second' in line)
    assert float(line.split()[1]) > 50
