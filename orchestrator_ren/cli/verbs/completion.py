"""`ren completion`: what bash or zsh must read to complete the words of `ren`."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output

EPILOG = 'bash: source <(ren completion bash), in ~/.bashrc too; zsh: the same with zsh.'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        'shell', choices=['bash', 'zsh', 'words'], help='words: what may come next'
    )
    parser.add_argument('words', nargs='*', help=argparse.SUPPRESS)


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Print it."""
    from orchestrator_ren.cli.completion import candidates, script

    if options.shell == 'words':
        output.tell('\n'.join(candidates(options.words)))
    else:
        output.tell(script(options.shell))
    return ExitCode.DONE
