"""How much of an inbound's arrival delay reaches the departure, by scheduled turnaround; and a matched comparison.

This looks at what happened, of a whole year, with the legs as flown: analysis, not features. Nothing in it is a
cause. A late inbound and a late departure have causes in common (the same storm, the same bad day of a carrier);
matching takes away what the matched columns carry, and no more.
"""

from itertools import pairwise

import polars as pl

from aeroflux_assets.contracts.cleaned import LATE_MIN
from aeroflux_assets.rotation.turnaround import MIN_TURNAROUND_MIN

# Upper bounds of the scheduled turnaround, minutes; below MIN_TURNAROUND_MIN no schedule plans one: a swap's shape.
TURNAROUNDS = (MIN_TURNAROUND_MIN, 30, 45, 60, 90, 120, 240)
INBOUND_DELAYS = (0, 15, 30, 60, 120)
ALL = "all"
HOUR_BLOCK = 4
# What the flights of a matched comparison have in common.
MATCHES: dict[str, tuple[str, ...]] = {
    "carrier, origin, hours, turnaround": ("carrier", "origin", "hours", "turnaround"),
    "the same, and the same date": ("carrier", "origin", "hours", "turnaround", "flight_date"),
}


def bucket(value: pl.Expr, bounds: tuple[int, ...]) -> pl.Expr:
    """The half-open bucket of minutes as text: `under 15 min`, `15 to 29 min`, `240 min or more`."""
    texts = labels(bounds)
    cases = (pl.when(value < bound).then(pl.lit(text)) for bound, text in zip(bounds, texts, strict=False))
    return pl.coalesce(*cases, pl.lit(texts[-1]))


def labels(bounds: tuple[int, ...]) -> list[str]:
    """The texts of `bucket` in order."""
    between = [f"{low} to {high - 1} min" for low, high in pairwise(bounds)]
    return [f"under {bounds[0]} min", *between, f"{bounds[-1]} min or more"]


def _position(name: str, bounds: tuple[int, ...]) -> pl.Expr:
    """The place of each bucket of a column in their order; all of them together come last."""
    order = {text: i for i, text in enumerate([*labels(bounds), ALL])}
    return pl.col(name).replace_strict(order, return_dtype=pl.Int32)


def turnarounds(flights: pl.LazyFrame, rotations: pl.LazyFrame) -> pl.LazyFrame:
    """One row a flown flight whose tail's last flown leg arrived where it leaves from.

    flights: `cleaned_flights` of the year and of the end of the year before. rotations: of the year. Returns carrier,
    origin, flight_date, hours (block of the local day), turnaround, inbound (buckets), inbound_delay, dep_delay (min).
    """
    inbound = flights.select(prev_flight_id="flight_id", inbound_delay=pl.col("arr_delay_min").cast(pl.Int64))
    legs = rotations.filter(pl.col("rotation_continuity_flag")).select(
        "flight_id", "prev_flight_id", "sched_turnaround_min"
    )
    return (
        flights.filter(pl.col("dep_delay_min").is_not_null() & ~pl.col("is_cancelled"))
        .join(legs, on="flight_id", how="inner")
        .join(inbound, on="prev_flight_id", how="inner")
        .filter(pl.col("inbound_delay").is_not_null())
        .select(
            "carrier",
            "origin",
            "flight_date",
            "inbound_delay",
            hours=pl.col("sched_dep_local").dt.hour() // HOUR_BLOCK,
            turnaround=bucket(pl.col("sched_turnaround_min"), TURNAROUNDS),
            inbound=bucket(pl.col("inbound_delay"), INBOUND_DELAYS),
            dep_delay=pl.col("dep_delay_min").cast(pl.Int64),
        )
    )


def pass_through(rows: pl.LazyFrame) -> pl.DataFrame:
    """By turnaround and inbound bucket, and over all of each: the columns of `PASS_THROUGH`.

    slope: least squares of the departure delay on the inbound's arrival delay, minutes a minute.
    """
    parts = [
        rows.with_columns(**{name: pl.lit(ALL) for name in merged})
        .group_by("turnaround", "inbound")
        .agg(**_SUMS)
        for merged in ((), ("inbound",), ("turnaround",), ("turnaround", "inbound"))
    ]
    both = pl.concat(parts).collect(engine="streaming")
    return both.select("turnaround", "inbound", "rows", **_FIGURES).sort(
        _position("turnaround", TURNAROUNDS), _position("inbound", INBOUND_DELAYS)
    )


