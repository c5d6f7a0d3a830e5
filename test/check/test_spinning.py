"""How futures are waited for: rclpy's own way leaves something behind each time.

`spin_until_future_complete` of rclpy 7.1.x adds a callback to the future for each pass, and each
is a task of the next call: calls took 2 ms at first and 60 ms after 800 of them.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ('orchestrator_ren', 'demo', 'docs', 'test', 'scripts', 'launch')
LEAKS = 'spin_until_future_complete'

TESTED = ROOT / 'test' / 'node' / 'test_executor.py'
"""Our executor has it too, and does not leak."""

TEXTS = [
    ROOT / 'README.md',
    *(
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob('*')
        if path.suffix in ('.py', '.md') and path not in (Path(__file__), TESTED)
    ),
]


def test_there_are_texts_of_each_folder() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in TEXTS} >= {*FOLDERS, 'README.md'}


def test_nobody_waits_for_a_future_by_what_leaks() -> None:
    assert [path for path in TEXTS if LEAKS in path.read_text(encoding='utf-8')] == []
