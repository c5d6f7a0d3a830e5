import pytest

pytest.importorskip('rclpy')

from .conftest import printed_by

pytestmark = pytest.mark.timeout(120)


def test_each_verb_stands_beside_the_bare_call_and_its_limit(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    printed = printed_by('bench_cli.py', tmp_path_factory.mktemp('bench_cli'), '--calls=1')
    for verb in ('ren stop', 'ren status', 'ren list'):
        line, verdict = (each for each in printed if each.startswith(f'{verb} '))
        assert 0.0 < float(line.split()[3]) < 20.0
        assert 'x  ' in verdict
