"""The store, off the executor."""
