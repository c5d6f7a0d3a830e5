import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope='module')
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp('bench_dispatch')
    return printed_by(
        'bench_dispatch.py', folder, '--lengths=10,100', '--rounds=8', '--dry-runs=40'
    )


def test_each_length_has_a_row_of_positive_figures(printed: list[str]) -> None:
    rows = [line.split() for line in printed[2:4]]
    assert [row[0] for row in rows] == ['10', '100']
    for _, ready_s, rounds, *figures in rows:
        assert float(ready_s) > 0
        assert int(rounds) == 8
        beside_p50, beside_p99, next_p50, next_p99 = map(float, figures)
        assert 0 < beside_p50 <= beside_p99
        assert 0 < next_p50 <= next_p99


def test_dry_runs_and_yardsticks_are_told(printed: list[str]) -> None:
    line = next(line for line in printed if 'tickets a second' in line)
    assert line.startswith('40 dry runs: ')
    verdicts = [line.split()[-1] for line in printed[printed.index('yardsticks') + 1 :]]
    assert len(verdicts) == 2
    assert set(verdicts) <= {'met', 'MISSED'}
