"""The graph as Dagster loads it: partitions map, a missing year is refused, new months are noticed."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from aeroflux_assets.contracts.model import METRICS, MODELS, PREDICTIONS
from aeroflux_assets.definitions import defs
from aeroflux_assets.defs.assets import model as model_assets
from aeroflux_assets.defs.automation import new_months, newly_published_months
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
from aeroflux_assets.defs.resources import Workspace
from aeroflux_assets.defs.runner import steps
from aeroflux_assets.dictionary import CONTRACTS
from aeroflux_assets.evaluation.hindsight import KINDS
from aeroflux_assets.lake import Commit, Lake
from aeroflux_assets.settings import Settings
from aeroflux_assets.sources.upstream import upstream_for
from aeroflux_assets.years import Month
from dashboard.queries.health import LAST_ONLY

ROOT = Path(__file__).resolve().parents[2]
GRAPH = defs.resolve_asset_graph()


def test_definitions_load() -> None:
    dg.Definitions.validate_loadable(defs)


def test_the_workspace_file_loads() -> None:
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(ROOT / "workspace.yaml")]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_is_an_asset_with_a_blocking_check() -> None:
    names = {key.to_user_string() for key in GRAPH.get_all_asset_keys()}
    checks = {key.asset_key.to_user_string(): GRAPH.get_check_spec(key) for key in GRAPH.asset_check_keys}

    assert names == {contract.name for contract in CONTRACTS} | {"evaluation_report"}
    assert set(checks) == names
    assert {name for name, spec in checks.items() if not spec.blocking} == {"evaluation_report"}


def test_the_check_against_hindsight_is_on_models_and_blocks() -> None:
    spec = GRAPH.get_check_spec(dg.AssetCheckKey(dg.AssetKey("models"), "no_hindsight"))

    assert spec.blocking


def test_a_model_trained_on_hindsight_fails_its_run(
    selected: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rooms are doctored to train on a hindsight; the run must not pass."""
    leak = KINDS[0].column(KINDS[0].replaces[0])

    def doctored(lake: Lake, *_: object, **__: object) -> tuple[Commit, ...]:
        part = {"scored_year": 2023, "cutoff": "T-0"}
        model = {
            "feature_set": "xgb_full",
            "target": "late15",
            "path": "gone.ubj",
            "features": f"distance,{leak}",
        }
        seen = {"train_years": "2021,2022", "train_rows": 1, "trees": 1, "seconds": 0.0}
        return tuple(
            lake.write(contract, pl.DataFrame(rows, schema=contract.schema), part)
            for contract, rows in ((MODELS, [model | seen]), (PREDICTIONS, []), (METRICS, []))
        )

    monkeypatch.setattr(model_assets, "make_scored_year", doctored)
    job = defs.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            asset_selection=[dg.AssetKey(name) for name in BY_SCORED_YEAR],
            partition_key=dg.MultiPartitionKey({"scored_year": "2023", "cutoff": "T-0"}),
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )

    assert not result.success
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert [evaluation.check_name for evaluation in failed] == ["no_hindsight"]
    assert leak in str(failed[0].metadata)


def test_every_asset_is_in_one_job() -> None:
    jobs = [
        *REFERENCE,
        *BY_YEAR,
        *BY_CUTOFF,
        *BY_SCORED_YEAR,
        *OF_LAST_SCORED_YEAR,
        *EXPERIMENTS,
        *BY_EXPERIMENT,
    ]

    assert sorted([*jobs, *REPORT]) == sorted(
        [*(contract.name for contract in CONTRACTS), "evaluation_report"]
    )


def test_the_health_page_expects_beside_the_last_scored_year_what_a_run_makes_there() -> None:
    assert {*OF_LAST_SCORED_YEAR, *EXPERIMENTS, *BY_EXPERIMENT} == LAST_ONLY


