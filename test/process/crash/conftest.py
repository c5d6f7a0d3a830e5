"""For the kill tests: see `crash_orchestrator.py` for where the orchestrator is killed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('rclpy')

from .crash_system import CrashSystem


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f'sqlite:///{tmp_path}/crash.db'


@pytest.fixture
def crash_system(
    context: Any, domain_id: int, namespace: str, tmp_path: Path, store_url: str
) -> Iterator[CrashSystem]:
    made = CrashSystem(context, domain_id, namespace, tmp_path, store_url=store_url)
    yield made
    made.close()
