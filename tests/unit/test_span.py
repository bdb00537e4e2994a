"""Reading cleaned flights by month, across New Year, and no further than asked."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from builders import at, cleaned_flights, epoch_minute, flight

from aeroflux_assets.cleaned.span import flights_around, flights_of_month, month_bounds, months_of
from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.errors import MissingTableError
from aeroflux_assets.lake import Lake
from aeroflux_assets.years import Month

NEW_YEAR = epoch_minute(datetime(2025, 1, 1)) - epoch_minute(at(0))
JANUARY = Month(2025, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    # Hours from New Year.
    old = [flight(n, NEW_YEAR + 60 * hours) for n, hours in ((1, -100), (2, -20), (3, -1))]
    new = [flight(n, NEW_YEAR + 60 * hours) for n, hours in ((4, 0), (5, 743), (6, 744), (7, 780))]
    # In Guam New Year's morning is still the old year's UTC day.
    new.append(flight(8, NEW_YEAR - 9 * 60, flight_date=date(2025, 1, 1)))
    lake.write(CLEANED_FLIGHTS, cleaned_flights(old), {"year": 2024}, notes={"months": [12]})
    lake.write(CLEANED_FLIGHTS, cleaned_flights(new), {"year": 2025}, notes={"months": [1, 2]})
    return lake


def ids(frame: object) -> list[int]:
    return sorted(frame.collect()["flight_id"].to_list())  # type: ignore[attr-defined]


def test_a_month_is_of_local_dates(lake: Lake) -> None:
    assert ids(flights_of_month(lake, JANUARY)) == [4, 5, 8]
    assert ids(flights_of_month(lake, Month(2025, 2))) == [6, 7]


def test_flights_around_a_month_come_from_whichever_year_holds_them(lake: Lake) -> None:
    # Fourteen hours on either side cover every zone.
    assert ids(flights_around(lake, JANUARY, before=timedelta(0))) == [3, 4, 5, 6, 8]
    assert ids(flights_around(lake, JANUARY, before=timedelta(hours=6))) == [2, 3, 4, 5, 6, 8]
    more = flights_around(lake, JANUARY, before=timedelta(days=4), after=timedelta(days=1))
    assert ids(more) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_the_year_after_is_never_read(lake: Lake) -> None:
    # What December's tables hold must not depend on whether the next year was made first.
    december = flights_around(lake, Month(2024, 12), before=timedelta(0), after=timedelta(days=3))
    assert ids(december) == [1, 2, 3]


def test_a_neighbouring_year_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write(CLEANED_FLIGHTS, cleaned_flights([flight(1, NEW_YEAR)]), {"year": 2025}, notes={"months": [1]})
    assert ids(flights_around(lake, JANUARY, before=timedelta(days=30), after=timedelta(days=1))) == [1]


def test_the_months_of_a_year_are_those_that_were_cleaned(lake: Lake) -> None:
    assert months_of(lake, 2025) == [Month(2025, 1), Month(2025, 2)]
    with pytest.raises(MissingTableError, match=r"cleaned_flights: year=2023 is missing.*`aeroflux run`"):
        months_of(lake, 2023)


def test_a_month_ends_where_the_next_begins() -> None:
    assert month_bounds(Month(2024, 2)) == (date(2024, 2, 1), date(2024, 3, 1))
    assert month_bounds(Month(2024, 12)) == (date(2024, 12, 1), date(2025, 1, 1))
