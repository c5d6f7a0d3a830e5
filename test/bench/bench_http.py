"""What the HTTP gateway adds to the calls that it makes, and costs with 32 who follow live."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from calling import RosCalls
from driving import listen, off_s, with_odometry
from figures import BARE, HEADING, OURS, ROUNDS, Limit, Row, in_turns, percentile
from geometry_msgs.msg import Twist
from http_calls import Followers, HttpCalls, start_gateway
from idling import spent
from machine import print_machine, ros
from processes import Bench
from systems import system

from orchestrator_ren.ros import qos

FOLLOWERS = 32
ADDED_MS = 5.0
STOP_MS = 100.0
CPU_PERCENT = 10.0
PERIOD_MS = 5.0

DRIVING = {
    'command': 'drive',
    'params': {'speed': 0.1, 'duration_seconds': 600},
    'timeout_seconds': 900,
    'queue': True,
}


def creates(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure a creation by HTTP beside the same by ROS, in turns."""
    with system(folder, 'create') as (bench, namespace, _):
        _, port = start_gateway(bench, namespace)
        ros_calls, http = RosCalls(bench, namespace), HttpCalls(port)
        http.create_s()
        took_s = in_turns({OURS: http.create_s, BARE: ros_calls.create_s}, options.calls // ROUNDS)
    in_ms = {side: [1e3 * each for each in values] for side, values in took_s.items()}
    added = [ours - bare for ours, bare in zip(in_ms[OURS], in_ms[BARE], strict=True)]
    return [
        Row('create, p50: HTTP beside ROS', 'ms', in_ms),
        Row('  added by HTTP', 'ms', {OURS: added}, (Limit(ADDED_MS),)),
    ]


def stops(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure from POST /stop to the zero heard here, during drives."""
    with system(folder, 'stop') as (bench, namespace, _):
        _, port = start_gateway(bench, namespace)
        with_odometry(bench, namespace)
        http, heard = HttpCalls(port), [Twist()]
        bench.node.create_subscription(
            Twist, f'/{namespace}/cmd_vel', lambda each: heard.append(each), qos.VELOCITY
        )
        took_ms = [1e3 * _stopped_s(bench, http, heard) for _ in range(options.stops)]
    return [
        Row(
            f'POST /stop to zero, p{percent}', 'ms', {OURS: [percentile(took_ms, percent)]}, limits
        )
        for percent, limits in ((50, ()), (99, (Limit(STOP_MS),)))
    ]


def _stopped_s(bench: Bench, http: HttpCalls, heard: list[Twist]) -> float:
    """Drive, and return how long a stop takes from its press to the zero [s]."""
    http.ask('POST', '/queue/resume')
    http.ask('POST', '/ticket', DRIVING)
    bench.spin_until(lambda: heard[-1] != Twist(), 'a velocity')
    began_s = time.perf_counter()
    asking = http.in_background('POST', '/stop')
    bench.spin_until(lambda: heard[-1] == Twist(), 'zero')
    took_s = time.perf_counter() - began_s
    bench.spin_until(lambda: not asking.is_alive(), 'the answer')
    bench.spin_until(lambda: not http.ask('GET', '/status')['executing_ids'], 'the end')
    return took_s


def followed(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure the gateway's CPU time during a drive, with nobody and with 32 who follow."""
    with system(folder, 'live') as (bench, namespace, _):
        log, port = start_gateway(bench, namespace)
        with_odometry(bench, namespace)
        HttpCalls(port).ask('POST', '/ticket', DRIVING)
        alone = spent(bench, {OURS: [log]}, options.seconds)
        followers = Followers(port, FOLLOWERS)
        busy = spent(bench, {OURS: [log]}, options.seconds)
        followers.close()
    assert followers.messages > FOLLOWERS * options.seconds, 'they were told nothing'
    return [
        Row('gateway, nobody follows', '% CPU', alone),
        Row(f'gateway, {FOLLOWERS} follow a drive', '% CPU', busy, (Limit(CPU_PERCENT),)),
    ]


def periods(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure how far velocities are off their period, with 100 HTTP requests a second."""
    with system(folder, 'period') as (bench, namespace, _):
        _, port = start_gateway(bench, namespace)
        with_odometry(bench, namespace)
        http = HttpCalls(port)
        http.ask('POST', '/ticket', DRIVING)
        heard = listen(bench, namespace)
        bench.spin_until(lambda: len(heard) > 20, 'velocities')
        calm = _off_ms(bench, heard, options.seconds)
        load = bench.start(namespace, 'steady_http', arguments=[str(port)])
        bench.spin_until(lambda: 'running' in load.read_text(), 'the load')
        busy = _off_ms(bench, heard, options.seconds)
        answered = float(bench.end(load).splitlines()[-1])
    name = 'cmd_vel off its period, p99'
    return [
        Row(name, 'ms', {OURS: [percentile(calm, 99)]}),
        Row(f'{name}, with requests', 'ms', {OURS: [percentile(busy, 99)]}, (Limit(PERIOD_MS),)),
        Row('  requests answered', '/s', {OURS: [answered / options.seconds]}),
    ]


def _off_ms(bench: Bench, heard: list[float], duration_s: float) -> list[float]:
    heard.clear()
    bench.wait(duration_s)
    return [1e3 * each for each in off_s(heard)]


MEASURES: tuple[Callable[[Path, argparse.Namespace], list[Row]], ...] = (
    creates,
    stops,
    followed,
    periods,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--calls', type=int, default=500)
    parser.add_argument('--stops', type=int, default=100)
    parser.add_argument('--seconds', type=float, default=20.0)
    options = parser.parse_args()
    verdicts = []
    with ros() as folder:
        print_machine()
        print(f'ours = by HTTP, bare = the same by ROS\n{HEADING}', flush=True)
        for measure in MEASURES:
            for row in measure(folder, options):
                print(row.line(), flush=True)
                verdicts += row.verdicts()
    print('\nyardsticks', *verdicts, sep='\n')


if __name__ == '__main__':
    main()
