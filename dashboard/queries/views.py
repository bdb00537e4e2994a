"""DuckDB views over just the partitions that a page needs.

`Lake.connect` makes a view of every table over every partition. A page that shows one flight wants one
year of a few tables, and it must not fail where one of them was never made: here a missing table is an
empty view with the contract's columns, so that one query serves a whole lake and half of one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.lake import Lake, Partition

_SQL_TYPES: dict[object, str] = {
    pl.String: "VARCHAR",
    pl.Int8: "TINYINT",
    pl.Int16: "SMALLINT",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.Float32: "FLOAT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
}
_KEY_TYPES = {"year": "INTEGER", "scored_year": "INTEGER", "cutoff": "VARCHAR"}


@dataclass(frozen=True)
class Wanted:
    """A table and those of its partitions that a query may look at."""

    contract: Contract
    partitions: Sequence[Partition] = ({},)


# One in-memory database for each lake that this process has read, by the lake's root.
_DATABASES: dict[str, duckdb.DuckDBPyConnection] = {}


def _database(lake: Lake) -> duckdb.DuckDBPyConnection:
    """The process's database over a lake. It remembers the footers of files, which never change."""
    root = str(lake.root)
    if root not in _DATABASES:
        con = lake.open_duckdb()
        con.execute("SET parquet_metadata_cache = true")
        _DATABASES[root] = con
    return _DATABASES[root]


def open_views(lake: Lake, wanted: Iterable[Wanted] = ()) -> duckdb.DuckDBPyConnection:
    """A connection to DuckDB with one view for each wanted table, in UTC. The caller closes it.

    Its views are its own (temporary ones), so that pages drawn at the same time do not see each other's.
    """
    con = _database(lake).cursor()
    con.execute("SET TimeZone = 'UTC'")
    for want in wanted:
        con.execute(f'CREATE TEMP VIEW "{want.contract.name}" AS {_view_sql(lake, want)}')
    return con


def committed(lake: Lake, contract: Contract, column: str, values: Iterable[str | int]) -> list[Partition]:
    """The committed partitions of a table whose `column` is one of `values`."""
    allowed = {str(value) for value in values}
    return [partition for partition in lake.partitions(contract.name) if partition.get(column) in allowed]


def query(con: duckdb.DuckDBPyConnection, sql: str, params: Sequence[object] = ()) -> pl.DataFrame:
    """The rows of a query as a Polars frame."""
    frame: pl.DataFrame = con.sql(sql, params=list(params)).pl()
    return frame


def _view_sql(lake: Lake, want: Wanted) -> str:
    present = [partition for partition in want.partitions if lake.has(want.contract.name, partition)]
    if not present:
        return _empty_sql(want.contract)
    files = lake.files(want.contract.name, present)
    names = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    # Partitions that an earlier version made may lack a column: by name, and null, until they are made again.
    options = "union_by_name = true, hive_partitioning = false"
    if want.contract.partitioned_by:
        types = ", ".join(f"'{key}': {_KEY_TYPES[key]}" for key in want.contract.partitioned_by)
        options = f"union_by_name = true, hive_partitioning = true, hive_types = {{{types}}}"
    return f"SELECT * FROM read_parquet([{names}], {options}) UNION ALL BY NAME {_empty_sql(want.contract)}"


def _empty_sql(contract: Contract) -> str:
    columns = {key: _KEY_TYPES[key] for key in contract.partitioned_by}
    columns |= {name: _SQL_TYPES[dtype.base_type()] for name, dtype in contract.schema.items()}
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items())
    return f"SELECT {nulls} WHERE false"
