import pytest

from .fitting import fitted


def test_a_line_is_found_and_goes_on_beyond_what_was_measured() -> None:
    fit = fitted({1: 5.0, 2: 8.0, 4: 14.0, 8: 26.0})
    assert fit.coefficients == pytest.approx((2.0, 3.0))
    assert fit.at(1000) == pytest.approx(3002.0)
    assert fit.error == pytest.approx(0.0, abs=1e-9)


def test_a_parabola_is_found_where_each_has_to_do_with_each_other_one() -> None:
    measured = {n: 1.0 + 2.0 * n + 3.0 * n * n for n in (0, 1, 2, 4, 8)}
    assert fitted(measured, is_square=True).coefficients == pytest.approx((1.0, 2.0, 3.0))


def test_a_parabola_that_would_turn_down_is_a_line() -> None:
    assert len(fitted({0: 0.0, 1: 9.0, 2: 10.0, 3: 11.0}, is_square=True).coefficients) == 2


def test_two_points_make_a_line_whatever_is_asked_for() -> None:
    assert len(fitted({1: 1.0, 2: 2.0}, is_square=True).coefficients) == 2


def test_what_lies_beside_the_line_is_told() -> None:
    assert fitted({1: 0.0, 2: 10.0, 3: 0.0}).error > 0.5


def test_words_are_those_of_a_formula() -> None:
    assert fitted({0: -1.0, 1: 1.0}).words() == '-1 + 2 n'
