"""Once the orchestrator shuts down, nothing new begins."""

import pytest

from orchestrator_ren.errors import ServiceStopping
from orchestrator_ren.orchestrator.shutdown import Shutdown


def test_until_it_begins_nothing_is_refused() -> None:
    shutdown = Shutdown()
    assert not shutdown.has_begun
    shutdown.refuse()


def test_once_it_has_begun_everything_is_refused_for_good() -> None:
    shutdown = Shutdown()
    for _ in range(2):
        shutdown.begin()
        assert shutdown.has_begun
        with pytest.raises(ServiceStopping):
            shutdown.refuse()
