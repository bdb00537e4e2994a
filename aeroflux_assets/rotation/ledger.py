"""The delay ledger: minutes inherited from the inbound leg, absorbed, and new, on every flight that arrived.

The inherited part is the *propagated delay* of Lan, Clarke and Barnhart, "Planning for Robust Airline
Operations" (Transportation Science 40, 2006): the arrival delay of the inbound beyond the slack of the planned
turnaround. It is limited to what the inbound was late and to what the flight left late, so that a leg inherits
nothing that was not there and nothing that it left without. All of it is hindsight and no feature reads it.
"""

import polars as pl

from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.rotation.turnaround import MIN_TURNAROUND_MIN


def build_ledger(flights: pl.LazyFrame, rotations: pl.LazyFrame, year: int) -> pl.LazyFrame:
    """The `ledger` table of a year, in the order of flight_id.

    flights: `cleaned_flights` of the year and of its carry-over from the year before, where it is there.
    rotations: the year's. Flights without a tail or an inbound have rows too: all of their delay is new.
    """
    arrived = flights.filter(
        pl.col("arr_delay_min").is_not_null(), pl.col("flight_date").dt.year() == year
    ).select("flight_id", "dep_utc", "dep_delay_min", "arr_delay_min")
    inbound = flights.select(
        pl.col("flight_id").alias("inbound_flight_id"),
        pl.col("arr_utc").alias("inbound_arr_utc"),
        pl.col("arr_delay_min").alias("inbound_arr_delay_min"),
    )
    links = rotations.filter(pl.col("rotation_continuity_flag")).select(
        "flight_id", pl.col("prev_flight_id").alias("inbound_flight_id"), "sched_turnaround_min"
    )
    legs = arrived.join(links, on="flight_id", how="left").join(inbound, on="inbound_flight_id", how="left")
    return legs.pipe(_linked).pipe(_parts).sort("flight_id").select(LEDGER.names)


def _linked(legs: pl.LazyFrame) -> pl.LazyFrame:
    """The inbound only where the aircraft was there: it arrived (was not diverted), and before this leg left."""
    came = pl.col("inbound_arr_delay_min").is_not_null() & ~(
        pl.col("inbound_arr_utc") > pl.col("dep_utc")
    ).fill_null(value=False)
    buffer = (pl.col("sched_turnaround_min") - MIN_TURNAROUND_MIN).clip(lower_bound=0)
    return legs.with_columns(
        inbound_flight_id=pl.when(came).then("inbound_flight_id"),
        sched_buffer_min=pl.when(came).then(buffer),
        inbound_late_min=pl.when(came).then(pl.col("inbound_arr_delay_min").clip(lower_bound=0)).otherwise(0),
    )


def _parts(legs: pl.LazyFrame) -> pl.LazyFrame:
    # A departure that was not reported counts as punctual: the delay then came between the gates.
    left_late = pl.col("dep_delay_min").fill_null(0).clip(lower_bound=0)
    late = pl.col("arr_delay_min").clip(lower_bound=0)
    beyond = (pl.col("inbound_late_min") - pl.col("sched_buffer_min").fill_null(0)).clip(lower_bound=0)
    inherited = pl.min_horizontal(beyond, left_late)
    return legs.with_columns(
        inherited_min=inherited,
        absorbed_turnaround_min=pl.col("inbound_late_min") - inherited,
        new_turnaround_min=left_late - inherited,
        new_en_route_min=(late - left_late).clip(lower_bound=0),
        absorbed_en_route_min=(left_late - late).clip(lower_bound=0),
        early_min=(-pl.col("arr_delay_min")).clip(lower_bound=0),
    )


def totals(ledger: pl.LazyFrame) -> dict[str, int]:
    """The sums of a ledger for the notes of its commit: flights, minutes of each part, minutes late."""
    parts = [name for name in LEDGER.names if name.endswith("_min") and name != "sched_buffer_min"]
    sums = ledger.select(
        pl.len().cast(pl.Int64).alias("flights"),
        pl.col("inbound_flight_id").is_not_null().sum().cast(pl.Int64).alias("with_inbound"),
        *(pl.col(name).cast(pl.Int64).sum() for name in parts),
    )
    return sums.collect(engine="streaming").row(0, named=True)
