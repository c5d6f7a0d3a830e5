"""What clients see of the orchestrator."""
