"""How often tests repeat what is a matter of chance."""

import os

IS_LONG = os.environ.get('TEST_LONG') == '1'


def amount(name: str, bounded: int, whole: int) -> int:
    """Return how often: `whole` in `make test-long`, `bounded` else.

    A variable of that name in the environment says another number.
    """
    return int(os.environ.get(name, whole if IS_LONG else bounded))