def _upstream(child: str, parent: str, key: str) -> set[str]:
    """The parent partitions that a child partition needs, as Dagster resolves them."""
    child_key, parent_key = dg.AssetKey(child), dg.AssetKey(parent)
    mapping = GRAPH.get_partition_mapping(child_key, parent_key)
    child_def, parent_def = GRAPH.get(child_key).partitions_def, GRAPH.get(parent_key).partitions_def
    subset = child_def.subset_with_partition_keys([key])
    result = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, child_def, parent_def)
    return set(result.partitions_subset.get_partition_keys())


def test_rotations_need_the_year_before() -> None:
    assert _upstream("rotations", "cleaned_flights", "2020") == {"2019", "2020"}
    assert _upstream("rotations", "cleaned_flights", "2015") == {"2015"}


def test_a_scored_year_needs_every_earlier_year_at_its_cutoff_and_none_later() -> None:
    needed = _upstream("models", "features", dg.MultiPartitionKey({"scored_year": "2019", "cutoff": "T-2h"}))

    assert needed == {
        dg.MultiPartitionKey({"year": str(year), "cutoff": "T-2h"}) for year in range(2015, 2020)
    }


def test_what_is_measured_of_predictions_needs_its_own_year_and_experiments_the_earlier_ones() -> None:
    key = dg.MultiPartitionKey({"scored_year": "2020", "cutoff": "T-6h"})
    own = {dg.MultiPartitionKey({"year": "2020", "cutoff": "T-6h"})}

    assert _upstream("failures", "features", key) == _upstream("importance", "features", key) == own
    assert _upstream("failures", "predictions", key) == _upstream("importance", "models", key) == {key}
    assert own < _upstream("hops", "features", key)
    assert _upstream("pass_through", "cleaned_flights", "2020") == {"2019", "2020"}


def _scored(year: int) -> dg.MultiPartitionKey:
    return dg.MultiPartitionKey({"scored_year": str(year), "cutoff": "T-2h"})


def test_recalibration_needs_the_predictions_of_earlier_scored_years_and_none_later() -> None:
    assert _upstream("calibrated_predictions", "predictions", _scored(2019)) == {_scored(2019)}
    assert _upstream("calibrated_predictions", "predictions", _scored(2022)) == {
        _scored(year) for year in range(2019, 2023)
    }
    assert _upstream("calibrated_predictions", "inner_predictions", _scored(2022)) == {_scored(2022)}


def test_impact_needs_what_was_known_in_its_own_year() -> None:
    year = dg.MultiPartitionKey({"year": "2022", "cutoff": "T-2h"})

    assert _upstream("impact", "propagation", _scored(2022)) == {year}


def test_state_at_a_cutoff_needs_the_flights_of_its_year() -> None:
    key = dg.MultiPartitionKey({"year": "2021", "cutoff": "T-6h"})

    assert _upstream("airport_state", "cleaned_flights", key) == {"2021"}
    assert _upstream("features", "airport_state", key) == {key}


def test_a_run_makes_years_before_what_looks_back_on_them() -> None:
    settings = Settings(years=(2020, 2021, 2023), cutoffs=("T-0",))

    titles = [step.title for step in steps(settings)]

    assert titles[0] == "reference tables"
    assert [t.split(":")[0] for t in titles[1:4]] == ["2020", "2021", "2023"]
    assert [t.split(":")[0] for t in titles[4:7]] == ["2020 T-0", "2021 T-0", "2023 T-0"]
    assert [t.split(":")[0] for t in titles[7:9]] == ["2021 T-0", "2023 T-0"]
    assert titles[9:] == [
        "2023 T-0: importance, ablation, hops, refits",
        "2023 T-0: leakage X-ray, baselines",
        "the report of the evaluation",
    ]


def test_experiments_are_made_where_the_profile_says(small_world: Settings) -> None:
    def made(**changes) -> list[str]:
        settings = replace(small_world, cutoffs=("T-45min", "T-2h"), **changes)
        return [step.title for step in steps(settings) if "X-ray" in step.title]

    assert made() == []  # the demo's are made at T-0 only
    assert made(chosen_profile="mirror") == ["2023 T-2h: leakage X-ray, baselines"]


