"""The files of the page: those of others are as they came, ours ask nobody else."""

import hashlib
import re
from pathlib import Path

import pytest

import orchestrator_ren

FOLDER = Path(orchestrator_ren.__file__).parent / 'gateway' / 'page'
VENDOR = FOLDER / 'vendor'
ROW = re.compile(
    r'^\| `(?P<file>[^`]+)` \|.*\((?P<licences>[^()]+)\) \| `(?P<sum>[0-9a-f]{64})` \|$'
)
OURS = [
    each
    for each in FOLDER.rglob('*')
    if each.suffix in ('.js', '.html', '.css') and VENDOR not in each.parents
]


def rows() -> dict[str, re.Match[str]]:
    lines = (VENDOR / 'VENDOR.md').read_text(encoding='utf-8').splitlines()
    return {found['file']: found for found in map(ROW.match, lines) if found}


def test_each_file_of_others_is_listed_with_its_sum_and_licence() -> None:
    shipped = {each.name for each in VENDOR.iterdir() if each.suffix in ('.js', '.css')}
    assert set(rows()) == shipped
    for name, row in rows().items():
        content = (VENDOR / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row['sum'], name
        for licence in row['licences'].split(', '):
            assert (VENDOR / licence).stat().st_size > 0


@pytest.mark.parametrize('path', OURS, ids=lambda each: each.relative_to(FOLDER).as_posix())
def test_our_files_name_no_other_host(path: Path) -> None:
    addresses = re.findall(r'(?:https?:)?//[\w.-]+\.\w+', path.read_text(encoding='utf-8'))
    assert addresses == []


@pytest.mark.parametrize('path', sorted(FOLDER.glob('*.html')), ids=lambda each: each.name)
def test_no_script_or_style_is_written_into_a_page(path: Path) -> None:
    text = path.read_text(encoding='utf-8')
    assert not re.search(r'<style|\sstyle=|\son\w+=', text)
    assert all('src="' in each for each in re.findall(r'<script[^>]*>', text))


def test_files_stay_small() -> None:
    lengths = {each.name: len(each.read_text(encoding='utf-8').splitlines()) for each in OURS}
    assert {name: lines for name, lines in lengths.items() if lines > 250} == {}
