"""Where prediction fails: the figures of a scored year's predictions by slices of its flights.

Slices are made afterwards, from what happened too (a storm, a swap of tails): they describe, and feed no model.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import polars as pl

from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.evaluation.ranking import ranked
from aeroflux_assets.lake import Lake, Partition

PIECE_ROWS = 4_000_000
HUBS = 30
# A storm day of an origin: a local date on which this share of its scheduled departures, of at least so many, was
# cancelled. Cancellations are recorded for every year, their causes and the weather are not.
STORM_CANCELLED, STORM_DEPARTURES = 0.05, 20
# The FAA's instrument flight rules: ceiling below 1,000 feet or visibility below 3 miles.
IFR_CEILING_M, IFR_VISIBILITY_M = 305, 4828
DISTANCE_MI = (500, 1000, 1500)
HOLIDAY_DAYS = 2

# Dimension to what it cuts by; "all" is every scored flight.
DIMENSIONS: dict[str, str] = {
    "all": "every flight that arrived",
    "leg of the day": "number of the leg on its aircraft's local date, as flown",
    "inbound": "what was known of the inbound at the cutoff",
    "swap": "the shape of a swap of tails: discontinuous, or a turnaround too short to be planned",
    "origin": f"the {HUBS} origins with the most scheduled departures of the year, against the others",
    "storm day": f"at least {STORM_CANCELLED:.0%} of the origin's departures of the day were cancelled",
    "weather": "instrument conditions (ceiling under 305 m or visibility under 4,828 m) at the scheduled times",
    "carrier": "the operating carrier",
    "hour": "hour of the scheduled departure, local",
    "distance": "great-circle miles",
    "holiday": f"a US federal holiday, or within {HOLIDAY_DAYS} days of one",
}


def sliced(lake: Lake, year: int, cutoff: Cutoff) -> pl.DataFrame:
    """Figures by feature_set, dimension and slice, in the columns of `FAILURES`.

    Needs `predictions`, `cleaned_flights`, `rotations` and `features` of the year (MissingTableError otherwise);
    takes `flights_with_weather` where it is there.
    """
    flights = _flights(lake, year, cutoff)
    predictions = lake.scan("predictions", [{"scored_year": year, "cutoff": cutoff.name}]).select(
        "flight_id", pl.col("feature_set").cast(pl.Categorical), probability="prob_late15"
    )
    rows = flights.join(predictions.collect(engine="streaming"), on="flight_id", how="inner").lazy()
    # As many dimensions at once as the memory of a few million rows allows: a small year's all.
    at_once = max(1, PIECE_ROWS // max(1, flights.height))
    figures = pl.concat(
        ranked(_unpivoted(rows, dimensions), ("feature_set", "dimension", "slice")).collect()
        for dimensions in batched(DIMENSIONS, at_once)
    )
    order = {name: i for i, name in enumerate(DIMENSIONS)}
    return (
        figures.with_columns(pl.col("feature_set", "dimension", "slice").cast(pl.String))
        .join(_positions(), on=["dimension", "slice"], how="left")
        # Carriers and hours are as many as there are, in their own order.
        .with_columns(
            position=pl.col("position").fill_null(
                pl.col("slice").rank("dense").over("feature_set", "dimension").cast(pl.Int32)
            )
        )
        .sort("feature_set", pl.col("dimension").replace_strict(order), "position")
    )


def _unpivoted(rows: pl.LazyFrame, dimensions: tuple[str, ...]) -> pl.LazyFrame:
    return pl.concat(
        rows.select(
            "feature_set", pl.lit(name).alias("dimension"), pl.col(name).alias("slice"), "late", "probability"
        )
        for name in dimensions
    )


def _positions() -> pl.DataFrame:
    """dimension, slice, position: the order of the slices that have one."""
    named = [
        (name, text, i)
        for name, (cases, last) in _cases().items()
        for i, text in enumerate([*(text for _, text in cases), last])
    ]
    return pl.DataFrame(
        named, schema={"dimension": pl.String, "slice": pl.String, "position": pl.Int32}, orient="row"
    )


def _flights(lake: Lake, year: int, cutoff: Cutoff) -> pl.DataFrame:
    """flight_id, late, and a column a dimension, of the year's flights that arrived."""
    part: Partition = {"year": year}
    flights = lake.scan("cleaned_flights", [part])
    legs = lake.scan("rotations", [part]).select("flight_id", "aircraft_leg_number_day", "is_swap_shaped")
    known = lake.scan("features", [{"year": year, "cutoff": cutoff.name}]).select(
        "flight_id",
        "days_to_nearest_holiday",
        "rotation_continuity_flag",
        "up1_has_departed",
        "up1_has_landed",
    )
    return (
        flights.filter(pl.col("is_arr_late15").is_not_null())
        .join(legs, on="flight_id", how="left")
        .join(known, on="flight_id", how="left")
        .join(_weather(lake, part), on="flight_id", how="left")
        .join(_storms(flights), on=["origin", "flight_date"], how="left")
        .join(_hubs(flights), on="origin", how="left")
        .select("flight_id", late=pl.col("is_arr_late15").cast(pl.Float32), **_dimensions())
        .collect(engine="streaming")
        .with_columns(pl.col(list(DIMENSIONS)).cast(pl.Categorical))
    )


