"""Lines of several programs on one output: whole, named, and never waited for."""

import os
import threading
import time

from orchestrator_ren.cli.up import log_writer
from orchestrator_ren.cli.up.log_writer import Lines, LogWriter, prefixes


def test_lines_come_whole_however_they_are_cut() -> None:
    lines = Lines()
    assert lines.taken(b'a\nb') == [b'a']
    assert lines.taken(b'c\n\nd\n') == [b'bc', b'', b'd']
    assert lines.rest() == []
    assert lines.taken(b'end') == []
    assert (lines.rest(), lines.rest()) == ([b'end'], [])


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    lines = Lines()
    assert lines.taken(b'x' * (log_writer.MOST_BYTES + 1)) == [b'x' * (log_writer.MOST_BYTES + 1)]


def test_prefixes_have_one_width_and_colours_where_they_are_seen() -> None:
    assert prefixes(['a', 'gate'], False) == {'a': b'a    | ', 'gate': b'gate | '}
    coloured = prefixes(['a', 'gate'], True)
    assert all(
        each.startswith(b'\033[') and each.endswith(b'\033[0m') for each in coloured.values()
    )
    assert len(set(coloured.values())) == 2


def test_an_output_that_takes_nothing_holds_nobody_up(monkeypatch) -> None:
    """A terminal that was held (Ctrl-S) would stop a gate in the midst of a log line."""
    monkeypatch.setattr(log_writer, 'MOST_LINES', 10)
    reader, writer = os.pipe()
    log = LogWriter(writer, ['gate'], False, lambda: None)
    began_mono_s = time.monotonic()
    log.start()
    for _ in range(1000):
        log.say('gate', b'x' * 10_000)
    assert time.monotonic() - began_mono_s < 2.0
    taken: list[bytes] = []
    reading = threading.Thread(
        target=lambda: taken.extend(iter(lambda: os.read(reader, 1 << 20), b''))
    )
    reading.start()
    until_mono_s = time.monotonic() + 10.0
    while not log._lines.empty():
        assert time.monotonic() < until_mono_s
        time.sleep(0.001)
    log.say('gate', b'last')
    log.close()
    os.close(writer)
    reading.join(10.0)
    os.close(reader)
    *_, told, last = b''.join(taken).splitlines()
    assert told.endswith(b' lines left out)')
    assert last == b'gate | last'


def test_an_output_that_nobody_reads_any_more_is_told() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    told = []
    log = LogWriter(writer, ['gate'], False, lambda: told.append(True))
    log.start()
    log.say('gate', b'x')
    log.close()
    os.close(writer)
    assert told == [True]
