"""Everything that can go wrong, with a stable code each.

    OrchestratorError
    ├── ContractError      100  the request itself is wrong; mend it and send it again
    │   ├── UnknownCommand, NotAnObject, ObjectTooLarge, MissingParameter, UnknownParameter
    │   ├── WrongType, NotFinite
    │   ├── OutOfRange ── SpeedAboveLimit, SpeedNegative, DurationNotPositive
    │   └── TimeoutTooShort, RequestIdConflict, UnknownStatus, PageTokenInvalid
    ├── TicketError        200  the ticket is not in a state for that
    │   ├── TicketNotFound, IllegalTransition, TicketActive, TicketFinished
    │   ├── Interrupted, ServiceStopping, CancelTimeout, DeadlinePassed, TooManyGoals
    │   ├── ResultTooLarge, CommandUnresponsive
    │   └── RobotNotInStore, TicketElsewhere, RobotAlive, DeclaredStopped, CapabilityMissing
    ├── StoreError         300  the ticket store does not do its work
    │   ├── StoreUnavailable ── StoreReadOnly, StoreFull, StoreLocked, StoreDamaged,
    │   │                       StoreUrlInvalid, StoreTimeout, StoreLockLost
    │   └── StoreInUse, StoreConflict, StoreTooNew, EndingUnsaved, StopUnrecorded
    ├── MotionError        400  the motion did not end as it should
    │   └── ExecutionTimeout, NotAtStandstill, HeadingNotReached, OdometryLost,
    │       NoOdometry, ClockUnusable, ScanMissing, PictureFailed, Blocked, OdometryJumped
    ├── SafetyError        500  the safety layer said no
    │   └── EStopActive, GateLost, CommandStale, MotionStopped, CommandRefused, ResetRefused,
    │       NotAlone, NotFollowed
    ├── ForwardError       600  a server that a command is forwarded to
    │   └── ForwardRejected, ForwardFailed, ForwardUnavailable, ForwardTimeout
    ├── ConfigurationError 700  a parameter or a file of the installation is wrong
    │   ├── WorldError, LibraryMissing, FolderUnusable, ArgumentInvalid, ParameterFileInvalid
    │   └── KeyFileInvalid, AddressUnusable, CertificateInvalid
    ├── ClientError        800  client and gateway: what is told on the side of who asks
    │   ├── NotAnswered, CalledFromCallback, TicketIdAmbiguous, RobotUnknown
    │   └── GatewayError ── KeyMissing, KeyExpired, RoleTooLow, TooManyRequests, BodyUnreadable,
    │                       MediaTypeWrong, BodyTooLarge, RouteUnknown, MethodWrong, HostUnknown,
    │                       OriginRefused, TooManyListeners, GatewayStopping
    └── InternalError      900  a defect: of this program, or of the code of a command

Codes never change their meaning. Messages are built from fields, so that each names what was
wrong, the value and the limit. The table in docs/errors.md is generated
from the classes below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter
from typing import Any, ClassVar


class OrchestratorError(Exception):
    """The root: something this package refuses or could not do.

    Attributes:
        code: Stable number, unique among all classes; it goes into replies and tickets.
        retryable: Whether the same request may succeed later without being changed.
        fields: The values the message was built from.
    """

    code: int = 0
    template: ClassVar[str] = ''
    retryable: ClassVar[bool] = False

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        super().__init__(self.template.format(**fields))

    @classmethod
    def tree(cls) -> Iterator[type[OrchestratorError]]:
        """Yield this class and all below it, depth first."""
        yield cls
        for child in cls.__subclasses__():
            yield from child.tree()


class ContractError(OrchestratorError):
    """The request does not follow the contract of its command."""

    code = 100
    template = '{detail}'


class UnknownCommand(ContractError):
    """No command has this name."""

    code = 101
    template = "command '{command}' is not known; known are: {known}"


class MissingParameter(ContractError):
    """A required parameter was not given."""

    code = 102
    template = "params.{parameter} is missing; '{command}' needs it"


class UnknownParameter(ContractError):
    """A parameter was given that the command does not have."""

    code = 103
    template = "params.{parameter} is not a parameter of '{command}'; it takes: {known}"


class WrongType(ContractError):
    """A value has another type than the contract says."""

    code = 104
    template = '{field} is {value}, which is not {expected}'


class NotFinite(ContractError):
    """A number is NaN or infinite."""

    code = 105
    template = '{field} is {value}; it must be a finite number'


class OutOfRange(ContractError):
    """A number is outside its range."""

    code = 106
    template = '{field} is {value}; it must be {limit}'


class SpeedAboveLimit(OutOfRange):
    """The speed is above the ceiling, or above the lower limit set on this robot."""

    code = 107


class SpeedNegative(OutOfRange):
    """The speed is below zero; to go backwards, use `reverse: true`."""

    code = 108
    template = f'{OutOfRange.template}; to go backwards, give reverse: true'


class DurationNotPositive(OutOfRange):
    """The duration is zero or below."""

    code = 109


class NotAnObject(ContractError):
    """A text is not one JSON object, or YAML flow mapping, without repeated keys."""

    code = 110
    template = '{field} is not an object such as {{name: value}}: {detail}'


class ObjectTooLarge(ContractError):
    """A text is longer than the store takes."""

    code = 111
    template = '{field} has {size} bytes; the limit is {limit} bytes{hint}'


class TimeoutTooShort(ContractError):
    """The command would need longer than its timeout."""

    code = 112
    template = (
        'timeout_seconds is {timeout_s:g} s, but the command is predicted to take'
        ' {predicted_s:.1f} s; give it a longer timeout_seconds'
    )


class RequestIdConflict(ContractError):
    """The request_id was used before, for other content."""

    code = 113
    template = "request_id '{request_id}' belongs to {ticket_id}, which has other content"


class UnknownStatus(ContractError):
    """A status filter names no status."""

    code = 114
    template = "status '{status}' is not one of: {known}"


class PageTokenInvalid(ContractError):
    """A page token did not come from `list_tickets`, or came with an offset; ask for page one."""

    code = 115
    template = "page_token '{token}' {detail}; leave it empty for the first page"


class TicketError(OrchestratorError):
    """The ticket is not in a state for what was asked."""

    code = 200
    template = '{detail}'


class TicketNotFound(TicketError):
    """No ticket has this id."""

    code = 201
    template = "ticket_id '{ticket_id}' is not known"


class IllegalTransition(TicketError):
    """The lifecycle has no such step."""

    code = 202
    template = '{ticket_id} cannot go from {before} to {after}'


class TicketActive(TicketError):
    """The ticket is being executed, or waits for its turn, already."""

    code = 203
    template = '{ticket_id} is {status} already; wait for it or cancel it'


class TicketFinished(TicketError):
    """The ticket has ended, or is ending: `force` executes it again, no cancel is possible."""

    code = 204
    template = '{ticket_id} is {status} already{hint}'


class Interrupted(TicketError):
    """The orchestrator ended while the ticket was executing, or its client waited for its turn."""

    code = 205
    template = 'the orchestrator ended before {ticket_id} did; use force to try again'


class ServiceStopping(TicketError):
    """The orchestrator is shutting down."""

    code = 206
    template = 'the orchestrator is shutting down'
    retryable = True


class CancelTimeout(TicketError):
    """The command did not end when it was told to, and was abandoned. Mend the command."""

    code = 207
    template = "'{command}' did not end within {limit_s:g} s and was abandoned: {reason}"


class DeadlinePassed(TicketError):
    """The ticket had not ended by its deadline."""

    code = 208
    template = 'the deadline {deadline} has passed'


class TooManyGoals(TicketError):
    """More goals of execute_ticket wait than `max_waiting_goals`; a stop is never refused so."""

    code = 210
    template = (
        'max_waiting_goals: {count} goals of execute_ticket are under way, {limit} is the most;'
        ' wait for one of them, or let the tickets wait in the queue (dispatch: auto)'
    )
    retryable = True


class ResultTooLarge(TicketError):
    """What was asked for was done, but a ticket does not keep a result that large.

    Return less, or select fields with `result:` in the forward file.
    """

    code = 211
    template = (
        'it was done, but {field} has {size} bytes or more as JSON; the limit is {limit} bytes'
        ' for all of the result{hint}'
    )


class CommandUnresponsive(TicketError):
    """The code of a command did not answer in time what is asked before it runs. Mend it."""

    code = 212
    template = "'{command}' has not answered within {limit_s:g} s whether it can be run: {doing}"
    retryable = True


class RobotNotInStore(TicketError):
    """No robot of the store has this name. `list_robots` shows all there are."""

    code = 213
    template = "robot '{robot}' is not in the store; it has {known}"


class TicketElsewhere(TicketError):
    """The ticket is that of another robot. Ask that one's orchestrator."""

    code = 214
    template = "{ticket_id} is that of robot '{robot}', which alone can do this; ask it there"


