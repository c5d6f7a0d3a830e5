"""The service that lists what tickets may ask for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rclpy.node import Node

from orchestrator_ren.commands.command import Command
from orchestrator_ren.commands.plugins import BrokenPlugin
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.commands.schema import json_schema
from orchestrator_ren.errors import shown
from orchestrator_ren.msg import CommandInfo
from orchestrator_ren.orchestrator.interface.answered import answered
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import ListCommands


class CommandServices:
    """Answers `list_commands`.

    Args:
        node: Owns the service.
        registry: The commands there are.
        broken: The plug-ins that could not be used.
    """

    def __init__(
        self, node: Node, registry: CommandRegistry, broken: Sequence[BrokenPlugin]
    ) -> None:
        self._node = node
        infos = [*map(_info_of_command, registry.commands), *map(_info_of_broken, broken)]
        self._infos = sorted(infos, key=lambda each: each.name)
        node.create_service(
            ListCommands, 'list_commands', self._handle_list_commands, qos_profile=qos.SERVICES
        )

    @answered
    async def _handle_list_commands(self, request: Any, response: Any) -> None:
        response.commands = [each for each in self._infos if request.name in ('', each.name)]


def _info_of_command(command: Command[Any]) -> CommandInfo:
    try:
        schema = json.dumps(json_schema(command.params_type))
    except Exception as error:  # the second time, where the first was well
        return CommandInfo(name=command.name, source=command.source, error=shown(error))
    return CommandInfo(
        name=command.name,
        description=command.description,
        params_schema=schema,
        resources=sorted(command.resources),
        shared_resources=sorted(command.shared_resources),
        moves=command.moves,
        interlocked=command.moves or command.interlocked,
        recovery=command.recovery.value,
        retriable=command.retriable,
        is_urgent=command.is_urgent,
        source=command.source,
    )


def _info_of_broken(plugin: BrokenPlugin) -> CommandInfo:
    return CommandInfo(name=plugin.name[:64], source=plugin.distribution, error=plugin.reason)
