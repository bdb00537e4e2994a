"""The tables of a scored year: what is kept, what is made again, and that no table names a model that is gone."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import METRICS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.lake import Lake
from aeroflux_assets.model import tables
from aeroflux_assets.model.files import MODEL_FILES
from aeroflux_assets.model.tables import make_scored_year
from aeroflux_assets.model.train import Trained

NOW = cutoff_named("T-2h")
SET = "xgb_schedule"
ROWS = 200
PART = {"scored_year": 2023, "cutoff": NOW.name}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Three Junes with features and outcomes."""
    lake = Lake(tmp_path / "lake")
    for year in (2022, 2023, 2024):
        rng = np.random.default_rng(year)
        known = {name: rng.normal(size=ROWS).astype(np.float32) for name in feature_set(SET)}
        delay = np.round(20 * known[feature_set(SET)[0]])
        rows = pl.DataFrame(known).with_columns(
            flight_id=pl.int_range(pl.len(), dtype=pl.Int64) + year * 1_000,
            flight_date=pl.lit(date(year, 6, 12)),
            arr_delay_min=pl.Series(delay).cast(pl.Int16),
            is_arr_late15=pl.Series(delay >= 15),
        )
        for contract, part in (
            (CLEANED_FLIGHTS, {"year": year}),
            (FEATURES, {"year": year, "cutoff": NOW.name}),
        ):
            rest = [
                pl.lit(None, dtype=t).alias(n) for n, t in contract.schema.items() if n not in rows.columns
            ]
            lake.write(contract, rows.with_columns(rest), part, notes={"months": [6]})
    return lake


def _versions(lake: Lake) -> dict[str, str]:
    commits = {name: lake.commit_of(name, PART) for name in ("models", "predictions", "metrics")}
    return {name: commit.version for name, commit in commits.items() if commit}


def test_models_whose_files_went_while_they_were_trained_are_not_committed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_scored_year(lake, (2022, 2023), 2023, NOW, [SET], trees=2)
    before = _versions(lake)
    (kept,) = lake.store.folders(f"{MODEL_FILES}/scored_year=2023/cutoff={NOW.name}")

    def swept(
        scoring: tables.Scoring, name: str, trained: Trained, writer: tables.Writer
    ) -> list[pl.DataFrame]:
        """Another run's sweep, between the training and the commit."""
        base = f"{MODEL_FILES}/scored_year=2023/cutoff={NOW.name}"
        for folder in lake.store.folders(base):
            if folder != kept:
                lake.store.remove(f"{base}/{folder}")
        return list(predicted(scoring, name, trained, writer))

    predicted = tables._predicted
    monkeypatch.setattr(tables, "_predicted", swept)
    with pytest.raises(AerofluxError, match=r"late15\.ubj was trained and is gone.*run again"):
        make_scored_year(lake, (2022, 2023), 2023, NOW, [SET], trees=3)

    assert _versions(lake) == before
    paths = lake.scan("models", [PART]).collect()["path"]
    assert all(lake.store.has(path) for path in paths)


def test_another_selection_of_years_changes_the_role_and_trains_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_scored_year(lake, (2022, 2023), 2023, NOW, [SET], trees=2)
    first, before = _versions(lake), lake.scan("metrics", [PART]).collect()
    monkeypatch.setattr(tables, "_trained", _must_not_train)

    for years, role in (((2022, 2023, 2024), "validation"), ((2022, 2023), "holdout")):
        commits = make_scored_year(lake, years, 2023, NOW, [SET], trees=2)

        assert [commit.version for commit in commits] == list(_versions(lake).values())
        after = lake.scan("metrics", [PART]).collect()
        assert set(after["role"]) == {role}
        assert after.drop("role").equals(before.drop("role"))
        assert _versions(lake) == first | {"metrics": commits[2].version}
        assert commits[2].notes == {"same_figures_as": first["metrics"]}
        # Asked again it is kept.
        assert make_scored_year(lake, years, 2023, NOW, [SET], trees=2)[2].version == commits[2].version


def _must_not_train(*_: object) -> Trained:
    raise AssertionError("trained")


def test_metrics_of_before_roles_were_an_input_are_not_trained_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_scored_year(lake, (2022, 2023), 2023, NOW, [SET], trees=2)[2]
    inputs = {name: version for name, version in made.inputs.items() if name != "role"}
    lake.write(METRICS, lake.scan("metrics", [PART]).collect(), PART, inputs=inputs)
    monkeypatch.setattr(tables, "_trained", _must_not_train)

    assert make_scored_year(lake, (2022, 2023), 2023, NOW, [SET], trees=2)[2].inputs == made.inputs


def test_metrics_made_from_something_else_are_measured_anew(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_scored_year(lake, (2022, 2023), 2023, NOW, [SET], trees=2)
    lake.outdate("metrics", PART)
    monkeypatch.setattr(tables, "_trained", _must_not_train)

    with pytest.raises(AssertionError, match="trained"):
        make_scored_year(lake, (2022, 2023), 2023, NOW, [SET], trees=2)
