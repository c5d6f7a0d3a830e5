"""Both faces of the client have one contract, and docs/client.md has all of it."""

import inspect
import re
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.client import AsyncTicketClient, TicketClient
from orchestrator_ren.client.link import Link

PAGE = (Path(__file__).parents[3] / 'docs' / 'client.md').read_text(encoding='utf-8')


def public(face):
    return {
        name: each
        for name, each in vars(face).items()
        if not name.startswith('_') or name == '__init__'
    }


def arguments(function):
    return [
        (each.name, each.kind, each.default, each.annotation)
        for each in inspect.signature(function).parameters.values()
    ]


def test_both_faces_have_the_same_calls():
    assert public(TicketClient).keys() == public(AsyncTicketClient).keys()


@pytest.mark.parametrize('name', sorted(public(TicketClient)))
def test_a_call_takes_the_same_on_both_faces(name):
    blocking, awaited = public(TicketClient)[name], public(AsyncTicketClient)[name]
    assert arguments(blocking) == arguments(awaited)
    assert inspect.getdoc(blocking) is None or inspect.getdoc(awaited)


@pytest.mark.parametrize('name', sorted(public(TicketClient).keys() - {'__init__', 'close'}))
def test_every_call_is_on_the_page(name):
    table = PAGE.partition('## Calls')[2].partition('## ')[0]
    assert re.search(rf'`{name}\(', table)


@pytest.mark.parametrize('namespace', ['robot1', '/robot1', '/robot1/'])
def test_a_robot_is_named_with_or_without_slashes(namespace):
    assert Link(namespace, None, None).name('stop') == '/robot1/stop'


def test_without_a_namespace_names_are_those_of_the_node():
    assert Link('', None, None).name('stop') == 'stop'
