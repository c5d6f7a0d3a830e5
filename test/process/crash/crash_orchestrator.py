"""The orchestrator, killed at a named point; a program of its own, started by the kill tests.

The product knows nothing of it: the points are put around its functions from outside.

Environment:
    CRASH_AT: One of `POINTS`; empty = it is not killed.
    CRASH_AFTER: How many times that point is passed, the last time to death.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rclpy.action import ActionServer
from rclpy.service import Service

from orchestrator_ren.motion.odometry import Odometer
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.node import main
from orchestrator_ren.store.database import Database
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ticket import Status

POINTS = {
    'before commit': 'all of a change is written, but not committed',
    'after commit': 'it is committed, but nobody was told',
    'before reply': 'of create_ticket, cancel_ticket or an execution: all but the reply is done',
    'after reply': 'the same, and the reply is on its way',
    'queued': 'a ticket was written QUEUED, while another drives',
    'mid-drive': 'a velocity was sent',
    'mid-cancel': 'cancel_ticket was answered, and the robot still moves',
    'recovery before commit': 'the clean-up after the last kill is written, but not committed',
    'recovery after commit': 'the clean-up is committed, but nobody was told',
}


class Killer:
    """Counts how often the chosen point is passed, and kills this process."""

    def __init__(self, point: str, passings: int) -> None:
        assert not point or point in POINTS, point
        self._point = point
        self._passings_left = passings

    def passing(self, point: str) -> None:
        if point != self._point:
            return
        self._passings_left -= 1
        if self._passings_left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        self._watch_store()
        self._watch_replies()
        self._watch_motion()

    def _watch_store(self) -> None:
        committed = Database._committed
        kind = ''

        @contextlib.contextmanager
        def watched(database: Database, *options: Any) -> Iterator[Any]:
            with committed(database, *options) as connection:
                yield connection
                self.passing(f'{kind}before commit')
            self.passing(f'{kind}after commit')

        def named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
            def of_that_kind(store: TicketStore, *args: Any) -> Any:
                nonlocal kind
                kind = f'{name} '
                try:
                    return function(store, *args)
                finally:
                    kind = ''

            return of_that_kind

        Database._committed = watched
        TicketStore.recover = named('recovery', TicketStore.recover)
        TicketStore.prune = named('pruning', TicketStore.prune)

    def _watch_replies(self) -> None:
        send_response, send_result = Service.send_response, ActionServer._send_result_response

        def watched_response(service: Service, *args: Any) -> None:
            is_watched = service.service_name.endswith(('/create_ticket', '/cancel_ticket'))
            if is_watched:
                self.passing('before reply')
            send_response(service, *args)
            if is_watched:
                self.passing('after reply')

        def watched_result(server: ActionServer, header: Any, future: Any) -> None:
            is_watched = future.result().result.ticket.id
            if is_watched:
                self.passing('before reply')
            send_result(server, header, future)
            if is_watched:
                self.passing('after reply')

        Service.send_response = watched_response
        ActionServer._send_result_response = watched_result

    def _watch_motion(self) -> None:
        is_moving = is_cancelled = False

        def after_send(_link: GateLink, _stream: str, velocity: Any, **_: Any) -> None:
            nonlocal is_moving
            is_moving = not velocity.is_zero
            if is_moving:
                self.passing('mid-drive')

        def after_change(_store: TicketStore, _before: Any, after: Any, *_: Any) -> None:
            if after.status is Status.QUEUED and is_moving:
                self.passing('queued')

        def after_response(service: Service, response: Any, _header: Any) -> None:
            nonlocal is_cancelled
            is_cancelled |= service.service_name.endswith('/cancel_ticket') and response.success

        def after_look(_odometer: Odometer, _since_mono_s: float) -> None:
            if is_cancelled:
                self.passing('mid-cancel')

        TicketStore.change = _followed_by(TicketStore.change, after_change)
        GateLink.send = _followed_by(GateLink.send, after_send)
        Service.send_response = _followed_by(Service.send_response, after_response)
        Odometer.is_standing = _followed_by(Odometer.is_standing, after_look)


def _followed_by(function: Callable[..., Any], follower: Callable[..., None]) -> Any:
    def both(*args: Any, **keywords: Any) -> Any:
        outcome = function(*args, **keywords)
        follower(*args, **keywords)
        return outcome

    return both


if __name__ == '__main__':
    Killer(os.environ.get('CRASH_AT', ''), int(os.environ.get('CRASH_AFTER', '1'))).install()
    sys.exit(main())
