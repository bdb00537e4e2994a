"""What a contract is: columns with type, unit, meaning and known_at; a key; and rules as named expressions.

A contract is checked on the table as committed, in one streaming pass, so that the check bounds its
memory by a batch and not by a year. It is our own and small because two of its fields carry the
project's promise: `known_at` (when the value became known to anyone outside) and `unit`; both end up in
the generated data dictionary, and the point-in-time audit perturbs raw columns by the published
`known_at`, not by the code's own idea of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from aeroflux_assets.errors import ContractError

# When a value became known. The words are the vocabulary of the data dictionary and of the audit.
KNOWN_AT = {
    "schedule": "published with the schedule, before any cutoff",
    "cutoff": "computed from what was known at the cutoff",
    "cancellation": "at the scheduled departure; never before the flight is over, if it had left its gate",
    "departure": "at gate departure (never counted as known before the scheduled departure)",
    "wheels_off": "at take-off",
    "wheels_on": "at landing",
    "arrival": "at gate arrival",
    "observation": "at the time of the weather observation",
    "after": "after the flight: a label or a report, never a feature",
    "tail": "the tail that flew: at gate arrival, unless the schedule vouches for the link",
    "reference": "a reference table, taken as known throughout",
    "record": "bookkeeping of the pipeline",
}


@dataclass(frozen=True)
class Column:
    """One column: its Polars type, unit, meaning, when it became known, and whether it may be null."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    description: str
    unit: str = ""
    known_at: str = "record"
    nullable: bool = True

    def __post_init__(self) -> None:
        if self.known_at not in KNOWN_AT:
            raise ContractError(
                f"column {self.name}: known_at={self.known_at!r}, allowed: {', '.join(KNOWN_AT)}"
            )


@dataclass(frozen=True)
class Rule:
    """A named row rule: `holds` is true (or null, meaning it does not apply) for every good row."""

    name: str
    holds: pl.Expr
    description: str


def figures_or_reason(key: str, figure: str) -> Rule:
    """The rule of a table of figures that may lack them: where `figure` is null, `reason` says why.

    Like every rule it says nothing of a row whose `key` is null: that is told once, by the key.
    """
    said = pl.col(figure).is_not_null() | pl.col("reason").is_not_null()
    return Rule("no figures only with a reason", pl.when(pl.col(key).is_not_null()).then(said), "")


@dataclass(frozen=True)
class Contract:
    """The schema of one table of the lake.

    partitioned_by: the partition dimensions in order, of "year", "cutoff", "scored_year"; empty for an
    unpartitioned table. key: the columns that together name a row; checked for uniqueness.
    """

    name: str
    room: str
    description: str
    columns: tuple[Column, ...]
    partitioned_by: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default_factory=tuple)

    @property
    def schema(self) -> pl.Schema:
        """The Polars schema, in column order."""
        return pl.Schema({column.name: column.dtype for column in self.columns})

    @property
    def names(self) -> list[str]:
        """The column names, in order."""
        return [column.name for column in self.columns]

    def known_at(self) -> Mapping[str, str]:
        """Column name to its known_at word."""
        return {column.name: column.known_at for column in self.columns}

    def conform(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Select the contract's columns in order with their types; ContractError names what is missing."""
        have = set(frame.collect_schema().names())
        missing = [name for name in self.names if name not in have]
        if missing:
            raise ContractError(f"table {self.name}: columns missing: {', '.join(missing)}")
        return frame.select(pl.col(column.name).cast(column.dtype) for column in self.columns)


@dataclass(frozen=True)
class Violation:
    """A broken rule and in how many rows."""

    rule: str
    rows: int


def violations(contract: Contract, frame: pl.LazyFrame) -> list[Violation]:
    """Every broken rule of `contract` in `frame` with its row count; empty when all hold.

    Checks column names and types (ContractError), nulls where none may be, the row rules, and the key.
    """
    schema = frame.collect_schema()
    wrong = [
        f"{name}: {schema.get(name)} instead of {dtype}"
        for name, dtype in contract.schema.items()
        if schema.get(name) != dtype
    ]
    if wrong:
        raise ContractError(f"table {contract.name}: {'; '.join(wrong)}")
    checks = [
        pl.col(column.name).null_count().cast(pl.Int64).alias(f"{column.name} is null")
        for column in contract.columns
        if not column.nullable
    ]
    checks += [(~rule.holds).sum().cast(pl.Int64).alias(rule.name) for rule in contract.rules]
    if contract.key:
        key = pl.struct(contract.key) if len(contract.key) > 1 else pl.col(contract.key[0])
        checks.append(
            (pl.len() - key.n_unique()).cast(pl.Int64).alias(f"key ({', '.join(contract.key)}) repeats")
        )
    if not checks:
        return []
    counts = frame.select(checks).collect(engine="streaming").row(0, named=True)
    return [Violation(rule, int(rows)) for rule, rows in counts.items() if rows]
