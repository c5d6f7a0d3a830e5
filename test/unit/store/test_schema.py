"""The tables: made by the migrations as they are described, and taking no impossible rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from orchestrator_ren.store import schema, tables
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ticket import Status

from .samples import Execute, columns_of, new_ticket, on_every_database, stored_in

SCRIPTS = Path(schema.__file__).with_name('migrations')


@pytest.fixture
def migrated(url: str) -> Iterator[sa.engine.Connection]:
    engine = sa.create_engine(url, future=True, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def described(empty_url: str) -> Iterator[sa.engine.Connection]:
    """Return a connection to a database made from the tables as described, without migrations."""
    engine = sa.create_engine(empty_url, future=True, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        tables.metadata.create_all(connection)
        yield connection


@on_every_database
def test_migrations_make_the_tables_as_described(migrated: sa.engine.Connection) -> None:
    context = MigrationContext.configure(migrated, opts={'compare_type': True})
    assert compare_metadata(context, tables.metadata) == []


def reflected(connection: sa.engine.Connection) -> dict[str, Any]:
    """Return what makes the rows of each table legal, as the database sees it."""
    inspector = sa.inspect(connection)
    return {
        name: {
            'columns': {
                each['name']: (str(each['type']), each['nullable'], each['default'])
                for each in inspector.get_columns(name)
            },
            'key': inspector.get_pk_constraint(name)['constrained_columns'],
            'references': [
                (each['constrained_columns'], each['referred_table'], each['referred_columns'])
                for each in inspector.get_foreign_keys(name)
            ],
            'unique': inspector.get_unique_constraints(name),
            'checks': {
                each['name']: each['sqltext'] for each in inspector.get_check_constraints(name)
            },
        }
        for name in tables.metadata.tables
    }


@on_every_database
def test_migrations_make_the_constraints_as_described(
    migrated: sa.engine.Connection, described: sa.engine.Connection
) -> None:
    found = reflected(migrated)
    assert found == reflected(described)
    assert len(found['tickets']['checks']) == 8
    assert len(found['events']['checks']) == 1


INDEXES = {
    'sqlite': "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    'postgresql': (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " AND indexname NOT LIKE '%\\_pkey%' AND indexname NOT LIKE 'alembic%'"
    ),
}


@on_every_database
def test_migrations_make_the_indexes_as_described(
    database: str, migrated: sa.engine.Connection, described: sa.engine.Connection
) -> None:
    query = INDEXES[database]
    found = dict(migrated.exec_driver_sql(query.replace('%', '%%')).all())
    assert found == dict(described.exec_driver_sql(query.replace('%', '%%')).all())
    assert len(found) == 10
    assert "'QUEUED'" in found['tickets_by_turn']


def test_the_tables_are_those_of_the_latest_migration() -> None:
    config = Config()
    config.set_main_option('script_location', str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [tables.REVISION]
    assert scripts.get_bases() == [schema.FIRST_REVISION]


def test_every_migration_is_known_by_its_file() -> None:
    found = [path.name.partition('_')[0] for path in sorted((SCRIPTS / 'versions').glob('*.py'))]
    assert found == ['r0001', 'r0002', 'r0003', 'r0004', 'r0005', 'r0006']
    assert all(schema.is_known(revision) for revision in found)
    assert not schema.is_known('r0007')


# The database refuses what the code must never write.

IMPOSSIBLE = [
    (Status.PENDING, "status = 'FLYING'", 'status_is_known|attempt_fits_status'),
    (Status.FAILED, "status = 'Failed'", 'status_is_known|attempt_fits_status'),
    (Status.PENDING, 'priority = 5', 'priority_is_known'),
    (Status.PENDING, 'priority = 0', 'priority_is_known'),
    (Status.PENDING, 'timeout_s = 0', 'timeout_is_positive'),
    (Status.PENDING, 'timeout_s = -1', 'timeout_is_positive'),
    (Status.PENDING, 'term = -1', 'term_is_not_negative'),
    (Status.PENDING, 'attempt = 1', 'attempt_fits_status'),
    (Status.QUEUED, 'attempt = 0', 'attempt_fits_status'),
    (Status.EXECUTING, 'attempt = 0', 'attempt_fits_status'),
    (Status.COMPLETED, 'attempt = 0', 'attempt_fits_status'),
    (Status.CANCELLED, 'attempt = -1', 'attempt_fits_status'),
    (Status.COMPLETED, 'completed_at = NULL', 'final_means_completed_at'),
    (Status.FAILED, 'completed_at = NULL', 'final_means_completed_at'),
    (Status.CANCELLED, 'completed_at = NULL', 'final_means_completed_at'),
    (Status.PENDING, 'completed_at = 1', 'final_means_completed_at'),
    (Status.QUEUED, 'completed_at = 1', 'final_means_completed_at'),
    (Status.EXECUTING, 'completed_at = 1', 'final_means_completed_at'),
    (Status.PENDING, 'started_at = 1', 'started_at_fits_status'),
    (Status.QUEUED, 'started_at = 1', 'started_at_fits_status'),
    (Status.EXECUTING, 'started_at = NULL', 'started_at_fits_status'),
    (Status.COMPLETED, 'started_at = NULL', 'started_at_fits_status'),
    (Status.FAILED, 'error_code = 0', 'failed_means_error_code'),
    (Status.FAILED, 'error_code = -1', 'failed_means_error_code'),
    (Status.COMPLETED, 'error_code = 501', 'failed_means_error_code'),
    (Status.PENDING, 'error_code = 501', 'failed_means_error_code'),
    (Status.PENDING, 'status = NULL', 'status'),
    (Status.PENDING, 'created_at = NULL', 'created_at'),
    (Status.PENDING, 'params = NULL', 'params'),
]
DROP_GUARDS = {
    'sqlite': ['tickets_are_created_pending', 'tickets_take_legal_steps'],
    'postgresql': ['tickets_take_legal_steps ON tickets'],
}


def test_every_constraint_has_a_row_that_violates_it() -> None:
    named = {each.name for each in tables.tickets.constraints if each.name}
    assert named <= {name for _, _, found in IMPOSSIBLE for name in found.split('|')}


@on_every_database
@pytest.mark.parametrize('status', Status)
def test_an_impossible_row_is_refused(
    status: Status, database: str, store: TicketStore, execute: Execute
) -> None:
    ticket = stored_in(store, status)
    for trigger in DROP_GUARDS[database]:
        execute(f'DROP TRIGGER {trigger}')
    for _, assignment, name in (each for each in IMPOSSIBLE if each[0] is status):
        with pytest.raises(sa.exc.IntegrityError, match=name):
            execute(f'UPDATE tickets SET {assignment}')
    assert store.get(ticket.id) == ticket


@on_every_database
@pytest.mark.parametrize('status', [Status.FAILED, Status.CANCELLED])
def test_a_ticket_may_end_before_its_first_attempt(
    status: Status, store: TicketStore, execute: Execute
) -> None:
    store.insert(new_ticket())
    columns = {**columns_of(status), 'attempt': 0, 'started_at': None}
    execute(f'UPDATE tickets SET {", ".join(f"{name} = :{name}" for name in columns)}', **columns)
    assert store.get(new_ticket().id).attempt == 0


@on_every_database
def test_a_request_id_is_stored_once(store: TicketStore, execute: Execute) -> None:
    store.insert(new_ticket(1, request_id='key'))
    store.insert(new_ticket(2))
    with pytest.raises(sa.exc.IntegrityError, match=r'(?i)unique'):
        execute("UPDATE tickets SET request_id = 'key'")
