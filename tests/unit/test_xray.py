"""The X-ray on rows where it is known what each hindsight buys, and where one has no data."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from builders import cleaned_flights, flight

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.experiments import XRAY
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import AerofluxError, MissingTableError
from aeroflux_assets.evaluation.experiment_tables import make_xray
from aeroflux_assets.evaluation.hindsight import AIRPORT_HOUR, KINDS, PAPER, WEATHER_THEN, model_inputs
from aeroflux_assets.evaluation.profiles import PROFILES
from aeroflux_assets.evaluation.sample import Rows, sampled_labels
from aeroflux_assets.evaluation.xray import VARIANTS, xray
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings
from aeroflux_assets.years import Month


def rows(count: int, seed: int) -> Rows:
    """Noise in every column but two: one honest feature says a little, the airport's hour says the answer."""
    rng = np.random.default_rng(seed)
    columns = {name for variant in VARIANTS for name in (*model_inputs(variant.kinds), *variant.honest)}
    columns |= {kind.column(name) for kind in KINDS for name in (*kind.replaces, *kind.adds)}
    frame = pl.DataFrame(rng.normal(size=(count, len(columns))).astype(np.float32), schema=sorted(columns))
    delay = rng.normal(5, 30, count)
    return Rows(
        frame.with_columns(
            pl.Series(PAPER[0], delay + rng.normal(0, 60, count), dtype=pl.Float32),
            pl.Series(AIRPORT_HOUR.column("dest_arr_delay"), delay, dtype=pl.Float32),
            flight_id=pl.int_range(count),
            arr_delay_min=pl.Series(delay.astype(np.int32)),
            is_arr_late15=pl.Series(delay.astype(np.int32) >= 15),
        ),
        count,
    )


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    train, test = rows(2000, 1), rows(800, 2)
    blind = [
        pl.lit(None, dtype=pl.Float32).alias(WEATHER_THEN.column(name)) for name in WEATHER_THEN.replaces
    ]
    test = replace(test, frame=test.frame.with_columns(blind), of=801)
    return xray(train, test, trees=20, train_years=(2006,))


def of(table: pl.DataFrame, variant: str) -> dict:
    return table.filter(pl.col("variant") == variant).row(0, named=True)


def test_there_is_a_row_a_variant_and_all_are_on_the_same_flights(found: pl.DataFrame) -> None:
    assert found["variant"].to_list() == [variant.name for variant in VARIANTS]
    assert violations(XRAY, XRAY.conform(found.lazy())) == []
    run = found.filter(pl.col("auc").is_not_null())
    assert run.select("rows", "train_rows").unique().rows() == [(800, 2000)]
    assert found["is_sampled"].all()


def test_a_gain_is_the_difference_from_the_honest_variant(found: pl.DataFrame) -> None:
    honest, leak = of(found, "honest"), of(found, "airport_hour")
    assert leak["auc"] > 0.99 > 0.75 > honest["auc"] > 0.5
    assert leak["auc_gain"] == pytest.approx(leak["auc"] - honest["auc"])
    assert leak["mae_gain"] == pytest.approx(leak["mae"] - honest["mae"])
    assert leak["mae_gain"] < 0
    assert (honest["inputs"], of(found, "aeroflux_full")["inputs"]) == (37, len(feature_set("aeroflux_full")))
    assert leak["inputs"] == 41


def test_a_hindsight_without_data_has_no_figures_and_says_why(found: pl.DataFrame) -> None:
    weather = of(found, "weather")
    assert (weather["auc"], weather["auc_gain"], weather["rows"]) == (None, None, None)
    assert weather["reason"] == "no data in the training or the scored years for: weather"
    # Together with others it is left out, and that is said too.
    both = of(found, "all")
    assert "weather" not in both["hindsights"].split(",")
    assert both["auc"] is not None
    assert "weather" in both["reason"]


# ---- the sample -------------------------------------------------------------------------------------------
@pytest.fixture
def lake(tmp_path) -> Lake:
    """100 flights of June and 50 of July that arrived, and ten that did not."""
    flights = [flight(i, i, arr_delay=i % 40) for i in range(1, 101)]
    flights += [flight(i, 30 * 1440 + i) for i in range(101, 151)]
    flights += [flight(i, i, cancelled=True) for i in range(151, 161)]
    lake = Lake(tmp_path)
    lake.write(CLEANED_FLIGHTS, cleaned_flights(flights), {"year": 2024}, notes={"months": [6, 7, 8]})
    return lake


def test_a_sample_takes_its_share_of_every_period_and_repeats(lake: Lake) -> None:
    asked = [Month(2024, 6), Month(2024, 7)]
    (june, july), total = sampled_labels(lake, asked, 60)
    again, _ = sampled_labels(lake, asked, 60)
    assert total == 150
    assert (june[1].height, july[1].height) == (40, 20)
    assert june[1]["flight_id"].is_sorted()
    assert again[0][1].equals(june[1])
    assert not sampled_labels(lake, asked, 60, seed=7)[0][0][1].equals(june[1])


def test_where_the_limit_is_not_reached_nothing_is_left_out(lake: Lake) -> None:
    drawn, total = sampled_labels(lake, [Month(2024, 6)], 1000)
    assert sum(labels.height for _, labels in drawn) == total == 100


def test_no_flight_with_an_outcome_is_an_error(lake: Lake) -> None:
    with pytest.raises(AerofluxError, match="no flight with an outcome"):
        sampled_labels(lake, [Month(2024, 8)], 10)


def test_the_first_year_has_nothing_to_train_on(lake: Lake) -> None:
    with pytest.raises(MissingTableError, match="no year before 2024 is selected"):
        make_xray(lake, (2024,), 2024, cutoff_named("T-0"), PROFILES["demo"])


# ---- profiles ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "name"), [("simulated", "demo"), ("mirror", "mirror"), ("official", "full")]
)
def test_the_source_picks_the_profile_where_nobody_does(source, name) -> None:
    assert Settings(source=source).profile == name
    assert Settings(source=source, chosen_profile="mirror").profile == "mirror"
    assert PROFILES[name].name == name


def test_a_larger_profile_reads_no_less() -> None:
    demo, mirror, full = PROFILES["demo"], PROFILES["mirror"], PROFILES["full"]
    assert demo.train_rows < mirror.train_rows < full.train_rows
    assert demo.trees < mirror.trees <= full.trees == 300
    assert {cutoff.name for cutoff in demo.cutoffs} == {"T-0"}
