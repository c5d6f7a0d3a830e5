"""A key of the gateway: whose it is, what it allows, until when, and its line in a file.

The key itself is kept nowhere: of 256 random bits the plain SHA-256 tells nothing.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import IntEnum
from hashlib import sha256

from orchestrator_ren.errors import KeyExpired

PREFIX = 'ren_'
"""What a key begins with, so that it is known for one wherever it turns up."""

KEY = re.compile(rf'{PREFIX}[A-Za-z0-9_-]{{43}}', re.ASCII)
"""What a key looks like: 256 bit in base 64."""

NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9._-]{0,63}', re.ASCII)
"""Names of keys; they go into histories as `requested_by`."""

NEVER = 'never'
INSTANT = '%Y-%m-%dT%H:%M:%SZ'
LINE = re.compile(r'(\S+) (\S+) ([0-9a-f]{64}) (\S+) (\S+)', re.ASCII)


class Role(IntEnum):
    """What somebody may do; each may do what the lower ones may."""

    VIEWER = 1
    """Look, and stop the robot."""
    OPERATOR = 2
    """Whatever changes tickets, the queue and the e-stop."""
    ADMIN = 3
    """All there is."""


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes:
        name: Of the key; empty where none is needed.
        role: What he may do.
    """

    name: str
    role: Role


@dataclass(frozen=True)
class Key:
    """What is kept of a key.

    Attributes:
        name: Whose it is.
        role: What it allows.
        digest: Its SHA-256, as hex digits.
        created_at: When it was made.
        expires_at: From when on it only stops the robot; None = never.
    """

    name: str
    role: Role
    digest: str
    created_at: datetime
    expires_at: datetime | None

    @property
    def caller(self) -> Caller:
        """Who asks with it."""
        return Caller(self.name, self.role)

    def is_expired(self, now: datetime) -> bool:
        """Whether it has expired."""
        return self.expires_at is not None and now >= self.expires_at

    def check(self, now: datetime) -> None:
        """Let it pass, unless it has expired.

        Raises:
            KeyExpired: It has.
        """
        if self.expires_at is not None and self.is_expired(now):
            raise KeyExpired(name=self.name, expired_at=written(self.expires_at))


class Keys(tuple[Key, ...]):
    """The keys of a file as it was once."""

    __slots__ = ()

    def key_of(self, text: str) -> Key | None:
        """Return the key that somebody sent; None if nobody has it.

        It takes as long for each text, so that its time tells nothing.
        """
        digest = sha256(text.encode('utf-8', 'backslashreplace')).hexdigest()
        found = None
        for each in self:
            if hmac.compare_digest(each.digest, digest):
                found = each
        return found

    def caller_of(self, text: str, now: datetime) -> Caller | None:
        """Return who sent that key; None if nobody has it.

        Raises:
            KeyExpired: It has expired.
        """
        key = self.key_of(text)
        if key is not None:
            key.check(now)
        return key.caller if key is not None else None

    def with_digest(self, digest: str) -> Key | None:
        """Return the key of that SHA-256."""
        return next((each for each in self if each.digest == digest), None)

    def named(self, name: str) -> Key | None:
        """Return the key of that name."""
        return next((each for each in self if each.name == name), None)


def key_in(line: str) -> Key:
    """Return what a line says.

    Raises:
        ValueError: It says nothing, and why.
    """
    found = LINE.fullmatch(line.strip())
    if not found:
        raise ValueError('it is not: name role sha256 created expires')
    name, role, digest, created, expires = found.groups()
    if not NAME.fullmatch(name):
        raise ValueError(f'the name {name!r} is not of letters, digits, . _ -, 64 at most')
    if role.upper() not in Role.__members__:
        raise ValueError(f'the role {role!r} is none of viewer, operator, admin')
    expires_at = None if expires == NEVER else _read('expires', expires)
    return Key(name, Role[role.upper()], digest, _read('created', created), expires_at)


def line_of(key: Key) -> str:
    """Return what a file says of it."""
    expires = written(key.expires_at) if key.expires_at else NEVER
    role = key.role.name.lower()
    return f'{key.name} {role} {key.digest} {written(key.created_at)} {expires}\n'


def written(instant: datetime) -> str:
    """Return the instant as files and messages have it."""
    return instant.astimezone(timezone.utc).strftime(INSTANT)


def _read(field: str, text: str) -> datetime:
    try:
        return datetime.strptime(text, INSTANT).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise ValueError(f'{field} is {text!r}, no 2026-11-27T08:00:00Z') from error
