"""Commands for people; those that need no running orchestrator."""
