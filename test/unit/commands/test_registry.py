"""Commands are found by name."""

import pytest

from orchestrator_ren.commands.drive import Drive
from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.commands.stop import Stop
from orchestrator_ren.errors import UnknownCommand
from orchestrator_ren.tickets.recovery import RecoveryPolicy

from .samples import registry_of


@pytest.mark.parametrize(('name', 'kind'), [('drive', Drive), ('stop', Stop)])
def test_the_built_in_commands_are_known(name: str, kind: type) -> None:
    command = registry_of(DriveSettings()).get(name)
    assert type(command) is kind
    assert command.name == name
    assert command.description.endswith('.')


@pytest.mark.parametrize('name', ['', 'fly', 'Drive', 'drive ', 'stop\n'])
def test_an_unknown_command_is_named_beside_those_there_are(name: str) -> None:
    with pytest.raises(UnknownCommand) as caught:
        registry_of(DriveSettings()).get(name)
    assert str(caught.value).startswith(f"command '{name}' is not known; known are: ")
    assert 'drive' in str(caught.value)
    assert 'stop' in str(caught.value)


def test_the_settings_of_the_robot_reach_its_commands() -> None:
    registry = registry_of(DriveSettings(is_holonomic=True))
    drive = registry.get('drive')
    params = drive.parse({'speed': 1.0, 'direction': 180, 'duration_seconds': 10})
    assert drive.predict(params).duration_s == pytest.approx(11.0)


def test_an_empty_registry_knows_nothing() -> None:
    with pytest.raises(UnknownCommand):
        CommandRegistry([]).get('drive')


def test_only_what_moves_the_base_takes_the_base() -> None:
    registry = registry_of(DriveSettings())
    assert registry.get('drive').resources == {'base'}
    assert registry.get('drive').moves
    assert registry.get('stop').resources == frozenset()
    assert not registry.get('stop').moves


class Harmless(Stop):
    """May be done twice."""

    name = 'harmless'
    recovery = RecoveryPolicy.REQUEUE


class Moving(Harmless):
    """Moves the robot, and declares what it must not."""

    name = 'moving'
    moves = True


def test_after_a_crash_a_command_is_queued_again_only_if_it_says_so() -> None:
    registry = CommandRegistry([Stop(), Harmless()])
    assert registry.recovery_policy('harmless') is RecoveryPolicy.REQUEUE
    assert registry.recovery_policy('stop') is RecoveryPolicy.FAIL


def test_a_robot_never_moves_because_of_a_restart() -> None:
    assert CommandRegistry([Moving()]).recovery_policy('moving') is RecoveryPolicy.FAIL
    registry = registry_of(DriveSettings())
    assert registry.recovery_policy('drive') is RecoveryPolicy.FAIL


def test_tickets_of_a_command_that_is_gone_are_failed() -> None:
    assert CommandRegistry([]).recovery_policy('harmless') is RecoveryPolicy.FAIL
