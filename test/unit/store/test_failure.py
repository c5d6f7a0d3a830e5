"""What a server says is told by its code, in whatever language it says it."""

import psycopg2
import pytest
import sqlalchemy as sa

from orchestrator_ren.errors import (
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
    StoreUrlInvalid,
)
from orchestrator_ren.store import engine
from orchestrator_ren.store.failure import kind_of
from orchestrator_ren.store.ticket_store import TicketStore

from ...postgres.server import Server
from .samples import Execute, new_ticket

on_postgresql = pytest.mark.parametrize('database', ['postgresql'], indirect=True)


class Told(Exception):
    """An error as a driver raises it."""

    def __init__(self, text: str, **codes: str) -> None:
        super().__init__(text)
        vars(self).update(codes)


@pytest.mark.parametrize(
    ('code', 'text', 'kind'),
    [
        ('53100', 'konnte Datei nicht erweitern: Auf dem Gerät ist kein Platz', StoreFull),
        ('55P03', 'storniere Anfrage wegen Zeitüberschreitung der Sperre', StoreLocked),
        ('40P01', 'Verklemmung entdeckt', StoreLocked),
        ('25006', 'kann in einer Transaktion, die nur liest, nicht schreiben', StoreReadOnly),
        ('42501', 'keine Berechtigung für Tabelle tickets', StoreReadOnly),
        ('42P01', 'Relation »tickets« existiert nicht', StoreDamaged),
        ('42703', 'Spalte »robot« existiert nicht', StoreDamaged),
        ('XX001', 'ungültige Seite in Block 7', StoreDamaged),
        ('57014', 'storniere Anfrage wegen Zeitüberschreitung der Anfrage', StoreUnavailable),
        ('57P01', 'Verbindung wird abgebrochen', StoreUnavailable),
        ('53300', 'zu viele Verbindungen', StoreUnavailable),
        ('28P01', 'Passwort-Authentifizierung fehlgeschlagen', StoreUnavailable),
        ('28000', 'Rolle »ren« existiert nicht', StoreUnavailable),
    ],
)
def test_a_code_counts_and_not_the_language(
    code: str, text: str, kind: type[StoreUnavailable]
) -> None:
    """A full disk of a server that speaks German was plainly 301."""
    for name in ('pgcode', 'sqlstate'):
        assert kind_of(Told(text, **{name: code}), text) is kind
        error = sa.exc.OperationalError('', {}, Told(text, **{name: code}))
        with pytest.raises(StoreUnavailable) as caught, engine.errors_translated('pg://x'):
            raise error
        assert type(caught.value) is kind
        assert text in str(caught.value)


def test_a_code_counts_more_than_words_that_happen_to_be_there() -> None:
    text = 'terminating connection: "disk is full" is locked, deadlock'
    assert kind_of(Told(text, pgcode='57P01'), text) is StoreUnavailable
    assert kind_of(Told(text, pgcode=''), text) is StoreFull


SPOILED = [
    ('ALTER TABLE tickets RENAME TO elsewhere', '42P01', StoreDamaged),
    ('ALTER TABLE tickets RENAME command TO other', '42703', StoreDamaged),
    ("ALTER DATABASE {name} SET default_transaction_read_only = 'on'", '25006', StoreReadOnly),
]


@on_postgresql
@pytest.mark.parametrize(('statement', 'code', 'kind'), SPOILED, ids=[each[1] for each in SPOILED])
def test_what_a_server_says_is_told_by_its_code(
    statement: str, code: str, kind: type, store: TicketStore, url: str, execute: Execute
) -> None:
    execute(statement.format(name=sa.engine.make_url(url).database))
    store._database._writer.engine.dispose()  # type: ignore[union-attr]
    with pytest.raises(kind) as caught:
        store.insert(new_ticket())
    cause = caught.value.__cause__
    assert isinstance(cause, sa.exc.DBAPIError)
    assert getattr(cause.orig, 'pgcode', None) == code


@on_postgresql
def test_too_many_connections_are_told(store: TicketStore, server: Server, url: str) -> None:
    server.run('CREATE ROLE many LOGIN CONNECTION LIMIT 1')
    limited = url.replace('postgres@', 'many@')
    held = psycopg2.connect(limited.replace('+psycopg2', ''))
    with pytest.raises(StoreUnavailable, match='too many connections'):
        TicketStore(limited).open()
    held.close()
    server.run('DROP ROLE many')


def test_a_pooler_that_refuses_our_settings_is_told_with_what_to_do() -> None:
    text = 'FATAL:  unsupported startup parameter: options'
    with (
        pytest.raises(StoreUrlInvalid, match='connect to the server itself') as caught,
        engine.errors_translated('pg://x'),
    ):
        raise sa.exc.OperationalError('', {}, Told(text))
    assert 'unsupported startup parameter: options' in str(caught.value)
