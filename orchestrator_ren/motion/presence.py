"""Who is alive of those of whom there may be only one, judged by what they say themselves.

The ROS graph is no help: a process that was killed stays in it for many seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

ALIVE_S = 2.5
"""Who was heard within this time is alive [s]: more than two periods of the slowest, at 1 Hz."""

SAME_TIME_S = 0.1
"""Those whose starts are no further apart began together [s]; then the lower id was first."""

REMEMBERED = 8
"""Peers that are remembered; the one unheard for longest is forgotten first."""


@dataclass(frozen=True)
class Peer:
    """One of them.

    Attributes:
        peer_id: Random number of its start.
        number: Of what it said last; what it says again was only recorded and played back.
        since_mono_s, at_mono_s: When it was heard first and last, on the steady clock [s].
    """

    peer_id: int
    number: int
    since_mono_s: float
    at_mono_s: float


@dataclass(frozen=True)
class Presence:
    """Those heard lately, the one heard last at the end."""

    peers: tuple[Peer, ...] = ()

    def number_of(self, peer_id: int) -> int:
        """Return the number of what this one said last; 0 = it was not heard."""
        return next((each.number for each in self.peers if each.peer_id == peer_id), 0)

    def hear(self, peer_id: int, number: int, now_mono_s: float) -> Presence:
        """Return the presence after one of them spoke."""
        known = next((each for each in self.peers if each.peer_id == peer_id), None)
        if known is None or now_mono_s - known.at_mono_s > ALIVE_S:
            heard = Peer(peer_id, number, now_mono_s, now_mono_s)
        else:
            heard = replace(known, number=number, at_mono_s=now_mono_s)
        others = tuple(each for each in self.peers if each.peer_id != peer_id)
        return Presence((*others, heard)[-REMEMBERED:])

    def count(self, now_mono_s: float) -> int:
        """Return how many are alive; those that one after the other took the place count as one.

        Two are alive when each was heard after the other began: one that was killed is not heard
        after its successor's first word, however fast that one was started.
        """
        alive = [each for each in self.peers if now_mono_s - each.at_mono_s <= ALIVE_S]
        together = [
            each
            for each in alive
            if any(other is not each and _overlap(each, other) for other in alive)
        ]
        return max(len(together), min(1, len(alive)))


def was_first(other_id: int, other_uptime_s: float, own_id: int, own_uptime_s: float) -> bool:
    """Whether another one was there before oneself, by how long each has been up [s]."""
    lead_s = other_uptime_s - own_uptime_s
    return lead_s > SAME_TIME_S or (lead_s > -SAME_TIME_S and other_id < own_id)


def _overlap(one: Peer, other: Peer) -> bool:
    return one.at_mono_s > other.since_mono_s and other.at_mono_s > one.since_mono_s
