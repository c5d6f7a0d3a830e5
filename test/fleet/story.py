"""A fleet of three and 30 tickets; an e-stop, a killed robot, a server that restarts.

What comes of it is compared with what must (`story_script.py`): exit code 0 if it is the same.

    python test/fleet/story.py --picture docs/images/fleet_ways.png
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from story_script import E_STOP, HAS, KILL, RESTART, SCRIPT, Outcome, Place, Scene, predicted
from story_stage import Desk, Fleet, Server, stage

OFF_M = 0.3
"""A robot is where it must be if it is no farther off [m]: it turns to 0.6 degrees, 15 m away."""

SEEN_S = 3.0
"""How long a robot drives before something happens to it: a way that can be seen [s]."""

QUIET_S = 3.0
"""How long it is seen that what must wait does not start [s]."""


class Story:
    """Plays the script, and finds what is otherwise than it must be.

    Attributes:
        differences: In words.
        stops: Where a robot came to a stop that nobody had asked it for [m, m].
    """

    def __init__(self, server: Server, fleet: Fleet, desk: Desk) -> None:
        self.differences: list[str] = []
        self.stops: dict[str, tuple[float, float]] = {}
        self._server = server
        self._fleet = fleet
        self._desk = desk
        self._must = predicted()

    def play(self) -> None:
        """Play all scenes, one after the other, and look at the end."""
        for scene in SCRIPT:
            sys.stdout.write(f'{scene.title}\n')
            self._play(scene)
        self._desk.until(lambda: False, QUIET_S)
        self._compare_all()

    def _play(self, scene: Scene) -> None:
        own = [each for each in scene.asked if each.robot in HAS]
        for ticket in own:
            self._desk.create(ticket, ticket.robot)
        drivers = {each.robot for each in own}
        self._expect(lambda: all(map(self._desk.is_moving, drivers)), f'{drivers} drive')
        for ticket in scene.asked:
            if ticket not in own:
                self._desk.create(ticket, 'r1')
        {'': _nothing, RESTART: self._restart, E_STOP: self._stop, KILL: self._kill}[scene.event](
            scene
        )
        for ticket in scene.after:
            self._desk.create(ticket, ticket.robot if ticket.robot in HAS else 'r3')
        names = {each.name for each in (*scene.asked, *scene.after)}
        self._expect(lambda: not self._wrong(names), scene.title)

    def _restart(self, _scene: Scene) -> None:
        self._server.stop()
        self._server.start()

    def _stop(self, scene: Scene) -> None:
        victim, running, waiting = scene.victim, scene.asked[0].name, scene.asked[1].name
        self._desk.until(lambda: False, SEEN_S)
        self._desk.press(victim)
        self._expect(lambda: not self._desk.is_moving(victim), 'it stands after the e-stop')
        self._expect(lambda: not self._wrong({running}), 'it is FAILED by the e-stop')
        self._desk.reset(victim)
        self._desk.until(lambda: False, QUIET_S)
        if self._desk.is_moving(victim) or self._statuses()[waiting] != 'QUEUED':
            self.differences.append(f'{victim} drives on after the reset, and nobody said so')
        self.stops[victim] = self._desk.ways[victim][-1]
        self._desk.resume(victim)

    def _kill(self, scene: Scene) -> None:
        victim, running = scene.victim, scene.asked[0].name
        self._desk.until(lambda: False, SEEN_S)
        self._fleet.kill(victim)
        self._expect(lambda: not self._desk.robot(victim).is_alive, 'it is unreachable')
        if self._statuses()[running] != 'EXECUTING':
            self.differences.append(f'{running} is not EXECUTING while {victim} is unreachable')
        if not self._desk.robot(victim).unreachable_since.sec:
            self.differences.append(f'{victim} is not shown as unreachable')
        if self._desk.is_moving(victim):
            self.differences.append(f'{victim} moves, and nobody is there')
        self.stops[victim] = self._desk.ways[victim][-1]
        self._desk.declare_stopped(victim)

    def _expect(self, condition: Any, what: str) -> None:
        if not self._desk.until(condition):
            self.differences.append(f'in time it did not come to that: {what}')

    def _statuses(self) -> dict[str, str]:
        return {_name(each): each.status for each in self._desk.tickets()}

    def _wrong(self, names: set[str]) -> list[str]:
        return list(self._differing(names))

    def _differing(self, names: set[str]) -> Iterator[str]:
        tickets = {_name(each): each for each in self._desk.tickets()}
        for name in sorted(names):
            must = self._must.outcomes[name]
            if name not in tickets:
                yield f'{name}: there is no such ticket'
            elif not _is_as(tickets[name], must):
                yield f'{name}: must be {must}, and is {_outcome(tickets[name])}'

    def _compare_all(self) -> None:
        self.differences += self._differing(set(self._must.outcomes))
        tickets = self._desk.tickets()
        if len(tickets) != len(self._must.outcomes):
            self.differences.append(f'{len(tickets)} tickets, and not {len(self._must.outcomes)}')
        self.differences += [
            f'{_name(each)} was tried {each.attempt} times' for each in tickets if each.attempt > 1
        ]
        for name, place in self._must.places.items():
            self.differences += self._misplaced(name, place)

    def _misplaced(self, name: str, place: Place) -> Iterator[str]:
        at = self._desk.ways[name][-1]
        sys.stdout.write(f'{name} is {place.off_m(at):.2f} m off\n')
        if place.off_m(at) > OFF_M:
            yield f'{name} is at {at}, {place.off_m(at):.2f} m from where it must be'


def _nothing(_scene: Scene) -> None:
    """Let the scene be."""


def _name(ticket: Any) -> str:
    return str(json.loads(ticket.metadata)['name'])


def _outcome(ticket: Any) -> Outcome:
    return Outcome(ticket.status, ticket.error_code, (ticket.robot,) if ticket.robot else ())


def _is_as(ticket: Any, must: Outcome) -> bool:
    is_with_right = ticket.robot in must.robots if must.robots else not ticket.robot
    return (ticket.status, ticket.error_code) == (must.status, must.code) and is_with_right


def main() -> int:
    """Play it; return 1 where something is otherwise than it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--picture', type=Path, help='PNG file for the ways driven')
    parser.add_argument('--domain', type=int, default=1 + os.getpid() % 100, help='of ROS')
    options = parser.parse_args()
    os.environ['ROS_DOMAIN_ID'] = str(options.domain)
    with stage() as (server, fleet, desk):
        story = Story(server, fleet, desk)
        story.play()
        if options.picture:
            from story_picture import draw_ways

            draw_ways(options.picture, desk.ways, story.stops)
        log = fleet.log
    for each in story.differences:
        sys.stderr.write(f'{each}\n')
    if story.differences:
        sys.stderr.write(log)
    return int(bool(story.differences))


if __name__ == '__main__':
    sys.exit(main())
