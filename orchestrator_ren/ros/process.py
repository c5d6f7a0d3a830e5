"""A node's process: one executor, and an orderly end whatever asks for one.

What signals do is told in `end_request.py`. `sys.exit` outside of a command ends the process in
order too, with the exit code that it names, and whatever else is no `Exception` with 1. So it ends
where a node cannot stop or finish. Once somebody has called `rclpy.shutdown`, nothing can be sent
any more; the process then ends with 1.
"""

from __future__ import annotations

import faulthandler
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter as RosParameter

from orchestrator_ren.errors import ConfigurationError, OrchestratorError
from orchestrator_ren.ros.beginning import begin, tell
from orchestrator_ren.ros.end_at_latest import end_at_latest
from orchestrator_ren.ros.end_request import STOP_TIMEOUT_S, EndRequest
from orchestrator_ren.ros.executor import make_executor
from orchestrator_ren.ros.garbage import exempt_what_stays
from orchestrator_ren.ros.logger import Logger
from orchestrator_ren.ros.parameters import CLOCK, ROS_OWN
from orchestrator_ren.ros.quiet_subscription import QuietNode
from orchestrator_ren.ros.release import rclpy_release
from orchestrator_ren.ros.shared_parameters import EXECUTOR

CALM_AFTER = 10
"""So many callbacks in a row may raise at full speed and are told; then there are pauses."""

CALM_S = 0.01
"""Such a pause [s]: what is broken and comes back at once must not take a whole core."""


_UNSET = RosParameter(EXECUTOR.name)


class ProcessNode(QuietNode):
    """A node that takes part in the orderly end of its process.

    Attributes:
        fatal: Why the process must end, orderly and with exit code 1; None = it need not.
    """

    fatal: OrchestratorError | None = None

    def __init__(self, name: str, **node_args: Any) -> None:
        """Make it.

        Args:
            name: Where nobody gives it another one; the attribute `original_name`.
            **node_args: As for `rclpy.node.Node`.

        Raises:
            ConfigurationError: A parameter that every node has is no truth value.
        """
        self.original_name = name
        try:
            super().__init__(name, **node_args)
        except InvalidParameterTypeException as error:
            raise self._wrong_parameter() from error
        self._logger = Logger(self._logger.name)  # what rclpy's get_logger returns
        self.add_on_set_parameters_callback(self._refuse_another_clock)

    @property
    def wants_stock_executor(self) -> bool:
        """Whether its parameter says so."""
        return bool(self.get_parameter_or(EXECUTOR.name, _UNSET).value == 'stock')

    def start(self) -> None:
        """Begin; called once all nodes of the process are made and may be."""

    def begin_stop(self) -> None:
        """Make the robot safe, now; called as soon as a signal came."""

    async def finish_stop(self) -> None:
        """Finish what is under way; called after every node's `begin_stop`."""

    def on_callback_error(self) -> None:
        """Make the robot safe: a callback of some node in this process raised."""

    def on_forced_end(self) -> None:
        """Make the robot safe: the process ends now, in the midst of whatever it does.

        Called in another thread than everything else, which may be blocked.
        """

    def _wrong_parameter(self) -> ConfigurationError:
        given = {name: each.value for name, each in self._parameter_overrides.items()}
        name = next(name for name in ROS_OWN if not isinstance(given.get(name, False), bool))
        return ConfigurationError(
            field=f"parameter '{name}'", value=repr(given[name]), limit='true or false'
        )

    def _refuse_another_clock(self, parameters: list[RosParameter]) -> SetParametersResult:
        """Refuse what would be taken, and change nothing: clocks are made when the node is."""
        for each in parameters:
            if each.name == CLOCK and each.value != self.get_parameter(CLOCK).value:
                reason = (
                    f'{CLOCK} is read at the start only: start {self.get_name()} again with it'
                )
                return SetParametersResult(successful=False, reason=reason)
        return SetParametersResult(successful=True)


