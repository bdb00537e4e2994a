"""Local clocks to UTC and back against zoneinfo, at any minute of any year, gaps and folds included."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aeroflux_assets.cleaned.clocks import (
    clock_minutes,
    dst_case,
    prefixed,
    to_local,
    to_utc,
    wrapped_minutes,
    zone_offsets,
)

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "America/Puerto_Rico",
    "America/Indiana/Indianapolis",  # daylight saving from 2006 on
    "America/Indiana/Petersburg",  # changed its zone in 2006 and again in 2007
    "America/North_Dakota/Beulah",  # changed its zone in 2010
    "America/Metlakatla",  # changed its rules in 2015 and 2018
    "Pacific/Honolulu",
    "Pacific/Guam",
    "Pacific/Pago_Pago",
    "Etc/GMT+5",
)
YEARS = (1988, 2005, 2006, 2007, 2008, 2010, 2015, 2018, 2024, 2025)


@cache
def table(year: int) -> pl.DataFrame:
    return prefixed(zone_offsets(ZONES, year), "o_")


def convert(zone: str, year: int, times: list[datetime]) -> pl.DataFrame:
    """Each time read as a local clock (utc, case) and as UTC (local)."""
    frame = pl.DataFrame({"o_time_zone": zone, "at": pl.Series(times, dtype=pl.Datetime("us"))})
    offsets = zone_offsets(ZONES, year)
    return frame.join(table(year), on="o_time_zone").select(
        "at",
        utc=to_utc(pl.col("at"), offsets, "o_"),
        local=to_local(pl.col("at"), offsets, "o_"),
        case=dst_case(pl.col("at"), offsets, "o_"),
    )


def expected_case(local: datetime, zone: ZoneInfo) -> str | None:
    first, second = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    assert first is not None
    assert second is not None
    if first == second:
        return None
    return "gap" if first < second else "fold"


def check(zone: str, year: int, times: list[datetime]) -> None:
    where = ZoneInfo(zone)
    for row in convert(zone, year, times).iter_rows(named=True):
        at = row["at"]
        assert row["utc"] == at.replace(tzinfo=where).astimezone(UTC).replace(tzinfo=None), (zone, at)
        assert row["local"] == at.replace(tzinfo=UTC).astimezone(where).replace(tzinfo=None), (zone, at)
        assert row["case"] == expected_case(at, where), (zone, at)


@settings(deadline=None, max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    year=st.sampled_from(YEARS),
    minutes=st.lists(st.integers(-1440, 367 * 1440), min_size=1, max_size=50),
)
@example(zone="America/New_York", year=2024, minutes=[0, 366 * 1440 - 1])
def test_any_local_minute_is_that_of_zoneinfo_and_so_is_any_utc_minute(
    zone: str, year: int, minutes: list[int]
) -> None:
    start = datetime(year, 1, 1)
    check(zone, year, [start + timedelta(minutes=minute) for minute in minutes])


def _turn_days(zone: str, year: int) -> list[datetime]:
    """Local noons before a day on which the zone's offset changes, by trying each day."""
    days = [datetime(year, 1, 1, 12) + timedelta(days=n) for n in range(-1, 366)]
    offsets = [day.replace(tzinfo=ZoneInfo(zone)).utcoffset() for day in days]
    return [day for day, a, b in zip(days, offsets, offsets[1:], strict=False) if a != b]


@pytest.mark.parametrize("year", [2006, 2007, 2015, 2018, 2024])
@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_about_every_turn_is_that_of_zoneinfo(zone: str, year: int) -> None:
    for noon in _turn_days(zone, year):
        check(zone, year, [noon + timedelta(minutes=m) for m in range(0, 1441, 1 if year == 2024 else 15)])


@settings(deadline=None, max_examples=40)
@given(
    zone=st.sampled_from(ZONES),
    year=st.sampled_from(YEARS),
    minutes=st.lists(st.integers(0, 365 * 1440), min_size=1, max_size=50),
)
def test_a_clock_comes_back_as_it_was_unless_it_did_not_exist(
    zone: str, year: int, minutes: list[int]
) -> None:
    times = [datetime(year, 1, 1) + timedelta(minutes=minute) for minute in minutes]
    there = convert(zone, year, times)
    back = convert(zone, year, there["utc"].to_list())["local"]
    for local, again, case in zip(times, back, there["case"], strict=True):
        assert (again == local) == (case != "gap")


def test_indianapolis_kept_no_daylight_saving_before_2006() -> None:
    noon = [datetime(2005, 7, 1, 12)]
    assert convert("America/Indiana/Indianapolis", 2005, noon)["utc"].to_list() == [datetime(2005, 7, 1, 17)]
    noon = [datetime(2006, 7, 1, 12)]
    assert convert("America/Indiana/Indianapolis", 2006, noon)["utc"].to_list() == [datetime(2006, 7, 1, 16)]


# ---- clocks without a date ------------------------------------------------------------------------------
def clock(*texts: str | None) -> list[int | None]:
    frame = pl.DataFrame({"c": pl.Series(texts, dtype=pl.String)})
    return frame.select(clock_minutes("c")).to_series().to_list()


def test_every_minute_of_the_day_is_read() -> None:
    texts = [f"{m // 60:02d}{m % 60:02d}" for m in range(1440)]
    assert clock(*texts) == list(range(1440))


@pytest.mark.parametrize(
    ("text", "minute"), [("2400", 1440), ("0000", 0), ("5", 5), ("45", 45), ("930", 570), ("0", 0)]
)
def test_midnight_at_the_end_and_short_forms_are_read(text: str, minute: int) -> None:
    assert clock(text) == [minute]


@pytest.mark.parametrize(
    "text",
    ["0960", "2401", "2500", "9999", "abc", "12a0", "12:0", "", "12345", "-930", "+930", "-5", "9.30", None],
)
def test_what_is_no_clock_is_null(text: str | None) -> None:
    assert clock(text) == [None]


@settings(deadline=None, max_examples=30)
@given(minutes=st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=40))
def test_wrapped_minutes_are_the_short_way_round_the_clock(minutes: list[int]) -> None:
    frame = pl.DataFrame({"m": pl.Series(minutes, dtype=pl.Int32)})
    for minute, wrapped in zip(minutes, frame.select(wrapped_minutes(pl.col("m"))).to_series(), strict=True):
        assert -720 <= wrapped <= 719
        assert (wrapped - minute) % 1440 == 0
