"""The executable `orchestrator`: loads what it needs in one go, and runs it."""

from __future__ import annotations

from orchestrator_ren.ros.loading import begin_loading


def main() -> int:
    """Run the orchestrator."""
    begin_loading()
    from orchestrator_ren.orchestrator import node

    return node.main()
