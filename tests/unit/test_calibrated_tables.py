"""The tables of the evaluation in a lake: whose evidence they take, and what is said where it is missing."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from builders import cleaned_flights, flight

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.calibrated import CALIBRATED_PREDICTIONS, IMPACT, RELIABILITY
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import MODELS, PREDICTIONS
from aeroflux_assets.contracts.propagation import PROPAGATION
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.evaluation.calibrated_tables import make_calibrated_predictions, outcomes_of
from aeroflux_assets.evaluation.inner import make_inner_predictions
from aeroflux_assets.evaluation.judged_tables import make_impact, make_reliability
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.lake import Lake

NOW = cutoff_named("T-0")
YEARS = (2022, 2023, 2024)
DAY_ONE = date(2024, 6, 12)
A_DAY, DAYS = 30, 12
SETS = ("xgb_schedule", "aeroflux_full")


def _year(lake: Lake, year: int, seed: int) -> pl.LazyFrame:
    """Twelve days of a year, thirty flights each; every fifth cancelled or diverted."""
    rng = np.random.default_rng(seed)
    shift = (date(year, 6, 12) - DAY_ONE).days * 1440
    rows = [
        flight(
            year * 1000 + n,
            shift + (n // A_DAY) * 1440 + 30 * (n % A_DAY),
            dep_delay=int(rng.integers(-5, 40)),
            origin=("AAA", "CCC")[n % 2],
            cancelled=n % 10 == 0,
            diverted=n % 10 == 5,
        )
        for n in range(A_DAY * DAYS)
    ]
    flights = cleaned_flights(rows)
    lake.write(CLEANED_FLIGHTS, flights, {"year": year}, notes={"months": [6]})
    return flights


def _predict(lake: Lake, year: int, flights: pl.LazyFrame, sets: tuple[str, ...] = SETS) -> None:
    rng = np.random.default_rng(year)
    ids = flights.select("flight_id").collect()["flight_id"]
    frames = [
        pl.DataFrame(
            {
                "flight_id": ids,
                "feature_set": name,
                "prob_late15": rng.uniform(0.1, 0.9, len(ids)),
                "pred_arr_delay_min": rng.uniform(0, 30, len(ids)),
            }
        )
        for name in sets
    ]
    lake.write(PREDICTIONS, pl.concat(frames), {"scored_year": year, "cutoff": NOW.name})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    for year in (2023, 2024):
        flights = _year(lake, year, seed=year)
        _predict(lake, year, flights)
    make_inner_predictions(lake, YEARS, 2024, NOW)
    known = flights.select(
        "flight_id", earliest_dep_delay_min=pl.when(pl.col("flight_id") % 3 == 0).then(15.0).otherwise(14.0)
    )
    rest = [
        pl.lit(None, dtype=t).alias(n)
        for n, t in PROPAGATION.schema.items()
        if n not in known.collect_schema()
    ]
    lake.write(PROPAGATION, known.with_columns(rest), {"year": 2024, "cutoff": NOW.name})
    return lake


PART = {"scored_year": 2024, "cutoff": "T-0"}


def test_a_later_scored_year_learns_from_earlier_ones_and_needs_no_inner_block(lake: Lake) -> None:
    commit = make_calibrated_predictions(lake, YEARS, 2024, NOW)

    inner = lake.commit_of("inner_predictions", PART)
    assert inner is not None
    assert (inner.rows, "earlier scored years" in inner.notes["inner_block"]) == (0, True)
    assert commit.notes["evidence"] == "predictions of 2023, and outcomes of 2024 as they came in"
    assert commit.rows == len(SETS) * A_DAY * DAYS  # cancelled and diverted flights as well
    arrived = A_DAY * DAYS * 8 // 10
    for name in SETS:
        assert commit.notes[name]["prior_rows"] == commit.notes[name]["rolling_rows"] == arrived
        assert 0 < commit.notes[name]["ece"] < commit.notes[name]["ece_raw"]
    assert violations(CALIBRATED_PREDICTIONS, lake.scan("calibrated_predictions", [PART]).drop(PART)) == []
    assert make_calibrated_predictions(lake, YEARS, 2024, NOW).version == commit.version


def test_outcomes_from_a_day_on_do_not_reach_the_flights_asked_about_until_then(lake: Lake) -> None:
    day = datetime.combine(DAY_ONE + timedelta(days=6), datetime.min.time())
    read = lake.scan("cleaned_flights", [{"year": 2024}]).collect()
    make_calibrated_predictions(lake, YEARS, 2024, NOW)
    before = lake.scan("calibrated_predictions", [PART]).collect()

    later = pl.col("arr_utc") >= day
    other = read.drop("year").with_columns(
        is_arr_late15=pl.when(later).then(~pl.col("is_arr_late15")).otherwise("is_arr_late15"),
        arr_delay_min=pl.when(later).then(pl.col("arr_delay_min") - 50).otherwise("arr_delay_min"),
    )
    lake.write(CLEANED_FLIGHTS, other, {"year": 2024}, notes={"months": [6]})
    make_calibrated_predictions(lake, YEARS, 2024, NOW)

    after = lake.scan("calibrated_predictions", [PART]).collect()
    until = read.filter(pl.col("sched_dep_utc") < day + timedelta(days=1)).select("flight_id")
    same = [frame.join(until, on="flight_id", how="semi") for frame in (before, after)]
    assert same[0].height == len(SETS) * A_DAY * 7
    assert same[0].equals(same[1])
    rest = [frame.join(until, on="flight_id", how="anti") for frame in (before, after)]
    assert (rest[0]["prob_late15"] != rest[1]["prob_late15"]).all()


def test_missing_earlier_predictions_are_named(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    flights = _year(lake, 2024, seed=1)
    with pytest.raises(MissingTableError, match="table inner_predictions of 2024 is missing"):
        make_calibrated_predictions(lake, YEARS, 2024, NOW)
    make_inner_predictions(lake, YEARS, 2024, NOW)
    _predict(lake, 2024, flights)
    with pytest.raises(MissingTableError, match=r"table predictions of 2023 is missing.*`aeroflux run`"):
        make_calibrated_predictions(lake, YEARS, 2024, NOW)
    _predict(lake, 2023, _year(lake, 2023, seed=2), sets=SETS[:1])
    with pytest.raises(MissingTableError, match="predictions of 2023 at T-0 has no aeroflux_full"):
        make_calibrated_predictions(lake, YEARS, 2024, NOW)


def test_equal_probabilities_fall_into_bins_in_the_order_of_the_predictions(lake: Lake) -> None:
    flights = lake.scan("cleaned_flights", [{"year": 2024}]).select("flight_id", "is_arr_late15").collect()
    mixed = flights.sample(fraction=1.0, shuffle=True, seed=4)
    equal = mixed.select(
        "flight_id", feature_set=pl.lit(SETS[0]), prob_late15=pl.lit(0.25), pred_arr_delay_min=pl.lit(5.0)
    )
    lake.write(PREDICTIONS, equal, PART)
    make_calibrated_predictions(lake, YEARS, 2024, NOW)
    make_reliability(lake, 2024, NOW)

    table = lake.scan("reliability", [PART]).filter(
        pl.col("slice_kind") == "decile", pl.col("version") == "raw"
    )
    arrived = mixed["is_arr_late15"].drop_nulls().cast(pl.Float64).to_numpy()
    shares = [float(part.mean()) for part in np.array_split(arrived, 10)]
    assert table.sort("slice").collect()["share_late"].to_list() == pytest.approx(shares)
    assert len(set(shares)) > 1


def test_reliability_has_both_versions_and_every_slice(lake: Lake) -> None:
    commit = make_calibrated_predictions(lake, YEARS, 2024, NOW)
    make_reliability(lake, 2024, NOW)

    table = lake.scan("reliability", [PART]).collect()
    assert violations(RELIABILITY, table.lazy().select(RELIABILITY.names)) == []
    of = table.filter((pl.col("feature_set") == "aeroflux_full") & (pl.col("slice_kind") == "overall"))
    raw, made = of.sort("version").rows(named=True)
    noted = commit.notes["aeroflux_full"]
    assert (raw["ece"], raw["coverage_80"]) == (pytest.approx(noted["ece_raw"]), None)
    assert (made["ece"], made["coverage_80"]) == (pytest.approx(noted["ece"]), noted["coverage_80"])
    kinds = table.group_by("slice_kind").agg(pl.col("slice").unique().sort(), pl.col("rows").sum())
    found = {kind: (names, rows) for kind, names, rows in kinds.iter_rows()}
    assert found["origin"][0] == ["AAA", "CCC"]
    assert found["decile"][0] == [f"{k:02d}" for k in range(1, 11)]
    assert (found["hub"][0], len(found["hour"][0])) == (["yes"], 15)
    # Every flight that arrived is in one slice of each kind, in two sets and two versions.
    assert {rows for _, rows in found.values()} == {4 * A_DAY * DAYS * 8 // 10}


def test_impact_counts_every_flight_at_every_threshold(lake: Lake) -> None:
    make_calibrated_predictions(lake, YEARS, 2024, NOW)
    make_impact(lake, 2024, NOW)

    table = lake.scan("impact", [PART]).collect()
    assert violations(IMPACT, table.lazy().select(IMPACT.names)) == []
    # At every threshold the slices of a kind hold every flight that arrived once.
    held = table.group_by("feature_set", "slice_kind", "threshold_pct").agg(pl.sum("tp", "fp", "fn", "tn"))
    assert set(held.select(pl.sum_horizontal("tp", "fp", "fn", "tn")).to_series()) == {A_DAY * DAYS * 8 // 10}
    assert held.height == 3 * (len(SETS) * 101 + 1)
    overall = table.filter(pl.col("slice_kind") == "overall")
    assert set(overall["days"]) == {DAYS}
    everything = overall.filter((pl.col("threshold_pct") == 0) & (pl.col("feature_set") == SETS[0]))
    assert everything.select("fn", "tn", "alerts_cancelled", "alerts_diverted").row(0) == (0, 0, 36, 36)
    made = lake.scan("calibrated_predictions", [PART]).filter(pl.col("feature_set") == SETS[0]).collect()
    late = lake.scan("cleaned_flights", [{"year": 2024}]).select("flight_id", "is_arr_late15").collect()
    alerts = made.filter(pl.col("prob_late15").cast(pl.Float64) >= 0.4).join(late, on="flight_id")
    here = overall.filter((pl.col("threshold_pct") == 40) & (pl.col("feature_set") == SETS[0]))
    assert here["tp"][0] == alerts["is_arr_late15"].sum()
    assert (
        here.select(pl.sum_horizontal("tp", "fp", "alerts_cancelled", "alerts_diverted")).item()
        == alerts.height
    )


def test_carry_forward_alerts_where_the_inbound_makes_it_a_quarter_hour_late(lake: Lake) -> None:
    make_calibrated_predictions(lake, YEARS, 2024, NOW)
    make_impact(lake, 2024, NOW)

    rows = lake.scan("impact", [PART]).filter(pl.col("feature_set") == "carry_forward").collect()
    overall = rows.filter(pl.col("slice_kind") == "overall")
    flights = lake.scan("cleaned_flights", [{"year": 2024}]).filter(pl.col("flight_id") % 3 == 0).collect()
    assert overall["threshold_pct"].to_list() == [50]
    assert overall["tp"][0] == flights["is_arr_late15"].sum()
    assert overall["alerts_cancelled"][0] == flights["is_cancelled"].sum()


# ---- the inner block ------------------------------------------------------------------------------------
def _featured(lake: Lake, year: int, flights: pl.LazyFrame, months: list[int]) -> None:
    known = flights.select(
        "flight_id", "flight_date", distance=pl.col("arr_delay_min").fill_null(0).cast(pl.Float32)
    )
    have = known.collect_schema().names()
    rest = [pl.lit(None, dtype=t).alias(n) for n, t in FEATURES.schema.items() if n not in have]
    part = {"year": year, "cutoff": NOW.name}
    lake.write(FEATURES, known.with_columns(rest), part, notes={"months": months})


@pytest.fixture
def two_months(tmp_path: Path) -> Lake:
    """2023 in June and July with features, and models of 2024 that say how to train."""
    lake = Lake(tmp_path / "lake")
    june = [flight(n, n * 60 - 366 * 1440, dep_delay=n % 40) for n in range(200)]
    july = [flight(1000 + n, n * 60 - 336 * 1440, dep_delay=n % 40, cancelled=n % 9 == 0) for n in range(200)]
    flights = cleaned_flights([*june, *july])
    lake.write(CLEANED_FLIGHTS, flights, {"year": 2023}, notes={"months": [6, 7]})
    _featured(lake, 2023, flights, [6, 7])
    model = {
        "feature_set": "xgb_schedule",
        "path": "x",
        "features": "distance",
        "train_years": "2023",
        "train_rows": 1,
        "trees": 5,
        "seconds": 0.0,
    }
    rows = [model | {"target": target} for target in ("late15", "arr_delay_min")]
    lake.write(MODELS, pl.DataFrame(rows), {"scored_year": 2024, "cutoff": NOW.name})
    return lake


def test_the_inner_block_is_predicted_by_the_months_before_it(two_months: Lake) -> None:
    commit = make_inner_predictions(two_months, (2023, 2024), 2024, NOW)

    assert (commit.notes["trained_on"], commit.notes["held_out"]) == (["2023-06"], ["2023-07"])
    assert commit.notes["xgb_schedule_train_rows"] == 200
    made = two_months.scan("inner_predictions", [PART]).collect()
    assert sorted(made["flight_id"]) == list(range(1000, 1200))  # cancelled ones as well
    flown = (
        two_months.scan("cleaned_flights", [{"year": 2023}]).select("flight_id", "arr_delay_min").collect()
    )
    both = made.join(flown, on="flight_id").drop_nulls()
    assert both.select(pl.corr("prob_late15", "arr_delay_min")).item() > 0.7


def test_the_first_scored_year_is_recalibrated_on_its_inner_block(two_months: Lake) -> None:
    flights = _year(two_months, 2024, seed=9)
    _predict(two_months, 2024, flights, sets=("xgb_schedule",))
    make_inner_predictions(two_months, (2023, 2024), 2024, NOW)

    commit = make_calibrated_predictions(two_months, (2023, 2024), 2024, NOW)

    assert commit.notes["evidence"].startswith("inner block 2023-07 to 2023-07")
    assert commit.notes["xgb_schedule"]["prior_rows"] == 200 - 23


def test_one_training_month_leaves_no_inner_block_and_is_said(two_months: Lake) -> None:
    june = two_months.scan("features", [{"year": 2023, "cutoff": "T-0"}]).filter(pl.col("flight_id") < 1000)
    frame = june.drop("year", "cutoff").collect()
    two_months.write(FEATURES, frame, {"year": 2023, "cutoff": NOW.name}, notes={"months": [6]})

    commit = make_inner_predictions(two_months, (2023, 2024), 2024, NOW)

    assert (commit.rows, commit.notes["inner_block"]) == (
        0,
        "2023-06 is the only training month: no inner block",
    )


def test_an_arrival_before_its_own_schedule_and_midnight_is_known_on_the_cutoffs_day(tmp_path: Path) -> None:
    """Scheduled ten minutes after midnight UTC, in a minute before it: on earlier days it was not known."""
    early = flight(1, 1440 + 10, block=20, dep_delay=-45, arr_delay=-31)
    late = flight(2, 1440 - 10, block=20, dep_delay=5, arr_delay=5)
    lost = flight(3, 1440 - 10, block=20, diverted=True)
    lake = Lake(tmp_path / "lake")
    lake.write(CLEANED_FLIGHTS, cleaned_flights([early, late, lost]), {"year": 2024}, notes={"months": [6]})

    rows = outcomes_of(lake, 2024, NOW).sort("flight_id")

    assert early["arr_utc"].date() < early["sched_dep_utc"].date()
    first = (DAY_ONE - date(1970, 1, 1)).days
    assert rows["cutoff_day"].to_list() == [first + 1, first, first]
    assert rows["known_day"].to_list() == [first + 1, first + 1, None]