class RobotAlive(TicketError):
    """Only of a robot that is unreachable can somebody declare that it stands."""

    code = 215
    template = "robot '{robot}' is alive on {host}; stop it there"


class DeclaredStopped(TicketError):
    """The robot became unreachable during the execution, and somebody has seen that it stands."""

    code = 216
    template = "robot '{robot}' became unreachable during it, and stands, says {by}"


class CapabilityMissing(TicketError):
    """The robot that the ticket is for has not what it needs. Ask another one, or `any`."""

    code = 217
    template = "robot '{robot}' has no {missing}; it has {has}"


class StoreError(OrchestratorError):
    """The ticket store does not do its work; nothing was changed."""

    code = 300
    template = '{detail}'


class StoreUnavailable(StoreError):
    """The store cannot be opened, read or written. It is tried again every second."""

    code = 301
    template = 'the ticket store {url} fails: {reason}'
    retryable = True


class StoreReadOnly(StoreUnavailable):
    """The store's file or folder may not be written. Mend its permissions or its mount."""

    code = 305


class StoreFull(StoreUnavailable):
    """The disk is full. Free some space; nothing that was acknowledged is lost."""

    code = 306


class StoreLocked(StoreUnavailable):
    """Another process has held the store locked for longer than 5 s. End it."""

    code = 307


