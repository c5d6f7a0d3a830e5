"""Gateways to be asked."""

import pytest

from .harness import Gateway


@pytest.fixture
def gateway(tmp_path) -> Gateway:
    """One with a key of each role."""
    return Gateway(tmp_path)


@pytest.fixture
def open_gateway(tmp_path) -> Gateway:
    """One without keys."""
    return Gateway(tmp_path, has_keys=False)
