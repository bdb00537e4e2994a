"""The report over every table of the evaluation."""

import dagster as dg

from aeroflux_assets.contracts.training import TRIALS
from aeroflux_assets.defs.pools import TABLES
from aeroflux_assets.defs.report import contract_check, result, spec
from aeroflux_assets.defs.resources import Workspace
from aeroflux_assets.evaluation.report import write_report
from aeroflux_assets.evaluation.search import make_trials
from aeroflux_assets.lake import NO_PARTITION

COMPLETE = "complete"
_TABLES = (
    "metrics",
    "reliability",
    "impact",
    "failures",
    "importance",
    "ablation",
    "hops",
    "xray",
    "baselines",
    "pass_through_matched",
    "refits",
    "trials",
)


@dg.multi_asset(
    name=TRIALS.name, specs=[spec(TRIALS, [], None)], check_specs=[contract_check(TRIALS)], pool=TABLES
)
def trials(workspace: Workspace) -> dg.MaterializeResult:
    """What `aeroflux search` has tried so far; it does not search."""
    lake = workspace.lake()
    return result(lake, TRIALS, make_trials(lake, workspace.settings().data), NO_PARTITION)


@dg.asset(
    group_name="evaluation",
    deps=[dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in _TABLES],
    check_specs=[
        dg.AssetCheckSpec(
            COMPLETE, asset="evaluation_report", description="No cell of the report was sampled or left out"
        )
    ],
    kinds={"polars"},
)
def evaluation_report(workspace: Workspace) -> dg.MaterializeResult:
    """`reports/evaluation.html` and `.md`: every table, the paper's figures beside ours, and what is missing."""
    report = write_report(workspace.lake(), workspace.settings())
    wanting = report.incomplete
    return dg.MaterializeResult(
        metadata={
            "page": dg.MetadataValue.path(str(report.page)),
            "cells": report.cells.height,
            "sampled_or_not_run": wanting.height,
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=COMPLETE,
                passed=wanting.is_empty(),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={
                    f"{row['table']} {row['scored_year']} {row['cutoff']}": row["status"]
                    for row in wanting.iter_rows(named=True)
                },
            )
        ],
    )
