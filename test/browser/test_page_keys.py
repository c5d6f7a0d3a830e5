"""The page of a gateway that needs keys."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from orchestrator_ren.key import Role
from orchestrator_ren.key_file import KeyFile

from .conftest import Opened, Operator, System, await_gateway, free_port, is_stopped
from .test_page_looks import violations

pytestmark = pytest.mark.alone


@pytest.fixture(scope='module')
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The keys by the names of those who have them; and where the file is."""
    path = Path(tmp_path_factory.mktemp('keys'), 'keys')
    now = datetime.now(timezone.utc)
    made = {
        role.name.lower(): KeyFile(path).add(role.name.lower(), role, None, now) for role in Role
    }
    return {**made, 'file': str(path)}


@pytest.fixture(scope='module')
def gateway(system: System, keys: dict[str, str]) -> str:
    port = free_port()
    system.start('http_gateway', port=port, keys_file=keys['file'])
    await_gateway(system, port)
    return f'http://127.0.0.1:{port}'


def signs_in(operator: Operator, key: str) -> None:
    operator.page.get_by_label('Key').fill(key)
    operator.page.get_by_role('button', name='Sign in').click()


def test_an_operator_signs_in_drives_and_signs_out(
    system: System, opened: Opened, keys: dict[str, str]
) -> None:
    operator = opened()
    operator.page.goto(operator.url)
    operator.sees('#live-said', 'Sign in')
    assert violations(operator.page) == []
    operator.page.click('#stop')
    operator.sees('#stop-said', 'NOT through')
    signs_in(operator, 'ren_wrong')
    operator.sees('#told', 'Refused')
    signs_in(operator, keys['operator'])
    operator.sees('.session', 'operator')
    operator.sees('#live-said', 'Live.')
    ticket = operator.drives()
    system.spin_until(lambda: system.speed_mps > 0.3)
    operator.page.click('#stop')
    system.spin_until(lambda: is_stopped(system))
    operator.page.click(f'#show-{ticket}')
    operator.sees('#history', 'by operator')
    operator.page.click('#sign-out')
    operator.sees('#live-said', 'Sign in')
    operator.page.wait_for_selector('html.grey')


def test_a_viewer_looks_on_and_may_stop(
    system: System, opened: Opened, keys: dict[str, str]
) -> None:
    operator = opened()
    operator.page.goto(operator.url)
    signs_in(operator, keys['viewer'])
    operator.sees('#live-said', 'Live.')
    operator.page.wait_for_selector('#create-run[aria-disabled]')
    assert 'viewer' in str(operator.page.get_attribute('#create-run', 'title'))
    operator.page.click('#stop')
    operator.sees('#stop-said', 'is through')