class StoreDamaged(StoreUnavailable):
    """The store's file is damaged, or no ticket store. Put it aside, or a backup in its place."""

    code = 308


class StoreUrlInvalid(StoreUnavailable):
    """`store_url` is no URL, has no driver here, or leads to a pooler. Mend it and restart."""

    code = 309
    retryable = False


class StoreTimeout(StoreUnavailable):
    """The store hangs. What was asked for may still be done: ask again, or look for the ticket."""

    code = 312
    template = (
        'the ticket store has not answered for {waited_s:.1f} s; what was asked for may still be'
        ' done once it does'
    )


class StoreLockLost(StoreUnavailable):
    """Another orchestrator has taken the robot over; this one writes nothing any more."""

    code = 313


class StoreInUse(StoreError):
    """Another orchestrator works on this store or, where it is of many robots, has this robot."""

    code = 302
    template = (
        'the ticket store {url} is in use by another orchestrator{holder}; end that one, or give'
        ' this one another robot, by its namespace, robot_name or store_url'
    )


class StoreConflict(StoreError):
    """The ticket was changed by somebody else in between; read it again."""

    code = 303
    template = '{ticket_id} was changed by another party meanwhile'
    retryable = True


class StoreTooNew(StoreError):
    """The store was written by a newer version of this package; it was left untouched."""

    code = 304
    template = "the ticket store {url} has schema '{found}'; this version knows up to '{known}'"


class EndingUnsaved(StoreError):
    """The execution has ended, but the store fails. It is saved as soon as the store works."""

    code = 310
    template = '{ticket_id} ended {status}, which the store will know once it works: {reason}'


class StopUnrecorded(StoreError):
    """The robot was stopped, but that is not on disk; ask again once the store works."""

    code = 311
    template = 'the robot was stopped, but the store does not know: {reason}'
    retryable = True


class MotionError(OrchestratorError):
    """The motion did not end as it should."""

    code = 400
    template = '{detail}'


class ExecutionTimeout(MotionError):
    """The execution took longer than its timeout."""

    code = 401
    template = 'the execution took longer than its timeout of {timeout_s:g} s'


