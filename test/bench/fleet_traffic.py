"""What this machine has sent, whoever did it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

LOOPBACK = 'lo'
BYTES, PACKETS = 8, 9
"""Places in a line of `/proc/net/dev`, behind the name: of what is sent."""


class Sent(NamedTuple):
    """What was sent so far.

    Attributes:
        inside_kb: From one process of the machine to another [kB].
        network_kb: To others, or to whoever is there: multicast [kB].
        network_packets: The same, in packets.
    """

    inside_kb: float
    network_kb: float
    network_packets: float


def sent() -> Sent:
    lines = Path('/proc/net/dev').read_text().splitlines()[2:]
    named = [line.partition(':') for line in lines]
    words = {name.strip(): [float(each) for each in text.split()] for name, _, text in named}
    inside = words.pop(LOOPBACK)
    return Sent(
        inside[BYTES] / 1000.0,
        sum(each[BYTES] for each in words.values()) / 1000.0,
        sum(each[PACKETS] for each in words.values()),
    )
