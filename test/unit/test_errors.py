"""Codes are stable and unique, and every message can be made."""

import re
import string

import pytest

from orchestrator_ren import errors
from orchestrator_ren.errors import OrchestratorError, SpeedAboveLimit

CLASSES = [kind for kind in OrchestratorError.tree() if kind is not OrchestratorError]
every_class = pytest.mark.parametrize('kind', CLASSES, ids=lambda kind: kind.__name__)

CODES = {
    'ContractError': 100, 'UnknownCommand': 101, 'MissingParameter': 102, 'UnknownParameter': 103,
    'WrongType': 104, 'NotFinite': 105, 'OutOfRange': 106, 'SpeedAboveLimit': 107,
    'SpeedNegative': 108, 'DurationNotPositive': 109, 'NotAnObject': 110, 'ObjectTooLarge': 111,
    'TimeoutTooShort': 112, 'RequestIdConflict': 113, 'UnknownStatus': 114,
    'PageTokenInvalid': 115,
    'TicketError': 200, 'TicketNotFound': 201, 'IllegalTransition': 202, 'TicketActive': 203,
    'TicketFinished': 204, 'Interrupted': 205, 'ServiceStopping': 206,
    'CancelTimeout': 207, 'DeadlinePassed': 208,
    'ResultTooLarge': 211, 'CommandUnresponsive': 212,
    'StoreError': 300, 'StoreUnavailable': 301, 'StoreInUse': 302, 'StoreConflict': 303,
    'StoreTooNew': 304, 'StoreReadOnly': 305, 'StoreFull': 306, 'StoreLocked': 307,
    'StoreDamaged': 308, 'StoreUrlInvalid': 309, 'EndingUnsaved': 310, 'StopUnrecorded': 311,
    'StoreTimeout': 312, 'StoreLockLost': 313,
    'MotionError': 400, 'ExecutionTimeout': 401, 'NotAtStandstill': 402, 'HeadingNotReached': 403,
    'OdometryLost': 404, 'NoOdometry': 405, 'ClockUnusable': 406,
    'ScanMissing': 407, 'PictureFailed': 408, 'Blocked': 409, 'OdometryJumped': 410,
    'SafetyError': 500, 'EStopActive': 501, 'GateLost': 502, 'CommandStale': 503,
    'MotionStopped': 504, 'CommandRefused': 505, 'ResetRefused': 506,
    'NotAlone': 507, 'NotFollowed': 508,
    'ForwardError': 600, 'ForwardRejected': 601, 'ForwardFailed': 602, 'ForwardUnavailable': 603,
    'ForwardTimeout': 604,
    'ConfigurationError': 700, 'WorldError': 701, 'LibraryMissing': 702,
    'ClientError': 800, 'NotAnswered': 801, 'CalledFromCallback': 802, 'InternalError': 900,
}  # fmt: skip
"""What was given out; a code never changes its meaning, so nothing here is ever edited."""


UNITS = ('_s', '_mps', '_radps', '_deg', '_m')


def fields_of(kind: type[OrchestratorError]) -> dict[str, object]:
    """Return a value for every field of the class's message."""
    names = {name for _, name, _, _ in string.Formatter().parse(kind.template) if name}
    return {name: 1.5 if name.endswith(UNITS) else f'<{name}>' for name in names}


def test_codes_given_out_keep_their_meaning() -> None:
    now = {kind.__name__: kind.code for kind in CLASSES}
    assert {name: now.get(name) for name in CODES} == CODES


def test_every_code_is_unique() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(codes) == len(set(codes))


@every_class
def test_the_code_lies_in_the_block_of_the_branch(kind: type[OrchestratorError]) -> None:
    branch = next(base for base in kind.__mro__ if OrchestratorError in base.__bases__)
    assert branch.code >= 100
    assert branch.code % 100 == 0
    assert branch.code <= kind.code < branch.code + 100


