"""The promise: change everything that became known after an instant, and the features before it keep their bits."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from aeroflux_assets.cleaned import span
from aeroflux_assets.contracts.base import Column
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.cutoffs import CUTOFFS, Cutoff, cutoff_named
from aeroflux_assets.errors import ContractError
from aeroflux_assets.evaluation.hindsight import (
    AIRPORT_HOUR,
    CLOCK,
    FLOWN,
    INBOUND,
    KINDS,
    TAIL_DAY,
    TURNAROUND,
    VOLUMES,
    WEATHER_THEN,
    hindsight_of,
)
from aeroflux_assets.evaluation.making import make_years
from aeroflux_assets.evaluation.xray import span_of
from aeroflux_assets.features import perturb
from aeroflux_assets.features.audit import audit, features_from_raw
from aeroflux_assets.features.tables import make_features
from aeroflux_assets.lake import Lake
from aeroflux_assets.propagation import known
from aeroflux_assets.propagation.tables import make_propagation, make_states
from aeroflux_assets.settings import Settings
from aeroflux_assets.weather_join.tables import make_weather_at_cutoff

pytestmark = pytest.mark.pipeline


@pytest.fixture(scope="module")
def simulated_lake(small_world: Settings, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    data = tmp_path_factory.mktemp("audit")
    (data / "simulated").symlink_to(small_world.data / "simulated")
    settings = replace(small_world, years=(2021,), data=data)
    lake = Lake(settings.lake)
    # The source is read as a mirror: the small world's files are there already.
    make_years(replace(settings, source="mirror", mirror=data / "simulated"), lake, [], lambda _: None)
    return lake


@pytest.fixture(scope="module")
def real_lake(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    data = tmp_path_factory.mktemp("audit-real")
    settings = Settings(source="mirror", mirror=mirror, years=(2024,), data=data)
    make_years(settings, Lake(settings.lake), [], lambda _: None)
    return Lake(settings.lake)


@pytest.mark.parametrize("cutoff", CUTOFFS, ids=lambda c: c.name)
@pytest.mark.parametrize("instant", ["2021-03-16T19:05", "2021-07-10T03:40"])
def test_the_simulated_world_keeps_the_promise(simulated_lake: Lake, cutoff: Cutoff, instant: str) -> None:
    report = audit(simulated_lake, datetime.fromisoformat(instant), cutoff)

    assert report.changed == {}
    assert report.flights > 50
    assert report.later_changed > 0.9 * report.later_flights > 10


@pytest.mark.mirror
@pytest.mark.parametrize(("cutoff", "instant"), [("T-0", "2024-09-03T18:00"), ("T-2h", "2024-09-04T13:30")])
def test_real_rows_keep_the_promise(real_lake: Lake, cutoff: str, instant: str) -> None:
    report = audit(real_lake, datetime.fromisoformat(instant), cutoff_named(cutoff))

    assert report.changed == {}
    assert report.flights > 40_000
    assert report.later_changed > 0.9 * report.later_flights


def test_a_year_in_one_piece_and_month_by_month_have_the_same_bits(
    simulated_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    cutoff = cutoff_named("T-2h")
    whole = features_from_raw(simulated_lake, 2021, cutoff)
    versions = simulated_lake.commit_of("features", {"year": 2021, "cutoff": "T-2h"})

    monkeypatch.setattr(span, "PIECE_ROWS", 0)
    for make in (make_weather_at_cutoff, make_propagation, make_states, make_features):
        make(simulated_lake, 2021, cutoff, refresh=True)

    monthly = simulated_lake.commit_of("features", {"year": 2021, "cutoff": "T-2h"})
    assert (len(versions.files), len(monthly.files)) == (1, 12)
    again = simulated_lake.scan("features", [{"year": 2021, "cutoff": "T-2h"}]).collect()
    assert again.equals(whole)


def test_a_feature_that_peeks_is_caught(simulated_lake: Lake) -> None:
    """The same rooms with one leak: the flight's own arrival delay in place of a feature."""

    def leaky(lake: Lake, year: int, cutoff: Cutoff) -> pl.DataFrame:
        outcome = pl.col("arr_delay_min").cast(pl.Float32)
        features = features_from_raw(lake, year, cutoff)
        own = lake.scan("cleaned_flights").select("flight_id", outcome).collect()
        return features.join(own, on="flight_id", how="left").with_columns(origin_queue="arr_delay_min")

    report = audit(simulated_lake, datetime(2021, 3, 16, 19, 5), cutoff_named("T-0"), make=leaky)

    assert list(report.changed) == ["origin_queue"]
    assert not report.holds


