"""Looks at all there is to watch of an orchestrator, until its standard input is closed.

Parameters: `port` of the page for Prometheus, 0 = none; `scrapes_hz`, how often it is read. It
runs when nobody else wants to: what it spends itself would count as what it costs others.
"""

from __future__ import annotations

import os
import select
import sys
import threading
import time
import urllib.request

import rclpy
from rclpy.executors import SingleThreadedExecutor
from visualization_msgs.msg import MarkerArray

from orchestrator_ren.msg import Metrics, OrchestratorStatus, TicketEvent
from orchestrator_ren.ros import qos

TOPICS = (
    (TicketEvent, 'telemetry/events', qos.EVENTS),
    (Metrics, 'telemetry/metrics', qos.METRICS),
    (OrchestratorStatus, 'status', qos.LATCHED),
    (MarkerArray, 'markers', 10),
)


def scrape(url: str, rate_hz: float) -> None:
    while True:
        with urllib.request.urlopen(url, timeout=5.0) as answer:
            answer.read()
        time.sleep(1.0 / rate_hz)


def main() -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    rclpy.init()
    node = rclpy.create_node('watcher')
    rate_hz = float(node.declare_parameter('scrapes_hz', 1.0).value)
    port = int(node.declare_parameter('port', 0).value)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    heard: list[object] = []
    for type_, topic, profile in TOPICS:
        node.create_subscription(type_, topic, heard.append, profile)
    if port:
        url = f'http://127.0.0.1:{port}/metrics'
        threading.Thread(target=scrape, args=(url, rate_hz), daemon=True).start()
    print('running', flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        executor.spin_once(timeout_sec=0.1)
    print(len(heard), flush=True)
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