def run(
    make_nodes: Callable[[], Sequence[ProcessNode]],
    check: Callable[[Sequence[ProcessNode]], None] = lambda _nodes: None,
    args: Sequence[str] | None = None,
) -> int:
    """Run the nodes until they are to end, and return the exit code: 0 after an orderly end.

    Args:
        make_nodes: Makes them; each starts once all are there.
        check: Raises what keeps them from starting.
        args: The command line; None = that of the process.

    The nodes begin to stop in their order, the gate first, and finish in the reverse one. A second
    signal after `REPEAT_S`, or an end that takes longer than `STOP_TIMEOUT_S`, ends the process
    at once. Then the middleware is taken down; should it hang, the process ends all the same, with
    the exit code that it has by then.
    """
    code = 1
    end = EndRequest()
    end.catch_signals()
    executor: SingleThreadedExecutor | None = None
    nodes: Sequence[ProcessNode] = ()

    def wake() -> None:
        if executor is not None:
            executor.create_task(lambda: None)  # `wake()` alone does not end `spin_once()`

    try:
        begin(args)
        threading.Thread(target=end.watch, args=(wake,), daemon=True).start()
        nodes = make_nodes()
        middleware = rclpy.get_rmw_implementation_identifier()
        nodes[0].get_logger().info(f'{rclpy_release()}, {middleware}')
        check(nodes)
        for node in nodes:
            node.start()
        end.before_force = [each.on_forced_end for each in nodes]
        executor = make_executor(nodes, any(node.wants_stock_executor for node in nodes))
        exempt_what_stays()
        try:
            code = _spin(executor, end, nodes)
        finally:
            end.make()
            is_orderly = _stop(executor, nodes)
        code = code if is_orderly else code or 1
    except OrchestratorError as error:
        tell(error)
    finally:
        end.code = code
        _take_down(executor, nodes, code)
        end.ignore_signals()
    return code


def _take_down(
    executor: SingleThreadedExecutor | None, nodes: Sequence[ProcessNode], code: int
) -> None:
    """Take the middleware down; where it hangs, the process ends with that code."""
    if end_at_latest(code):
        faulthandler.cancel_dump_traceback_later()
    if executor is not None:
        executor.shutdown(timeout_sec=0.0)
    for node in nodes:
        node.destroy_node()
    rclpy.try_shutdown()


def _spin(executor: SingleThreadedExecutor, end: EndRequest, nodes: Sequence[ProcessNode]) -> int:
    """Run callbacks until the process is to end; return its exit code.

    Raises:
        OrchestratorError: A node cannot go on, and says why.
    """
    raised = 0
    try:
        while not end.is_made.is_set() and executor.context.ok():
            raised = 0 if _spin_once(executor, nodes) else raised + 1
            if raised > CALM_AFTER:
                time.sleep(CALM_S)
            for node in nodes:
                if node.fatal is not None:
                    raise node.fatal
    except OrchestratorError:
        raise
    except BaseException as error:
        _tell(nodes, f'{error!r} ends the process')
        return _exit_code(error)
    if not executor.context.ok():
        nodes[0].get_logger().error('rclpy was shut down: nothing can be sent any more')
        return 1
    return 0


def _spin_once(executor: SingleThreadedExecutor, nodes: Sequence[ProcessNode]) -> bool:
    """Run the next callback; one that raises must not end the others. Return whether none did."""
    try:
        executor.spin_once()
    except Exception:
        for node in nodes:
            _try(node, node.on_callback_error)
        _tell(nodes, 'a callback raised')
        return False
    return True


def _try(node: ProcessNode, step: Callable[[], None]) -> bool:
    """Take a step that must not keep the other nodes from theirs; return whether it could."""
    try:
        step()
    except BaseException:
        _tell([node], f'{node.get_name()} could not be made safe, or finish')
        return False
    return True


def _tell(nodes: Sequence[ProcessNode], what: str) -> None:
    nodes[0].get_logger().error(f'{what}\n{traceback.format_exc()}')


def _exit_code(error: BaseException) -> int:
    """Return the code that the interpreter would end with."""
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1


def _stop(executor: SingleThreadedExecutor, nodes: Sequence[ProcessNode]) -> bool:
    """Stop all nodes, whatever some of them do; return whether each could."""
    # Should something hang with Python's lock held: this needs none.
    faulthandler.dump_traceback_later(2.0 * STOP_TIMEOUT_S, exit=True)
    begun = [_try(node, node.begin_stop) for node in nodes]
    finished = [_finish(executor, node) for node in reversed(nodes)]
    return all(begun) and all(finished)


def _finish(executor: SingleThreadedExecutor, node: ProcessNode) -> bool:
    """Let a node finish; neither it nor a callback that raises keeps the others from theirs."""
    task = executor.create_task(_finished(node))
    until_mono_s = time.monotonic() + STOP_TIMEOUT_S
    while not task.done() and (rest_s := until_mono_s - time.monotonic()) > 0.0:
        _try(node, partial(executor.spin_once, timeout_sec=rest_s))
    return task.done() and bool(task.result())


async def _finished(node: ProcessNode) -> bool:
    """Finish, and return whether it could: what it raised would not be seen (`tasks.py`)."""
    try:
        await node.finish_stop()
    except GeneratorExit:  # it took too long
        raise
    except BaseException:
        _tell([node], f'{node.get_name()} could not finish')
        return False
    return True
