"""Every error of the package as HTTP tells it."""

import json

import pytest

from orchestrator_ren import errors
from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.gateway.problem import STATUS_OF, headers_of, problem_of, status_of

EXPECTED = {
    **dict.fromkeys([*range(100, 111), *range(112, 115)], 422),
    111: 413, 115: 400,
    200: 409, 201: 404, 202: 409, 203: 409, 204: 409, 205: 409, 206: 503, 207: 409, 208: 409,
    210: 503, 211: 409, 212: 503, 213: 404, **dict.fromkeys(range(214, 218), 409),
    **dict.fromkeys(range(300, 314), 503), 303: 409, 306: 507,
    **dict.fromkeys(range(400, 411), 409),
    **dict.fromkeys(range(500, 509), 409),
    **dict.fromkeys(range(600, 605), 409),
    **dict.fromkeys(range(700, 709), 500),
    800: 502, 801: 504, 802: 500, 803: 409, 804: 404,
    810: 400, 811: 401, 812: 401, 813: 403, 814: 429, 815: 400, 816: 415, 817: 413, 818: 404,
    819: 405, 820: 421, 821: 403, 822: 503, 823: 503,
    900: 500, 0: 502,
}  # fmt: skip
"""By code, as docs/http.md says."""

every_class = pytest.mark.parametrize(
    'kind', list(OrchestratorError.tree()), ids=lambda kind: kind.__name__
)


def made(
    kind: type[OrchestratorError], message: str = 'x is 1; it must be 2'
) -> OrchestratorError:
    return kind.__new__(kind, message)


@every_class
def test_every_error_has_its_status(kind):
    error = made(kind)
    error.fields = {}
    assert status_of(error) == EXPECTED[kind.code]


@every_class
def test_every_problem_has_the_members_of_the_rfc_and_ours(kind):
    error = errors.from_code(kind.code, 'it went wrong')
    told = problem_of(error, '/ticket')
    assert {'type', 'title', 'status', 'detail', 'instance', 'code', 'error'} <= set(told)
    assert (told['detail'], told['instance']) == ('it went wrong', '/ticket')
    assert told['title'] != ''
    json.dumps(told)


def test_no_line_of_the_table_is_of_no_use():
    for kind, status in STATUS_OF.items():
        above = [each for each in kind.__mro__[1:] if each in STATUS_OF]
        assert not above or STATUS_OF[above[0]] != status or kind.__subclasses__()


def test_who_may_try_again_is_told_when():
    error = errors.TooManyRequests(limit=50, who='ren', wait_s=0.25)
    assert problem_of(error, '/')['retry_after_s'] == 0.25
    assert headers_of(error) == {'Retry-After': '1'}
    assert headers_of(errors.StoreTimeout(waited_s=1.0)) == {'Retry-After': '1'}


def test_who_has_no_key_is_told_how_to_send_one():
    error = errors.KeyMissing(method='GET', path='/', role='viewer', detail='none was sent')
    assert headers_of(error) == {'WWW-Authenticate': 'Bearer'}


@pytest.mark.parametrize(
    ('error', 'field'),
    [
        (errors.SpeedAboveLimit(field='params.speed', value=9, limit='at most 3'), 'params.speed'),
        (errors.MissingParameter(parameter='speed', command='drive'), 'params.speed'),
        (errors.UnknownCommand(command='x', known='drive'), 'command'),
        (errors.OutOfRange(field='one of capabilities', value='x y', limit='x'), 'capabilities'),
        (errors.OutOfRange(field='the length of request_id', value=9, limit='8'), 'request_id'),
        (errors.TicketNotFound(ticket_id='x'), None),
        (errors.RobotNotInStore(robot='x', known='y'), 'robot'),
        (errors.CapabilityMissing(robot='x', missing='lift', has='scan'), 'capabilities'),
    ],
)
def test_the_field_to_blame_is_named_also_where_another_process_refused(error, field):
    again = errors.from_code(error.code, str(error))
    for each in (error, again):
        assert problem_of(each, '/').get('field') == field
