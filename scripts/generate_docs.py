"""Write what is generated into the docs, or with --check say whether it is up to date."""

import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from house import pictures
from interface_tables import types

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.gate import parameters as gate_parameters
from orchestrator_ren.gateway import parameters as gateway_parameters
from orchestrator_ren.orchestrator import parameters as orchestrator_parameters
from orchestrator_ren.robots import parameters as robot_parameters
from orchestrator_ren.ros.parameters import Parameter
from orchestrator_ren.telemetry.metrics import TicketMetrics

ROOT = Path(__file__).parents[1]

NODES = {
    'orchestrator': orchestrator_parameters.PARAMETERS,
    'cmd_vel_gate': gate_parameters.PARAMETERS,
    'http_gateway': gateway_parameters.PARAMETERS,
    'sim_robot': robot_parameters.SIM_ROBOT,
    'turtlesim_odometry': robot_parameters.TURTLESIM_ODOMETRY,
}


def errors() -> str:
    """Return a row for each error that a client or an operator may see."""
    rows = ['| code | error | what it means, what to do | again? |', '|---|---|---|---|']
    for kind in sorted(OrchestratorError.tree(), key=lambda each: each.code):
        if kind is not OrchestratorError:
            retry = 'later' if kind.retryable else ''
            rows.append(f'| {kind.code} | `{kind.__name__}` | {sentence(kind)} | {retry} |')
    return '\n'.join(rows)


def sentence(kind: type[OrchestratorError]) -> str:
    """Return the docstring in one line."""
    return ' '.join((kind.__doc__ or '').split())


def node_parameters() -> str:
    """Return a table of parameters for each node."""
    return '\n\n'.join(f'`{node}`\n\n{table(each)}' for node, each in NODES.items())


def table(each: Iterable[Parameter]) -> str:
    """Return the table of one node's parameters."""
    rows = ['| parameter | default | must be | meaning |', '|---|---|---|---|']
    for parameter in each:
        default = (
            f'{parameter.default}'.lower()
            if isinstance(parameter.default, bool)
            else (f'{parameter.default}' or "''")
        )
        rows.append(
            f'| `{parameter.name}` | `{default}` | {parameter.limit} | {parameter.description} |'
        )
    return '\n'.join(rows)


def metrics() -> str:
    """Return a row for each metric."""
    rows = ['| on `telemetry/metrics` | for Prometheus | kind | |', '|---|---|---|---|']
    rows += [
        f'| `{each.name}` | `{each.page_name}` | {each.kind} | {each.words} |'
        for each in TicketMetrics().descriptions()
    ]
    return '\n'.join(rows)


TABLES = {
    'errors': errors,
    'metrics': metrics,
    'parameters': node_parameters,
    'house': pictures,
    'services': partial(types, 'srv'),
    'actions': partial(types, 'action'),
    'messages': partial(types, 'msg'),
}
FILES = {
    'docs/architecture.md': ('house',),
    'docs/errors.md': ('errors',),
    'docs/interface.md': ('services', 'actions', 'messages'),
    'docs/parameters.md': ('parameters',),
    'docs/watching.md': ('metrics',),
}


def filled(text: str, names: Iterable[str]) -> str:
    """Return the text with what is between each pair of markers made anew."""
    for name in names:
        begin, end = f'<!-- {name} -->\n', f'<!-- end of {name} -->'
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f'no markers for {name}')
        text = f'{before}{begin}{TABLES[name]()}\n{end}{after}'
    return text


def main() -> int:
    """Write, or check; return 1 when a file is out of date."""
    is_check, is_stale = '--check' in sys.argv, False
    for name, tables in FILES.items():
        path = ROOT / name
        text = path.read_text(encoding='utf-8')
        new = filled(text, tables)
        if is_check and new != text:
            print(f'{name} is out of date; run: make docs')  # noqa: T201
            is_stale = True
        elif new != text:
            path.write_text(new, encoding='utf-8')
    return int(is_stale)


if __name__ == '__main__':
    sys.exit(main())