def _cases() -> dict[str, tuple[list[tuple[pl.Expr, str]], str]]:
    """Dimension to its slices: the first condition that holds, else the last."""
    leg, swap, storm = pl.col("aircraft_leg_number_day"), pl.col("is_swap_shaped"), pl.col("is_storm")
    days, distance = pl.col("days_to_nearest_holiday"), pl.col("distance_mi")
    lower = (0, *DISTANCE_MI)
    return {
        "all": ([], "all"),
        "leg of the day": (
            [(leg == 1, "first"), (leg == 2, "second"), (leg > 2, "third or later")],
            "tail unknown",
        ),
        "inbound": (
            [
                (pl.col("rotation_continuity_flag") == 0, "none vouched for"),
                (pl.col("up1_has_landed") == 1, "landed"),
                (pl.col("up1_has_departed") == 1, "under way"),
            ],
            "not departed",
        ),
        "swap": ([(~swap, "not swap-shaped"), (swap, "swap-shaped")], "no earlier leg"),
        "origin": ([(pl.col("is_hub"), f"{HUBS} largest")], "others"),
        "storm day": (
            [(storm, "storm day"), (~storm, "other day")],
            f"under {STORM_DEPARTURES} departures",
        ),
        "weather": ([(pl.col("is_ifr"), "instrument"), (~pl.col("is_ifr"), "visual")], "not observed"),
        "distance": (
            [
                (distance < above, f"{below} to {above - 1} mi")
                for below, above in zip(lower[:-1], DISTANCE_MI, strict=True)
            ],
            f"{DISTANCE_MI[-1]} mi or more",
        ),
        "holiday": (
            [(days == 0, "holiday"), (days <= HOLIDAY_DAYS, f"within {HOLIDAY_DAYS} days")],
            "other days",
        ),
    }


def _dimensions() -> dict[str, pl.Expr]:
    """The slice of each flight in each dimension, as text."""
    plain = {"carrier": pl.col("carrier"), "hour": pl.col("sched_dep_local").dt.strftime("%H")}
    cased = {
        name: pl.coalesce(*(pl.when(holds).then(pl.lit(text)) for holds, text in cases), pl.lit(last))
        for name, (cases, last) in _cases().items()
    }
    return {name: (plain | cased)[name] for name in DIMENSIONS}


def _storms(flights: pl.LazyFrame) -> pl.LazyFrame:
    """origin, flight_date, is_storm: of the days with enough departures."""
    return (
        flights.group_by("origin", "flight_date")
        .agg(departures=pl.len(), cancelled=pl.col("is_cancelled").mean())
        .filter(pl.col("departures") >= STORM_DEPARTURES)
        .select("origin", "flight_date", is_storm=pl.col("cancelled") >= STORM_CANCELLED)
    )


def _hubs(flights: pl.LazyFrame) -> pl.LazyFrame:
    largest = (
        flights.group_by("origin").agg(n=pl.len()).sort("n", "origin", descending=[True, False]).head(HUBS)
    )
    return largest.select("origin", is_hub=pl.lit(value=True))


def _weather(lake: Lake, part: Partition) -> pl.LazyFrame:
    """flight_id, is_ifr: at either end; null where neither ceiling nor visibility was observed at either."""
    if not lake.has("flights_with_weather", part):
        return pl.LazyFrame(schema={"flight_id": pl.Int64, "is_ifr": pl.Boolean})
    low = [pl.col(f"{end}_ceiling_height_m") < IFR_CEILING_M for end in ("dep", "arr")]
    low += [pl.col(f"{end}_visibility_m") < IFR_VISIBILITY_M for end in ("dep", "arr")]
    seen = pl.any_horizontal(each.is_not_null() for each in low)
    bad = pl.any_horizontal(each.fill_null(value=False) for each in low)
    return lake.scan("flights_with_weather", [part]).select("flight_id", is_ifr=pl.when(seen).then(bad))


def batched(names: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """The names in groups of at most `size`, in order."""
    left = iter(names)
    while group := tuple(islice(left, size)):
        yield group
