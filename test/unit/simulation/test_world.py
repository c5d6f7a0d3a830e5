"""What a world file may say, and what is said about one that is wrong."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_ren.errors import WorldError
from orchestrator_ren.simulation.world import load_world, parse_world

WORLDS = Path(__file__).parents[3] / 'config' / 'worlds'
WALL = '{name: w, x1_m: 0, y1_m: 0, x2_m: 1, y2_m: 0}'


@pytest.mark.parametrize('path', sorted(WORLDS.glob('*.yaml')), ids=lambda path: path.stem)
def test_every_shipped_world_loads(path: Path) -> None:
    assert load_world(path).start.yaw_rad == 0.0


def test_an_empty_document_is_an_open_floor() -> None:
    world = parse_world('', 'empty')
    assert (world.walls, world.boxes, world.cylinders) == ([], [], [])


def test_values_arrive_where_they_belong() -> None:
    world = parse_world(
        'start: {x_m: 1, y_m: 2, yaw_rad: 3}\ncylinders: [{name: c, x_m: 4, y_m: 5, radius_m: 6}]',
        'here',
    )
    assert (world.start.x_m, world.start.y_m, world.start.yaw_rad) == (1.0, 2.0, 3.0)
    assert world.cylinders[0].radius_m == 6.0


@pytest.mark.parametrize(
    ('text', 'field', 'value'),
    [
        ('cylinders: [{name: c, x_m: 0, y_m: 0, radius_m: -2}]', 'cylinders.0.radius_m', '-2'),
        ('cylinders: [{name: c, x_m: .nan, y_m: 0, radius_m: 1}]', 'cylinders.0.x_m', 'nan'),
        ('boxes: [{name: b, x_m: 0, y_m: .inf, length_m: 1, width_m: 1}]', 'boxes.0.y_m', 'inf'),
        ('boxes: [{name: b, x_m: 0, y_m: 0, length_m: one, width_m: 1}]', 'length_m', "'one'"),
        ('walls: [{name: "", x1_m: 0, y1_m: 0, x2_m: 1, y2_m: 0}]', 'walls.0.name', "''"),
        ('walls: [{name: w, x1_m: 0, y1_m: 0, x2_m: 1, y2_m: 0, thickness_m: 0.01}]',
         'walls.0.thickness_m', '0.01'),
        ('walls: 7', 'walls', '7'),
        ('start: {yaw_rad: 90}', 'start.yaw_rad', '90'),
        ('colour: blue', 'colour', "'blue'"),
        ('3: blue', '3', "'blue'"),
        (f'walls: [{WALL}, {WALL}]', 'name', "'w'"),
        ('walls: [{name: w, x1_m: 3, y1_m: 0, x2_m: 3, y2_m: 0}]', 'walls.0', '(3.0, 0.0)'),
    ],
)  # fmt: skip
def test_an_error_names_file_field_and_value(text: str, field: str, value: str) -> None:
    with pytest.raises(WorldError) as caught:
        parse_world(text, 'hall.yaml')
    assert str(caught.value).startswith('hall.yaml: ')
    assert field in str(caught.value)
    assert value in str(caught.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(WorldError, match=r'hall\.yaml: cylinders\.0\.radius_m: '):
        parse_world('cylinders: [{name: c, x_m: 0, y_m: 0}]', 'hall.yaml')


@pytest.mark.parametrize('text', ['[1, 2]', 'just words', '{', '\t'])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(WorldError, match=r'hall\.yaml: '):
        parse_world(text, 'hall.yaml')


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r'nowhere\.yaml: cannot be read'):
        load_world(tmp_path / 'nowhere.yaml')


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'image.yaml'
    path.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(WorldError, match=r'image\.yaml: cannot be read'):
        load_world(path)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_world_or_a_world_error(text: str) -> None:
    with suppress(WorldError):
        assert parse_world(text, 'random').start.x_m == 0.0
