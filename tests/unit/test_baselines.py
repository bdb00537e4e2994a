"""The floors by hand, the inputs of linear models, the split, and every baseline on rows that can be learnt."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.experiments import BASELINES, CLUSTERS
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.evaluation import floors
from aeroflux_assets.evaluation.baselines import PAPER, Data, Split, baselines, split_of
from aeroflux_assets.evaluation.clusters import in_words
from aeroflux_assets.evaluation.inputs import scaled, with_categories
from aeroflux_assets.evaluation.profiles import PROFILES
from aeroflux_assets.evaluation.sample import Rows
from aeroflux_assets.years import Month

NAN = float("nan")


# ---- floors -----------------------------------------------------------------------------------------------
def flights(carrier: str, origin: str, hour: float, late: list[bool], delay: float = 0.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "carrier": carrier,
            "origin": origin,
            "dep_hour_local": float(hour),
            "is_arr_late15": late,
            "arr_delay_min": delay,
        }
    )


def test_climatology_backs_off_to_the_next_wider_group_that_has_enough_flights() -> None:
    train = pl.concat(
        [
            flights("AA", "ATL", 8, [True] * 30, 20.0),
            flights("AA", "ATL", 9, [False] * 29, 0.0),
            flights("AA", "BOS", 8, [False] * 10, -5.0),
            flights("DL", "ATL", 8, [False] * 5, 1.0),
        ]
    )
    asked = [("AA", "ATL", 8.0), ("AA", "ATL", 9.0), ("AA", "ORD", 8.0), ("WN", "ORD", 8.0)]
    test = pl.DataFrame(asked, schema=["carrier", "origin", "dep_hour_local"], orient="row")

    late, delay = floors.climatology(train, test)

    assert late == pytest.approx([1.0, 30 / 59, 30 / 69, 30 / 74])
    assert delay == pytest.approx([20.0, 600 / 59, (600 - 50) / 69, (600 - 50 + 5) / 74])


def test_carry_forward_is_as_late_as_the_inbound_and_as_probable_as_its_bin_was() -> None:
    minutes = [0.0] * 40 + [60.0] * 40 + [None] * 40 + [500.0]
    late = [False] * 40 + [True] * 30 + [False] * 10 + [False] * 36 + [True] * 4 + [True]
    train = pl.DataFrame({"earliest_dep_delay_min": minutes, "is_arr_late15": late})
    test = pl.DataFrame({"earliest_dep_delay_min": [0.0, 75.0, None, 400.0]})

    probability, delay = floors.carry_forward(train, test)

    # 60 and 75 share a bin; a bin with one training flight says what all flights say.
    assert probability == pytest.approx([0.0, 30 / 40, 4 / 40, 35 / 121])
    assert delay == pytest.approx([0, 75, 0, 400])


# ---- inputs -----------------------------------------------------------------------------------------------
def test_gaps_take_the_training_median_and_are_marked_once_where_they_come_together() -> None:
    train = np.array([[1, NAN, NAN, NAN, 5], [2, 10, 1, NAN, 5], [3, 30, 3, NAN, 5]], dtype=np.float32)
    test = np.array([[2, NAN, 1, 7, 9]], dtype=np.float32)

    found = scaled(train, test, ("a", "b", "c", "never", "same"))

    # Never known and always the same say nothing; b and c are missing together.
    assert found.names == ("a", "b", "c", "b_is_unknown")
    assert found.train.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert found.train.std(axis=0) == pytest.approx(1, rel=1e-6)
    own = found.test[0] * found.spread + found.mean
    assert own == pytest.approx([2, 20, 1, 1])


def test_categories_are_those_of_the_training_rows() -> None:
    columns = {"dep_month_local": [12.0, 7.0], "dep_time_bucket": [2.0, 6.0], "dep_weekday_local": [1.0, 7.0]}
    train = pl.DataFrame(columns | {"carrier": ["AA", "DL"]})
    test = pl.DataFrame({name: values[:1] for name, values in columns.items()} | {"carrier": ["WN"]})
    number = scaled(np.array([[0], [1]], dtype=np.float32), np.zeros((1, 1), dtype=np.float32), ("x",))

    found = with_categories(number, train, test)

    assert found.names[1:3] == ("season=summer", "season=winter")
    flags = dict(zip(found.names[1:], found.test[0, 1:], strict=True))
    assert {name for name, flag in flags.items() if flag} == {"season=winter", "time=morning", "weekday=1"}


# ---- the split --------------------------------------------------------------------------------------------
def months(year: int, *numbers: int) -> list[Month]:
    return [Month(year, number) for number in numbers]


@pytest.mark.parametrize(
    ("there", "scored", "train", "test"),
    [
        (
            {y: months(y, *range(1, 13)) for y in range(2015, 2026)},
            2025,
            months(2019, *range(1, 12)),
            "2019-12",
        ),
        ({2006: months(2006, 4, 2), 2008: months(2008, 1, 2, 3)}, 2008, months(2006, 2), "2006-04"),
        (
            {2006: months(2006, 2), 2008: months(2008, 1, 2, 3), 2024: months(2024, 9)},
            2024,
            months(2008, 1, 2),
            "2008-03",
        ),
        ({2008: months(2008, 1, 2)}, 2008, months(2008, 1), "2008-02"),
        # Not a year after the scored one, the paper's own included.
        (
            {2017: months(2017, 5, 6), 2018: months(2018, 1), 2019: months(2019, 1, 2)},
            2018,
            months(2017, 5),
            "2017-06",
        ),
    ],
)
def test_the_held_out_month_is_the_papers_or_its_counterpart(there, scored, train, test) -> None:
    split = split_of(there, scored)
    assert (list(split.train), str(split.test)) == (train, test)


def test_years_of_one_month_each_ask_for_the_last_of_them() -> None:
    split = split_of({2015: months(2015, 1), 2020: months(2020, 5), 2024: months(2024, 9)}, 2024)
    assert ([str(month) for month in split.train], str(split.test)) == (["2015-01", "2020-05"], "2024-09")


def test_a_span_without_two_months_is_refused_with_what_to_do() -> None:
    with pytest.raises(MissingTableError, match=r"up to 2008 have features of 1 month; .* `aeroflux run`"):
        split_of({2008: months(2008, 1), 2015: months(2015, 1)}, 2008)


# ---- the models -------------------------------------------------------------------------------------------
def rows(count: int, seed: int) -> Rows:
    """Flights whose delay follows the inbound's, which one in four does not know; the other features are noise."""
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(rng.normal(size=(count, len(PAPER))).astype(np.float32), schema=list(PAPER))
    inbound = rng.gamma(1.0, 25.0, count).astype(np.float32)
    delay = inbound - 10 + rng.normal(0, 8, count)
    known = rng.random(count) < 0.75
    return Rows(
        frame.with_columns(
            flight_id=pl.int_range(count),
            prev1_arr_delay=pl.when(pl.Series(known)).then(pl.Series(inbound)),
            prev2_arr_delay=pl.lit(None, dtype=pl.Float32),
            dep_hour_local=pl.Series(rng.integers(5, 23, count), dtype=pl.Float32),
            dep_month_local=pl.lit(3.0, dtype=pl.Float32),
            dep_time_bucket=pl.Series(rng.integers(1, 7, count), dtype=pl.Float32),
            dep_weekday_local=pl.Series(rng.integers(1, 8, count), dtype=pl.Float32),
            carrier=pl.Series(rng.choice(["AA", "DL"], count)),
            origin=pl.lit("ATL"),
            earliest_dep_delay_min=pl.when(pl.Series(known)).then(pl.Series(inbound)),
            arr_delay_min=pl.Series(delay.astype(np.int32)),
            is_arr_late15=pl.Series(delay >= 15),
        ),
        count,
    )


