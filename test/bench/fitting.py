"""Lines through what was measured with few, to tell what many would need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fit:
    """What n of something need: a + b n + c n².

    Attributes:
        coefficients: a, b, and c where there is one.
        error: The largest difference to what was measured, as a share of the largest of that.
    """

    coefficients: tuple[float, ...]
    error: float

    def at(self, number: float) -> float:
        return float(sum(each * number**power for power, each in enumerate(self.coefficients)))

    def words(self) -> str:
        signs = '', ' n', ' n²'
        parts = (
            f'{each:,.4g}{sign}' for each, sign in zip(self.coefficients, signs, strict=False)
        )
        return ' + '.join(parts).replace('+ -', '- ')


def fitted(measured: Mapping[int, float], is_square: bool = False) -> Fit:
    """Return the line with the least squares, or the parabola where there are enough points.

    Args:
        measured: What was measured, by the number of things.
        is_square: Whether each of them may have to do with each other one; where the figures do
            not grow like that, it is a line all the same.
    """
    numbers, values = list(measured), list(measured.values())
    degree = min(2 if is_square else 1, len(numbers) - 1)
    found = np.polynomial.polynomial.polyfit(numbers, values, degree)
    if degree == 2 and found[-1] < 0.0:
        return fitted(measured)
    fit = Fit(tuple(map(float, found)), 0.0)
    largest = max(map(abs, values)) or 1.0
    error = max(abs(fit.at(number) - value) for number, value in measured.items()) / largest
    return Fit(fit.coefficients, error)
