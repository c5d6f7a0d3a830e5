"""Commands that other servers do."""
