"""The program `orchestrator`: tickets in, motion out, everything told."""