class NotAtStandstill(MotionError):
    """The robot still moves, long after it was told to stop. Look at the base."""

    code = 402
    template = (
        'the robot still moves {waited_s:g} s after the zero command: {speed_mps:.3f} m/s and'
        ' {yaw_rate_radps:.3f} rad/s; standing is below {standstill_speed_mps:g} m/s'
        ' (standstill_speed_mps) and {standstill_yaw_rate_radps:g} rad/s'
        ' (standstill_yaw_rate_radps)'
    )


class HeadingNotReached(MotionError):
    """The base did not turn to the direction asked for; nothing was driven."""

    code = 403
    template = 'the base is {error_deg:.1f} degrees off its heading after {waited_s:.1f} s'


class OdometryLost(MotionError):
    """Odometry was there when the motion began, and has fallen silent."""

    code = 404
    template = 'odometry has been silent for more than {limit_s:g} s during the motion'


class NoOdometry(MotionError):
    """No odometry is heard, and the robot must not move without, or has had some before."""

    code = 405
    template = 'no odometry is heard, {reason}'
    retryable = True


class ClockUnusable(MotionError):
    """Simulated time stood still or jumped during a motion, or there is none. Mend /clock."""

    code = 406
    template = 'simulated time {detail}'
    retryable = True


class ScanMissing(MotionError):
    """No laser scan came in, or none that shows anything. Look at the lidar."""

    code = 407
    template = 'no laser scan came within {waited_s:g} s{detail}'
    retryable = True


class PictureFailed(MotionError):
    """A picture cannot be written; nothing else is wrong."""

    code = 408
    template = 'the picture {path} cannot be written: {reason}'


class Blocked(MotionError):
    """The robot made less way than it was told to: a wall, a closed door, slipping wheels."""

    code = 409
    template = 'the robot is held up: {detail}; clear the way, and look whether its wheels slip'


class OdometryJumped(MotionError):
    """Odometry showed a step that no base can make; the way is not known any more. Mend it."""

    code = 410
    template = 'odometry jumped by {step_m:.2f} m, {turn_deg:.0f} degrees within {within_s:.2f} s'
    retryable = True


class SafetyError(OrchestratorError):
    """The safety layer said no."""

    code = 500
    template = '{detail}'


class EStopActive(SafetyError):
    """The e-stop is latched. Remove the cause, call reset_e_stop, execute again."""

    code = 501
    template = 'the e-stop is latched ({source})'


BUSY_HINT = '; if the machine is busy, give gate and orchestrator priority (docs/safety.md)'


class GateLost(SafetyError):
    """The cmd_vel gate is not heard; nothing can move. Look whether it runs, and has priority."""

    code = 502
    template = 'the cmd_vel gate {detail}'
    retryable = True


class CommandStale(SafetyError):
    """No fresh command for 0.25 s: its sender was held up, or it was lost; the gate has stopped.

    Look for what blocks: a command, a callback, the machine or the middleware (docs/safety.md).
    """

    code = 503
    template = f'the cmd_vel gate got no fresh command in time and stopped the robot{BUSY_HINT}'


class MotionStopped(SafetyError):
    """Somebody called `stop`."""

    code = 504
    template = 'the motion was stopped: {source}'


class CommandRefused(SafetyError):
    """The gate was sent something that is no velocity, and stopped the robot."""

    code = 505
    template = 'the cmd_vel gate refused a command that is not a finite planar velocity'


class ResetRefused(SafetyError):
    """The e-stop stays latched."""

    code = 506
    template = 'the e-stop stays latched: {reason}'


class NotAlone(SafetyError):
    """More than one cmd_vel gate, or orchestrator, of this robot is alive. End all but one."""

    code = 507
    template = 'the robot has {count} {what}: {names}; nothing moves until all but one are ended'
    retryable = True


class NotFollowed(SafetyError):
    """The gate does not do what this orchestrator tells it; the message says why."""

    code = 508
    template = 'the cmd_vel gate does not follow {stream}: {reason}'


class ForwardError(OrchestratorError):
    """A server that a command is forwarded to did not do its work."""

    code = 600
    template = '{detail}'


