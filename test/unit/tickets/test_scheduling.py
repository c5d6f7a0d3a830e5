"""Who may start, and who waits for whom."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.tickets.scheduling import Waiting, in_order, may_start
from orchestrator_ren.tickets.ticket import Priority

BASE = frozenset({'base'})
CAMERA = frozenset({'camera'})


def waiting(
    name: str, arrival: int, resources: frozenset[str], priority: Priority = Priority.NORMAL
) -> Waiting:
    return Waiting(name, priority, arrival, resources)


def names(tickets: list[Waiting]) -> list[str]:
    return [each.ticket_id for each in tickets]


queues = st.lists(
    st.tuples(
        st.sampled_from(Priority), st.frozensets(st.sampled_from(['base', 'arm', 'camera']))
    ),
    max_size=8,
).map(
    lambda found: [
        Waiting(f't{arrival}', priority, arrival, resources)
        for arrival, (priority, resources) in enumerate(found)
    ]
)
held_resources = st.sets(st.sampled_from(['base', 'arm', 'camera']))


def test_higher_priority_goes_first_then_earlier_arrival() -> None:
    queue = [
        waiting('low', 0, BASE, Priority.LOW),
        waiting('normal, late', 3, BASE),
        waiting('normal, early', 1, BASE),
        waiting('critical', 9, BASE, Priority.CRITICAL),
        waiting('high', 2, BASE, Priority.HIGH),
    ]
    assert names(in_order(queue)) == ['critical', 'high', 'normal, early', 'normal, late', 'low']


def test_one_of_two_that_need_the_base_starts() -> None:
    queue = [waiting('second', 2, BASE), waiting('first', 1, BASE)]
    assert names(may_start(queue, set())) == ['first']


def test_others_start_beside_it() -> None:
    queue = [waiting('drive', 1, BASE), waiting('look', 2, CAMERA)]
    assert names(may_start(queue, set())) == ['drive', 'look']


def test_a_held_resource_is_waited_for() -> None:
    assert may_start([waiting('drive', 1, BASE)], {'base'}) == []


def test_what_needs_nothing_never_waits() -> None:
    queue = [waiting('drive', 1, BASE), waiting('stop', 2, frozenset(), Priority.LOW)]
    assert names(may_start(queue, {'base', 'camera'})) == ['stop']


def test_a_blocked_high_ticket_keeps_its_resources_from_those_behind() -> None:
    queue = [
        waiting('film the drive', 1, BASE | CAMERA, Priority.HIGH),
        waiting('look', 2, CAMERA),
    ]
    assert may_start(queue, {'base'}) == []


def test_nobody_waits_on_an_empty_queue() -> None:
    assert may_start([], {'base'}) == []


@given(queues, held_resources)
def test_no_resource_ever_has_two_holders(queue: list[Waiting], held: set[str]) -> None:
    holders = Counter(held)
    for each in may_start(queue, held):
        holders.update(each.resources)
    assert all(count == 1 for count in holders.values())


@given(queues, held_resources)
def test_nobody_starts_who_needs_what_one_before_needs(
    queue: list[Waiting], held: set[str]
) -> None:
    starting = names(may_start(queue, held))
    ordered = in_order(queue)
    for position, each in enumerate(ordered):
        before = frozenset(held).union(*(other.resources for other in ordered[:position]))
        assert (each.ticket_id in starting) == before.isdisjoint(each.resources)


@given(queues, held_resources, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(
    queue: list[Waiting], held: set[str], random: object
) -> None:
    shuffled = list(queue)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert may_start(shuffled, held) == may_start(queue, held)


@given(queues, held_resources)
def test_asking_does_not_take_anything(queue: list[Waiting], held: set[str]) -> None:
    before = (list(queue), set(held))
    may_start(queue, held)
    assert (queue, held) == before


@given(queues)
def test_a_queue_is_always_worked_off(queue: list[Waiting]) -> None:
    rounds = 0
    while queue:
        starting = may_start(queue, set())
        assert starting
        queue = [each for each in queue if each not in starting]
        rounds += 1
    assert rounds <= 8