@every_class
def test_the_message_shows_every_field(kind: type[OrchestratorError]) -> None:
    fields = fields_of(kind)
    error = kind(**fields)
    assert str(error)
    for value in fields.values():
        assert str(value) in str(error)
    assert error.fields == fields


@every_class
def test_the_tree_at_the_top_of_the_module_has_the_class(kind: type[OrchestratorError]) -> None:
    tree = (errors.__doc__ or '').partition('Codes never change')[0]
    assert re.search(rf'\b{kind.__name__}\b', tree)


def test_the_tree_at_the_top_of_the_module_has_no_other_class() -> None:
    tree = (errors.__doc__ or '').partition('Codes never change')[0]
    drawn = set(re.findall(r'\b[A-Z]+[a-z]+[A-Z]\w+', tree))
    assert not drawn - {kind.__name__ for kind in OrchestratorError.tree()}


def test_the_tree_at_the_top_of_the_module_has_the_codes_of_its_branches() -> None:
    drawn = re.findall(r'[├└]── (\w+) +(\d+)', errors.__doc__ or '')
    assert {name: int(code) for name, code in drawn} == {
        kind.__name__: kind.code for kind in OrchestratorError.__subclasses__()
    }


@every_class
def test_every_class_says_what_it_means(kind: type[OrchestratorError]) -> None:
    assert kind.__doc__
    assert kind.__doc__ != kind.__mro__[1].__doc__


def test_each_way_for_a_store_to_fail_is_one_of_being_unavailable() -> None:
    ways = {kind.__name__: kind.retryable for kind in errors.StoreUnavailable.__subclasses__()}
    assert ways == {
        'StoreReadOnly': True, 'StoreFull': True, 'StoreLocked': True, 'StoreDamaged': True,
        'StoreUrlInvalid': False, 'StoreTimeout': True, 'StoreLockLost': True,
    }  # fmt: skip


def test_a_message_names_field_value_and_limit() -> None:
    error = SpeedAboveLimit(field='params.speed', value=3.5, limit='at most 3.0')
    assert str(error) == 'params.speed is 3.5; it must be at most 3.0'


@every_class
def test_an_error_is_made_again_from_its_code(kind: type[OrchestratorError]) -> None:
    error = errors.from_code(kind.code, 'params.speed is 3.5 {x}')
    assert type(error) is kind
    assert (str(error), error.code, error.retryable) == (
        'params.speed is 3.5 {x}', kind.code, kind.retryable,
    )  # fmt: skip


@every_class
def test_fields_come_along_with_the_message(kind: type[OrchestratorError]) -> None:
    """A door that shows which field is wrong would have to guess it from the words."""
    made = kind(**fields_of(kind))
    again = errors.from_code(kind.code, str(made))
    assert set(again.fields) == set(made.fields)
    assert kind.template.count('{') == 0 or str(again.fields.get('field', '<field>')) == '<field>'


def test_words_of_another_version_have_no_fields() -> None:
    assert errors.from_code(106, 'too fast').fields == {}


def test_a_code_of_a_newer_version_keeps_its_number() -> None:
    error = errors.from_code(999, 'something new')
    assert (type(error), error.code, str(error)) == (OrchestratorError, 999, 'something new')
    assert OrchestratorError.code == 0


def test_an_error_made_again_is_caught_as_what_it_is() -> None:
    with pytest.raises(errors.StoreUnavailable, match='full'):
        raise errors.from_code(306, 'the disk is full')


@pytest.mark.parametrize(
    ('text', 'line'),
    [
        ('90° – grün 機器', '90° – grün 機器'),
        ('a\nb\r\tc', r'a\nb\r\tc'),
        ('\x1b[2J\x9b\x00', r'\x1b[2J\x9b\x00'),
        ('\u202egnp\u2028', r'\u202egnp\u2028'),
        ('\udcff', r'\udcff'),
    ],
)
def test_what_is_printed_is_one_line_and_steers_no_terminal(text, line):
    assert errors.printable(text) == line
    assert errors.shown(ValueError(f'x{text}')).isprintable()