_IN, _OUT = pl.col("inbound_delay"), pl.col("dep_delay")
_N, _SUM_IN, _SUM_OUT = (pl.col(name).cast(pl.Float64) for name in ("rows", "in", "out"))
# n times the variance of the inbound delay, and n times its covariance with the departure delay.
_VARIANCE = pl.col("in_in").cast(pl.Float64) - _SUM_IN * _SUM_IN / _N
_COVARIANCE = pl.col("in_out").cast(pl.Float64) - _SUM_IN * _SUM_OUT / _N
_FIGURES: dict[str, pl.Expr] = {
    "mean_inbound_delay_min": _SUM_IN / _N,
    "mean_dep_delay_min": _SUM_OUT / _N,
    "late_dep_share": pl.col("late_out").cast(pl.Float64) / _N,
    # Null where all inbound delays are equal.
    "slope": pl.when(_VARIANCE > 0).then(_COVARIANCE / _VARIANCE),
}
# Whole minutes are summed as such and divided last: the same rows give the same bits in any order.
_SUMS: dict[str, pl.Expr] = {
    "rows": pl.len().cast(pl.Int64),
    "in": _IN.sum(),
    "out": _OUT.sum(),
    "late_out": (_OUT >= LATE_MIN).sum().cast(pl.Int64),
    "in_in": (_IN * _IN).sum(),
    "in_out": (_IN * _OUT).sum(),
}


def matched(rows: pl.LazyFrame) -> pl.DataFrame:
    """Late inbounds (15 minutes or more) beside on-time ones of the same cell: the columns of `PASS_THROUGH_MATCHED`.

    Each late inbound is compared with the mean of the on-time ones in its cell; cells that lack either are left out.
    By turnaround bucket and over all.
    """
    found = [_matched(rows, match, cell) for match, cell in MATCHES.items()]
    return pl.concat(found).sort("matched_on", _position("turnaround", TURNAROUNDS))


def _matched(rows: pl.LazyFrame, match: str, cell: tuple[str, ...]) -> pl.DataFrame:
    late = _IN >= LATE_MIN
    on_time = pl.col("on_time")
    cells = (
        rows.group_by(cell)
        .agg(
            late=late.sum().cast(pl.Float64),
            on_time=(~late).sum().cast(pl.Float64),
            late_in=_IN.filter(late).sum(),
            late_out=_OUT.filter(late).sum(),
            late_15=(_OUT >= LATE_MIN).filter(late).sum().cast(pl.Int64),
            on_time_in=_IN.filter(~late).sum() / (~late).sum(),
            on_time_out=_OUT.filter(~late).sum() / (~late).sum(),
            on_time_15=(_OUT >= LATE_MIN).filter(~late).sum() / (~late).sum(),
        )
        .collect(engine="streaming")
        # Their weighted means are sums of fractions: the order must be the same for the same bits.
        .sort(cell)
    )
    both = pl.concat([cells, cells.with_columns(turnaround=pl.lit(ALL))]).lazy()
    n = pl.col("late")
    paired = (n > 0) & (on_time > 0)
    return (
        both.group_by("turnaround", maintain_order=True)
        .agg(
            late_rows=n.sum(),
            matched_late_rows=n.filter(paired).sum(),
            matched_on_time_rows=on_time.filter(paired).sum(),
            cells=paired.sum(),
            # Every late flight counts once, beside the mean of its cell's on-time ones.
            late_inbound_delay_min=pl.col("late_in").filter(paired).sum() / n.filter(paired).sum(),
            on_time_inbound_delay_min=(pl.col("on_time_in") * n).filter(paired).sum()
            / n.filter(paired).sum(),
            late_dep_delay_min=pl.col("late_out").filter(paired).sum() / n.filter(paired).sum(),
            on_time_dep_delay_min=(pl.col("on_time_out") * n).filter(paired).sum() / n.filter(paired).sum(),
            late_dep_late_share=pl.col("late_15").filter(paired).sum() / n.filter(paired).sum(),
            on_time_dep_late_share=(pl.col("on_time_15") * n).filter(paired).sum() / n.filter(paired).sum(),
        )
        .with_columns(
            matched_on=pl.lit(match),
            difference_min=pl.col("late_dep_delay_min") - pl.col("on_time_dep_delay_min"),
        )
        .with_columns(
            per_inbound_min=pl.col("difference_min")
            / (pl.col("late_inbound_delay_min") - pl.col("on_time_inbound_delay_min")),
        )
        # A division of nothing by nothing: no cell has both.
        .with_columns(pl.col(pl.Float64).fill_nan(None))
        .collect()
    )
