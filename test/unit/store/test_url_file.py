"""Where the URL of a store comes from, so that its password is nobody else's."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator_ren.cli.verify_store import UNREADABLE, main
from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.store.location import default_url
from orchestrator_ren.store.url_file import chosen_url, exposed_by

URL = 'postgresql+psycopg2://ren:secret@host/robots'

WriteUrl = Callable[..., str]


@pytest.fixture
def write_url(tmp_path: Path) -> WriteUrl:
    """Return what writes a file, and returns its path."""

    def write(content: str = f'{URL}\n', mode: int = 0o600) -> str:
        path = tmp_path / 'url'
        path.write_text(content)
        path.chmod(mode)
        return str(path)

    return write


def chosen(url: str, file: str) -> str:
    return chosen_url(url, file, '/robot1', 'the file')


def test_it_is_the_parameter_or_the_file_or_that_of_the_namespace(write_url: WriteUrl) -> None:
    assert chosen('sqlite:///a.db', '') == 'sqlite:///a.db'
    assert chosen('', write_url()) == URL
    assert chosen('', '') == default_url('/robot1')


def test_paths_in_the_file_are_expanded(
    write_url: WriteUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('ROBOT', 'r1')
    assert str(chosen('', write_url('sqlite:////data/$ROBOT.db'))) == 'sqlite:////data/r1.db'
    assert exposed_by(chosen('', write_url('sqlite:////data/$ROBOT.db'))) == []


@pytest.mark.parametrize('mode', [0o640, 0o604, 0o660, 0o620, 0o644])
def test_a_file_that_others_may_touch_is_refused(mode: int, write_url: WriteUrl) -> None:
    with pytest.raises(ConfigurationError, match=f'{mode:04o}') as caught:
        chosen('', write_url(mode=mode))
    assert 'secret' not in str(caught.value)


def test_two_urls_are_refused(write_url: WriteUrl) -> None:
    with pytest.raises(ConfigurationError, match=r'the file is .*; it must be empty'):
        chosen('sqlite:///a.db', write_url())


@pytest.mark.parametrize('content', ['', '\n', f'{URL}\n{URL}\n', f'url: {URL}'])
def test_what_is_no_url_is_refused_and_not_told(content: str, write_url: WriteUrl) -> None:
    with pytest.raises(ConfigurationError, match='one URL and nothing else') as caught:
        chosen('', write_url(content))
    assert 'secret' not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='No such file'):
        chosen('', str(tmp_path / 'none'))
    with pytest.raises(ConfigurationError, match='directory'):
        chosen('', str(tmp_path))
    (tmp_path / 'binary').write_bytes(b'\xff\xfe')
    with pytest.raises(ConfigurationError, match='can be read'):
        chosen('', str(tmp_path / 'binary'))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'pipe', 0o600)
    with pytest.raises(ConfigurationError):
        chosen('', str(tmp_path / 'pipe'))


@pytest.mark.parametrize(
    ('url', 'is_told'),
    [
        (URL, True),
        ('postgresql://ren@host/robots?password=secret', True),
        ('postgresql+psycopg2://ren@host:5432/robots', False),
        ('sqlite:////data/tickets.db', False),
        ('', False),
    ],
)
def test_a_password_in_a_parameter_is_seen(url: str, is_told: bool) -> None:
    assert bool(exposed_by(url)) is is_told
    assert 'secret' not in ''.join(exposed_by(url))


def test_verify_store_takes_the_file_too(
    write_url: WriteUrl, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = write_url(f'sqlite:///{tmp_path}/none.db')
    assert main(['--store-url-file', file]) == UNREADABLE
    assert 'none.db' in capsys.readouterr().err
    assert main(['--store-url-file', write_url(mode=0o644)]) == UNREADABLE
    assert '0644' in capsys.readouterr().err
