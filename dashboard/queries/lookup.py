"""A flight looked up: the flight, its aircraft's day, what was known at each cutoff, what was predicted.

Fast on a large lake because it opens the files of one year only (two around New Year), and filters on
`flight_date` and `flight_id`, by which those files are sorted: row groups of other days are skipped.
Polars reads, since it decodes the rest of a row group only for the rows that match: 80 ms where DuckDB takes
250 for 6 of the 1.8 million rows of `propagation`. DuckDB turns those few to local clocks.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.cleaned import AIRPORTS, CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.contracts.propagation import PROPAGATION
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.contracts.weather import WEATHER_AT_CUTOFF
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.errors import LookupMissError
from aeroflux_assets.lake import Lake, Partition
from dashboard.queries.gaps import command_for, spelled
from dashboard.queries.inventory import years_of
from dashboard.queries.lookup_miss import no_such_date, no_such_flight
from dashboard.queries.lookup_query import LookupQuery, LookupResult, parse_query
from dashboard.queries.lookup_text import as_record, describe
from dashboard.queries.views import Wanted, committed, open_views, query

__all__ = ["LookupQuery", "LookupResult", "describe", "find_flights", "lookup_text"]

# Three upstream legs reach back three times 36 hours (propagation's look-back), rounded up to days.
UPSTREAM_DAYS = 6
MAX_MATCHES = 60
FIRST_SET = "aeroflux_full"
# What the page and the text read of these two wide tables: every column costs its decoding.
_KNOWN = (
    "flight_id", "slack_min", "earliest_dep_delay_min",
    *(f"up{k}_{name}" for k in (1, 2, 3) for name in (
        "flight_id", "is_linked", "has_departed", "has_landed", "dep_delay_min", "arr_delay_min",
        "late_so_far_min", "min_since_landing",
    )),
)  # fmt: skip
_UNREAD = (
    "dst_case", "source_month", "source_row", "wheels_off_utc", "wheels_on_utc", "air_min", "taxi_out_min",
    "taxi_in_min", "sched_arr_clock_gap_min", "dep_clock_gap_min", "arr_clock_gap_min",
)  # fmt: skip
_LEG = tuple(name for name in CLEANED_FLIGHTS.names if name not in _UNREAD)

# Legs with their airports, and their actual times on the clocks of both ends.
_CLOCKS_SQL = """
    SELECT legs.*,
        o.time_zone AS origin_time_zone, d.time_zone AS dest_time_zone,
        coalesce(o.municipality, o.airport_name) AS origin_city,
        coalesce(d.municipality, d.airport_name) AS dest_city,
        o.latitude_deg AS origin_lat, o.longitude_deg AS origin_lon,
        d.latitude_deg AS dest_lat, d.longitude_deg AS dest_lon,
        coalesce(
            timezone(o.time_zone, timezone('UTC', dep_utc)), sched_dep_local + (dep_utc - sched_dep_utc)
        ) AS dep_local,
        coalesce(
            timezone(d.time_zone, timezone('UTC', arr_utc)), sched_arr_local + (arr_utc - sched_arr_utc)
        ) AS arr_local
    FROM legs
    LEFT JOIN airports o ON o.airport = legs.origin
    LEFT JOIN airports d ON d.airport = legs.dest
    ORDER BY sched_dep_utc, flight_id
