"""Waiting tickets, and what a decision about them depends on."""

from hypothesis import strategies as st

from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.scheduling import Circumstances, Waiting
from orchestrator_ren.tickets.ticket import Priority

BASE = Needs(exclusive=frozenset({'base'}), moves=True, interlocked=True)
CAMERA = Needs(exclusive=frozenset({'camera'}))
LOOKS = Needs(shared=frozenset({'camera'}))
NOW_S = 1_000_000.0
FREE = Circumstances()


def waiting(
    name: str,
    arrival: int,
    needs: Needs = BASE,
    priority: Priority = Priority.NORMAL,
    **rest: float,
) -> Waiting:
    since_s = rest.pop('since_s', NOW_S - 100.0 + arrival)
    return Waiting(name, priority, since_s, arrival, needs, **rest)


def names(tickets: list[Waiting]) -> list[str]:
    return [each.ticket_id for each in tickets]


NEEDS = [
    Needs(),
    BASE,
    CAMERA,
    LOOKS,
    Needs(frozenset({'base', 'arm'}), moves=True, interlocked=True),
    Needs(frozenset({'arm'}), frozenset({'camera'}), interlocked=True),
]
tickets = st.lists(
    st.builds(
        lambda *drawn: drawn,
        st.sampled_from(Priority),
        st.sampled_from(NEEDS),
        st.floats(0.0, 600.0),
        st.sampled_from([float('-inf'), NOW_S - 1.0, NOW_S + 1.0]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=12,
).map(
    lambda found: [
        Waiting(
            *(f't{arrival}', priority, NOW_S - age_s, arrival, Needs() if is_plan else needs),
            not_before_s=due_s,
            is_plan=is_plan,
        )
        for arrival, (priority, needs, age_s, due_s, is_plan) in enumerate(found)
    ]
)
circumstances = st.builds(
    Circumstances,
    running=st.lists(st.sampled_from(NEEDS), max_size=2).map(
        lambda found: {f'r{n}': waiting(f'r{n}', -n - 1, needs) for n, needs in enumerate(found)}
    ),
    held=st.sampled_from(['', '', '', 'the store is away']),
    paused=st.sampled_from(['', '', '', 'by a client']),
    unsafe=st.sampled_from(['', '', 'the e-stop is latched']),
    max_executions=st.sampled_from([32, 32, 1, 2, 3]),
    may_preempt=st.booleans(),
)