class ForwardRejected(ForwardError):
    """The server rejected the goal. Look at its log, and at the parameters."""

    code = 601
    template = '{endpoint} rejected the goal'


class ForwardFailed(ForwardError):
    """The server ended the goal without success, or its answer says so."""

    code = 602
    template = '{endpoint} {detail}'


class ForwardUnavailable(ForwardError):
    """The server is not there, or died. Start it and execute again."""

    code = 603
    template = '{endpoint} {detail}'
    retryable = True


class ForwardTimeout(ForwardError):
    """The server did not answer in time."""

    code = 604
    template = '{endpoint} did not answer within {limit_s:g} s'
    retryable = True


class ConfigurationError(OrchestratorError):
    """A parameter or file of the installation is wrong; the node does not start."""

    code = 700
    template = '{field} is {value}; it must be {limit}'


class WorldError(ConfigurationError):
    """A world of the simulator cannot be used; the message names file, field and value."""

    code = 701
    template = '{detail}'


class LibraryMissing(ConfigurationError):
    """A library or package that this node needs is not installed."""

    code = 702
    template = '{library} is not installed; install it with: {command}'


class FolderUnusable(ConfigurationError):
    """The folder for files of this program is not known, or cannot be written. Set ROS_HOME."""

    code = 703
    template = '{detail}; set {variable} to a folder that this user may write to'


class ArgumentInvalid(ConfigurationError):
    """The command line has an argument that nobody knows, or that is wrong. Nothing is started."""

    code = 704
    template = 'the command line: {detail}'


class ParameterFileInvalid(ConfigurationError):
    """A parameter file cannot be read, or names another node than this one. Mend its names."""

    code = 705
    template = 'parameter file {path}: {detail}'


class KeyFileInvalid(ConfigurationError):
    """The file of keys cannot be used, or others may read it. Nobody is let in by it."""

    code = 706
    template = 'key file {path}: {detail}'


class AddressUnusable(ConfigurationError):
    """The gateway cannot listen there, or must not without keys. Give another host or port."""

    code = 707
    template = 'cannot listen on {host}:{port}: {detail}'


class CertificateInvalid(ConfigurationError):
    """The files for TLS cannot be used, or do not belong to each other."""

    code = 708
    template = 'TLS with {path}: {detail}'


class ClientError(OrchestratorError):
    """The client cannot ask, or cannot read what is answered."""

    code = 800
    template = '{detail}'


class NotAnswered(ClientError):
    """Nobody has answered in time. It may be done all the same: look before you ask again."""

    code = 801
    template = '{name} has not answered within {waited_s:.1f} s: {detail}'
    retryable = True


class CalledFromCallback(ClientError):
    """A callback waits for what only its own executor could bring. Call from another thread."""

    code = 802
    template = (
        '{name} was called by a callback of the executor that would bring the answer: both would'
        ' wait for each other; call from another thread, or use TicketClient without node='
    )


class TicketIdAmbiguous(ClientError):
    """A part of an id fits several tickets. Give more of it."""

    code = 803
    template = "'{text}' fits several tickets: {found}"


class RobotUnknown(ClientError):
    """Nobody answers in the namespace that was asked for, while other robots are there."""

    code = 804
    template = 'no robot answers as {robot}; there are: {known}'
    retryable = True


class GatewayError(ClientError):
    """The HTTP gateway does not pass the request on; no robot has heard of it."""

    code = 810
    template = '{detail}'


class KeyMissing(GatewayError):
    """No key was sent, or one that nobody has. Send `Authorization: Bearer KEY`."""

    code = 811
    template = '{method} {path} needs a key of role {role} or higher: {detail}'


class KeyExpired(GatewayError):
    """The key was good until it expired. It still stops the robot; ask for a new one."""

    code = 812
    template = "the key '{name}' has expired at {expired_at}"


class RoleTooLow(GatewayError):
    """The key is good, but not for that. Ask somebody whose role it is."""

    code = 813
    template = "'{name}' is {role}; {method} {path} needs {needed}"


class TooManyRequests(GatewayError):
    """More requests came than are taken. Wait, and send it again; stop is always taken."""

    code = 814
    template = 'more than {limit} requests a second from {who}; wait {wait_s} s'
    retryable = True


