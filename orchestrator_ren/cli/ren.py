"""`ren`: one program for people, with a verb for each thing that they do.

A verb's module is loaded when it is asked for, and what takes long to load – ROS, rich – by what
needs it: `ren stop` is to be fast.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from orchestrator_ren.ros.loading import begin_loading

PROGRAM = 'ren'


def main(words: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Do what the words say; return the exit code.

    Once a robot was asked, the process ends soon: `end_at_latest.py`.
    """
    begin_loading()
    code = 1
    try:
        code = _done(sys.argv[1:] if words is None else words, program)
    finally:
        from orchestrator_ren.cli.session import close_all

        with contextlib.suppress(KeyboardInterrupt):
            close_all(code)
    return code


def _done(words: Sequence[str], program: str) -> int:
    from orchestrator_ren.cli.arguments import parsed
    from orchestrator_ren.cli.exit_code import ExitCode, exit_code_of
    from orchestrator_ren.cli.output import Output, OutputClosed
    from orchestrator_ren.errors import OrchestratorError

    output = Output('--json' in words)
    try:
        run, options = parsed(program, words)
        return int(run(options, output))
    except OrchestratorError as error:
        output.error(error)
        return int(exit_code_of(error))
    except OutputClosed as error:
        if not isinstance(error.__cause__, BrokenPipeError):  # who reads only the begin means it
            output.complain(f'the output is not taken: {error}')
        return int(ExitCode.CLOSED)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)


def heed_signals() -> None:
    """Take the end of a terminal, and being told to end, for Ctrl-C: what runs is cancelled.

    What the caller has the process ignore, as `nohup` does, is ignored.
    """
    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, signal.default_int_handler)


def leave() -> NoReturn:
    """Do what the command line says, and end the process with the exit code.

    Without the end of the interpreter, in which Fast DDS sleeps for 0.1 s. There is nothing left
    to be cleaned up: the nodes are closed, and the participant went with them.
    """
    heed_signals()
    code = main()
    with contextlib.suppress(OSError):
        for each in (sys.stdout, sys.stderr):
            each.flush()
    os._exit(code)


if __name__ == '__main__':
    leave()
