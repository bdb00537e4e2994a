"""An aircraft's day or week: its legs as scheduled and flown, what was predicted of each, and its ledger."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.errors import LookupMissError
from aeroflux_assets.lake import Lake, Partition
from dashboard.queries import words
from dashboard.queries.clocks import with_clocks
from dashboard.queries.gaps import command_for, spelled, unscored
from dashboard.queries.lookup import LEG
from dashboard.queries.lookup_miss import no_such_date, no_such_flight
from dashboard.queries.lookup_query import LookupQuery, tail_forms
from dashboard.queries.predicted import predictions_of, preferred_set, years_between
from dashboard.queries.pruning import scan_between
from dashboard.queries.views import Wanted, open_views

PARTS = tuple(name for name in LEDGER.names if name not in ("flight_id", "arr_delay_min"))


@dataclass(frozen=True)
class TailSpan:
    """A tail from `first` to `last` (local dates of departure, both included).

    legs: in order of schedule, as `with_clocks` gives them, with `leg` (its number in the span) and the columns of
    `ledger` (null on legs that never arrived, or where the table is missing). predictions: of the set shown, one row
    a leg and cutoff. aircraft: in words, None where the registry has none. notes: what is missing.
    """

    tail: str
    first: date
    last: date
    legs: pl.DataFrame
    predictions: pl.DataFrame
    feature_set: str | None
    aircraft: str | None
    notes: tuple[str, ...]


def find_tail(lake: Lake, typed: str, first: date, days: int = 1) -> TailSpan:
    """The tail as typed (case, blanks and a missing N do not matter) on `days` days from `first`.

    Raises LookupMissError with what exists nearby where it did not fly.
    """
    last = first + timedelta(days=days - 1)
    forms = tail_forms(typed)
    if not forms:
        raise LookupMissError(f"tail {typed!r}: give a registration such as N8731A")
    years = [year for year in years_between(first, last) if lake.has(CLEANED_FLIGHTS.name, {"year": year})]
    if not years:
        raise LookupMissError(no_such_date(lake, first))
    here: list[Partition] = [{"year": year} for year in years]
    rows = scan_between(lake, CLEANED_FLIGHTS, here, "flight_date", first, last, LEG)
    found = rows.filter(pl.col("tail").is_in(forms)).collect()
    if found.is_empty():
        with open_views(lake, [Wanted(CLEANED_FLIGHTS, here)]) as con:
            raise LookupMissError(no_such_flight(lake, con, LookupQuery(day=first, tails=forms)))
    tail = next(form for form in forms if form in set(found["tail"]))
    legs = with_clocks(lake, found.filter(pl.col("tail") == tail)).with_row_index("leg", offset=1)
    predicted = predictions_of(lake, years, legs["flight_id"].to_list())
    chosen = preferred_set(predicted["feature_set"])
    return TailSpan(
        tail=tail,
        first=first,
        last=last,
        legs=_with_ledger(lake, legs, here),
        predictions=predicted.filter(pl.col("feature_set") == chosen) if chosen else predicted,
        feature_set=chosen,
        aircraft=_aircraft(lake, tail, first.year),
        notes=_notes(lake, years, scored=chosen is not None),
    )


def _with_ledger(lake: Lake, legs: pl.DataFrame, here: list[Partition]) -> pl.DataFrame:
    ids = legs["flight_id"]
    rows = scan_between(lake, LEDGER, here, "flight_id", ids.min(), ids.max(), ("flight_id", *PARTS))
    mine = rows.filter(pl.col("flight_id").is_in(ids.to_list())).drop("year").collect()
    return legs.join(mine, on="flight_id", how="left", maintain_order="left")


def _aircraft(lake: Lake, tail: str, year: int) -> str | None:
    if not lake.has(RAW_AIRCRAFT.name):
        return None
    rows = lake.scan(RAW_AIRCRAFT.name).filter(pl.col("tail") == tail).collect().to_dicts()
    return words.aircraft(rows[0] if rows else None, year)


def _notes(lake: Lake, years: list[int], *, scored: bool) -> tuple[str, ...]:
    notes = []
    if absent := [year for year in years if not lake.has(LEDGER.name, {"year": year})]:
        command = command_for(tuple(absent))
        notes.append(f"The ledger of {spelled(absent)} is not in the lake: `{command}` makes it.")
    if not scored:
        notes += [f"No predictions of these flights. {unscored(lake, year)}" for year in years]
    return tuple(notes)


def ledger_of(legs: pl.DataFrame) -> pl.DataFrame:
    """The legs that arrived with their minutes, as a table: leg, flight, the parts, arrival delay."""
    arrived = legs.filter(pl.col("inherited_min").is_not_null())
    flight = pl.concat_str(
        "carrier", pl.col("flight_number").cast(pl.String), pl.lit(" "), "origin", pl.lit(" → "), "dest"
    )
    return arrived.select(
        "leg", "flight_date", flight.alias("flight"), "sched_buffer_min", *_FLOW, "arr_delay_min"
    )


_FLOW = (
    "inbound_late_min", "absorbed_turnaround_min", "inherited_min", "new_turnaround_min", "new_en_route_min",
    "absorbed_en_route_min", "early_min",
)  # fmt: skip


def ledger_sums(legs: pl.DataFrame) -> dict[str, int]:
    """Minutes over the legs that arrived: late at arrival, inherited, new, made up on the ground and en route."""
    sums = ledger_of(legs).select(pl.col(*_FLOW).sum(), legs=pl.len()).row(0, named=True)
    late = legs.filter(pl.col("arr_delay_min") > 0)["arr_delay_min"].sum()
    return {
        "legs": sums["legs"],
        "late": int(late),
        "inherited": sums["inherited_min"],
        "new": sums["new_turnaround_min"] + sums["new_en_route_min"],
        "absorbed_turnaround": sums["absorbed_turnaround_min"],
        "absorbed_en_route": sums["absorbed_en_route_min"],
    }


def ledger_words(leg: dict[str, object], inbound: str | None = None) -> str | None:
    """A leg's ledger as a sentence: `20 min inherited from DL101 + 5 new at the gate - 7 made up en route = 18`."""
    if leg["inherited_min"] is None:
        return None
    source = f" from {inbound}" if inbound else ""
    parts = [
        (1, leg["inherited_min"], f"inherited{source}"),
        (1, leg["new_turnaround_min"], "new at the gate"),
        (1, leg["new_en_route_min"], "new en route"),
        (-1, leg["absorbed_en_route_min"], "made up en route"),
        (-1, leg["early_min"], "early"),
    ]
    text = ""
    for sign, value, name in parts:
        if value:
            mark = ("- " if sign < 0 else "") if not text else (" + " if sign > 0 else " - ")
            text += f"{mark}{value} {name}"
    return f"{text or '0'} = {leg['arr_delay_min']:+d} min"


def pivoted(span: TailSpan) -> pl.DataFrame:
    """One row a leg with the chance of being late at each cutoff, earliest first, the expected delay at the latest."""
    legs = span.legs.select("leg", "flight_id")
    if span.predictions.is_empty():
        return legs
    ordered = span.predictions.sort("lead_min", descending=True)
    names = ordered["cutoff"].unique(maintain_order=True).to_list()
    wide = ordered.pivot("cutoff", index="flight_id", values="prob_late15").select("flight_id", *names)
    last = ordered.group_by("flight_id").agg(pl.col("pred_arr_delay_min").last())
    return legs.join(wide, on="flight_id", how="left").join(last, on="flight_id", how="left").sort("leg")