"""


def find_flights(lake: Lake, wanted: LookupQuery) -> LookupResult:
    """Every flight that `wanted` names, with its day and what was known and predicted of it.

    Raises LookupMissError with what exists nearby where there is none.
    """
    day = wanted.day
    if day.year not in years_of(lake):
        raise LookupMissError(no_such_date(lake, day))
    years = sorted({day.year, (day - timedelta(days=UPSTREAM_DAYS)).year})
    flown: list[Partition] = [p for year in years if lake.has("cleaned_flights", p := {"year": year})]
    found = _matches(lake, wanted)
    if found.is_empty():
        with open_views(lake, [Wanted(CLEANED_FLIGHTS, flown)]) as con:
            raise LookupMissError(no_such_flight(lake, con, wanted))
    ids = found["flight_id"].to_list()
    tails = found["tail"].drop_nulls().unique(maintain_order=True).to_list()
    legs, aircraft, known, weather, predictions = pl.collect_all(
        [_legs(lake, flown, day, ids, tails), _aircraft(lake, tails), *_at_cutoffs(lake, wanted, ids)]
    )
    legs = _with_clocks(lake, legs)
    feeds = {value for k in (1, 2, 3) for value in known[f"up{k}_flight_id"].drop_nulls().to_list()}
    upstream = legs.filter(pl.col("flight_id").is_in(feeds))
    return LookupResult(
        query=wanted,
        flights=legs.filter(pl.col("flight_id").is_in(ids)),
        rotation=_rotation(legs, day, upstream),
        known=_by_lead(known),
        upstream=upstream,
        weather=_by_lead(weather),
        predictions=_by_lead(predictions).sort(
            "flight_id", "lead_min", pl.col("feature_set") != FIRST_SET, "feature_set"
        ),
        aircraft=aircraft,
        notes=_notes(lake, day.year, wanted.cutoff),
    )


def lookup_text(
    lake: Lake,
    *,
    tail: str | None = None,
    carrier: str | None = None,
    number: str | int | None = None,
    date: str | date | None = None,
    origin: str | None = None,
    dest: str | None = None,
    cutoff: str | None = None,
    as_json: bool = False,
) -> str:
    """The answer of `aeroflux lookup`, as text or as JSON.

    Raises LookupMissError with what exists nearby, or with what cannot be read of the arguments.
    """
    wanted = parse_query(
        tail=tail, carrier=carrier, number=number, day=date, origin=origin, dest=dest, cutoff=cutoff
    )
    result = find_flights(lake, wanted)
    return as_record(result) if as_json else describe(result)


def _matches(lake: Lake, wanted: LookupQuery) -> pl.DataFrame:
    """The flight_id and tail of the flights of that day that fit, in order of scheduled departure."""
    fits = pl.col("flight_date") == wanted.day
    if wanted.tails:
        fits &= pl.col("tail").is_in(wanted.tails)
    for column, value in (
        ("carrier", wanted.carrier),
        ("flight_number", wanted.number),
        ("origin", wanted.origin),
        ("dest", wanted.dest),
    ):
        if value is not None:
            fits &= pl.col(column) == value
    flights = lake.scan("cleaned_flights", [{"year": wanted.day.year}]).filter(fits)
    return (
        flights.select("flight_id", "tail", "sched_dep_utc").collect().sort("sched_dep_utc").head(MAX_MATCHES)
    )


def _aircraft(lake: Lake, tails: list[str]) -> pl.LazyFrame:
    if not lake.has(RAW_AIRCRAFT.name):
        return pl.LazyFrame(schema=RAW_AIRCRAFT.schema)
    return lake.scan(RAW_AIRCRAFT.name).filter(pl.col("tail").is_in(tails))


def _legs(lake: Lake, flown: list[Partition], day: date, ids: list[int], tails: list[str]) -> pl.LazyFrame:
    """The matches, and every leg of their tails from the days that may feed them."""
    # The next day too: a flight after midnight may be fed by one whose origin has the later date.
    near = pl.col("flight_date").is_between(day - timedelta(days=UPSTREAM_DAYS), day + timedelta(days=1))
    mine = pl.col("tail").is_in(tails) | pl.col("flight_id").is_in(ids)
    return lake.scan("cleaned_flights", flown).filter(near & mine).select(_LEG)


def _at_cutoffs(lake: Lake, wanted: LookupQuery, ids: list[int]) -> list[pl.LazyFrame]:
    """What `propagation`, `weather_at_cutoff` and `predictions` hold of these flights, at each cutoff."""
    names = [wanted.cutoff] if wanted.cutoff else [cutoff.name for cutoff in CUTOFFS]
    tables: list[tuple[Contract, str, Sequence[str]]] = [
        (PROPAGATION, "year", _KNOWN),
        (WEATHER_AT_CUTOFF, "year", WEATHER_AT_CUTOFF.names),
        (PREDICTIONS, "scored_year", PREDICTIONS.names),
    ]
    # The bounds let whole row groups be skipped, which a list of values does not.
    mine = pl.col("flight_id").is_between(min(ids), max(ids)) & pl.col("flight_id").is_in(ids)
    frames = []
    for contract, key, columns in tables:
        asked: list[Partition] = [{key: wanted.day.year, "cutoff": name} for name in names]
        at = [partition for partition in asked if lake.has(contract.name, partition)]
        if at:
            frames.append(lake.scan(contract.name, at).filter(mine).select("cutoff", *columns))
        else:
            empty = {"cutoff": pl.String(), **{name: contract.schema[name] for name in columns}}
            frames.append(pl.LazyFrame(schema=empty))
    return frames


def _with_clocks(lake: Lake, legs: pl.DataFrame) -> pl.DataFrame:
    with open_views(lake, [Wanted(AIRPORTS)]) as con:
        con.register("legs", legs)
        return query(con, _CLOCKS_SQL)


def _rotation(legs: pl.DataFrame, day: date, upstream: pl.DataFrame) -> pl.DataFrame:
    of_day = (pl.col("flight_date") == day) & pl.col("tail").is_not_null()
    rotation = legs.filter(of_day).with_columns(of_day=pl.lit(value=True))
    # An inbound of the night before belongs in the picture; one that slept at the airport would stretch it.
    first = rotation.group_by("tail").agg(first_dep=pl.col("sched_dep_utc").min())
    before = (
        upstream.join(rotation, on="flight_id", how="anti")
        .join(first, on="tail")
        .filter((pl.col("first_dep") - pl.col("sched_arr_utc")).is_between(timedelta(0), timedelta(hours=4)))
        .select(*legs.columns, of_day=pl.lit(value=False))
    )
    return pl.concat([rotation, before]).sort("tail", "sched_dep_utc", "flight_id")


def _by_lead(frame: pl.DataFrame) -> pl.DataFrame:
    """In the order of the cutoffs, the latest first, with the lead in minutes."""
    leads = {cutoff.name: cutoff.lead_min for cutoff in CUTOFFS}
    lead = pl.col("cutoff").replace_strict(leads, default=None, return_dtype=pl.Int32)
    return frame.with_columns(lead.alias("lead_min")).sort("flight_id", "lead_min")


def _notes(lake: Lake, year: int, cutoff: str | None) -> tuple[str, ...]:
    notes = []
    names = [cutoff] if cutoff else [each.name for each in CUTOFFS]
    if not any(lake.has("propagation", {"year": year, "cutoff": name}) for name in names):
        notes.append(
            f"What was known at {cutoff or 'the cutoffs'} is not computed for {year}: "
            f"`{command_for((year,))}` does it."
        )
    if not any(lake.has("predictions", {"scored_year": year, "cutoff": name}) for name in names):
        scored = tuple(sorted({int(p["scored_year"]) for p in lake.partitions("predictions")}))
        have = f"scored are {spelled(scored)}" if scored else "no year is scored yet"
        notes.append(
            f"No predictions for {year} ({have}): a year is scored by models of earlier years. "
            f"`aeroflux run` trains and scores; AEROFLUX_YEARS must hold {year} and years before it."
        )
    if not committed(lake, WEATHER_AT_CUTOFF, "year", [year]):
        notes.append(f"No weather joined for {year}.")
    return tuple(notes)
