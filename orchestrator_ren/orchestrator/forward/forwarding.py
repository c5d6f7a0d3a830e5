"""The commands that are forwarded to actions and services that exist already."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.validate_topic_name import validate_topic_name

from orchestrator_ren.commands.forward import Forward, forward_command
from orchestrator_ren.commands.forward_contract import ForwardContract
from orchestrator_ren.commands.forward_file import load_contracts
from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.orchestrator.forward import message_fields
from orchestrator_ren.orchestrator.forward.action_endpoint import ActionEndpoint
from orchestrator_ren.orchestrator.forward.message_fields import FieldMismatch
from orchestrator_ren.orchestrator.forward.service_endpoint import ServiceEndpoint


def forwarded_commands(node: Node, path: str, taken: Collection[str]) -> list[Forward]:
    """Return the commands of the file, checked against the types of their messages.

    Args:
        node: Gets their clients.
        path: Of the YAML file; empty = none.
        taken: Names that other commands have already.

    Raises:
        ConfigurationError: Something in it is wrong; names file, command and field.
    """
    if not path:
        return []
    group = ReentrantCallbackGroup()
    commands = []
    for name, contract in load_contracts(Path(path)).items():
        place = f'{path}: commands.{name}'
        if name in taken:
            raise ConfigurationError(
                field=place, value='taken by another command', limit='a new name'
            )
        kind = 'action' if contract.action else 'service'
        interface = _found(contract.action or contract.service, kind, place)
        make = ActionEndpoint if contract.action else ServiceEndpoint
        _check_contract(contract, make.parts_of(interface), place)
        commands.append(forward_command(name, contract, make(node, group, contract, interface)))
    return commands


def _found(name: str, kind: str, place: str) -> Any:
    try:
        return message_fields.find_interface(name, kind)
    except LookupError as error:
        raise ConfigurationError(
            field=f'{place}.{kind}', value=f"'{name}'", limit=str(error)
        ) from error


def _check_contract(contract: ForwardContract, parts: tuple[Any, Any, Any], place: str) -> None:
    """Refuse what no message takes or has, by filling some with good values."""
    request, result, feedback = parts
    try:
        validate_topic_name(contract.endpoint)
    except InvalidTopicNameException as error:
        words = 'a name in ROS: ' + ' '.join(str(error).split())
        raise ConfigurationError(
            field=f'{place}.endpoint', value=f"'{contract.endpoint}'", limit=words
        ) from error
    with _mismatch_at(f'{place}.request'):
        message_fields.set_fields(request(), contract.sample_request())
    with _mismatch_at(f'{place}.succeeded_when'):
        message_fields.set_fields(result(), contract.succeeded_when)
    for key, path in contract.result.items():
        with _mismatch_at(f'{place}.result.{key}'):
            message_fields.field_value(result(), path)
    if contract.progress is not None:
        with _mismatch_at(f'{place}.progress.field'):
            _check_number(feedback(), contract.progress.field)


@contextlib.contextmanager
def _mismatch_at(place: str) -> Iterator[None]:
    try:
        yield
    except FieldMismatch as error:
        raise ConfigurationError(
            field=f'{place}: {error.path}', value=error.value, limit=error.expected
        ) from error


def _check_number(feedback: Any, path: str) -> None:
    value = message_fields.field_value(feedback, path)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FieldMismatch(path, 'no number', 'a number')
