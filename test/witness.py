"""A process that does nothing but look at the clock: a witness of the machine's own stalls.

On a shared machine everything may stand still for a second. A robot is then stopped, and that is
right; but a test that wanted to see it drive has seen nothing of the product.
"""

import os
import subprocess
import sys
import time

PERIOD_S = 0.01
STALL_S = 0.15
"""From here on the gate's limit of 0.25 s may be missed by whoever is blameless [s]."""


class MachineStalled(Exception):
    """A test failed while the machine stood still."""


class Witness:
    """The process, as long as this one lives."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._stalls: list[tuple[float, float]] = []

    def longest_since(self, since_mono_s: float) -> float:
        """Return the longest stall that ended after `since_mono_s` [s]; 0 = there was none."""
        assert self._process.stdout is not None
        for line in (self._process.stdout.read() or b'').splitlines():
            ended_mono_s, length_s = map(float, line.split())
            self._stalls.append((ended_mono_s, length_s))
        return max((length for end, length in self._stalls if end > since_mono_s), default=0.0)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def is_looking(self) -> bool:
        """Whether it has begun."""
        self.longest_since(0.0)
        return bool(self._stalls)

    def end(self) -> None:
        with self._process:  # which closes its pipe
            self._process.kill()


def tell(*numbers: float) -> None:
    """Print a line at once and whole."""
    os.write(sys.stdout.fileno(), f'{" ".join(map(str, numbers))}\n'.encode())


def main() -> None:
    """Print the end and the length of every stall [s], and one of no length at the start."""
    parent = os.getppid()
    looked_at_mono_s = time.monotonic()
    tell(looked_at_mono_s, 0.0)
    while os.getppid() == parent:
        time.sleep(PERIOD_S)
        previous_mono_s, looked_at_mono_s = looked_at_mono_s, time.monotonic()
        if looked_at_mono_s - previous_mono_s > STALL_S:
            tell(looked_at_mono_s, looked_at_mono_s - previous_mono_s)


if __name__ == '__main__':
    main()
