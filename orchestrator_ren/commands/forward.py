"""Commands that are forwarded to an action or a service that exists already.

What talks to the servers is given from outside: `Endpoint`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from pydantic import BaseModel, Field, create_model

from orchestrator_ren.commands.command import Command, CommandContext, Prediction
from orchestrator_ren.commands.forward_contract import TYPES, ForwardContract, ForwardParameter

SOURCE = 'forward_file'
"""Where `list_commands` says that they come from."""


class Endpoint(Protocol):
    """The server that a command is forwarded to."""

    def check(self, request: Mapping[str, Any]) -> None:
        """Raise ContractError if the request's message does not take a value."""

    async def call(self, request: Mapping[str, Any], context: CommandContext) -> dict[str, Any]:
        """Have the server do it, and return the mapped result.

        Raises:
            ForwardError: It is not there, refuses, fails, or does not answer.
        """
        ...


class Forward(Command[BaseModel]):
    """A command that an existing server carries out; made by `forward_command`."""

    def __init__(self, contract: ForwardContract, endpoint: Endpoint) -> None:
        self._contract = contract
        self._endpoint = endpoint

    def parse(self, given: Mapping[str, Any]) -> BaseModel:
        """Return the validated parameters, which the request's fields take too."""
        params = super().parse(given)
        self._endpoint.check(self._contract.filled_request(dict(params)))
        return params

    def predict(self, params: BaseModel) -> Prediction:
        """Return nothing: only the server knows."""
        return Prediction()

    async def run(self, params: BaseModel, context: CommandContext) -> dict[str, Any]:
        """Have the server do it."""
        return await self._endpoint.call(self._contract.filled_request(dict(params)), context)


def forward_command(name: str, contract: ForwardContract, endpoint: Endpoint) -> Forward:
    """Return the command of that contract."""
    attributes = {
        'name': name,
        'description': contract.description,
        'params_type': _params_type(name, contract.parameters),
        'resources': frozenset(contract.resources),
        'shared_resources': frozenset(contract.shared_resources),
        'moves': contract.moves,
        'interlocked': contract.interlocked,
        'retriable': contract.retriable,
        'source': SOURCE,
        '__doc__': contract.description,
        '__module__': __name__,
    }
    return cast('Forward', type(f'Forward_{name}', (Forward,), attributes)(contract, endpoint))


class _Params(BaseModel, extra='forbid'):
    """Parameters of a forwarded command."""


def _params_type(name: str, parameters: Mapping[str, ForwardParameter]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        each: (
            TYPES[parameter.type],
            Field(
                ... if parameter.default is None else parameter.sample(),
                description=parameter.description,
                **parameter.bounds,
            ),
        )
        for each, parameter in parameters.items()
    }
    return create_model(f'{name}_params', __base__=_Params, **fields)
