"""Parameters with models, lists, dates and the like in them: checked, kept as JSON, and read."""

import json
from typing import Any

import pydantic
import pytest
from pydantic import BaseModel, Field

from orchestrator_ren.errors import ContractError, MissingParameter, OutOfRange, WrongType

from ...rich_command import Color, Rich

FIRST = {'first': {'x': 1.5}}
GIVEN: list[dict[str, Any]] = [
    {},
    {'waypoints': [{'x': 1}, {'x': 2.5, 'label': 'b'}]},
    {'by_name': {'a': {'x': 1}}},
    {'color': 'blue'},
    {'at': '2026-11-26T12:00:00.5+01:00'},
    {'price': '0.10'},
    {'tags': [1, 2, 2]},
    {'raw': 'text'},
    {'path': '/a/b'},
    {'uid': '12345678-1234-5678-1234-567812345678'},
    {'maybe': {'x': 1}},
    {'maybe': None},
]


@pytest.mark.parametrize('given', GIVEN, ids=str)
def test_kept_parameters_are_json_and_come_back_equal(given: dict[str, Any]) -> None:
    """They were kept as they are, and no store took them."""
    command = Rich()
    params = command.parse({**FIRST, **given})
    kept = command.kept(params)
    assert command.parse(json.loads(json.dumps(kept))) == params
    assert command.kept(command.parse(kept)) == kept


def test_tickets_share_no_default_that_a_command_changes() -> None:
    command = Rich()
    first = command.parse(FIRST)
    first.tags.add(99)
    first.waypoints.append(first.first)
    second = command.parse(FIRST)
    assert (second.tags, second.waypoints, second.color) == ({3}, [], Color.RED)


@pytest.mark.parametrize(
    ('given', 'kind', 'words'),
    [
        ({'first': {'x': '1.5'}}, WrongType, "params.first.x is '1.5', which is not a number"),
        ({'first': {'x': True}}, WrongType, 'params.first.x is True'),
        ({'first': 5}, WrongType, 'params.first is 5'),
        ({'first': {}}, MissingParameter, 'params.first.x is missing'),
        ({}, MissingParameter, 'params.first is missing'),
        ({**FIRST, 'waypoints': [{'x': 1}, {'x': 1}, {'x': 'far'}]}, WrongType,
         "params.waypoints.2.x is 'far'"),
        ({**FIRST, 'waypoints': {'x': 1}}, WrongType, 'params.waypoints is'),
        ({**FIRST, 'by_name': {'a': {'x': 1, 'label': 2}}}, WrongType,
         'params.by_name.a.label is 2'),
        ({**FIRST, 'maybe': {'x': None}}, WrongType, 'params.maybe.x is None'),
        ({**FIRST, 'color': 'green'}, WrongType, "params.color is 'green'"),
        ({**FIRST, 'tags': ['1']}, WrongType, "params.tags.0 is '1'"),
        ({**FIRST, 'at': 'soon'}, WrongType, "params.at is 'soon'"),
    ],
)  # fmt: skip
def test_a_nested_value_of_a_wrong_type_is_named(
    given: dict[str, Any], kind: type[ContractError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        Rich().parse(given)
    assert words in str(caught.value)


@pytest.mark.parametrize('given', [{**FIRST, 'waypoints': {'x': 1}}, {**FIRST, 'color': 'green'}])
def test_what_pydantic_says_reads_on_behind_ours(given: dict[str, Any]) -> None:
    """It read: which is not Input should be a valid list."""
    with pytest.raises(WrongType, match=' which is not ') as caught:
        Rich().parse(given)
    assert 'not Input' not in str(caught.value)
    assert 'not value' not in str(caught.value)


class Bounded(BaseModel):
    share: float = Field(ge=0.0, le=1.0)


def _ordered(values: Any) -> Any:
    raise ValueError('low is above high')


class WholeParams(BaseModel, extra='forbid'):
    """A contract that looks at more than one field."""

    parts: list[Bounded] = Field(default_factory=list)
    low: float = 0.0

    if hasattr(BaseModel, 'model_dump'):

        @pydantic.model_validator(mode='after')
        def _check(self) -> Any:
            return self if self.low < 1.0 else _ordered(self)

    else:

        @pydantic.root_validator(skip_on_failure=True)
        def _check(cls, values: Any) -> Any:
            return values if values['low'] < 1.0 else _ordered(values)


class Whole(Rich):
    """Has that contract."""

    params_type = WholeParams  # type: ignore[assignment]


def test_bound_of_a_nested_value_is_named() -> None:
    with pytest.raises(OutOfRange, match=r'params\.parts\.1\.share is 2; it must be at most 1'):
        Whole().parse({'parts': [{'share': 1}, {'share': 2}]})


def test_contract_that_refuses_all_together_says_why() -> None:
    """It had no place, and the reply was 900: IndexError."""
    with pytest.raises(WrongType, match=r'params is .*not what it takes: .*low is above high'):
        Whole().parse({'low': 2.0})
