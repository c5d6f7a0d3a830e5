"""The file of keys: what is read, what is refused, and what two who write at once leave."""

import os
import re
import stat
import subprocess
import sys
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren import key_file as module
from orchestrator_ren.errors import KeyExpired, KeyFileInvalid
from orchestrator_ren.key import KEY, Caller, Key, Keys, Role, key_in, line_of
from orchestrator_ren.key_file import KeyFile

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=timezone.utc)
DIGEST = 'ab' * 32
LINE = f'anna operator {DIGEST} 2026-11-27T09:00:00Z never\n'


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / 'folder' / 'http.keys')


def written(file: KeyFile, text: str | bytes, mode: int = 0o600) -> KeyFile:
    file.path.parent.mkdir(exist_ok=True)
    file.path.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.path.chmod(mode)
    return file


def added(file: KeyFile, name: str, role: Role = Role.OPERATOR, days: float | None = None) -> str:
    expires_at = None if days is None else NOW + timedelta(days=days)
    return file.add(name, role, expires_at, NOW)


def test_who_has_a_key_is_known_by_it_and_nobody_else(file: KeyFile) -> None:
    anna, bob = added(file, 'anna'), added(file, 'bob', Role.VIEWER)
    keys = file.read()
    assert KEY.fullmatch(anna)
    assert anna != bob
    assert keys.caller_of(anna, NOW) == Caller('anna', Role.OPERATOR)
    assert keys.caller_of(bob, NOW) == Caller('bob', Role.VIEWER)
    for text in ('', 'ren_', anna[:-1], anna + 'x', anna.upper(), '\udcff', 'ä'):
        assert keys.caller_of(text, NOW) is None


def test_the_key_itself_is_not_in_the_file(file: KeyFile) -> None:
    key = added(file, 'anna')
    assert key.removeprefix('ren_') not in file.path.read_text()


def test_a_key_expires_at_its_instant_and_its_name_is_told(file: KeyFile) -> None:
    key = added(file, 'anna', days=1)
    keys, end = file.read(), NOW + timedelta(days=1)
    assert keys.caller_of(key, end - timedelta(seconds=1)) is not None
    with pytest.raises(KeyExpired, match="'anna' has expired at 2026-11-28T09:00:00Z"):
        keys.caller_of(key, end)


def test_a_removed_key_is_gone_and_the_others_stay(file: KeyFile) -> None:
    anna, bob = added(file, 'anna'), added(file, 'bob')
    assert file.remove('anna').name == 'anna'
    assert file.read().caller_of(anna, NOW) is None
    assert file.read().caller_of(bob, NOW) is not None
    file.remove('bob')
    assert file.read() == ()


def test_every_key_is_compared_whoever_asks(file: KeyFile, monkeypatch) -> None:
    for name in 'abc':
        added(file, name)
    compared = []
    monkeypatch.setattr('hmac.compare_digest', lambda a, b: bool(compared.append(a)) or a == b)
    keys = file.read()
    keys.key_of('nonsense')
    assert len(compared) == 3


def test_a_name_is_there_once(file: KeyFile) -> None:
    added(file, 'anna')
    with pytest.raises(KeyFileInvalid, match="has a key 'anna'; first remove it"):
        added(file, 'anna')


def test_who_is_not_there_cannot_be_removed_and_it_is_said_who_is(file: KeyFile) -> None:
    added(file, 'anna')
    with pytest.raises(KeyFileInvalid, match="no key 'bob'; there are: anna"):
        file.remove('bob')


def test_a_file_that_is_missing_says_what_makes_it(file: KeyFile) -> None:
    assert not file.exists()
    with pytest.raises(KeyFileInvalid, match='there is none; ren key add') as told:
        file.read()
    assert told.value.code == 706


@pytest.mark.parametrize('mode', [0o640, 0o604, 0o660, 0o620, 0o602, 0o644, 0o777, 0o610])
def test_a_file_that_others_may_use_is_refused(file: KeyFile, mode: int) -> None:
    written(file, LINE, mode)
    with pytest.raises(KeyFileInvalid, match=f'mode {mode:04o}.*chmod 600 .*http.keys'):
        file.read()


@pytest.mark.parametrize('mode', [0o600, 0o400, 0o700])
def test_a_file_for_its_owner_is_read(file: KeyFile, mode: int) -> None:
    assert [each.name for each in written(file, LINE, mode).read()] == ['anna']


def test_a_file_of_somebody_else_is_refused(file: KeyFile, monkeypatch) -> None:
    written(file, LINE)
    if os.geteuid() == 0:
        os.chown(file.path, 12345, -1)
    else:
        monkeypatch.setattr('os.geteuid', lambda: 12345)
    with pytest.raises(KeyFileInvalid, match=r'belongs to user \d+, not to this one; chown'):
        file.read()


