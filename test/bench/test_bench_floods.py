from pathlib import Path

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from .conftest import printed_by


@pytest.mark.timeout(120)
def test_each_flood_has_a_row_of_gaps_and_the_drive_goes_on(tmp_path: Path) -> None:
    lines = printed_by('bench_floods.py', tmp_path, '--floods', 'map', '--presses=0')
    rows = [line for line in lines if line.startswith('map, ')]
    assert [line[:22].rstrip() for line in rows] == ['map, in_process', 'map, external']
    for each in rows:
        took_s, cmd_vel_ms, e_stop_ms, zero_ms, *verdict = each[22:].split()
        assert float(took_s) > 0.0
        assert 40.0 < float(cmd_vel_ms) < 250.0  # a period of 50 ms, and what it varies
        assert 80.0 < float(e_stop_ms) < 1000.0
        assert float(zero_ms) > 0.0
        assert verdict == ['drives', 'on']