# A feature for each hindsight to be let in as: the one that it replaces, or any other that it would stand for.
LET_IN = {
    TURNAROUND.column("prev1_turnaround_minutes"): "prev1_turnaround_minutes",
    CLOCK.column("dep_hour_local"): "dep_hour_local",
    WEATHER_THEN.column("dep_temp_c"): "dep_temp_c",
    INBOUND.column("prev1_arr_delay"): "prev1_arr_delay",
    AIRPORT_HOUR.column("dest_arr_delay"): "dest_demand",
    TAIL_DAY.column("arr_delay_sum"): "origin_demand",
    VOLUMES.column("route_frequency"): "route_frequency",
    FLOWN.column("aircraft_leg_number_day"): "aircraft_leg_number_day",
}


def test_every_hindsight_that_is_let_in_is_caught(simulated_lake: Lake) -> None:
    """Each hindsight of the X-ray in place of a feature: the audit names those features, and no other."""

    def hindsighted(lake: Lake, year: int, cutoff: Cutoff) -> pl.DataFrame:
        honest = features_from_raw(lake, year, cutoff)
        all_years = span_of(lake, [year])
        later = pl.concat(
            hindsight_of(lake, month, cutoff, all_years).collect()
            for month in span.periods(lake, span.months_of(lake, year))
        )
        columns = later.select("flight_id", *(pl.col(own).alias(f"_{name}") for own, name in LET_IN.items()))
        return honest.join(columns, on="flight_id", how="left").with_columns(
            pl.col(f"_{name}").alias(name) for name in LET_IN.values()
        )

    # Six hours ahead on a busy evening: the small world has a flight there for each of them.
    report = audit(simulated_lake, datetime(2021, 7, 16, 20), cutoff_named("T-6h"), make=hindsighted)

    assert {
        kind.name for kind in KINDS if any(own.startswith(f"hindsight_{kind.name}_") for own in LET_IN)
    } == {kind.name for kind in KINDS}
    assert set(report.changed) == set(LET_IN.values())
    assert not report.holds


def test_a_later_cutoff_is_caught_at_an_earlier_one(simulated_lake: Lake) -> None:
    """Features of T-0 passed off as T-2h: what happened in those two hours shows."""

    def late(lake: Lake, year: int, cutoff: Cutoff) -> pl.DataFrame:
        return features_from_raw(lake, year, replace(cutoff, lead_min=0))

    report = audit(simulated_lake, datetime(2021, 3, 16, 19, 5), cutoff_named("T-2h"), make=late)

    assert "up1_has_landed" in report.changed
    assert any(name.startswith("origin_") for name in report.changed)


def test_a_cancellation_of_a_flight_that_is_out_is_caught(
    simulated_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken for cancelled at its scheduled departure, though it left its gate first."""
    busy, now = datetime(2021, 7, 15, 22), cutoff_named("T-0")
    assert audit(simulated_lake, busy, now).holds
    monkeypatch.setitem(known.TIMELINE_COLUMNS, "dep", known.minute_of("dep_utc"))

    report = audit(simulated_lake, busy, now)

    assert "origin_departures_1h" in report.changed
    assert not report.holds


def test_a_raw_column_without_a_rule_stops_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    column = Column("CrewSwap", pl.String(), "invented", known_at="observation")
    contract = replace(RAW_FLIGHTS, columns=(*RAW_FLIGHTS.columns, column))
    monkeypatch.setattr(perturb, "RAW_FLIGHTS", contract)

    with pytest.raises(ContractError, match="observation"):
        perturb.perturb_flights(pl.DataFrame(), pl.DataFrame(), datetime(2021, 1, 1), 1)
