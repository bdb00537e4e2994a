"""Local clocks to UTC, by IANA zone, as expressions that stream.

A zone changes its offset a few times a year at most. Its offsets therefore fit in one small row: joined
by zone, they turn the conversion into a handful of comparisons, with no partition by zone and no sort
(7 million rows in well under a second).

Clocks that daylight saving makes special, at the turn:
- *gap* (02:30 on the March Sunday): the clock did not exist. It is read with the offset before the turn,
  as if the clocks had not been moved (Python's fold=0), and flagged.
- *fold* (01:30 on the November Sunday): the clock happened twice. The first is taken, and flagged.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

WHEN = pl.Datetime("us")


def clock_minutes(name: str) -> pl.Expr:
    """Minutes after midnight of an `hhmm` text column, 0 to 1440; null where it is no clock.

    2400 is midnight at the end of the day (1440). Fewer than four digits are read as if padded: `5` is 00:05.
    """
    number = pl.col(name).cast(pl.Int32, strict=False)
    hour, minute = number // 100, number % 100
    total = hour * 60 + minute
    # The form too: a cast alone takes "+930" and "00930" for clocks.
    good = (
        pl.col(name).str.contains(r"^[0-9]{1,4}$")
        & hour.is_between(0, 24)
        & minute.is_between(0, 59)
        & (total <= 1440)
    )
    return pl.when(good).then(total)


def wrapped_minutes(expr: pl.Expr) -> pl.Expr:
    """Minutes brought into -720 to 719: the distance of two clocks that carry no date."""
    return (expr + 720) % 1440 - 720


def _offset_min(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() // 60)


def _turns(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, int]]:
    """The UTC times in [start, end) at which the zone's offset changes, to the minute, with the new offset."""
    turns: list[tuple[datetime, int]] = []
    step = timedelta(days=7)
    low = start
    while low < end:
        high = min(low + step, end)
        before, after = _offset_min(zone, low), _offset_min(zone, high)
        if before != after:
            left, right = low, high
            while right - left > timedelta(minutes=1):
                middle = (left + (right - left) / 2).replace(second=0, microsecond=0)
                left, right = (middle, right) if _offset_min(zone, middle) == before else (left, middle)
            turns.append((right, after))
        low = high
    return turns


def zone_offsets(zones: Iterable[str], year: int) -> pl.DataFrame:
    """The offsets of each zone from two days before `year` to two days after, one row a zone.

    Columns: time_zone, base_min (offset at the start), then for each turn k: turn{k}_utc (its UTC time)
    and turn{k}_min (the offset from then on); nulls where a zone turns less often than another.
    """
    start = datetime(year, 1, 1, tzinfo=UTC) - timedelta(days=2)
    end = datetime(year + 1, 1, 1, tzinfo=UTC) + timedelta(days=2)
    rows = []
    for name in sorted(set(zones)):
        zone = ZoneInfo(name)
        row: dict[str, object] = {"time_zone": name, "base_min": _offset_min(zone, start)}
        for k, (at, offset) in enumerate(_turns(zone, start, end)):
            row |= {f"turn{k}_utc": at.replace(tzinfo=None), f"turn{k}_min": offset}
        rows.append(row)
    turns = max((len(row) // 2 - 1 for row in rows), default=0)
    schema: dict[str, pl.DataType] = {"time_zone": pl.String(), "base_min": pl.Int32()}
    for k in range(turns):
        schema |= {f"turn{k}_utc": WHEN, f"turn{k}_min": pl.Int32()}
    return pl.DataFrame([{key: row.get(key) for key in schema} for row in rows], schema=schema)


def _minutes(expr: pl.Expr) -> pl.Expr:
    return (expr.cast(pl.Int64) * 60_000_000).cast(pl.Duration("us"))


def prefixed(offsets: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """The table of `zone_offsets` with every column prefixed, so that both ends of a flight can join it."""
    return offsets.rename({name: f"{prefix}{name}" for name in offsets.columns})


def _turn_count(offsets: pl.DataFrame) -> int:
    return sum(name.endswith("_utc") for name in offsets.columns)


def to_utc(local: pl.Expr, offsets: pl.DataFrame, prefix: str) -> pl.Expr:
    """UTC of naive local times; the columns of `prefixed(offsets, prefix)` must be joined on.

    A turn takes effect on the local clock at turn + max(old, new offset): before it, the old offset
    still reads every clock, the gap's included; in a fold that picks the first of the two.
    """
    result = local - _minutes(pl.col(f"{prefix}base_min"))
    old = pl.col(f"{prefix}base_min")
    for k in range(_turn_count(offsets)):
        turn, new = pl.col(f"{prefix}turn{k}_utc"), pl.col(f"{prefix}turn{k}_min")
        turned = local >= turn + _minutes(pl.max_horizontal(old, new))
        result = pl.when(turned.fill_null(value=False)).then(local - _minutes(new)).otherwise(result)
        old = pl.coalesce(new, old)
    return result


def to_local(utc: pl.Expr, offsets: pl.DataFrame, prefix: str) -> pl.Expr:
    """Naive local time of UTC times; the columns of `prefixed(offsets, prefix)` must be joined on."""
    offset = pl.col(f"{prefix}base_min")
    for k in range(_turn_count(offsets)):
        turned = (utc >= pl.col(f"{prefix}turn{k}_utc")).fill_null(value=False)
        offset = pl.when(turned).then(pl.col(f"{prefix}turn{k}_min")).otherwise(offset)
    return utc + _minutes(offset)


def dst_case(local: pl.Expr, offsets: pl.DataFrame, prefix: str) -> pl.Expr:
    """`gap` or `fold` where a local clock did not exist or happened twice, else null."""
    case = pl.lit(None, dtype=pl.String)
    old = pl.col(f"{prefix}base_min")
    for k in range(_turn_count(offsets)):
        turn, new = pl.col(f"{prefix}turn{k}_utc"), pl.col(f"{prefix}turn{k}_min")
        low, high = turn + _minutes(pl.min_horizontal(old, new)), turn + _minutes(pl.max_horizontal(old, new))
        within = ((local >= low) & (local < high)).fill_null(value=False)
        word = pl.when(new > old).then(pl.lit("gap")).otherwise(pl.lit("fold"))
        case = pl.when(within).then(word).otherwise(case)
        old = pl.coalesce(new, old)
    return case
