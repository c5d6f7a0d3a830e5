"""What is wrong with what was observed, and what to do about it; without ROS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LEAST_FREE_BYTES = 100_000_000
"""Of the disk with the store; a ticket takes a few thousand."""

LEAST_ODOMETRY_HZ = 5.0
"""Below, it counts as none (docs/safety.md)."""

STANDING_MPS = 0.01
"""A robot that is slower stands."""

TESTED = (((7, 1, 5), (7, 1, 11)), ((9, 1, 2), (9, 1, 5)))
"""Releases of rclpy that the tests were run with, from and to (CONTRIBUTING.md)."""

TWIST = 'geometry_msgs/msg/Twist'


@dataclass(frozen=True)
class Endpoint:
    """Somebody on a topic.

    Attributes:
        node: Its full name.
        type: Of the messages.
        process: The same for endpoints of one process.
    """

    node: str
    type: str = ''
    process: bytes = b''


@dataclass(frozen=True)
class Observed:
    """What can be seen of a robot from outside.

    Attributes:
        namespace: Of the robot, without slashes around it.
        robots: Namespaces that have an orchestrator.
        statuses: Who publishes the orchestrator's status.
        answering: How many of these answer requests; the others stand by.
        gates: Who publishes the gate's state.
        commanders: Who publishes on cmd_vel.
        bases: Who listens to it.
        odometry: Who publishes on odom.
        odometry_hz: How often it comes [Hz].
        speed_mps: Highest speed that it has told [m/s].
        commanded_mps: Lowest speed on cmd_vel all the while [m/s]; 0 = it was not commanded.
        uses_simulated_time: Whether orchestrator or gate wait for /clock.
        clock_ticks: Messages on /clock.
        complaints: What the nodes complain of in their diagnostics: part, and words.
        free_bytes: Of the disk with the store, where it is on this machine.
        rclpy: Its release.
        has_time_zones: Whether they are installed.
        open_files: Of ours that others may read and must not, and their modes.
        key_files: Those of the gateway that it refuses, and why.
    """

    namespace: str = ''
    robots: tuple[str, ...] = ()
    statuses: tuple[Endpoint, ...] = ()
    answering: int = 1
    gates: tuple[Endpoint, ...] = ()
    commanders: tuple[Endpoint, ...] = ()
    bases: tuple[Endpoint, ...] = ()
    odometry: tuple[Endpoint, ...] = ()
    odometry_hz: float = 0.0
    speed_mps: float = 0.0
    commanded_mps: float = 0.0
    uses_simulated_time: bool = False
    clock_ticks: int = 0
    complaints: tuple[tuple[str, str], ...] = ()
    free_bytes: int | None = None
    rclpy: str = ''
    has_time_zones: bool = True
    open_files: tuple[str, ...] = ()
    key_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
        name: Of its kind; stable.
        text: What was seen.
        advice: What to do.
    """

    name: str
    text: str
    advice: str


def findings(seen: Observed) -> list[Finding]:
    """Return what is wrong; empty for a healthy robot."""
    found = [*_programs(seen), *_base(seen), *_odometry(seen), *_machine(seen)]
    if not seen.statuses:
        return found
    return [*found, *_complaints(seen)]


def _programs(seen: Observed) -> Iterator[Finding]:
    option = f' -n {seen.namespace}' if seen.namespace else ''
    if not seen.statuses:
        others = ', '.join(each or 'the one without a namespace' for each in seen.robots)
        there = f'; there are: {others}' if others else ''
        advice = f'start it: ren{option} up; or look at -n and ROS_DOMAIN_ID{there}'
        yield Finding('no-orchestrator', 'no orchestrator is there', advice)
    elif not seen.answering:
        advice = 'it takes over once that one is gone; who has it: ren status'
        yield Finding('standing-by', 'another orchestrator has the robot, elsewhere', advice)
    if seen.answering > 1:
        advice = 'end all but one; none of them moves anything meanwhile'
        yield Finding('two-orchestrators', f'orchestrators: {_names(seen.statuses)}', advice)
    if not seen.gates:
        advice = f'start one: ros2 run orchestrator_ren cmd_vel_gate, or all: ren{option} up'
        yield Finding('no-gate', 'no cmd_vel gate is there: nothing can move', advice)
    if len(seen.gates) > 1:
        advice = 'end all but one; nothing moves meanwhile'
        yield Finding('two-gates', f'gates: {_names(seen.gates)}', advice)
    hosts = {each.process for each in seen.statuses if each.process}
    if any(each.process in hosts for each in seen.gates):
        text = 'the gate is in the process of the orchestrator: who freezes that freezes the gate'
        yield Finding('gate-in-process', text, 'gate: external, and a gate of its own: ren up')


