"""`ren`: one program for people, with a verb for each thing that they do.

A verb's module is loaded when it is asked for, and what takes long to load – ROS, rich – by what
needs it: `ren stop` is to be fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from orchestrator_ren.ros.loading import begin_loading

PROGRAM = 'ren'


def main(words: Sequence[str] | None = None, program: str = PROGRAM) -> int:
    """Do what the words say; return the exit code."""
    begin_loading()
    from orchestrator_ren.cli.arguments import parsed
    from orchestrator_ren.cli.exit_code import ExitCode, exit_code_of
    from orchestrator_ren.cli.output import Output
    from orchestrator_ren.errors import OrchestratorError

    words = sys.argv[1:] if words is None else words
    output = Output('--json' in words)
    try:
        run, options = parsed(program, words)
        return int(run(options, output))
    except OrchestratorError as error:
        output.error(error)
        return int(exit_code_of(error))
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:  # whoever read has enough
        output.drop()
        return int(ExitCode.DONE)


if __name__ == '__main__':
    sys.exit(main())
