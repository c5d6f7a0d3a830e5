"""The keys that count, while their file changes."""

import os

import pytest

from orchestrator_ren.errors import KeyFileInvalid
from orchestrator_ren.gateway.access import KeyRing
from orchestrator_ren.gateway.access.key_ring import LOOK_S
from orchestrator_ren.key import Role
from orchestrator_ren.key_file import KeyFile

from .harness import NOW


class Ring:
    """A ring, and the time."""

    def __init__(self, file: KeyFile) -> None:
        self.mono_s = 0.0
        self.complaints: list[str] = []
        self.ring = KeyRing(file, lambda: self.mono_s, self.complaints.append)

    def names_later(self) -> list[str]:
        self.mono_s += LOOK_S
        return [each.name for each in self.ring.keys]


@pytest.fixture
def file(tmp_path) -> KeyFile:
    made = KeyFile(tmp_path / 'http.keys')
    made.add('anna', Role.VIEWER, None, NOW)
    return made


@pytest.fixture
def ring(file) -> Ring:
    made = Ring(file)
    made.ring.load()
    return made


def test_a_key_counts_or_not_within_a_second_of_the_change(ring, file) -> None:
    assert LOOK_S <= 0.9
    file.add('bob', Role.VIEWER, None, NOW)
    assert [each.name for each in ring.ring.keys] == ['anna']
    assert ring.names_later() == ['anna', 'bob']
    file.remove('anna')
    assert ring.names_later() == ['bob']
    file.remove('bob')
    assert ring.names_later() == []
    assert ring.complaints == []


def test_what_is_written_into_the_file_by_hand_is_seen(ring, file) -> None:
    lines = file.path.read_text()
    with file.path.open('a') as appended:
        appended.write(lines.splitlines()[1].replace('anna', 'carl') + '\n')
    assert ring.names_later() == ['anna', 'carl']
    size = file.path.read_text().replace('carl', 'dora')
    file.path.write_text(size)
    assert ring.names_later() == ['anna', 'dora']


BREAKS = {
    'mode 0644': lambda path: path.chmod(0o644),
    'line 1': lambda path: path.write_text('nonsense'),
    'there is none': lambda path: path.unlink(),
    'more than': lambda path: path.write_text('#' * 1_000_000),
}


@pytest.mark.parametrize('reason', BREAKS)
def test_of_a_broken_file_it_is_said_once_and_the_keys_of_before_count(ring, file, reason) -> None:
    content = file.path.read_bytes()
    BREAKS[reason](file.path)
    assert [ring.names_later() for _ in range(5)] == [['anna']] * 5
    [complaint] = ring.complaints
    assert reason in complaint
    assert 'the keys of before count on' in complaint
    file.path.unlink(missing_ok=True)
    file.path.touch(0o600)
    file.path.write_bytes(content)
    file.add('bob', Role.VIEWER, None, NOW)
    assert ring.names_later() == ['anna', 'bob']
    assert len(ring.complaints) == 1


def test_a_file_broken_in_another_way_is_told_again(ring, file) -> None:
    file.path.chmod(0o644)
    ring.names_later()
    file.path.write_text('nonsense')
    file.path.chmod(0o600)
    ring.names_later()
    assert len(ring.complaints) == 2


def test_with_a_file_that_is_broken_at_first_nothing_starts(file) -> None:
    os.chmod(file.path, 0o640)
    with pytest.raises(KeyFileInvalid):
        Ring(file).ring.load()


def test_to_look_often_costs_nothing(ring, monkeypatch) -> None:
    looked = []
    monkeypatch.setattr('os.stat', lambda _path: looked.append(1))
    for _ in range(1000):
        assert len(ring.ring.keys) == 1
    assert looked == []
