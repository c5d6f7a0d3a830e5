"""What an operator does with the page."""

import json
import time
from typing import Any

import pytest
from std_msgs.msg import Bool

from .conftest import Operator, System, is_stopped

pytestmark = pytest.mark.alone


def moving(system: System) -> None:
    system.spin_until(lambda: system.speed_mps > 0.3)


def test_a_drive_made_by_the_form_runs_to_its_end(system: System, operator: Operator) -> None:
    ticket = operator.drives('0.5', '1')
    moving(system)
    operator.sees('#running', 'm/s')
    operator.sees(operator.row(ticket), 'completed')
    operator.sees('#running', 'Nothing is executed.')
    operator.sees('#events', 'execution completed')
    assert operator.page.locator('.way polyline').count() == 1
    operator.page.click(f'#show-{ticket}')
    operator.sees('#history', 'execution started')
    operator.page.click('#close-history')


def test_what_is_refused_is_said_beside_its_field(operator: Operator) -> None:
    operator.fills_drive('5', '1')
    operator.page.click('#create-only')
    operator.sees('#param-speed-error', 'at most 3')
    assert operator.page.get_attribute('#param-speed', 'aria-invalid') == 'true'
    described = str(operator.page.get_attribute('#param-speed', 'aria-describedby'))
    assert 'param-speed-error' in described
    operator.page.fill('#param-speed', '1')
    operator.misses('#param-speed-error')
    operator.page.fill('#param-duration_seconds', 'long')
    operator.page.click('#create-only')
    operator.sees('#param-duration_seconds-error', 'is no number')


def test_stop_in_the_middle_of_a_drive_is_a_zero_on_cmd_vel(
    system: System, operator: Operator
) -> None:
    ticket = operator.drives()
    moving(system)
    began_mono_s = time.monotonic()
    operator.page.click('#stop')
    system.spin_until(lambda: is_stopped(system))
    assert time.monotonic() - began_mono_s < 0.5
    operator.sees('#stop-said', 'is through')
    operator.sees(operator.row(ticket), 'cancelled')


def test_escape_stops_also_from_within_a_field(system: System, operator: Operator) -> None:
    operator.drives()
    moving(system)
    operator.page.focus('#param-speed')
    operator.page.keyboard.press('Escape')
    system.spin_until(lambda: is_stopped(system))
    operator.sees('#stop-said', 'is through')


def test_the_e_stop_is_pressed_shown_and_reset(system: System, operator: Operator) -> None:
    operator.drives()
    moving(system)
    operator.page.click('#press')
    operator.sees('#stop-said', 'latched')
    operator.sees('#e-stop-state', 'E-STOP LATCHED')
    operator.sees('#state', 'STOPPED')
    system.spin_until(lambda: is_stopped(system))
    operator.page.click('#create-run', force=True)
    operator.sees('#told', 'not now')
    assert operator.page.get_attribute('#create-run', 'title')
    operator.resets()
    operator.sees('#state', 'READY')


def test_a_button_that_somebody_holds_is_told_and_its_release_resets_nothing(
    system: System, operator: Operator
) -> None:
    system.e_stop.publish(Bool(data=True))
    operator.sees('#e-stop-state', 'The button is pressed')
    operator.page.click('#reset-button')
    operator.sees('#told', 'Refused')
    operator.sees('#e-stop-state', 'LATCHED')
    system.e_stop.publish(Bool(data=False))
    operator.misses('#release')
    operator.sees('#e-stop-state', 'LATCHED')
    operator.page.click('#reset-button')
    operator.sees('#e-stop-state', 'free')


def test_the_queue_is_paused_and_goes_on(system: System, operator: Operator) -> None:
    operator.page.click('#pause')
    operator.sees('#paused', 'Paused')
    operator.fills_drive('0.5', '1')
    operator.page.click('#create-run')
    operator.sees('#queue ol', 'drive')
    assert not any(each.linear.x for each in system.cmd_vel[-10:])
    operator.page.click('#resume')
    operator.sees('#queue', 'Nothing waits.')
    operator.sees('#running', 'Nothing is executed.')


