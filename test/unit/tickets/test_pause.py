"""Why the queue is paused, as it is stored."""

import pytest

from orchestrator_ren.tickets.pause import PauseReason


@pytest.mark.parametrize('mark', [7, 99, -1, 2**40])
def test_a_reason_that_only_a_newer_version_knows_is_a_pause_all_the_same(mark: int) -> None:
    """The queue was never loaded: the mark was no PauseReason."""
    reason = PauseReason(mark)
    assert reason
    assert reason is not PauseReason.NONE
    assert reason.value == mark
    assert reason.text == f'by a newer version: {mark}; call resume_queue'


def test_what_is_no_number_is_no_reason() -> None:
    with pytest.raises(ValueError, match='paused'):
        PauseReason('paused')  # type: ignore[arg-type]


def test_each_known_mark_has_its_own_text() -> None:
    assert [PauseReason(each.value) for each in PauseReason] == list(PauseReason)
