"""The programs that stand in for hardware."""
