"""The end of a process: by signals, and by force if it does not come.

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
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence

STOP_TIMEOUT_S = 2.0
"""Longest orderly end [s]; then the process ends all the same."""

REPEAT_S = 0.5
"""Signals so soon after the first count as the same [s]: on Ctrl-C, a process gets one from the
terminal and one from launch."""

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGTSTP)
"""Signals by which people and programs ask a process to end, or to hold."""

SUSPENDING = (signal.SIGTTIN, signal.SIGTTOU)

LEFT_ALONE = {
    *(signal.SIGKILL, signal.SIGSTOP),
    *(signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS),
    *(signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH),
    *(signal.SIGPIPE, signal.SIGXFSZ),  # Python ignores them
}


class EndRequest:
    """Whether the process is to end, and what comes of it if it does not.

    Attributes:
        is_made: Whether somebody has asked for the end.
        before_force: Called before the process is ended by force: what makes the robot safe.
        code: Exit code of an end by force; once the nodes have ended, that of the whole.
    """

    def __init__(self) -> None:
        self.is_made = threading.Event()
        self.before_force: Sequence[Callable[[], None]] = ()
        self.code = 1
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

    def ignore_signals(self) -> None:
        """Let nobody ask any more: of another Ctrl-C, the end of Python itself would die."""
        for each in ASKING:
            signal.signal(each, signal.SIG_IGN)

    def make(self) -> None:
        """Ask for the end, as a signal does; once is enough: a second one ends it by force."""
        if self.is_made.is_set():
            return
        with contextlib.suppress(BlockingIOError):  # then there are more than enough
            os.write(self._waker, bytes([signal.SIGTERM]))

    def watch(self, wake: Callable[[], None]) -> None:
        """Wait for a signal, wake who spins, and end the process by force if need be."""
        while not self._is_asked(self._signals.recv(1)):
            pass
        self.is_made.set()
        wake()
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
        for each in self.before_force:
            with contextlib.suppress(BaseException):
                each()
        os._exit(self.code)

    def _on_signal(self, number: int, _frame: object) -> None:
        """Ask for the end where a plug-in has taken the wake-up that comes before this."""
        self.make()
