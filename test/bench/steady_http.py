"""100 HTTP requests a second until the standard input is closed; prints how many were answered."""

from __future__ import annotations

import select
import sys
import time

from http_calls import HttpCalls

PERIOD_S = 0.01


def main() -> None:
    http, answered = HttpCalls(int(sys.argv[1])), 0
    print('running', flush=True)
    due_mono_s = time.monotonic()
    while not select.select([sys.stdin], [], [], 0)[0]:
        http.ask('GET', '/status')
        answered += 1
        due_mono_s += PERIOD_S
        time.sleep(max(0.0, due_mono_s - time.monotonic()))
    print(answered, flush=True)


if __name__ == '__main__':
    main()
