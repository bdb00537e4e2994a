"""A commit as Dagster shows it: row counts, sizes, notes, the schema, and the contract as a blocking check."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from aeroflux_assets.contracts.base import Column, Contract, violations
from aeroflux_assets.defs.code import code_version
from aeroflux_assets.evaluation.readings import log_table
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.settings import load_settings

CONTRACT_CHECK = "contract"
CODE_TAG = "dagster/code_version"


def contract_check(contract: Contract) -> dg.AssetCheckSpec:
    """The check that every row of the table as committed keeps its contract."""
    return dg.AssetCheckSpec(
        CONTRACT_CHECK,
        asset=contract.name,
        blocking=True,
        description=f"Every rule of the {contract.name} contract",
    )


def spec(
    contract: Contract, deps: list[Any], partitions: dg.PartitionsDefinition[Any] | None
) -> dg.AssetSpec:
    """The asset of one table."""
    return dg.AssetSpec(
        contract.name,
        deps=deps,
        group_name=contract.room,
        description=contract.description,
        partitions_def=partitions,
        code_version=code_version(contract),
        metadata={"dagster/column_schema": _schema(contract)},
        kinds={"polars", "parquet"},
    )


def _schema(contract: Contract) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                str(column.dtype),
                description=_described(column),
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in contract.columns
        ]
    )


def _described(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{column.description}{unit}; known: {column.known_at}"


def result(
    lake: Lake,
    contract: Contract,
    commit: Commit,
    partition: Partition,
    *,
    more: Sequence[dg.AssetCheckResult] = (),
) -> dg.MaterializeResult:
    """What a table's asset returns: metadata, data version, the outcome of its contract check, and of more checks.

    Its code version is that of the code that made the commit: Dagster would stamp a kept table with today's, and its
    mark of other code would go with the first run that keeps the table.
    """
    settings = load_settings()
    log_table(settings.data, lake, contract, commit, partition, settings.years)
    broken = violations(contract, lake.scan(contract.name, [partition]).select(contract.names))
    return dg.MaterializeResult(
        asset_key=contract.name,
        data_version=dg.DataVersion(commit.version),
        tags={CODE_TAG: commit.code} if commit.code else None,
        metadata={
            "dagster/partition_row_count": commit.rows,
            "bytes": commit.bytes,
            "committed_at": commit.committed_at,
            **{name: _shown(value) for name, value in commit.notes.items()},
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CONTRACT_CHECK,
                asset_key=contract.name,
                passed=not broken,
                metadata={violation.rule: violation.rows for violation in broken},
            ),
            *more,
        ],
    )


def _shown(value: Any) -> Any:
    return dg.MetadataValue.json(value) if isinstance(value, dict | list) else value
