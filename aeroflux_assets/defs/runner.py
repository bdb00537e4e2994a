"""`aeroflux run`: every selected partition, in order, in this process, recorded on the Dagster instance.

Backfills from the UI do the same by the daemon; in one process there is no start-up per partition.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.defs.code import code_version
from aeroflux_assets.defs.instance import instance_of_home
from aeroflux_assets.defs.jobs import (
    BY_CUTOFF,
    BY_EXPERIMENT,
    BY_SCORED_YEAR,
    BY_YEAR,
    EXPERIMENTS,
    OF_LAST_SCORED_YEAR,
    REFERENCE,
    REPORT,
)
from aeroflux_assets.defs.outages import ATTENDED
from aeroflux_assets.defs.report import CODE_TAG
from aeroflux_assets.dictionary import CONTRACTS
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation.profiles import PROFILES
from aeroflux_assets.lake import Lake, Partition
from aeroflux_assets.raw.tables import refuse_mixed_worlds
from aeroflux_assets.settings import Settings
from aeroflux_assets.sources.simulated import ensure_simulated
from aeroflux_assets.years import scored_years

Say = Callable[[str], None]
# Events of a partition that are looked through, newest first, for a commit that records no code.
HISTORY = 1000


@dataclass(frozen=True)
class Step:
    """One Dagster run: a partition key (None for the reference tables) and the assets it makes."""

    title: str
    assets: tuple[str, ...]
    partition_key: str | None


def steps(settings: Settings, *, models: bool = True) -> Iterator[Step]:
    """The runs that make the selected years, in the order in which they need one another."""
    yield Step("reference tables", REFERENCE, None)
    # Every year's flights before any look-back: rotations and windows carry over New Year.
    for year in settings.years:
        yield Step(f"{year}: upstream files to rotations", BY_YEAR, str(year))
    for cutoff in settings.cutoffs:
        for year in settings.years:
            key = dg.MultiPartitionKey({"year": str(year), "cutoff": cutoff})
            yield Step(f"{year} {cutoff}: what was known, features", BY_CUTOFF, key)
    if models:
        for cutoff in settings.cutoffs:
            for scored in scored_years(settings.years):
                key = dg.MultiPartitionKey({"scored_year": str(scored), "cutoff": cutoff})
                yield Step(f"{scored} {cutoff}: models, predictions, how they held", BY_SCORED_YEAR, key)
        yield from _questions(settings)
        yield from _experiments(settings)
        yield Step("the report of the evaluation", REPORT, None)


def _questions(settings: Settings) -> Iterator[Step]:
    """What is made of the last scored year only, once all models are there."""
    for cutoff in settings.cutoffs:
        for scored in scored_years(settings.years)[-1:]:
            key = dg.MultiPartitionKey({"scored_year": str(scored), "cutoff": cutoff})
            first = cutoff == settings.cutoffs[0]
            assets = (*OF_LAST_SCORED_YEAR, *EXPERIMENTS) if first else OF_LAST_SCORED_YEAR
            title = "importance, ablation, hops, refits" if first else "importance"
            yield Step(f"{scored} {cutoff}: {title}", assets, key)


def _experiments(settings: Settings) -> Iterator[Step]:
    """The experiments beside the last scored year, at those of the selected cutoffs that the profile names."""
    named = [cutoff.name for cutoff in PROFILES[settings.profile].cutoffs]
    for cutoff in (name for name in settings.cutoffs if name in named):
        for scored in scored_years(settings.years)[-1:]:
            key = dg.MultiPartitionKey({"scored_year": str(scored), "cutoff": cutoff})
            yield Step(f"{scored} {cutoff}: leakage X-ray, baselines", BY_EXPERIMENT, key)


def run_all(
    defs: dg.Definitions,
    settings: Settings,
    *,
    refresh: bool,
    models: bool,
    say: Say,
    changed: bool = False,
) -> None:
    """Run every step; a failed one raises AerofluxError naming it and its cause, and leaves good tables alone.

    changed: make again what other code made, besides what other input makes stale; else it is named at the end.
    """
    began = time.perf_counter()
    lake = Lake(settings.lake)
    refuse_mixed_worlds(lake, settings.source)
    if settings.simulated:
        say("writing the simulated airspace's upstream files")
        ensure_simulated(settings, lambda line: say(f"  {line}"))
    todo = list(steps(settings, models=models))
    other: set[str] = set()
    with instance_of_home() as instance:
        for number, step in enumerate(todo, start=1):
            started = time.perf_counter()
            stale = made_by_other_code(lake, instance, step)
            other |= set(stale)
            if changed:
                outdate(lake, step, stale)
            _run(defs, step, instance, refresh)
            say(f"[{number}/{len(todo)}] {step.title} ({time.perf_counter() - started:.1f} s)")
    if other and not (changed or refresh):
        say(
            f"kept, but made by other code: {', '.join(sorted(other))}; `aeroflux run --changed` makes them again"
        )
    say(f"done in {time.perf_counter() - began:.0f} s; the lake is {settings.lake}")


def made_by_other_code(lake: Lake, instance: dg.DagsterInstance, step: Step) -> list[str]:
    """Those tables of a step whose commit was made by another code version than today's."""
    found = []
    for contract in CONTRACTS:
        if contract.name not in step.assets:
            continue
        commit = lake.commit_of(contract.name, _partition(contract, step))
        if commit is None:
            continue
        then = commit.code or _first_told(instance, contract.name, step.partition_key, commit.version)
        if then is not None and then != code_version(contract):
            found.append(contract.name)
    return found