def test_experiments_are_made_of_the_last_scored_year_at_the_first_cutoff_only() -> None:
    settings = Settings(years=(2020, 2021, 2023), cutoffs=("T-45min", "T-2h"))

    made = {step.partition_key: step.assets for step in steps(settings) if "importance" in step.assets}

    first, second = (dg.MultiPartitionKey({"scored_year": "2023", "cutoff": c}) for c in settings.cutoffs)
    assert made == {first: ("importance", "ablation", "hops", "refits"), second: ("importance",)}


@pytest.fixture
def selected(small_world: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """The small world's files, as the environment's selection, with an empty lake."""
    settings = Settings(
        source="mirror", mirror=small_world.data / "simulated", years=small_world.years, data=tmp_path
    )
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    return settings


def test_new_months_are_those_that_the_lake_has_not(selected: Settings) -> None:
    lake, upstream = Lake(selected.lake), upstream_for(selected)

    assert new_months(lake, upstream, (2021, 1999)) == {2021: tuple(range(1, 13))}


def test_the_sensor_asks_for_each_year_that_gained_a_month(selected: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, resources={"workspace": Workspace()})
        result = newly_published_months(context)

    assert [request.partition_key for request in result.run_requests] == ["2021", "2022", "2023"]
    assert result.run_requests[0].tags["aeroflux/new_months"].startswith("1,2,3")


def test_a_year_materializes_with_its_missing_months_said(
    selected: Settings, small_world: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Arrange: a mirror that has two months of 2021 only.
    mirror = tmp_path / "mirror"
    for host in (small_world.data / "simulated").iterdir():
        if host.is_dir() and host.name != "transtats.bts.gov":
            (mirror / host.name).parent.mkdir(parents=True, exist_ok=True)
            (mirror / host.name).symlink_to(host)
    archives = mirror / "transtats.bts.gov" / "PREZIP"
    archives.mkdir(parents=True)
    source = small_world.data / "simulated" / "transtats.bts.gov" / "PREZIP"
    for month in (Month(2021, 3), Month(2021, 5)):
        name = f"On_Time_Reporting_Carrier_On_Time_Performance_1987_present_{month.year}_{month.month}.zip"
        (archives / name).symlink_to(source / name)
    monkeypatch.setenv("AEROFLUX_SOURCE", f"mirror:{mirror}")

    # Act
    job = defs.resolve_implicit_global_asset_job_def()
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        for names, key in ((REFERENCE, None), (BY_YEAR, "2021")):
            result = job.execute_in_process(
                asset_selection=[dg.AssetKey(name) for name in names],
                partition_key=key,
                instance=instance,
                run_config=quiet,
            )
            assert result.success

    # Assert
    materialization = result.asset_materializations_for_node("raw_flights")[0]
    assert materialization.metadata["months"].value == [3, 5]
    assert materialization.metadata["missing_months"].value == [1, 2, 4, 6, 7, 8, 9, 10, 11, 12]
    assert all(evaluation.passed for evaluation in result.get_asset_check_evaluations())
    lake = Lake(selected.lake)
    assert set(lake.scan("cleaned_flights").collect()["flight_date"].dt.month().unique()) == {3, 5}


def test_a_year_that_upstream_has_not_fails_with_one_clear_error(selected: Settings, monkeypatch) -> None:
    monkeypatch.setenv("AEROFLUX_YEARS", "2024")
    job = defs.resolve_implicit_global_asset_job_def()

    with dg.DagsterInstance.ephemeral() as instance, pytest.raises(Exception, match="no month of 2024"):
        job.execute_in_process(
            asset_selection=[dg.AssetKey("raw_flights")],
            partition_key="2024",
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )

    assert Lake(selected.lake).tables() == []
