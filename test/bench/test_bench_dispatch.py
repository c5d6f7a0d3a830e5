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
    begin = next(place for place, line in enumerate(printed) if 'waiting' in line)
    rows = [line.split() for line in printed[begin + 1 : begin + 3]]
    assert [row[0] for row in rows] == ['10', '100']
    for _, ready_s, rounds, *figures in rows:
        assert float(ready_s) > 0
        assert int(rounds) == 8
        beside_p50, beside_p99, next_p50, next_p99 = map(float, figures)
        assert 0 < beside_p50 <= beside_p99
        assert 0 < next_p50 <= next_p99


def test_each_yardstick_is_judged(printed: list[str]) -> None:
    lines = printed[printed.index('yardsticks') + 1 :]
    names = ('beside: ', 'next: ', 'QUEUED to EXECUTING, p50 ', 'dry runs executed, auto ')
    assert len(lines) == len(names)
    assert all(line.startswith(name) for line, name in zip(lines, names, strict=True))
    assert all(line.endswith('met') or line.endswith('NOT MET') for line in lines)