class BodyUnreadable(GatewayError):
    """The body is no JSON object, or the request is no HTTP. Mend it."""

    code = 815
    template = 'the body cannot be read: {detail}'


class MediaTypeWrong(GatewayError):
    """The body is not said to be JSON. Send `Content-Type: application/json`."""

    code = 816
    template = "Content-Type is '{given}'; it must be application/json"


class BodyTooLarge(GatewayError):
    """The body is larger than any request needs."""

    code = 817
    template = 'the body has more than {limit} bytes'


class RouteUnknown(GatewayError):
    """There is no such address. `/docs` has them all."""

    code = 818
    template = '{path} is nothing here; /docs has what there is'


class MethodWrong(GatewayError):
    """The address is there, but not for this method."""

    code = 819
    template = '{path} does not take {method}; it takes {allowed}'


class HostUnknown(GatewayError):
    """The request names a host that the gateway is not. See its parameter `allowed_hosts`."""

    code = 820
    template = "Host is '{host}'; allowed are: {allowed}"


class OriginRefused(GatewayError):
    """A page of another site has sent it. Only the gateway's own page may, or no page at all."""

    code = 821
    template = "Origin is '{origin}', which is not this gateway, {host}"


class TooManyListeners(GatewayError):
    """So many follow what happens already. Close some, or come back later."""

    code = 822
    template = '{limit} clients follow already'
    retryable = True


class GatewayStopping(GatewayError):
    """The gateway ends, or begins anew. What it was asked for goes on; ask again how it is."""

    code = 823
    template = 'the gateway is shutting down; what it was asked for goes on'
    retryable = True


class InternalError(OrchestratorError):
    """A defect of this program, or of what a plug-in or a forwarded command runs.

    A traceback is in the log, where there is one; report it to whoever wrote that code.
    """

    code = 900
    template = 'internal error: {detail}'


def from_code(code: int, message: str) -> OrchestratorError:
    """Return the error that an answer tells of.

    Its text is the message, its `fields` are the words that stand there for them. A code that only
    a newer version has gives an OrchestratorError with that code.
    """
    known = (each for each in OrchestratorError.tree() if each.code == code)
    kind = next(known, OrchestratorError)
    error = kind.__new__(kind, message)  # what `__init__` would make of fields is there already
    error.code, error.fields = code, _fields_in(message, kind.template)
    return error


def _fields_in(message: str, template: str) -> dict[str, str]:
    """Return what stands in a message where its template has fields; nothing if it is another."""
    pattern = ''
    for text, name, _, _ in Formatter().parse(template):
        again = name is not None and f'(?P<{name}>' in pattern
        group = f'(?P={name})' if again else f'(?P<{name}>.*?)'
        pattern += re.escape(text) + (group if name is not None else '')
    found = re.fullmatch(pattern, message, re.DOTALL)
    return found.groupdict() if found else {}


MAX_SHOWN_CHARACTERS = 300
"""How much is shown of what an exception says of itself."""


def shown(error: BaseException) -> str:
    """Return kind and text of an exception in one line that every log and message takes."""
    try:
        words = str(error).encode('utf-8', 'backslashreplace').decode()
    except Exception:  # its own code is somebody else's too
        words = 'it does not say why'
    kind = type(error).__name__
    text = printable(' '.join(f'{kind}: {words[:MAX_SHOWN_CHARACTERS]}'.split()))
    return text[:MAX_SHOWN_CHARACTERS].removesuffix(':')


def printable(text: str) -> str:
    """Return the text with its control characters written out: for one line, on any terminal.

    What somebody else has said could else forge lines, and steer the terminal that shows them.
    """
    if text.isprintable():
        return text
    return ''.join(each if each.isprintable() else _written_out(each) for each in text)


def _written_out(character: str) -> str:
    return character.encode('unicode_escape', 'backslashreplace').decode()


def contained(error: BaseException) -> Exception:
    """Return the error in a form that ends what raised it, not this process: no `sys.exit`."""
    return error if isinstance(error, Exception) else InternalError(detail=shown(error))
