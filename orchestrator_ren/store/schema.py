"""The schema of a store: what it has, and bringing it to what this version knows."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from orchestrator_ren.store.tables import REVISION

ADVISORY_LOCK = 0x52454E
"""Key of the lock on a server's database for changes of the schema; any fixed number."""

FIRST_REVISION = 'r0001'
"""What a store has that was made before there were migrations."""


def revision_of(connection: sa.engine.Connection) -> str:
    """Return the revision of the store's schema; empty for an empty database."""
    inspector = sa.inspect(connection)
    if inspector.has_table('alembic_version'):
        found = connection.execute(sa.text('SELECT version_num FROM alembic_version')).scalar()
        return str(found or '')
    if not inspector.has_table('meta'):
        return ''
    schema = connection.execute(sa.text("SELECT value FROM meta WHERE name = 'schema'")).scalar()
    return FIRST_REVISION if schema in (None, 1) else f'schema {schema}'


def lock(connection: sa.engine.Connection) -> bool:
    """Keep others from changing the schema until the transaction ends; False: one does, or may.

    The key is the one that versions before r0006 hold as long as they run.
    """
    if connection.dialect.name != 'postgresql':
        return True
    taken = sa.select(sa.func.pg_try_advisory_xact_lock(ADVISORY_LOCK))
    return bool(connection.execute(taken).scalar_one())


def is_known(revision: str) -> bool:
    """Whether this version can bring a store of that revision to its own."""
    if revision in ('', REVISION):
        return True
    folder = Path(__file__).with_name('migrations') / 'versions'
    return any(path.name.startswith(f'{revision}_') for path in folder.glob('*.py'))


def upgrade(connection: sa.engine.Connection, revision: str, robot: str) -> None:
    """Bring the store from `revision` to `REVISION`, in the transaction of the connection.

    What a store of one robot holds becomes that of the robot of this name.
    """
    # Alembic takes as long to import as all the rest, and nearly no start needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option('script_location', str(Path(__file__).with_name('migrations')))
    config.attributes['connection'] = connection
    config.attributes['robot'] = robot
    if revision == FIRST_REVISION:
        command.stamp(config, revision)
    command.upgrade(config, REVISION)
