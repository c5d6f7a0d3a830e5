"""What commands are asked before they run, off the executor where their code is not ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.commands import handed_over
from orchestrator_ren.commands.answers import Answers, answer, ask
from orchestrator_ren.commands.command import Command
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import InternalError, OrchestratorError
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.orchestrator.execution.command_thread import CommandThread
from orchestrator_ren.ros.tasks import Tasks

ResultT = TypeVar('ResultT')


class CommandChecks:
    """Asks commands; one that is slow, hangs or raises holds up nobody but its own tickets.

    Args:
        node: For the log, and for those who wait.
        registry: The commands.
        tasks: Run what nobody waits for.
    """

    def __init__(self, node: Node, registry: CommandRegistry, tasks: Tasks) -> None:
        self._log = node.get_logger()
        self._registry = registry
        self._tasks = tasks
        self._foreign = registry.foreign
        self._threads = {name: CommandThread(node, tasks, name) for name in self._foreign}

    def is_foreign(self, command: str) -> bool:
        """Whether the command's code is not ours: to be asked by `in_its_thread` only."""
        return command in self._threads

    async def ask(self, name: str, given: Mapping[str, Any]) -> Answers:
        """Return what the command of that name says of the parameters.

        Raises:
            UnknownCommand: There is none.
            CommandUnresponsive: It did not answer in time.
            OrchestratorError: It refuses them, or has a defect.
        """
        command = self._registry.get(name)
        doing = 'parse, needs, predict'
        return await self.in_its_thread(name, doing, lambda: ask(command, given))

    async def in_its_thread(
        self, command: str, doing: str, question: Callable[[], ResultT]
    ) -> ResultT:
        """Return what the question returns: at once where the command's code is ours.

        Args:
            command: Its name.
            doing: What it is asked, in words.
            question: Calls it.

        Raises:
            CommandUnresponsive: It did not answer in time.
            OrchestratorError: What the question raises.
        """
        try:
            if command not in self._threads:
                return question()
            return await self._threads[command].call(doing, question)
        except InternalError as error:
            self._tell(command, error)
            raise

    def fit(self, limits: MotionLimits) -> None:
        """Let all commands plan within what the gate lets pass, each as soon as it can."""
        self._registry.fit(limits)
        for name, command in self._foreign.items():
            if type(command).fit is not Command.fit:
                self._tasks.leave(self._fit(name, command, limits))

    def close(self) -> None:
        """End the threads; those that hang are left behind."""
        for each in self._threads.values():
            each.close()

    async def _fit(self, name: str, command: Command[Any], limits: MotionLimits) -> None:
        try:
            await self.in_its_thread(name, 'fit', lambda: answer(lambda: command.fit(limits)))
        except OrchestratorError as error:
            self._log.error(f"'{name}' does not fit the cmd_vel gate's limits: {error}")

    def _tell(self, command: str, error: InternalError) -> None:
        words = handed_over.traceback_of(error.__cause__ or error)
        self._log.error(f"'{command}' raised when it was asked\n{words}")
