"""An action server whose goals cost nothing while they wait."""

from __future__ import annotations

from typing import Any

import rclpy.action
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from orchestrator_ren.ros.tasks import Tasks


class ActionServer(rclpy.action.ActionServer):
    """rclpy's, but for what runs the coroutines of its goals: see `tasks.py`.

    Args:
        node: As for rclpy's.
        tasks: Run them.
        arguments: As for rclpy's.
    """

    def __init__(self, node: Node, tasks: Tasks, *arguments: Any, **keywords: Any) -> None:
        self._tasks = tasks
        super().__init__(node, *arguments, **keywords)

    def notify_execute(self, goal_handle: ServerGoalHandle, execute_callback: Any) -> None:
        """Run a goal that was accepted; rclpy calls this."""
        callback = execute_callback or self._execute_callback
        self._tasks.leave(self._execute_goal(callback, goal_handle))
