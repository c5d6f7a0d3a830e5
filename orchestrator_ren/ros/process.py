"""A node's process: one SingleThreadedExecutor, and an orderly end whatever asks for one.

What signals do is told in `end_request.py`. `sys.exit` outside of a command ends the process in
order too, with the exit code that it names, and whatever else is no `Exception` with 1. Once
somebody has called `rclpy.shutdown`, nothing can be sent any more; the process then ends with 1.
"""

from __future__ import annotations

import faulthandler
import gc
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from orchestrator_ren.errors import ConfigurationError, OrchestratorError
from orchestrator_ren.ros.end_request import STOP_TIMEOUT_S, EndRequest
from orchestrator_ren.ros.release import rclpy_release

CALM_AFTER = 10
"""So many callbacks in a row may raise at full speed and are told; then there are pauses."""

CALM_S = 0.01
"""Such a pause [s]: what is broken and comes back at once must not take a whole core."""


class ProcessNode(Node):
    """A node that takes part in the orderly end of its process.

    Attributes:
        fatal: Why the process must end, orderly and with exit code 1; None = it need not.
    """

    fatal: OrchestratorError | None = None

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


def run(make_nodes: Callable[[], Sequence[ProcessNode]], args: Sequence[str] | None = None) -> int:
    """Run the nodes until they are to end, and return the exit code: 0 after an orderly end.

    The nodes begin to stop in their order, the gate first, and finish in the reverse one. A second
    signal after `REPEAT_S`, or an end that takes longer than `STOP_TIMEOUT_S`, ends the process
    at once.
    """
    end = EndRequest()
    end.catch_signals()
    executor: SingleThreadedExecutor | None = None
    nodes: Sequence[ProcessNode] = ()
    try:
        _init(args)
        executor = SingleThreadedExecutor()
        threading.Thread(target=end.watch, args=(executor,), daemon=True).start()
        nodes = make_nodes()
        end.before_force = [each.on_forced_end for each in nodes]
        for node in nodes:
            executor.add_node(node)
        _exempt_from_collection()
        middleware = rclpy.get_rmw_implementation_identifier()
        nodes[0].get_logger().info(f'{rclpy_release()}, {middleware}')
        try:
            code = _spin(executor, end, nodes)
        finally:
            end.make()
            is_orderly = _stop(executor, nodes)
        return code if is_orderly else code or 1
    except OrchestratorError as error:
        print(f'{type(error).__name__} {error.code}: {error}', file=sys.stderr)  # noqa: T201
        return 1
    finally:
        if executor is not None:
            executor.shutdown(timeout_sec=0.0)
        for node in nodes:
            node.destroy_node()
        rclpy.try_shutdown()


def _exempt_from_collection() -> None:
    """Take what was loaded to start, 100,000 objects, out of the garbage collector's sight.

    It would look through them every now and then, with every callback waiting, the gate's too:
    50 ms on a PC, and on a small robot's computer as long as the gate's silence timer.
    """
    gc.collect()
    gc.freeze()


def _init(args: Sequence[str] | None) -> None:
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # RCLError, UnknownROSArgsError: a bad --params-file, say
        raise ConfigurationError(
            field='the command line', value=str(error).splitlines()[0], limit='ROS arguments'
        ) from error


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
    # Should the middleware hang while it is taken down, with Python's lock held: this needs none.
    faulthandler.dump_traceback_later(2.0 * STOP_TIMEOUT_S, exit=True)
    begun = [_try(node, node.begin_stop) for node in nodes]
    finished = [_finish(executor, node) for node in reversed(nodes)]
    return all(begun) and all(finished)


def _finish(executor: SingleThreadedExecutor, node: ProcessNode) -> bool:
    """Let a node finish; neither it nor a callback that raises keeps the others from theirs."""
    task = executor.create_task(_finished(node))
    until_mono_s = time.monotonic() + STOP_TIMEOUT_S
    while not task.done() and (rest_s := until_mono_s - time.monotonic()) > 0.0:
        _try(node, partial(executor.spin_until_future_complete, task, rest_s))
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
