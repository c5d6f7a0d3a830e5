"""Parameters: each program has one table of them, the source of the checks and of the docs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from types import SimpleNamespace
from typing import Any

from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node

from orchestrator_ren.errors import ConfigurationError


@dataclass(frozen=True)
class Parameter:
    """One parameter; all are read-only while the node runs.

    Attributes:
        name: As in YAML; its suffix is its unit.
        default: Also fixes the type.
        description: One sentence.
        low, high: Range of a number, both included.
        choices: The values a text may have; empty = any.
        expand: Returns what a text with a path in it means, given that and the field's name.
        show: Returns what of the value may be told.
    """

    name: str
    default: bool | int | float | str
    description: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    expand: Callable[[str, str], Any] | None = None
    show: Callable[[Any], str] = str

    @property
    def limit(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return 'one of: ' + ', '.join(self.choices)
        if isinstance(self.default, bool):
            return 'true or false'
        if isinstance(self.default, str):
            return 'text'
        kind = 'an integer' if isinstance(self.default, int) else 'a number'
        return f'{kind} from {self.low:.10g} to {self.high:.10g}'

    def checked(self, value: Any) -> Any:
        """Return the value in the parameter's type.

        Raises:
            ConfigurationError: It is not allowed; mend the YAML or the command line.
        """
        if isinstance(self.default, float) and type(value) is int:
            value = float(value)
        if value is False and 'off' in self.choices:  # YAML takes the word for that
            value = 'off'
        allowed = type(value) is type(self.default)
        if allowed and isinstance(value, (int, float)):
            allowed = self.low <= value <= self.high
        if allowed and self.choices:
            allowed = value in self.choices
        if not allowed:
            raise ConfigurationError(
                field=f"parameter '{self.name}'", value=repr(value), limit=self.limit
            )
        return value if self.expand is None else self.expand(value, f"parameter '{self.name}'")


CLOCK = 'use_sim_time'

ROS_OWN = {CLOCK, 'start_type_description_service'}
"""Parameters that every node has, all of them true or false."""


def declare(
    node: Node, table: Iterable[Parameter], let_pass: Iterable[Parameter] = ()
) -> SimpleNamespace:
    """Declare the parameters on the node and return their values by name.

    Args:
        node: Declares them.
        table: Those of its program.
        let_pass: Those of other nodes of the process, for which `-p` on the command line is too.

    Raises:
        ConfigurationError: A value is not allowed; the node must not start.
    """
    table = tuple(table)
    _refuse_unknown(node, [each.name for each in [*table, *let_pass]])
    values = {}
    for each in table:
        # Dynamic typing, so that `max_speed_mps: 2` is taken for 2.0 and not refused.
        descriptor = ParameterDescriptor(
            description=each.description,
            additional_constraints=each.limit,
            read_only=True,
            dynamic_typing=True,
        )
        value = node.declare_parameter(each.name, each.default, descriptor).value
        values[each.name] = each.checked(value)
    _tell(node, table, values)
    return SimpleNamespace(**values)


def _tell(node: Node, table: tuple[Parameter, ...], values: dict[str, Any]) -> None:
    """Say what is set: a limit that does not count must not go unnoticed."""
    told = [
        f'{each.name}={each.show(values[each.name])}'
        for each in table
        if values[each.name] != each.default
    ]
    words = f'not at their defaults: {", ".join(told)}' if told else 'at their defaults'
    node.get_logger().info(f'parameters {words}')


def _refuse_unknown(node: Node, names: list[str]) -> None:
    """Refuse a name that no parameter has: a limit that is misspelt must not go unnoticed."""
    known = {*names, *ROS_OWN}
    for name in node._parameter_overrides:  # rclpy has no public way to see the undeclared ones
        if name not in known and not name.startswith('qos_overrides.'):
            nearest = ''.join(f'{each}, or ' for each in get_close_matches(name, names, n=1))
            limit = f'{nearest}one of: {", ".join(dict.fromkeys(names))}'
            raise ConfigurationError(field="a parameter's name", value=f"'{name}'", limit=limit)
