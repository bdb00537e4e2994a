"""The `features` table of the lake, built month by month from the tables of the earlier rooms."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl

from aeroflux_assets.cleaned.span import (
    flights_around,
    flights_of_month,
    month_bounds,
    months_of,
    neighbours,
    periods,
)
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.features.build import FEATURES, LEG_DAYS, FeatureInputs, build_features
from aeroflux_assets.lake import NO_PARTITION, Commit, Lake, Partition
from aeroflux_assets.years import Period

STATE_TABLES = ("propagation", "airport_state", "route_state", "carrier_state", "weather_at_cutoff")
LEGS_BEFORE = timedelta(days=LEG_DAYS.stop + 1)


def feature_inputs(lake: Lake, month: Period, cutoff: Cutoff) -> FeatureInputs:
    """The committed tables of a month at a cutoff."""
    part: Partition = {"year": month.year, "cutoff": cutoff.name}
    ids = flights_of_month(lake, month).select("flight_id")
    tables = {name: _of_month(lake.scan(name, [part]), ids) for name in STATE_TABLES}
    return FeatureInputs(
        flights=flights_of_month(lake, month),
        recent=flights_around(lake, month, before=LEGS_BEFORE),
        propagation=tables["propagation"],
        airport_state=tables["airport_state"],
        route_state=tables["route_state"],
        carrier_state=tables["carrier_state"],
        weather=tables["weather_at_cutoff"],
        airports=lake.scan("airports"),
        aircraft=lake.scan("raw_aircraft"),
    )


def _of_month(table: pl.LazyFrame, ids: pl.LazyFrame) -> pl.LazyFrame:
    """A month's rows: flight_id begins with the date, so that its bounds prune all other months' files."""
    bounds = ids.select(low=pl.col("flight_id").min(), high=pl.col("flight_id").max()).collect().row(0)
    return table.filter(pl.col("flight_id").is_between(*bounds))


def make_features(lake: Lake, year: int, cutoff: Cutoff, *, refresh: bool = False) -> Commit:
    """`features` of a year at a cutoff."""
    part: Partition = {"year": year, "cutoff": cutoff.name}
    tables: list[tuple[str, Partition]] = [(name, part) for name in STATE_TABLES]
    tables += [*neighbours(year), ("airports", NO_PARTITION), ("raw_aircraft", NO_PARTITION)]
    inputs = lake.inputs(FEATURES, tables)

    def months(notes: dict[str, Any]) -> Iterator[pl.DataFrame]:
        for month in periods(lake, months_of(lake, year)):
            yield build_features(feature_inputs(lake, month, cutoff)).collect()
        notes["months"] = [month.month for month in months_of(lake, year)]

    return lake.ensure(FEATURES, part, inputs, months, refresh=refresh)


def features_of(lake: Lake, month: Period, cutoff: Cutoff) -> pl.LazyFrame:
    """The committed features of a month at a cutoff."""
    first, end = month_bounds(month)
    table = lake.scan("features", [{"year": month.year, "cutoff": cutoff.name}])
    return table.filter((pl.col("flight_date") >= first) & (pl.col("flight_date") < end))