@pytest.mark.parametrize('make', [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused_at_once(file: KeyFile, make) -> None:
    file.path.parent.mkdir()
    make(file.path)
    with pytest.raises(KeyFileInvalid):
        file.read()


@pytest.mark.parametrize(
    ('line', 'reason'),
    [
        ('anna operator', 'it is not: name role sha256 created expires'),
        (LINE.replace('ab' * 32, 'ab'), 'it is not'),
        (LINE.replace('operator', 'king'), "the role 'king' is none of viewer"),
        (LINE.replace('anna', 'a/b'), "the name 'a/b' is not of letters"),
        (LINE.replace('anna', 'a' * 65), 'the name'),
        (LINE.replace('never', 'soon'), "expires is 'soon'"),
        (LINE.replace('never', '2026-13-01T00:00:00Z'), 'expires is'),
        (LINE.replace('2026-11-27', '2026-11-31'), 'created is'),
        (LINE, "the name 'anna' is there twice"),
        ('\x00\x01', 'it is not'),
        ('{"keys": []}', 'it is not'),
    ],
)
def test_a_broken_line_is_named_with_what_to_do(file: KeyFile, line: str, reason: str) -> None:
    written(file, f'# keys\n{LINE}\n{line}\n')
    with pytest.raises(KeyFileInvalid, match=f'line 4: {re.escape(reason)}.*mend or remove'):
        file.read()
    with pytest.raises(KeyFileInvalid, match='line 4'):
        added(file, 'bob')


@given(st.binary(max_size=200))
def test_whatever_is_in_a_file_it_is_keys_or_refused(tmp_path_factory, content: bytes) -> None:
    file = written(KeyFile(tmp_path_factory.mktemp('keys') / 'http.keys'), content)
    with suppress(KeyFileInvalid):
        assert isinstance(file.read(), Keys)


instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(
    lambda each: each.replace(microsecond=0, tzinfo=timezone.utc)
)


@given(
    st.builds(
        Key,
        name=st.from_regex(r'[A-Za-z0-9][A-Za-z0-9._-]{0,63}', fullmatch=True),
        role=st.sampled_from(Role),
        digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
        created_at=instants,
        expires_at=st.none() | instants,
    )
)
def test_a_line_says_all_of_a_key(key: Key) -> None:
    assert key_in(line_of(key)) == key


def test_too_many_keys_and_too_large_a_file_are_refused(file: KeyFile, monkeypatch) -> None:
    monkeypatch.setattr(module, 'MOST_KEYS', 2)
    added(file, 'a')
    added(file, 'b')
    with pytest.raises(KeyFileInvalid, match='has 2 keys already'):
        added(file, 'c')
    written(file, '#' * (module.MOST_BYTES + 1))
    with pytest.raises(KeyFileInvalid, match='more than 256000 bytes'):
        file.read()


def test_nobody_else_could_ever_read_it(file: KeyFile) -> None:
    before = os.umask(0)
    try:
        added(file, 'anna')
        added(file, 'bob')
    finally:
        os.umask(before)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in file.path.parent.iterdir()}
    assert modes == {'http.keys': 0o600, 'http.keys.lock': 0o600}


def test_what_a_killed_writer_left_is_not_taken(file: KeyFile) -> None:
    added(file, 'anna')
    file.path.with_name('http.keys.new').write_text('half a li')
    added(file, 'bob')
    assert [each.name for each in file.read()] == ['anna', 'bob']


def test_a_writer_who_is_stopped_in_the_middle_leaves_the_old_file(file, monkeypatch) -> None:
    added(file, 'anna')

    def fails(_descriptor: int) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('os.fsync', fails)
    with pytest.raises(KeyFileInvalid, match='No space left'):
        added(file, 'bob')
    assert [each.name for each in file.read()] == ['anna']


def test_a_link_stays_a_link_to_the_file(file: KeyFile, tmp_path: Path) -> None:
    added(file, 'anna')
    link = KeyFile(tmp_path / 'link')
    link.path.symlink_to(file.path)
    added(link, 'bob')
    assert link.path.is_symlink()
    assert [each.name for each in file.read()] == ['anna', 'bob']


def test_who_finds_somebody_writing_for_long_says_so(file: KeyFile, monkeypatch) -> None:
    monkeypatch.setattr(module, 'LOCK_S', 0.05)
    with (
        file._locked(),
        pytest.raises(KeyFileInvalid, match=r'somebody writes it for 0\.05 s'),
    ):
        added(KeyFile(file.path), 'anna')


def test_of_many_who_write_at_once_none_is_lost(file: KeyFile) -> None:
    code = (
        'import sys; from datetime import datetime, timezone\n'
        'from orchestrator_ren.key import Role; from orchestrator_ren.key_file import KeyFile\n'
        'for number in range(10):\n'
        '    KeyFile(sys.argv[1]).add(f"{sys.argv[2]}-{number}", Role.VIEWER, None,'
        ' datetime.now(timezone.utc))'
    )
    words = [sys.executable, '-c', code, str(file.path)]
    writers = [subprocess.Popen([*words, name]) for name in 'abcd']
    assert [each.wait(60) for each in writers] == [0] * 4
    assert len(file.read()) == 40