# These look at all columns alike, and all but two are noise; climatology has nothing to go by; the LSTM is not run.
WEAK = ("climatology", "k_means", "nearest_neighbours", "pca_logistic", "lstm")


@pytest.fixture(scope="module")
def tables() -> tuple[pl.DataFrame, pl.DataFrame]:
    profile = replace(PROFILES["demo"], neighbour_rows=300, trees=20, forest_trees=10)
    split = Split((Month(2019, 1),), Month(2019, 2))
    return baselines(Data.of(rows(1500, 1), rows(500, 2), profile), split)


def test_every_model_is_measured_on_the_held_out_month_and_learns_what_there_is(tables) -> None:
    found, _ = tables
    assert violations(BASELINES, BASELINES.conform(found.lazy())) == []
    auc = dict(found.select("model", "auc").iter_rows())
    # The paper's seven, the two boosted ones, the AeroScrape pair, two floors, the LSTM.
    assert len(auc) == 13
    learnt = {name for name, value in auc.items() if name not in WEAK}
    assert all(auc[name] > 0.8 for name in learnt), auc
    assert auc["climatology"] < 0.6
    mae = dict(found.select("model", "mae").iter_rows())
    assert mae["xgboost"] < mae["climatology"]


def test_a_model_that_was_left_out_says_so_and_has_no_figures(tables) -> None:
    found, _ = tables
    (row,) = found.filter(pl.col("model") == "lstm").to_dicts()
    assert row["note"] == "not run: the profile demo leaves it out"
    assert {row[name] for name in ("rows", "auc", "mae", "seconds")} == {None}


def test_a_model_that_saw_a_sample_says_so(tables) -> None:
    found, _ = tables
    sampled = found.filter("is_sampled").select("model", "rows", "train_rows").rows()
    assert sampled == [("nearest_neighbours", 300, 300)]


def test_clusters_share_the_training_flights_and_are_put_into_words(tables) -> None:
    _, found = tables
    assert violations(CLUSTERS, CLUSTERS.conform(found.lazy())) == []
    assert found["rows"].sum() == 1500
    assert found["rows"].is_sorted(descending=True)
    assert found["silhouette_rows"].unique().to_list() == [300]
    late = found.select((pl.col("late_share") * pl.col("rows")).sum()).item()
    assert late == pytest.approx(rows(1500, 1).frame["is_arr_late15"].sum())


def test_words_name_what_lies_furthest_from_the_mean() -> None:
    said = in_words(("a", "b"), np.array([0.2, -2.25]), np.array([3.0, 61.54]))
    assert said == "b -2.2 sd (61.54); a +0.2 sd (3)"
    # What is zero but for rounding is zero.
    assert in_words(("a",), np.array([-6.2]), np.array([-7.78e-09])) == "a -6.2 sd (0)"
