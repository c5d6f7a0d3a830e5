"""What faults of one kind led to, in figures."""

import statistics
from dataclasses import dataclass, field

NAMES = ('takeover', 'restart', 'zero', 'back')


@dataclass
class Tally:
    """Figures of one kind of fault.

    Attributes:
        unneeded: Takeovers from an orchestrator that was there, but could not be heard.
        takeover_s: From the death of an orchestrator to the first word of its standby [s].
        restart_s: From the start of a process to its first word [s].
        zero_s: From who stops a robot while the server is away to its last velocity [s].
        back_s: From the end of the trouble to READY of all robots [s].
    """

    faults: int = 0
    unneeded: int = 0
    takeover_s: list[float] = field(default_factory=list)
    restart_s: list[float] = field(default_factory=list)
    zero_s: list[float] = field(default_factory=list)
    back_s: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        figures = [(name, getattr(self, f'{name}_s')) for name in NAMES]
        told = [f'{name} {shown(found)}' for name, found in figures if found]
        if self.unneeded:
            told.append(f'{self.unneeded} taken over though they lived')
        return f'{self.faults:3} faults; {"; ".join(told)}'


def shown(durations_s: list[float]) -> str:
    if not durations_s:
        return '-'
    return f'p50 {statistics.median(durations_s):.2f} max {max(durations_s):.2f} s'