def _first_told(instance: dg.DagsterInstance, table: str, key: str | None, version: str) -> str | None:
    """The code version that Dagster's history first gave a version of a table; None where it knows neither.

    For commits from before they recorded their code. The first, since each run that kept the table told it again
    with the code of its own day.
    """
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(table), asset_partitions=[key] if key else None)
    records = instance.fetch_materializations(wanted, limit=HISTORY).records
    tags = [record.asset_materialization.tags or {} for record in records if record.asset_materialization]
    told = [each.get(CODE_TAG) for each in tags if each.get("dagster/data_version") == version]
    return told[-1] if told else None


def outdate(lake: Lake, step: Step, tables: Iterable[str]) -> None:
    """Let the step's partitions of the tables be made again when it runs."""
    for contract in CONTRACTS:
        if contract.name in tables:
            lake.outdate(contract.name, _partition(contract, step))


def _partition(contract: Contract, step: Step) -> Partition:
    """The partition of a table that the step makes."""
    key = step.partition_key
    if isinstance(key, dg.MultiPartitionKey):
        return {name: key.keys_by_dimension[name] for name in contract.partitioned_by}
    return dict.fromkeys(contract.partitioned_by, key or "")


def _run(defs: dg.Definitions, step: Step, instance: dg.DagsterInstance, refresh: bool) -> None:
    job = defs.resolve_implicit_global_asset_job_def()
    keys = [dg.AssetKey(name) for name in step.assets]
    # Dagster's own lines go to its event log; the terminal gets one line a step.
    config: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    if refresh:
        config["ops"] = {op: {"config": {"refresh": True}} for op in _ops(defs, step.assets)}
    result = job.execute_in_process(
        asset_selection=keys,
        partition_key=step.partition_key,
        instance=instance,
        tags={ATTENDED: "aeroflux run"},
        run_config=config,
        raise_on_error=False,
    )
    if not result.success:
        raise AerofluxError(f"{step.title}: {_cause(result)}")


def _ops(defs: dg.Definitions, assets: tuple[str, ...]) -> set[str]:
    return {defs.get_assets_def(name).op.name for name in assets}


def _cause(result: dg.ExecuteInProcessResult) -> str:
    """The innermost error of the first failed step, or the checks that failed."""
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        if error is not None:
            while error.cause is not None:
                error = error.cause
            return str(error.message).strip()
    broken = [
        e.asset_check_evaluation_data
        for e in result.all_events
        if e.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    failed = [
        f"{c.asset_key.to_user_string()} {c.check_name}: {dict(c.metadata)}" for c in broken if not c.passed
    ]
    return "; ".join(failed) or f"the run {result.run_id} failed; see it in the Dagster UI"
