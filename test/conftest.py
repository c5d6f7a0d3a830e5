"""For all tests."""

import os

# Tests kill processes. Fast DDS leaves the shared memory of a killed process behind, and others
# that meet it may stall for longer than the gate allows (docs/safety.md): UDP has no such traces.
os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')
