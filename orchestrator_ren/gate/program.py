"""The executable `cmd_vel_gate`: its command line, of which the gate itself knows nothing."""

from __future__ import annotations

from orchestrator_ren.ros.loading import begin_loading

DESCRIPTION = 'The only publisher of cmd_vel, with the e-stop.'


def main() -> int:
    """Run the gate in a process of its own."""
    begin_loading()
    from orchestrator_ren.gate.node import CmdVelGate
    from orchestrator_ren.gate.parameters import PARAMETERS
    from orchestrator_ren.ros.program import Program

    return Program('cmd_vel_gate', DESCRIPTION, PARAMETERS).run(lambda: [CmdVelGate()])