def _base(seen: Observed) -> Iterator[Finding]:
    nodes = {each.node for each in seen.gates}
    others = [each for each in seen.commanders if each.node not in nodes]
    if others:
        advice = 'remap it away, or set stop_on_second_publisher; the base obeys all of them'
        yield Finding('second-publisher', f'on cmd_vel too: {_names(others)}', advice)
    stamped = [each for each in seen.bases if each.type and each.type != TWIST]
    if stamped:
        text = f'{_names(stamped)} wants {stamped[0].type} on cmd_vel, and the gate says Twist'
        yield Finding('wrong-type', text, 'set the base to Twist (use_stamped_vel: false, or so)')
    elif seen.gates and not seen.bases:
        text = 'nobody listens to cmd_vel'
        yield Finding('no-base', text, 'start the driver of the base, or remap its topic')


def _odometry(seen: Observed) -> Iterator[Finding]:
    if not seen.odometry:
        text = 'no odometry: no motion is measured'
        yield Finding('no-odometry', text, 'remap the topic of the base to odom')
        return
    if len(seen.odometry) > 1:
        advice = 'let only one of them publish on odom'
        yield Finding('two-odometries', f'odometry of {_names(seen.odometry)}', advice)
    if seen.odometry_hz < LEAST_ODOMETRY_HZ:
        text = f'odometry comes with {seen.odometry_hz:.1f} Hz: it counts as none'
        advice = f'publish it with {LEAST_ODOMETRY_HZ:g} Hz at least, and look at its QoS'
        yield Finding('slow-odometry', text, advice)
    elif seen.commanded_mps > STANDING_MPS and seen.speed_mps < STANDING_MPS:
        text = f'{seen.commanded_mps:.2f} m/s is commanded, and odometry tells no motion'
        yield Finding('stands-still', text, 'look at motors, brakes and the source of odometry')


def _machine(seen: Observed) -> Iterator[Finding]:
    if seen.uses_simulated_time and not seen.clock_ticks:
        text = 'use_sim_time is set, and /clock does not run'
        yield Finding('no-clock', text, 'start the simulation, or leave use_sim_time')
    if seen.free_bytes is not None and seen.free_bytes < LEAST_FREE_BYTES:
        text = f'{seen.free_bytes / 1e6:.0f} MB are free for the ticket store'
        yield Finding('disk-full', text, 'free some, or lower retention_days')
    if seen.rclpy and not _is_tested(seen.rclpy):
        known = ', '.join('.'.join(map(str, each)) for pair in TESTED for each in pair)
        text = f'{seen.rclpy} is none of the releases that were tested ({known})'
        yield Finding('untested-rclpy', text, 'run the tests: make test')
    if not seen.has_time_zones:
        yield Finding('no-time-zones', 'no time zones are installed', 'sudo apt install tzdata')
    for each in seen.open_files:
        yield Finding('open-file', f'others may read {each}', 'chmod 600')
    for each in seen.key_files:
        advice = (
            'mend it; until then no gateway starts, and one that runs keeps the keys of before'
        )
        yield Finding('key-file', each, advice)


def _complaints(seen: Observed) -> Iterator[Finding]:
    for part, words in seen.complaints:
        advice = 'see docs/safety.md; of a code, docs/errors.md'
        yield Finding('complaint', f'{part}: {words}', advice)


def _is_tested(release: str) -> bool:
    found = re.search(r'(\d+)\.(\d+)\.(\d+)', release)
    if not found:
        return False
    version = tuple(map(int, found.groups()))
    return any(first <= version <= last for first, last in TESTED)


def _names(endpoints: tuple[Endpoint, ...] | list[Endpoint]) -> str:
    return ', '.join(sorted(each.node for each in endpoints))
