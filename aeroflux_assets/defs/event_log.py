"""Dagster's event log on SQLite, its connections kept open: what `aeroflux run` writes its history through."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event

# A run writes to its own file and to the index; those of past runs need not stay open.
KEPT_FILES = 4
# How long a statement waits for another process that writes: Dagster's own.
BUSY_S = 30


class KeptEventLog(SqliteEventLogStorage):
    """Dagster's own storage and its files; only the connections to them are kept.

    Dagster makes a new SQLAlchemy engine for every statement, so that each opens the file, compiles its SQL and waits
    for the disk anew. A small year writes some 250 events and spends a third of its time on that
    (docs/performance.md). Here the engine of a file stays while the file is in use.

    `synchronous=NORMAL` waits for the disk at SQLite's checkpoints instead of at each commit. A killed process loses
    nothing by it; a power cut may take the last events of the history, never its integrity. The lake commits by
    itself: a run after it finds its tables.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._seen_tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "KeptEventLog":
        """The storage that an instance's configuration names, of this class."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        """The engine of a file, its schema made where it is new or was wiped."""
        engine = self._engines.get(shard)
        if engine is None:
            address = self.conn_string_for_shard(shard)
            engine = create_engine(address, connect_args={"timeout": BUSY_S})
            event.listen(engine, "connect", _sync_at_checkpoints)
            self._engines[shard] = engine
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        self._engines.move_to_end(shard)
        while len(self._engines) > KEPT_FILES:
            self._engines.popitem(last=False)[1].dispose()
        return engine

    def has_table(self, table_name: str) -> bool:
        """Whether the index has the table: asked for each event; one that is there stays there."""
        if table_name not in self._seen_tables and super().has_table(table_name):
            self._seen_tables.add(table_name)
        return table_name in self._seen_tables

    def wipe(self) -> None:
        """Remove every event; the files go, so their connections do."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close what is open."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _sync_at_checkpoints(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


def instance_keeping_connections(home: Path) -> dg.DagsterInstance:
    """The instance of a home with its storage on SQLite: the files that Dagster's servers read, too."""
    files = InstanceRef.config_defaults(str(home))["event_log_storage"]
    assert files is not None
    override = {
        "event_log_storage": {
            "module": KeptEventLog.__module__,
            "class": KeptEventLog.__name__,
            "config": dict(files.config_dict),
        }
    }
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=override))
