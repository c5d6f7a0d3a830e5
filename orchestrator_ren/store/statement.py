"""Statements that are compiled once: what SQLAlchemy does at each call costs more than SQLite."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

Processor = Callable[[Any], Any]
"""From a value to what the driver takes, or from what the driver gives to a value."""


@contextlib.contextmanager
def cursor_of(connection: sa.engine.Connection, text: str) -> Iterator[Any]:
    """Give a cursor of the driver, for one statement: what it raises is raised as SQLAlchemy does.

    Args:
        connection: In a transaction.
        text: The statement, for the errors.
    """
    dialect: Any = connection.dialect
    driver_connection: Any = connection.connection
    cursor = driver_connection.cursor()
    try:
        yield cursor
    except dialect.dbapi.Error as error:
        if dialect.is_disconnect(error, driver_connection, cursor):
            connection.invalidate(error)
        kind = dialect.dbapi.Error
        raise sa.exc.DBAPIError.instance(text, None, error, kind, dialect=dialect) from error
    except Exception as error:  # of a value that the driver cannot take
        raise sa.exc.StatementError(str(error), text, None, error) from error
    finally:
        cursor.close()


class Statement:
    """A statement of SQLAlchemy's Core, run with values by name; from any thread.

    Args:
        core: The statement; without lists (`IN`), which are compiled at each call.
        names: Of the columns that an INSERT writes.
    """

    def __init__(self, core: Any, names: Sequence[str] | None = None) -> None:
        self._core = core
        self._names = names
        self._compiled: dict[tuple[str, str], _Compiled] = {}

    def run(self, connection: sa.engine.Connection, values: Mapping[str, Any]) -> int:
        """Return how many rows it has written."""
        compiled = self._compiled_for(connection)
        parameters = compiled.bound(values)
        with cursor_of(connection, compiled.text) as cursor:
            cursor.execute(compiled.text, parameters)
            return int(cursor.rowcount)

    def run_each(
        self, connection: sa.engine.Connection, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        """Run it for each of some rows, at least one."""
        compiled = self._compiled_for(connection)
        parameters = [compiled.bound(row) for row in rows]
        with cursor_of(connection, compiled.text) as cursor:
            cursor.executemany(compiled.text, parameters)

    def rows(self, connection: sa.engine.Connection, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows that it selects: tuples, in the order of its columns."""
        compiled = self._compiled_for(connection)
        parameters = compiled.bound(values)
        with cursor_of(connection, compiled.text) as cursor:
            cursor.execute(compiled.text, parameters)
            found, columns = cursor.fetchall(), cursor.description
        return compiled.processed(found, columns)

    def _compiled_for(self, connection: sa.engine.Connection) -> _Compiled:
        dialect = connection.dialect
        driver = dialect.name, dialect.driver
        if driver not in self._compiled:
            self._compiled[driver] = _Compiled(self._core, self._names, dialect)
        return self._compiled[driver]


class _Compiled:
    """A statement in the words of one driver.

    Attributes:
        text: The words.
    """

    def __init__(self, core: Any, names: Sequence[str] | None, dialect: Any) -> None:
        compiled = core.compile(dialect=dialect, column_keys=names)
        self.text = str(compiled)
        self._dialect = dialect
        self._columns = [column.type for column in getattr(core, 'selected_columns', ())]
        self._from_driver: list[Processor | None] = []
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._is_positional = compiled.positional
        self._to_driver = [
            (name, _type(binds[name].type, dialect).bind_processor(dialect))
            for name in (compiled.positiontup if compiled.positional else binds)
        ]

    def bound(self, values: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them.

        Raises:
            StatementError: It cannot take one; a defect of who gave it.
        """
        if self._constants:
            values = {**self._constants, **values}
        try:
            found = [
                process(values[name]) if process else values[name]
                for name, process in self._to_driver
            ]
        except Exception as error:
            raise sa.exc.StatementError(str(error), self.text, dict(values), error) from error
        if self._is_positional:
            return tuple(found)
        return {name: value for (name, _), value in zip(self._to_driver, found, strict=True)}

    def processed(self, rows: Sequence[Any], description: Any) -> list[Any]:
        """Return rows that the driver gave; column by column, which takes half the time."""
        if not self._from_driver:
            self._from_driver = [
                _type(each, self._dialect).result_processor(self._dialect, column[1])
                for each, column in zip(self._columns, description, strict=True)
            ]
        columns = [
            map(process, column) if process else column
            for process, column in zip(self._from_driver, zip(*rows, strict=True), strict=False)
        ]
        return list(zip(*columns, strict=True))


def _type(generic: Any, dialect: Any) -> Any:
    """Return a type as the dialect has it."""
    return generic.dialect_impl(dialect)
