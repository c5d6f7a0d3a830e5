"""Starts the programs of a robot, passes on what they say, and ends them in order.

They are started all at once, and before any thread: forking is safe then. If one ends by itself,
the others of its robot are ended: what is left of a robot must not look like one. Other robots go
on.
"""

from __future__ import annotations

import selectors
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.up.log_writer import LogWriter
from orchestrator_ren.cli.up.part import Part
from orchestrator_ren.cli.up.process import PartProcess, wait_for

PATIENCE_S = 10.0
"""A program that was told to end and has not by then is killed [s]; ours end within 2 s."""

LAST_WORDS_S = 0.5
"""Longest wait for what a program that has ended still had to say [s]."""

OWN = 'ren'
"""Before the lines of `ren up` itself."""

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP)
"""Ctrl-Z too: who presses it wants a stop, and nobody would read what the programs say."""


class Supervisor:
    """Runs the parts of robots until one ends that all need, or somebody says so.

    Args:
        output: File descriptor for all that is said.
        is_coloured: Whether it shows colours.
    """

    def __init__(self, output: int, is_coloured: bool) -> None:
        self._output = output
        self._is_coloured = is_coloured
        self._selector = selectors.DefaultSelector()
        self._wakes, self._waker = socket.socketpair()
        self._is_ending = False
        self._processes: list[PartProcess] = []
        self._told: list[PartProcess] = []
        self._lost: set[str] = set()

    def run(self, parts: Sequence[Part], environment: Mapping[str, str]) -> ExitCode:
        """Start the parts, and end them in their order; return how it went."""
        self._catch_signals()
        names = list(dict.fromkeys([*(each.name for each in parts), OWN]))
        self._log = LogWriter(self._output, names, self._is_coloured, self._ask_for_the_end)
        try:
            for part in parts:
                self._start(part, environment)
            self._log.start()
            while not self._is_ending and not self._is_over:
                self._turn(None)
                self._tell_gone()
                self._give_up_robots()
            self._tell_dead()
        finally:
            self._end()
        return (
            ExitCode.FAILED if any(each.has_failed for each in self._processes) else ExitCode.DONE
        )

    @property
    def _dead(self) -> list[PartProcess]:
        """Those that have ended by themselves."""
        return [
            each
            for each in self._processes
            if each.exit_code is not None and each.part.is_needed and not each.is_asked
        ]

    @property
    def _is_over(self) -> bool:
        """Whether one has ended by itself that all need, or no robot is left."""
        robots = {each.part.robot for each in self._processes} - {''}
        return any(not each.part.robot for each in self._dead) or 0 < len(robots) <= len(
            self._lost
        )

    def _catch_signals(self) -> None:
        self._waker.setblocking(False)
        self._selector.register(self._wakes, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _nothing)
        for each in ENDING:
            # `nohup` means that a lost session is survived; Ctrl-C counts in the background too.
            if each != signal.SIGHUP or signal.getsignal(each) is not signal.SIG_IGN:
                signal.signal(each, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._is_ending = True

    def _ask_for_the_end(self) -> None:
        self._is_ending = True
        self._waker.send(b'\0')

    def _start(self, part: Part, environment: Mapping[str, str]) -> None:
        process = PartProcess(part, environment)
        self._processes.append(process)
        self._selector.register(process.pipe, selectors.EVENT_READ, process)

    def _turn(self, timeout_s: float | None) -> None:
        """Pass on what is said, and see who has ended; wait for either."""
        for key, _ in self._selector.select(timeout_s):
            if isinstance(key.data, PartProcess):
                self._pass_on(key.data)
            else:
                self._wakes.recv(4096)

    def _pass_on(self, process: PartProcess) -> None:
        lines, may_go_on = process.read()
        for line in lines:
            self._log.say(process.part.name, line)
        if not may_go_on:
            self._selector.unregister(process.pipe)

    def _say(self, text: str) -> None:
        self._log.say(OWN, text.encode(errors='replace'))

    def _tell_gone(self) -> None:
        """Tell once of each that has failed, and that the robot goes on without."""
        for each in self._processes:
            is_known = each.part.is_needed or each.is_asked or each in self._told
            if each.exit_code and not is_known:
                self._told.append(each)
                self._hear_out(each)
                self._say(f'{each.part.name} {_how(each.exit_code)}; the robot goes on')

    def _give_up_robots(self) -> None:
        """End what is left of robots of which something has ended by itself."""
        for dead in self._dead:
            robot = dead.part.robot
            if robot and robot not in self._lost:
                self._lost.add(robot)
                self._hear_out(dead)
                self._say(
                    f'{dead.part.name} {_how(dead.exit_code)}; what is left of {robot} is ended'
                )
                left = [each for each in self._processes if each.part.robot == robot]
                self._end_all(left, lambda: self._is_ending)

    def _tell_dead(self) -> None:
        for each in self._dead:
            if not each.part.robot:
                self._hear_out(each)
                self._say(f'{each.part.name} {_how(each.exit_code)}; the others are ended')

    def _hear_out(self, process: PartProcess) -> None:
        """Pass on what a process that has ended still had to say."""
        wait_for(lambda: process.pipe not in self._selector.get_map(), LAST_WORDS_S, self._turn)

    def _end(self) -> None:
        """End those that still run, and tell what those that ended by themselves said last."""
        dead = self._dead
        self._end_all(self._processes, lambda: False)
        for each in self._processes:
            self._hear_out(each)
        for each in dead:
            self._say(f'{each.part.name} {_how(each.exit_code)}; it said last:')
            for line in each.last_lines:
                self._say(f'  {line.decode(errors="replace")}')
        self._log.close()

    def _end_all(self, processes: Sequence[PartProcess], is_put_off: Callable[[], bool]) -> None:
        """End those that still run, one kind after the other.

        Args:
            processes: In the order in which they end.
            is_put_off: Whether the rest is not waited for: all are to end, and nobody is to wait
                for these.
        """
        for _, alike in groupby(processes, lambda each: each.part.kind):
            if not is_put_off():
                self._end_together([each for each in alike if each.exit_code is None], is_put_off)

    def _end_together(
        self, processes: Sequence[PartProcess], is_put_off: Callable[[], bool]
    ) -> None:
        for each in processes:
            each.ask()
        are_done = wait_for(
            lambda: all(each.exit_code is not None for each in processes) or is_put_off(),
            PATIENCE_S,
            self._turn,
        )
        for each in processes:
            if not are_done and each.exit_code is None:
                self._say(f'{each.part.name} has not ended within {PATIENCE_S:g} s: it is killed')
                each.kill()
            elif each.exit_code and each.part.is_needed:
                self._say(f'{each.part.name} {_how(each.exit_code)}')


def _how(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f'was ended by {signal.Signals(-exit_code).name}'
    return f'has ended with exit code {exit_code}'


def _nothing(_number: int, _frame: object) -> None:
    """Make SIGCHLD wake who waits."""
