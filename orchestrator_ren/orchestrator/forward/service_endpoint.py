"""A service that commands are forwarded to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator_ren.commands.command import CommandContext
from orchestrator_ren.orchestrator.forward.server_endpoint import ServerEndpoint, ServerWatch


class ServiceEndpoint(ServerEndpoint):
    """A service; a call cannot be taken back."""

    def __init__(self, node, group, contract, interface) -> None:
        super().__init__(node, group, contract, interface)
        self._client = node.create_client(interface, self._name, callback_group=group)

    @staticmethod
    def parts_of(interface: Any) -> tuple[Any, Any, Any]:
        """Return the classes of request, result and feedback."""
        return interface.Request, interface.Response, None

    def _is_ready(self) -> bool:
        return self._client.service_is_ready()

    async def call(self, request: Mapping[str, Any], context: CommandContext) -> dict[str, Any]:
        """Call it and return the mapped response."""
        await self._server(context)
        context.check()
        answer = self._client.call_async(self._message(request))
        context.report(0.0, f'{self._name} was called')
        try:
            return self._mapped(
                await self._answer(
                    answer,
                    context,
                    'answering',
                    ServerWatch(self._is_ready),
                    self._contract.timeout_seconds,
                )
            )
        finally:
            self._client.remove_pending_request(answer)
