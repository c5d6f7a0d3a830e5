"""`stop` stops at once and says whom."""

import asyncio

import pytest

from orchestrator_ren.commands.command import Prediction
from orchestrator_ren.commands.stop import Stop
from orchestrator_ren.errors import UnknownParameter


class MovingRobot:
    """The one thing that `stop` needs of a `CommandContext`; everything else would fail."""

    def __init__(self, moving: list[str]) -> None:
        self.moving = moving
        self.reasons: list[str] = []

    def stop_motion(self, reason: str) -> list[str]:
        self.reasons.append(reason)
        stopped, self.moving = self.moving, []
        return stopped


@pytest.mark.parametrize('moving', [[], ['tick-20260102-0000abcd']])
def test_the_result_names_the_stopped_tickets(moving: list[str]) -> None:
    robot = MovingRobot(list(moving))
    stop = Stop()
    result = asyncio.run(stop.run(stop.parse({}), robot))  # type: ignore[arg-type]
    assert result == {'stopped_tickets': moving}
    assert robot.moving == []
    assert robot.reasons == ['stopped by a stop ticket']


def test_it_takes_no_time() -> None:
    assert Stop().predict(Stop().parse({})) == Prediction(duration_s=0.0, distance_m=0.0)


def test_it_takes_no_parameters() -> None:
    with pytest.raises(UnknownParameter, match=r"params\.now is not a parameter of 'stop'"):
        Stop().parse({'now': True})
