"""The executable `orchestrator`: loads what it needs in one go, and runs it."""

from __future__ import annotations

from orchestrator_ren.ros.garbage import stand_aside


def main() -> int:
    """Run the orchestrator."""
    stand_aside()
    from orchestrator_ren.orchestrator import node

    return node.main()
