"""A flight looked up: the flight, its aircraft's day, what was known at each cutoff, what was predicted.

Fast on a large lake because it opens only the files that can hold the flight (`pruning`), and filters on
`flight_date` and `flight_id`, by which those files are sorted: row groups of other days are skipped.
Polars reads, since it decodes the rest of a row group only for the rows that match: 14 ms where DuckDB takes
20, and 25 more to open it, for one of the 0.6 million rows of a month of `propagation`.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.propagation import PROPAGATION
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.contracts.weather import WEATHER_AT_CUTOFF
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.errors import LookupMissError
from aeroflux_assets.lake import Lake, Partition
from dashboard.queries.choices import cutoffs_made
from dashboard.queries.clocks import with_clocks
from dashboard.queries.gaps import command_for, not_at, spelled, unscored
from dashboard.queries.lookup_miss import no_such_date, no_such_flight
from dashboard.queries.lookup_query import LookupQuery, LookupResult, parse_query
from dashboard.queries.lookup_text import as_record, describe
from dashboard.queries.predicted import cutoffs_of, predictions_of
from dashboard.queries.pruning import scan_between
from dashboard.queries.views import Wanted, open_views

__all__ = ["LookupQuery", "LookupResult", "describe", "find_flights", "lookup_text"]

# Three upstream legs reach back three times 36 hours (propagation's look-back), rounded up to days.
UPSTREAM_DAYS = 6
MAX_MATCHES = 60
FIRST_SET = "aeroflux_full"
# What the page and the text read of these two wide tables: every column costs its decoding.
KNOWN = (
    "flight_id", "slack_min", "earliest_dep_delay_min",
    *(f"up{k}_{name}" for k in (1, 2, 3) for name in (
        "flight_id", "is_linked", "has_departed", "has_landed", "dep_delay_min", "arr_delay_min",
        "late_so_far_min", "min_since_landing",
    )),
)  # fmt: skip
_UNREAD = (
    "dst_case", "source_month", "source_row", "wheels_off_utc", "wheels_on_utc", "air_min", "taxi_out_min",
    "taxi_in_min", "sched_arr_clock_gap_min", "dep_clock_gap_min", "arr_clock_gap_min", "gate_left_utc",
)  # fmt: skip
LEG = tuple(name for name in CLEANED_FLIGHTS.names if name not in _UNREAD)


def find_flights(lake: Lake, wanted: LookupQuery) -> LookupResult:
    """Every flight that `wanted` names, with its day and what was known and predicted of it.

    Raises LookupMissError with what exists nearby where there is none.
    """
    day = wanted.day
    here: Partition = {"year": day.year}
    if not lake.has(CLEANED_FLIGHTS.name, here):
        raise LookupMissError(no_such_date(lake, day))
    found = _matches(lake, wanted)
    if found.is_empty():
        with open_views(lake, [Wanted(CLEANED_FLIGHTS, [here])]) as con:
            raise LookupMissError(no_such_flight(lake, con, wanted))
    ids = found["flight_id"].to_list()
    tails = found["tail"].drop_nulls().unique(maintain_order=True).to_list()
    aircraft, known, weather = pl.collect_all([_aircraft(lake, tails), *_at_cutoffs(lake, wanted, ids)])
    predictions = predictions_of(lake, [wanted.day.year], ids, _names(wanted))
    feeds = sorted({value for k in (1, 2, 3) for value in known[f"up{k}_flight_id"].drop_nulls().to_list()})
    legs = with_clocks(lake, _legs(lake, day, ids, tails, feeds))
    upstream = legs.filter(pl.col("flight_id").is_in(feeds))
    return LookupResult(
        query=wanted,
        flights=legs.filter(pl.col("flight_id").is_in(ids)),
        rotation=_rotation(legs, day, upstream),
        known=_by_lead(known),
        upstream=upstream,
        weather=_by_lead(weather),
        predictions=predictions.sort(
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
    flights = scan_between(
        lake, CLEANED_FLIGHTS, [{"year": wanted.day.year}], "flight_date", wanted.day, wanted.day,
        ("flight_id", "flight_date", "tail", "carrier", "flight_number", "origin", "dest", "sched_dep_utc"),
    )  # fmt: skip
    found = flights.filter(fits).select("flight_id", "tail", "sched_dep_utc").collect()
    return found.sort("sched_dep_utc").head(MAX_MATCHES)


def _aircraft(lake: Lake, tails: list[str]) -> pl.LazyFrame:
    if not lake.has(RAW_AIRCRAFT.name) or not tails:
        return pl.LazyFrame(schema=RAW_AIRCRAFT.schema)
    near = pl.col("tail").is_between(pl.lit(min(tails)), pl.lit(max(tails)))
    return lake.scan(RAW_AIRCRAFT.name).filter(near & pl.col("tail").is_in(tails))


def _legs(lake: Lake, day: date, ids: list[int], tails: list[str], feeds: list[int]) -> pl.DataFrame:
    """The matches, every leg of their tails on that date, and the legs known to feed them, of whichever date."""
    mine = pl.col("tail").is_in(tails) | pl.col("flight_id").is_in(ids)
    of_day = scan_between(lake, CLEANED_FLIGHTS, [{"year": day.year}], "flight_date", day, day, LEG)
    frames = [of_day.filter(mine)]
    if feeds:
        years = sorted({day.year, (day - timedelta(days=UPSTREAM_DAYS)).year})
        around: list[Partition] = [{"year": year} for year in years]
        fed = scan_between(lake, CLEANED_FLIGHTS, around, "flight_id", feeds[0], feeds[-1], LEG)
        frames.append(fed.filter(pl.col("flight_id").is_in(feeds)))
    return pl.concat(pl.collect_all(frames)).unique("flight_id", keep="first").select(LEG)


def _at_cutoffs(lake: Lake, wanted: LookupQuery, ids: list[int]) -> list[pl.LazyFrame]:
    """What `propagation` and `weather_at_cutoff` hold of these flights, at each cutoff."""
    at: list[Partition] = [{"year": wanted.day.year, "cutoff": name} for name in _names(wanted)]
    tables: list[tuple[Contract, Sequence[str]]] = [
        (PROPAGATION, KNOWN),
        (WEATHER_AT_CUTOFF, WEATHER_AT_CUTOFF.names),
    ]
    return [
        scan_between(lake, contract, at, "flight_id", min(ids), max(ids), columns)
        .filter(pl.col("flight_id").is_in(ids))
        .drop("year")
        for contract, columns in tables
    ]


def _names(wanted: LookupQuery) -> list[str]:
    """The cutoff asked about, or every one."""
    return [wanted.cutoff] if wanted.cutoff else [cutoff.name for cutoff in CUTOFFS]


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
    made = cutoffs_made(lake, year)
    if cutoff and made and cutoff not in made:  # nothing else is to say of it
        return (f"{year} is {not_at(cutoff, made)}.",)
    notes = []
    names = [cutoff] if cutoff else [each.name for each in CUTOFFS]
    if not any(lake.has("propagation", {"year": year, "cutoff": name}) for name in names):
        notes.append(
            f"What was known at {cutoff or 'the cutoffs'} is not computed for {year}: "
            f"`{command_for((year,))}` does it."
        )
    if not any(lake.has("predictions", {"scored_year": year, "cutoff": name}) for name in names):
        notes.append(_unpredicted(lake, year, cutoff))
    if not any(lake.has(WEATHER_AT_CUTOFF.name, {"year": year, "cutoff": name}) for name in names):
        notes.append(f"No weather joined for {year}.")
    return tuple(notes)


def _unpredicted(lake: Lake, year: int, cutoff: str | None) -> str:
    """Why a year has no predictions, at the cutoff asked about or at all."""
    if cutoff and (made := cutoffs_of(lake, (year,))):
        return f"Predictions of {year} are {not_at(cutoff, made)}."
    scored = tuple(sorted({int(part["scored_year"]) for part in lake.partitions("predictions")}))
    have = f"scored are {spelled(scored)}" if scored else "no year is scored yet"
    return f"No predictions for {year} ({have}). {unscored(lake, year)}"
