"""A lake with only what training reads: labels and features of a few hundred flights a year."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.features.build import FEATURES
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.lake import Lake

NOW, NAMES = cutoff_named("T-0"), feature_set("xgb_full_aircraft")
DAYS = 59  # January and February


def write_year(lake: Lake, year: int, flights: int = 600) -> None:
    """Flights of two months whose distance tells how late they are; a tenth never arrived."""
    rng = np.random.default_rng(year)
    ids = np.arange(flights) + year * 10_000
    days = [date(year, 1, 1) + timedelta(days=int(i) * DAYS // flights) for i in range(flights)]
    distance = rng.normal(500, 100, flights)
    delay = (distance - 500) / 5 + rng.normal(0, 10, flights)
    base = pl.DataFrame({"flight_id": ids, "flight_date": days})
    arrived = pl.Series(rng.random(flights) > 0.1)
    labels = base.with_columns(arr_delay_min=pl.Series(delay.round()), is_arr_late15=pl.Series(delay >= 15))
    labels = labels.with_columns(pl.when(arrived).then(pl.col("arr_delay_min", "is_arr_late15")))
    known = base.with_columns(
        distance=pl.Series(distance),
        dep_month_local=pl.col("flight_date").dt.month(),
        dep_time_bucket=pl.col("flight_id") % 6 + 1,
        dep_weekday_local=pl.col("flight_date").dt.weekday(),
    )
    for contract, frame, part in (
        (CLEANED_FLIGHTS, labels, {"year": year}),
        (FEATURES, known, {"year": year, "cutoff": NOW.name}),
    ):
        rest = [pl.lit(None, dtype=t).alias(n) for n, t in contract.schema.items() if n not in frame.columns]
        lake.write(contract, frame.with_columns(rest), part, notes={"months": [1, 2]})
