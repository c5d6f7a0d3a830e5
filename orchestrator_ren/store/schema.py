"""The schema of a store: what it has, and bringing it to what this version knows."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from orchestrator_ren.store.tables import REVISION

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


def is_known(revision: str) -> bool:
    """Whether this version can bring a store of that revision to its own."""
    if revision in ('', REVISION):
        return True
    folder = Path(__file__).with_name('migrations') / 'versions'
    return any(path.name.startswith(f'{revision}_') for path in folder.glob('*.py'))


def upgrade(connection: sa.engine.Connection, revision: str) -> None:
    """Bring the store from `revision` to `REVISION`, in the transaction of the connection."""
    # Alembic takes as long to import as all the rest, and nearly no start needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option('script_location', str(Path(__file__).with_name('migrations')))
    config.attributes['connection'] = connection
    if revision == FIRST_REVISION:
        command.stamp(config, revision)
    command.upgrade(config, REVISION)
