"""A node's process: one SingleThreadedExecutor, and an orderly end whatever asks for one.

rclpy's own signal handling ends the context before Python learns of the signal, and then no zero
can be published any more (rclpy#1287). So it is switched off, and a thread waits for the signals:
Python's handlers run in the main thread only, which may sit in the middleware's wait for long.

Which signals do what:

* SIGINT, SIGTERM, SIGQUIT and SIGTSTP end the process in order, even where whoever started it has
  them ignored, as a shell does for what it runs in the background. SIGTSTP (Ctrl-Z) among them: a
  process that is suspended leaves its last velocity standing, and who presses it wants a stop.
* So does every other signal that would end the process and can be caught – SIGHUP (a lost ssh
  session), SIGUSR1, SIGALRM, SIGXCPU, SIGPWR, SIGABRT (systemd's watchdog), those of real time –
  unless it is ignored: `nohup` means that a lost session is survived. A plug-in that installs a
  handler of its own for one of these has it.
* SIGTTIN and SIGTTOU, which suspend what runs in the background, are ignored.
* SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and SIGSYS tell that the code is broken: the process
  ends at once. So it does by SIGKILL, `os._exit` and an `abort` of a library; SIGSTOP freezes it.
  Nobody in the process can do anything about these: that is what a gate of its own is for.
* The rest does no harm by itself, and is left alone.

`sys.exit` outside of a command ends the process in order too, with the exit code that it names,
and whatever else is no `Exception` with 1. Once somebody has called `rclpy.shutdown`, nothing can
be sent any more; the process then ends with 1.
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
from functools import partial

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

CALM_AFTER = 10
"""So many callbacks in a row may raise at full speed and are told; then there are pauses."""

CALM_S = 0.01
"""Such a pause [s]: what is broken and comes back at once must not take a whole core."""

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP)
"""Signals by which people and programs ask a process to end, or to hold."""

SUSPENDING = (signal.SIGTTIN, signal.SIGTTOU)

LEFT_ALONE = {
    *(signal.SIGKILL, signal.SIGSTOP),
    *(signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS),
    *(signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH),
    *(signal.SIGPIPE, signal.SIGXFSZ),  # Python ignores them
}


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


class EndRequest:
    """Whether the process is to end, and what comes of it if it does not.

    Attributes:
        is_made: Whether somebody has asked for the end.
        nodes: Made safe before the process is ended by force.
    """

    def __init__(self) -> None:
        self.is_made = threading.Event()
        self.nodes: Sequence[ProcessNode] = ()
        self._signals, waker = socket.socketpair()
        waker.setblocking(False)
        self._waker = waker.detach()

    def catch_signals(self) -> None:
        """Let signals ask for it; what else happens to them is told above."""
        # Whatever thread the kernel chose, there is a byte for the one that waits.
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for each in signal.valid_signals() - LEFT_ALONE:
            if each in SUSPENDING:
                signal.signal(each, signal.SIG_IGN)
            elif each in ASKING or signal.getsignal(each) is not signal.SIG_IGN:
                signal.signal(each, self._on_signal)

    def make(self) -> None:
        """Ask for the end, as a signal does; once is enough: a second one ends it by force."""
        if self.is_made.is_set():
            return
        with contextlib.suppress(BlockingIOError):  # then there are more than enough
            os.write(self._waker, bytes([signal.SIGTERM]))

    def watch(self, executor: SingleThreadedExecutor) -> None:
        """Wait for a signal, wake the executor, and end the process by force if need be."""
        while not self._is_asked(self._signals.recv(1)):
            pass
        self.is_made.set()
        executor.create_task(lambda: None)  # `wake()` alone does not end `spin_once()`
        until_mono_s = time.monotonic() + STOP_TIMEOUT_S
        time.sleep(REPEAT_S)
        self._signals.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._signals.recv(4096)
        self._wait_for_another(until_mono_s)
        self._end_by_force()

    def _wait_for_another(self, until_mono_s: float) -> None:
        while (rest_s := until_mono_s - time.monotonic()) > 0.0:
            ready, _, _ = select.select([self._signals], [], [], rest_s)
            if ready and self._is_asked(self._signals.recv(4096)):
                return

    def _is_asked(self, numbers: bytes) -> bool:
        """Whether one of the signals is for us, and not for a handler that a plug-in has made."""
        return any(each in ASKING or signal.getsignal(each) == self._on_signal for each in numbers)

    def _end_by_force(self) -> None:
        for node in self.nodes:
            with contextlib.suppress(BaseException):
                node.on_forced_end()
        os._exit(1)

    def _on_signal(self, number: int, _frame: object) -> None:
        """Ask for the end where a plug-in has taken the wake-up that comes before this."""
        self.make()


def run(make_nodes: Callable[[], Sequence[ProcessNode]], args: Sequence[str] | None = None) -> int:
    """Run the nodes until they are to end, and return the exit code: 0 after an orderly end.

    The nodes begin to stop in their order, the gate first, and finish in the reverse one. A second
    signal after `REPEAT_S`, or an end that takes longer than `STOP_TIMEOUT_S`, ends the process
    at once.
    """
    end = EndRequest()
    end.catch_signals()
    executor: SingleThreadedExecutor | None = None
    try:
        _init(args)
        executor = SingleThreadedExecutor()
        threading.Thread(target=end.watch, args=(executor,), daemon=True).start()
        end.nodes = make_nodes()
        for node in end.nodes:
            executor.add_node(node)
        _exempt_from_collection()
        try:
            return _spin(executor, end)
        finally:
            end.make()
            _stop(executor, end.nodes)
    except OrchestratorError as error:
        print(f'{type(error).__name__} {error.code}: {error}', file=sys.stderr)  # noqa: T201
        return 1
    finally:
        if executor is not None:
            executor.shutdown(timeout_sec=0.0)
        for node in end.nodes:
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


def _spin(executor: SingleThreadedExecutor, end: EndRequest) -> int:
    """Run callbacks until the process is to end; return its exit code.

    Raises:
        OrchestratorError: A node cannot go on, and says why.
    """
    raised = 0
    try:
        while not end.is_made.is_set() and executor.context.ok():
            raised = 0 if _spin_once(executor, end.nodes) else raised + 1
            if raised > CALM_AFTER:
                time.sleep(CALM_S)
            for node in end.nodes:
                if node.fatal is not None:
                    raise node.fatal
    except OrchestratorError:
        raise
    except BaseException as error:
        _tell(end.nodes, f'{error!r} ends the process')
        return _exit_code(error)
    if not executor.context.ok():
        end.nodes[0].get_logger().error('rclpy was shut down: nothing can be sent any more')
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


def _try(node: ProcessNode, step: Callable[[], None]) -> None:
    """Take a step that must not keep the other nodes from theirs."""
    try:
        step()
    except BaseException:
        _tell([node], f'{node.get_name()} could not be made safe, or finish')


def _tell(nodes: Sequence[ProcessNode], what: str) -> None:
    nodes[0].get_logger().error(f'{what}\n{traceback.format_exc()}')


def _exit_code(error: BaseException) -> int:
    """Return the code that the interpreter would end with."""
    if not isinstance(error, SystemExit):
        return 1
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1


def _stop(executor: SingleThreadedExecutor, nodes: Sequence[ProcessNode]) -> None:
    # Should the middleware hang while it is taken down, with Python's lock held: this needs none.
    faulthandler.dump_traceback_later(2.0 * STOP_TIMEOUT_S, exit=True)
    for node in nodes:
        _try(node, node.begin_stop)
    for node in reversed(nodes):
        _finish(executor, node)


def _finish(executor: SingleThreadedExecutor, node: ProcessNode) -> None:
    """Let a node finish; neither it nor a callback that raises keeps the others from theirs."""
    task = executor.create_task(_finished(node))
    until_mono_s = time.monotonic() + STOP_TIMEOUT_S
    while not task.done() and (rest_s := until_mono_s - time.monotonic()) > 0.0:
        _try(node, partial(executor.spin_until_future_complete, task, rest_s))


async def _finished(node: ProcessNode) -> None:
    try:
        await node.finish_stop()
    except GeneratorExit:  # it took too long
        raise
    except BaseException:
        _tell([node], f'{node.get_name()} could not finish')
