"""100 requests a second, until the standard input is closed; prints how many were answered."""

from __future__ import annotations

import select
import sys
from itertools import cycle
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor

from orchestrator_ren.srv import CreateTicket, GetStatus

PERIOD_S = 0.01


def main() -> None:
    rclpy.init()
    node = rclpy.create_node('steady_load')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    requests = (
        (node.create_client(CreateTicket, 'create_ticket'), CreateTicket.Request(command='stop')),
        (node.create_client(GetStatus, 'get_status'), GetStatus.Request()),
    )
    for client, _ in requests:
        client.wait_for_service()
    answers: list[Any] = []
    turns = cycle(requests)

    def call() -> None:
        client, request = next(turns)
        client.call_async(request).add_done_callback(answers.append)

    node.create_timer(PERIOD_S, call)
    print('running', flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        executor.spin_once(timeout_sec=0.1)
    print(len(answers), flush=True)
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
