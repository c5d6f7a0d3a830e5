"""What can be counted and measured about the orchestrator."""
