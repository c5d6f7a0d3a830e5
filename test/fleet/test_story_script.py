"""The script of the story says what its figures say, and its prediction can be checked by hand."""

from collections import Counter

import pytest

from .story_script import ANY, HAS, Outcome, Place, predicted, tickets


def test_it_has_thirty_tickets_each_with_a_name_of_its_own() -> None:
    names = [each.name for each in tickets()]
    assert len(names) == len(set(names)) == 30
    assert predicted().outcomes.keys() == set(names)
    kinds = Counter((each.robot == ANY, bool(each.needs)) for each in tickets())
    assert kinds == {(False, False): 19, (True, False): 3, (True, True): 8}


def test_the_prediction_is_what_one_works_out_with_a_pencil() -> None:
    outcomes = predicted().outcomes
    assert Counter(each.status for each in outcomes.values()) == {
        'COMPLETED': 25, 'FAILED': 2, 'QUEUED': 3,
    }  # fmt: skip
    assert outcomes['any 1'] == outcomes['any 2'] == Outcome('COMPLETED', 0, ('r3',))
    assert outcomes['r3 e-stopped'] == Outcome('FAILED', 501, ('r3',))
    assert outcomes['r3 behind it'] == Outcome('COMPLETED', 0, ('r3',))
    assert outcomes['r2 killed'] == Outcome('FAILED', 216, ('r2',))
    assert outcomes['r2 behind it'] == Outcome('QUEUED', 0, ('r2',))
    assert outcomes['camera 3'] == outcomes['under water'] == Outcome('QUEUED')
    assert outcomes['any that is alive'] == Outcome('COMPLETED', 0, ('r1', 'r3'))


def test_the_places_are_what_one_works_out_with_a_pencil() -> None:
    places = predicted().places
    assert places.keys() == HAS.keys()
    assert places['r1'].near == places['r1'].far == pytest.approx((7.3, 14.0))
    assert places['r2'].near == pytest.approx((0.0, 14.0))
    assert places['r2'].far == pytest.approx((0.0, 22.0))
    assert places['r3'].near == pytest.approx((-6.0, 2.0))
    assert places['r3'].far == pytest.approx((2.0, 2.0))


@pytest.mark.parametrize(
    ('point', 'off_m'),
    [((0.0, 1.0), 0.0), ((0.5, 1.0), 0.5), ((0.0, -2.0), 2.0), ((3.0, 8.0), 5.0)],
)
def test_how_far_off_somebody_is(point: tuple[float, float], off_m: float) -> None:
    assert Place((0.0, 0.0), (0.0, 4.0)).off_m(point) == pytest.approx(off_m)
