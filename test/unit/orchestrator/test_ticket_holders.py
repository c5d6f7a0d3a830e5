"""Who works on a ticket right now."""

import pytest

from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders

OTHERS = {each: set(Holder) - {each} for each in Holder}


@pytest.mark.parametrize('holder', Holder)
def test_a_ticket_is_in_the_hand_that_took_it_until_that_lets_it_go(holder: Holder) -> None:
    holders = TicketHolders()
    assert not holders.has('t', *Holder)
    holders.of(holder)['t'] = 'what it is to the holder'
    assert holders.has('t', holder)
    assert holders.has('t', *Holder), 'any of the hands asked about'
    assert not holders.has('t', *OTHERS[holder])
    assert not holders.has('another', holder)
    del holders.of(holder)['t']
    assert not holders.has('t', *Holder)


def test_a_ticket_can_be_in_more_than_one_hand() -> None:
    holders = TicketHolders()
    for holder in (Holder.TURN, Holder.EXECUTION):
        holders.of(holder)['t'] = None
    del holders.of(Holder.EXECUTION)['t']
    assert holders.has('t', Holder.TURN)


def test_in_no_hand_at_all_is_nobody() -> None:
    holders = TicketHolders()
    holders.of(Holder.TURN)['t'] = None
    assert not holders.has('t')


def test_alive_is_what_is_executed_or_has_ended_unsaved() -> None:
    holders = TicketHolders()
    for holder in Holder:
        holders.of(holder)[holder.value] = None
    alive = holders.alive_ids()
    assert alive == {Holder.EXECUTION.value, Holder.UNSAVED_END.value}
    holders.of(Holder.EXECUTION).clear()
    assert len(alive) == 2, 'it is of the moment it was asked for'
