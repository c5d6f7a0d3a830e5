"""A node's process: one SingleThreadedExecutor, and an orderly end on SIGINT and SIGTERM.

rclpy's own signal handling ends the context before Python learns of the signal, and then no zero
can be published any more (rclpy#1287). So it is switched off, and a thread waits for the signals:
Python's handlers run in the main thread only, which may sit in the middleware's wait for long.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from orchestrator_ren.errors import ConfigurationError, OrchestratorError

STOP_TIMEOUT_S = 2.0
"""Longest orderly end [s]; then the process ends all the same."""

REPEAT_S = 0.5
"""Signals so soon after the first count as the same [s]: on Ctrl-C, a process gets one from the
terminal and one from launch."""


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


def run(make_nodes: Callable[[], Sequence[ProcessNode]], args: Sequence[str] | None = None) -> int:
    """Run the nodes until a signal, and return the exit code: 0 after an orderly end.

    The nodes begin to stop in their order, the gate first, and finish in the reverse one. A second
    signal after `REPEAT_S`, or an end that takes longer than `STOP_TIMEOUT_S`, ends the process
    at once.
    """
    signals = _catch_signals()
    stopping = threading.Event()
    executor: SingleThreadedExecutor | None = None
    nodes: Sequence[ProcessNode] = ()
    try:
        _init(args)
        executor = SingleThreadedExecutor()
        nodes = make_nodes()
        for node in nodes:
            executor.add_node(node)
        _exempt_from_collection()
        threading.Thread(
            target=_watch_signals, args=(signals, stopping, executor), daemon=True
        ).start()
        _spin(executor, nodes, stopping)
        _stop(executor, nodes)
        for node in nodes:
            if node.fatal is not None:
                raise node.fatal
    except OrchestratorError as error:
        print(f'{type(error).__name__} {error.code}: {error}', file=sys.stderr)  # noqa: T201
        return 1
    finally:
        if executor is not None:
            executor.shutdown(timeout_sec=0.0)
        for node in nodes:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


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


def _catch_signals() -> socket.socket:
    """Return a socket that gets a byte with each signal, from whatever thread the kernel chose."""
    signals, waker = socket.socketpair()
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.detach())
    for each in (signal.SIGINT, signal.SIGTERM):  # a background shell has them ignored
        signal.signal(each, lambda *_: None)
    return signals


def _watch_signals(
    signals: socket.socket, stopping: threading.Event, executor: SingleThreadedExecutor
) -> None:
    signals.recv(1)
    stopping.set()
    executor.create_task(lambda: None)  # `wake()` alone does not end `spin_once()`
    time.sleep(REPEAT_S)
    signals.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        signals.recv(64)
    select.select([signals], [], [], STOP_TIMEOUT_S - REPEAT_S)
    os._exit(1)


def _spin(
    executor: SingleThreadedExecutor, nodes: Sequence[ProcessNode], stopping: threading.Event
) -> None:
    while not stopping.is_set() and all(node.fatal is None for node in nodes):
        _spin_once(executor, nodes)


def _spin_once(executor: SingleThreadedExecutor, nodes: Sequence[ProcessNode]) -> None:
    """Run the next callback; one that raises must not end the others."""
    try:
        executor.spin_once()
    except Exception:
        nodes[0].get_logger().error(f'a callback raised\n{traceback.format_exc()}')
        for node in nodes:
            node.on_callback_error()


def _stop(executor: SingleThreadedExecutor, nodes: Sequence[ProcessNode]) -> None:
    # Should the middleware hang while it is taken down, with Python's lock held: this needs none.
    faulthandler.dump_traceback_later(2.0 * STOP_TIMEOUT_S, exit=True)
    for node in nodes:
        node.begin_stop()
    for node in reversed(nodes):
        task = executor.create_task(node.finish_stop())
        executor.spin_until_future_complete(task, timeout_sec=STOP_TIMEOUT_S)
