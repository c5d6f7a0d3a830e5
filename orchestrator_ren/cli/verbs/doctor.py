"""`ren doctor`: looks at the robot from outside, and says what is wrong and what to do."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import close_at_end, in_words_of_ours, namespace_of

EPILOG = 'It looks for 4 s. Exit code 0: nothing is wrong; 1: what it says.'


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add none."""


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Look, and tell."""
    from orchestrator_ren.cli.doctor.findings import findings
    from orchestrator_ren.cli.doctor.observation import Observation
    from orchestrator_ren.client.own_node import OwnNode

    with in_words_of_ours():
        own = OwnNode(f'/{namespace_of(options)}', None)
        close_at_end(own)
        found = findings(Observation(own.node).observed())
    output.value(found)
    for each in found:
        output.say(f'{each.name}: {each.text}', f'  {each.advice}')
    if not found:
        output.say('nothing is wrong')
    return ExitCode.REFUSED if found else ExitCode.DONE
