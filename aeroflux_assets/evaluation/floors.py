"""The floors: what is known without any model. A model that does not beat them has learnt nothing.

*Climatology* knows where and when: the share late and the mean delay that flights of the same carrier, origin and
hour had in the training rows. *Carry-forward* knows the inbound: the flight will be as late as its aircraft already
must make it. Neither reads an outcome of the scored month.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

Doubles = npt.NDArray[np.float64]

# From the narrowest to the widest; a level counts where it has MIN_ROWS training flights.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("carrier", "origin", "dep_hour_local"),
    ("carrier", "origin"),
    ("carrier",),
)
MIN_ROWS = 30
# Lower bounds of the bins of carried minutes; a flight without a link has a bin of its own.
MINUTES = (1, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180)


def climatology(train: pl.DataFrame, test: pl.DataFrame) -> tuple[Doubles, Doubles]:
    """Share late and mean delay (min) of the test rows' carrier, origin and hour in the training rows.

    train: LEVELS' columns, is_arr_late15, arr_delay_min. test: LEVELS' columns. Where a level has fewer than MIN_ROWS
    training flights the next wider one speaks, at last all training flights.
    """
    late, delay = pl.col("is_arr_late15").mean(), pl.col("arr_delay_min").mean()
    frame = test.lazy().select({name for level in LEVELS for name in level})
    for number, level in enumerate(LEVELS):
        known = (
            train.lazy()
            .group_by(level)
            .agg(late.alias(f"late{number}"), delay.alias(f"delay{number}"), rows=pl.len())
            .filter(pl.col("rows") >= MIN_ROWS)
            .drop("rows")
        )
        frame = frame.join(known, on=level, how="left", maintain_order="left")
    overall = train.select(late=late, delay=delay).row(0)
    found = frame.select(
        pl.coalesce(*(f"{what}{number}" for number in range(len(LEVELS))), pl.lit(value)).alias(what)
        for what, value in zip(("late", "delay"), overall, strict=True)
    ).collect()
    return found["late"].to_numpy().astype(np.float64), found["delay"].to_numpy().astype(np.float64)


def carry_forward(train: pl.DataFrame, test: pl.DataFrame) -> tuple[Doubles, Doubles]:
    """Probability late and delay (min) of the test rows: "as late as the inbound is known to be".

    Both have earliest_dep_delay_min, train is_arr_late15 as well. The delay is the carried minutes, 0 without a link;
    the probability is the share late of the training flights in the same bin of minutes.
    """
    share = (
        train.lazy()
        .group_by(bin=_bin())
        .agg(late=pl.col("is_arr_late15").mean(), rows=pl.len())
        .filter(pl.col("rows") >= MIN_ROWS)
    )
    overall = train["is_arr_late15"].mean()
    found = (
        test.lazy()
        .select(bin=_bin(), delay=_carried().fill_null(0))
        .join(share, on="bin", how="left", maintain_order="left")
        .select("delay", late=pl.col("late").fill_null(pl.lit(overall)))
        .collect()
    )
    return found["late"].to_numpy().astype(np.float64), found["delay"].to_numpy().astype(np.float64)


def _carried() -> pl.Expr:
    """Minutes of the earliest feasible departure after the schedule; null without a vouched link."""
    return pl.col("earliest_dep_delay_min").clip(lower_bound=0)


def _bin() -> pl.Expr:
    """0 where nothing is carried, then the bins of MINUTES, -1 without a link."""
    return (
        pl.when(_carried().is_null())
        .then(-1)
        .otherwise(pl.sum_horizontal((_carried() >= bound).cast(pl.Int32) for bound in MINUTES))
    )
