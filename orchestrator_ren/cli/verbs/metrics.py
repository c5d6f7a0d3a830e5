"""`ren metrics`: what is counted."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of

if TYPE_CHECKING:
    from orchestrator_ren.client.answers import Metric


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add none."""


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Show them as they are published next."""
    with robot_of(options) as robot:
        found = robot.metrics()
    output.value(found)
    output.table(
        ('METRIC', 'KIND', 'VALUE'),
        ((each.name, each.kind, _value(each)) for each in found.values()),
    )
    return ExitCode.DONE


def _value(metric: Metric) -> str:
    if metric.kind == 'histogram':
        return f'mean {metric.value / max(1, metric.count):.4g}, count {metric.count}'
    return f'{metric.value:g}'
