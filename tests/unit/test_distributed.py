"""Training on a Dask cluster of two workers: as good a model as the local one, and clear errors."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from dask.distributed import LocalCluster

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import AerofluxError, SettingsError
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.lake import Lake
from aeroflux_assets.model import distributed
from aeroflux_assets.model.data import blocks, months_in_lake
from aeroflux_assets.model.distributed import month_rows, train_on_cluster
from aeroflux_assets.model.labels import classifier_labels
from aeroflux_assets.model.recipes import PAPER
from aeroflux_assets.model.tables import make_scored_year
from aeroflux_assets.years import Month

NOW = cutoff_named("T-2h")
YEARS = (2022, 2023)
MONTHLY = 1_200
NAMES = feature_set("xgb_schedule")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a scheduler with two workers, each a process of its own."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1", silence_logs=50
    ) as found:
        yield found.scheduler_address


def _year(year: int) -> pl.DataFrame:
    """A made-up year whose delays depend on the schedule's features, and on more than they know."""
    rng = np.random.default_rng(year)
    month = np.repeat(np.arange(1, 13), MONTHLY)
    known = {name: rng.normal(size=month.size).astype(np.float32) for name in NAMES}
    known[NAMES[1]][rng.random(month.size) < 0.1] = np.nan
    signal = (
        known[NAMES[0]] + np.nan_to_num(known[NAMES[1]]) * known[NAMES[2]] + (month > 5) * known[NAMES[3]]
    )
    delay = np.round(12 * signal + rng.normal(scale=14, size=month.size))
    return pl.DataFrame(known).with_columns(
        flight_id=pl.int_range(pl.len(), dtype=pl.Int64) + year * 1_000_000,
        flight_date=pl.date(year, pl.Series(month), 12),
        arr_delay_min=pl.Series(delay).cast(pl.Int16),
        is_arr_late15=pl.Series(delay >= 15),
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = Lake(tmp_path_factory.mktemp("clustered") / "lake")
    for year in YEARS:
        rows = _year(year)
        notes = {"months": list(range(1, 13))}
        for contract, part in (
            (CLEANED_FLIGHTS, {"year": year}),
            (FEATURES, {"year": year, "cutoff": NOW.name}),
        ):
            rest = [
                pl.lit(None, dtype=t).alias(n) for n, t in contract.schema.items() if n not in rows.columns
            ]
            whole = rows.with_columns(rest)
            parts = [whole.filter(pl.col("flight_date").dt.month() == month) for month in range(1, 13)]
            lake.write(contract, parts, part, notes=notes)
    return lake


def test_a_cluster_scores_a_year_as_well_as_this_process(cluster: str, lake: Lake) -> None:
    said: list[str] = []
    figures = {}
    for name, scheduler in (("here", None), ("cluster", cluster)):
        make_scored_year(
            lake,
            YEARS,
            2023,
            NOW,
            ["xgb_schedule"],
            trees=60,
            scheduler=scheduler,
            refresh=True,
            progress=said.append,
        )
        part = {"scored_year": 2023, "cutoff": NOW.name}
        figures[name] = (
            lake.scan("metrics", [part]).filter(pl.col("slice") == "all").collect().row(0, named=True)
        )
        predicted = lake.scan("predictions", [part]).collect()
        assert predicted.height == 12 * MONTHLY
    here, there = figures["here"], figures["cluster"]
    assert here["auc"] > 0.75  # there is something to learn
    assert there["auc"] == pytest.approx(here["auc"], abs=0.005)
    # Each worker draws rows of its own: such models were seen to differ by 1.4% after 40 rounds.
    assert there["mae"] == pytest.approx(here["mae"], rel=0.03)
    assert there["train_rows"] == here["train_rows"] == 12 * MONTHLY
    assert any("trained late15 on 2 workers: 14400 rows" in line for line in said)


def test_workers_are_given_the_labels_of_the_recipe(lake: Lake) -> None:
    late, delay = (month_rows(lake.root, Month(2022, 3), NOW, NAMES, 0.0)[column] for column in (1, 2))
    soft = month_rows(lake.root, Month(2022, 3), NOW, NAMES, 3.0)[1]
    assert set(np.unique(late)) == {0.0, 1.0}
    assert np.array_equal(soft, classifier_labels(late, delay, 3.0))
    assert not np.array_equal(soft, late)


def test_the_rows_of_a_lake_in_a_bucket_reach_the_workers(
    bucket: str, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers are told their keys by their own environment, as on other machines."""
    cloud = Lake(f"{bucket}/lake")
    for table, part in (
        ("cleaned_flights", {"year": 2022}),
        ("features", {"year": 2022, "cutoff": NOW.name}),
    ):
        commit = lake.commit_of(table, part)
        assert commit is not None
        for name in (*commit.files, "_current.json"):
            data = lake.store.read(f"{lake.key(table, part)}/{name}")
            assert data is not None
            cloud.store.put(f"{cloud.key(table, part)}/{name}", data)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1", silence_logs=50
    ) as found:
        trained = train_on_cluster(
            found.scheduler_address, cloud, [Month(2022, 3), Month(2022, 4)], NOW, NAMES, PAPER.but(2)
        )
    here = np.concatenate([part.late for part in blocks(lake, months_in_lake(lake, [2022], NOW), NOW, NAMES)])
    assert trained.rows == 2 * MONTHLY < len(here)
    assert trained.classifier.feature_names == list(NAMES)


def test_a_scheduler_that_does_not_answer_is_named_with_what_to_do(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "CONNECT_S", 1)
    with pytest.raises(
        SettingsError, match=r"AEROFLUX_DASK_SCHEDULER='tcp://127\.0\.0\.1:9'.*dask scheduler"
    ):
        train_on_cluster("tcp://127.0.0.1:9", lake, [Month(2022, 1)], NOW, NAMES, PAPER.but(2))


def test_a_scheduler_without_workers_is_said_to_have_none(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "CONNECT_S", 1)
    with (
        LocalCluster(
            n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1", silence_logs=50
        ) as empty,
        pytest.raises(SettingsError, match="has no worker"),
    ):
        train_on_cluster(empty.scheduler_address, lake, [Month(2022, 1)], NOW, NAMES, PAPER.but(2))


def test_a_worker_that_cannot_read_the_lake_says_where_and_what_to_do(cluster: str, tmp_path: Path) -> None:
    with pytest.raises(AerofluxError, match=r"cleaned_flights in .*nowhere.*year=2022 is missing"):
        train_on_cluster(cluster, Lake(tmp_path / "nowhere"), [Month(2022, 1)], NOW, NAMES, PAPER.but(2))


def test_months_without_a_flight_that_arrived_are_an_error(cluster: str, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    lake.write(CLEANED_FLIGHTS, [], {"year": 2022})
    lake.write(FEATURES, [], {"year": 2022, "cutoff": NOW.name})
    with pytest.raises(AerofluxError, match="no flight with an outcome to train on"):
        train_on_cluster(cluster, lake, [Month(2022, 1), Month(2022, 2)], NOW, NAMES, PAPER.but(2))