def test_a_ticket_that_waits_and_one_that_runs_are_cancelled(
    system: System, operator: Operator
) -> None:
    first = operator.drives()
    operator.page.wait_for_selector('#create-run:not([aria-disabled])')
    operator.page.click('#create-run')
    operator.sees('#queue ol', 'drive')
    operator.page.click('#queue ol button')
    operator.sees('#queue', 'Nothing waits.')
    operator.page.click(f'#running #cancel-{first}')
    operator.sees(operator.row(first), 'cancelled')
    system.spin_until(lambda: is_stopped(system))


def test_what_has_ended_is_run_again(operator: Operator) -> None:
    ticket = operator.drives('0.5', '0.5')
    operator.sees(operator.row(ticket), 'completed')
    operator.page.click(f'#run-{ticket}')
    operator.sees('#told', ticket)
    operator.page.wait_for_selector('#running article')
    operator.sees(operator.row(ticket), 'completed')


def test_two_clicks_make_one_ticket_and_enter_makes_none(
    system: System, operator: Operator
) -> None:
    operator.fills_drive('0.5', '1')
    total = _total(system)
    for field in ('#param-speed', '#param-duration_seconds'):
        operator.page.press(field, 'Enter')
    operator.page.dblclick('#create-only')
    operator.sees('#told', 'is created')
    operator.sees('#told', 'is created')
    operator.page.wait_for_selector('#create-only:not([aria-disabled])')
    system.spin_until(lambda: _total(system) > total)
    assert _total(system) == total + 1


def _total(system: System) -> int:
    status = system.statuses[-1]
    return int(
        status.pending
        + status.queued
        + status.executing
        + status.completed
        + status.failed
        + status.cancelled
    )


def test_a_command_is_run_by_the_keyboard_alone(system: System, operator: Operator) -> None:
    page = operator.page
    _tab_to(page, 'param-speed')
    page.keyboard.type('0.5')
    _tab_to(page, 'param-duration_seconds')
    page.keyboard.type('30')
    _tab_to(page, 'create-run')
    page.keyboard.press('Enter')
    moving(system)
    _tab_to(page, 'stop')
    page.keyboard.press('Enter')
    system.spin_until(lambda: is_stopped(system))
    operator.sees('#stop-said', 'is through')


def _tab_to(page: Any, name: str) -> None:
    """Press Tab until that has the focus, and it is seen that it has."""
    for _ in range(80):
        page.keyboard.press('Tab')
        if page.evaluate('document.activeElement?.id') == name:
            style = page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
            assert style != 'none'
            return
    raise AssertionError(f'{name} is not reached by Tab')


def test_tickets_are_listed_page_by_page_and_by_status(system: System, operator: Operator) -> None:
    for _ in range(21):
        system.create('{speed: 0.5, duration_seconds: 1}')
    operator.sees('#tickets .pages', 'page 1')
    operator.page.click('#page-next:not([aria-disabled])')
    operator.sees('#tickets .pages', 'page 2')
    operator.page.click('#page-before')
    operator.sees('#tickets .pages', 'page 1')
    operator.page.select_option('#filter', 'completed')
    operator.misses('#tickets .status:not(.completed)')


def test_other_commands_have_forms_of_their_own(operator: Operator) -> None:
    operator.page.select_option('#command', 'scan')
    operator.page.wait_for_selector('#param-sectors')
    assert operator.page.input_value('#param-sectors') == '12'
    assert operator.page.get_attribute('#param-rotate', 'type') == 'checkbox'
    operator.page.click('#create-run')
    operator.sees('#tickets', 'scan')
    first = operator.page.locator('#tickets li', has_text='scan').first
    first.get_by_text('completed').wait_for()
    first.get_by_role('button', name='Show').click()
    operator.sees('#history pre', 'sectors')
    shown = json.loads(operator.page.inner_text('#history pre'))
    assert shown['params']['sectors'] == 12
