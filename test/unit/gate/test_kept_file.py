"""A file that is kept what it should be, over full disks, removed files and a disk that hangs."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestrator_ren.gate import kept_file
from orchestrator_ren.gate.kept_file import KeptFile, Unreadable

STATE = {'causes': ['topic'], 'source': 'the button'}


def until(condition: Callable[[], object]) -> None:
    deadline_mono_s = time.monotonic() + 5.0
    while not condition():
        assert time.monotonic() < deadline_mono_s, 'timed out'
        time.sleep(0.005)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'folder' / 'kept.json'


@pytest.fixture
def kept(path: Path) -> Iterator[KeptFile]:
    made = KeptFile(path)
    yield made
    made.close()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let nothing be synced; return the function that frees some space."""

    def fail(_file: int) -> None:
        raise OSError(28, 'No space left on device')

    with monkeypatch.context() as patched:
        patched.setattr(os, 'fsync', fail)
        yield patched.undo


def test_what_is_kept_is_loaded_again(kept: KeptFile, path: Path) -> None:
    assert kept.load() is None
    kept.keep(STATE)
    kept.close()
    assert KeptFile(path).load() == STATE
    assert kept.trouble == ''


def test_nothing_is_written_as_long_as_nothing_is_kept(kept: KeptFile, path: Path) -> None:
    kept.look()
    kept.close()
    assert not path.parent.exists()


@pytest.mark.parametrize('content', [b'', b'garbage', b'[]', b'\xff\xfe', b'[' * 100_000])
def test_what_is_no_document_is_an_error(kept: KeptFile, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Unreadable):
        kept.load()


def test_the_latest_of_many_is_what_the_file_holds(kept: KeptFile) -> None:
    for number in range(200):
        kept.keep({'number': number})
    kept.close()
    assert kept.load() == {'number': 199}


@pytest.mark.parametrize('content', [None, b'', b'{}', b'garbage'])
def test_a_file_that_somebody_changes_is_written_again(
    kept: KeptFile, path: Path, content: bytes | None
) -> None:
    kept.keep(STATE)
    until(lambda: path.exists() and kept.load() == STATE)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    kept.look()
    until(lambda: path.exists() and path.read_text() == json.dumps(STATE, sort_keys=True))


def test_a_write_that_failed_is_told_and_made_as_soon_as_it_can_be(
    kept: KeptFile, full_disk: Callable[[], None]
) -> None:
    """A full disk, once, and the latch was lost for good."""
    kept.keep(STATE)
    until(lambda: 'No space left' in kept.trouble)
    full_disk()
    kept.look()
    until(lambda: kept.trouble == '')
    assert kept.load() == STATE


def test_a_write_that_fails_leaves_the_document_before(
    kept: KeptFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.keep(STATE)
    until(lambda: kept.load() == STATE)
    monkeypatch.setattr(Path, 'replace', lambda *_: os.stat('/nowhere'))
    kept.keep({})
    until(lambda: 'nowhere' in kept.trouble)
    assert kept.load() == STATE
    monkeypatch.undo()


def test_the_end_tries_once_more(kept: KeptFile, full_disk: Callable[[], None]) -> None:
    kept.keep(STATE)
    until(lambda: kept.trouble)
    full_disk()
    kept.close()
    assert kept.load() == STATE


@pytest.mark.alone
def test_nobody_waits_for_a_disk_that_hangs(
    kept: KeptFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    monkeypatch.setattr(os, 'fsync', lambda _file: answers.wait())
    monkeypatch.setattr(kept_file, 'HUNG_S', 0.05)
    monkeypatch.setattr(kept_file, 'CLOSE_S', 0.05)
    began_mono_s = time.monotonic()
    for number in range(100):
        kept.keep({'number': number})
        kept.look()
    assert time.monotonic() - began_mono_s < 0.1
    until(lambda: 'does not answer' in kept.trouble)
    kept.close()
    assert time.monotonic() - began_mono_s < 1.0
    answers.set()
    until(lambda: kept.trouble == '')
    kept.close()
    assert kept.load() == {'number': 99}


def test_what_is_kept_after_the_end_is_written_all_the_same(kept: KeptFile) -> None:
    """A button that is pressed while the gate shuts down."""
    kept.keep({})
    kept.close()
    kept.keep(STATE)
    kept.close()
    assert kept.load() == STATE


def test_its_thread_ends_with_it(kept: KeptFile) -> None:
    before = threading.active_count()
    kept.keep(STATE)
    kept.close()
    until(lambda: threading.active_count() == before)


def test_whether_it_can_be_written_is_found_out_and_changes_nothing(path: Path) -> None:
    kept = KeptFile(path)
    kept.try_out()
    until(lambda: kept.is_tried)
    assert kept.trouble == ''
    assert list(path.parent.iterdir()) == []
    kept.keep(STATE)
    kept.close()
    before = path.stat()
    again = KeptFile(path)
    again.try_out()
    again.close()
    assert (again.is_tried, path.stat()) == (True, before)


def test_what_cannot_be_written_is_known_before_there_is_something_to_write(
    path: Path, full_disk: Callable[[], None]
) -> None:
    """The diagnostics said "written" of a file that cannot be."""
    kept = KeptFile(path)
    kept.try_out()
    until(lambda: 'No space left' in kept.trouble)
    full_disk()
    kept.look()
    until(lambda: kept.trouble == '')
    kept.close()


def test_a_folder_in_its_place_is_found_out(path: Path) -> None:
    path.mkdir(parents=True)
    kept = KeptFile(path)
    kept.try_out()
    until(lambda: 'folder of that name' in kept.trouble)
    kept.close()
