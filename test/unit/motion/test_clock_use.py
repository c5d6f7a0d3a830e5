"""Whether simulated time can be used, while nothing moves."""

from orchestrator_ren.motion.clock_use import CLOCK_STANDS_S, ClockUse


def detail(use: ClockUse, now_ns: int, now_mono_s: float) -> str:
    trouble = use.trouble(now_ns, now_mono_s)
    return str(trouble) if trouble else ''


def test_a_clock_that_has_not_begun_cannot_be_used() -> None:
    assert 'no /clock is heard' in detail(ClockUse(), 0, 100.0)


def test_a_clock_that_goes_on_can_be_used_however_slow_its_steps_are() -> None:
    use = ClockUse()
    for step in range(5):
        assert detail(use, 1 + step, 100.0 + step * CLOCK_STANDS_S) == ''
        assert detail(use, 1 + step, 100.0 + (step + 0.9) * CLOCK_STANDS_S) == ''


def test_a_clock_that_stands_cannot_be_used_until_it_goes_on() -> None:
    use = ClockUse()
    assert detail(use, 5, 100.0) == ''
    assert 'stands for 2.1 s' in detail(use, 5, 100.1 + CLOCK_STANDS_S)
    assert detail(use, 4, 103.0) == ''
