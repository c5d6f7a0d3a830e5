"""What the pages point to exists: links, files, programs; and the interface page is complete."""

import re
from functools import cache
from pathlib import Path

import pytest

from orchestrator_ren.telemetry.metrics import TicketMetrics

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ('README.md', 'CONTRIBUTING.md', 'CHANGELOG.md')),
    *sorted((ROOT / 'docs').rglob('*.md')),
]
every_page = pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))
TYPES = sorted(path for kind in ('msg', 'srv', 'action') for path in (ROOT / kind).iterdir())
INTERFACE = (ROOT / 'docs' / 'interface.md').read_text(encoding='utf-8')
MOST_LINES = 150
"""Of the README: what it is, two commands, what you see, where to read on."""


def without_code(text: str) -> str:
    return re.sub(r'^```.*?^```', '', text, flags=re.DOTALL | re.MULTILINE)


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    seen: set[str] = set()
    text = without_code(page.read_text(encoding='utf-8'))
    for heading in re.findall(r'^#+ +(.+?) *$', text, re.MULTILINE):
        plain = re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
        same = 1
        anchor = plain
        while anchor in seen:
            anchor, same = f'{plain}-{same}', same + 1
        seen.add(anchor)
    return seen


@every_page
def test_links_point_to_files_and_headings_that_exist(page: Path) -> None:
    text = without_code(page.read_text(encoding='utf-8'))
    links = re.findall(r'\]\(([^)\s]+)\)', text) + re.findall(r'src="([^"]+)"', text)
    for link in links:
        if re.match(r'[a-z]+:', link):
            continue
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), f'{link}: {sorted(anchors(target))}'


@every_page
def test_python_files_that_are_named_exist(page: Path) -> None:
    folders = ('orchestrator_ren', 'test', 'scripts', 'launch', 'demo')
    sources = [
        ROOT / 'setup.py',
        *(each for name in folders for each in (ROOT / name).rglob('*.py')),
    ]
    there = [f'/{each.relative_to(ROOT)}' for each in sources]
    for path in re.findall(r'`([\w/.]+\.py)`', page.read_text(encoding='utf-8')):
        assert any(each.endswith(f'/{path}') for each in there), path


@every_page
def test_programs_and_launch_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding='utf-8')
    setup = (ROOT / 'setup.py').read_text(encoding='utf-8')
    programs = set(re.findall(r"'(\w+) = ", setup))
    assert set(re.findall(r'ros2 run orchestrator_ren (\w+)', text)) <= programs
    assert set(re.findall(r'lib/orchestrator_ren/(\w+)', text)) <= programs
    launch_files = {each.name for each in (ROOT / 'launch').iterdir()}
    assert set(re.findall(r'ros2 launch orchestrator_ren (\S+)', text)) <= launch_files


def test_pages_that_the_sources_name_exist() -> None:
    folders = ('orchestrator_ren', 'test', 'scripts', 'launch', 'demo', 'config', 'msg', 'srv')
    for name in (*folders, 'action'):
        for source in (ROOT / name).rglob('*'):
            if source.suffix in {'.py', '.yaml', '.msg', '.srv', '.action', '.sh'}:
                text = source.read_text(encoding='utf-8')
                for page in re.findall(r'docs/[\w/-]+\.md', text):
                    assert (ROOT / page).is_file(), f'{source}: {page}'


def test_the_readme_is_short() -> None:
    assert len((ROOT / 'README.md').read_text(encoding='utf-8').splitlines()) <= MOST_LINES


def section(name: str) -> str:
    """Return what the interface page has below a type's heading; empty = there is none."""
    found = re.search(rf'^### {name}\n(.*?)(?=^##|\Z)', INTERFACE, re.DOTALL | re.MULTILINE)
    return found[1] if found else ''


@pytest.mark.parametrize('path', TYPES, ids=lambda path: path.name)
def test_the_interface_page_has_every_type_and_field(path: Path) -> None:
    rows = section(path.stem)
    for line in path.read_text(encoding='utf-8').splitlines():
        words = line.partition('#')[0].split()
        if words and words != ['---']:
            name, _, value = words[1].partition('=')
            assert f'| `{name}` | {f"`{value}`" if value else ""}' in rows
    kind = path.suffix.removeprefix('.')
    if kind != 'msg':
        assert f'[{path.stem}](#{path.stem.lower()})' in INTERFACE


@pytest.mark.parametrize('path', TYPES, ids=lambda path: path.name)
def test_every_type_says_what_it_is(path: Path) -> None:
    assert path.read_text(encoding='utf-8').startswith('# ')


def test_the_page_about_watching_has_every_metric_under_each_of_its_names() -> None:
    page = (ROOT / 'docs' / 'watching.md').read_text(encoding='utf-8')
    rows = re.findall(
        r'^\| `([\w.]+)` \| `([\w{}, ]+)` \| (counter|gauge|histogram) \|', page, re.MULTILINE
    )
    assert rows == [(d.name, d.page_name, d.kind) for d in TicketMetrics().descriptions()]
