"""What goes over the network of this machine, whoever sends it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

BYTES, PACKETS = 8, 9
"""Places in a line of `/proc/net/dev`, behind the name: of what is sent."""


class Sent(NamedTuple):
    """What all interfaces have sent so far: on one of them goes what stays on the machine."""

    kilobytes: float
    packets: int


def sent() -> Sent:
    lines = Path('/proc/net/dev').read_text().splitlines()[2:]
    words = [line.partition(':')[2].split() for line in lines]
    return Sent(
        sum(int(each[BYTES]) for each in words) / 1000.0,
        sum(int(each[PACKETS]) for each in words),
    )
