"""Years, months and cutoffs: the forms that are read, and what is refused and how."""

from datetime import date

import pytest

from aeroflux_assets.cutoffs import CUTOFFS, cutoff_named
from aeroflux_assets.errors import SettingsError
from aeroflux_assets.years import (
    Month,
    earlier_scored_years,
    inner_block,
    parse_days,
    parse_month,
    parse_months,
    parse_years,
    role,
    scored_years,
    span,
    training_years,
)

PAPER = tuple(range(2015, 2026))


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2015-2017", (2015, 2016, 2017)),
        ("2006,2008", (2006, 2008)),
        (" 2008 , 2006 ", (2006, 2008)),
        ("2010-2011,2008,2011", (2008, 2010, 2011)),
        ("2008", (2008,)),
        ("2008 - 2009", (2008, 2009)),
        ("1987-1987", (1987,)),
    ],
)
def test_years_are_read(text: str, years: tuple[int, ...]) -> None:
    assert parse_years(text) == years


@pytest.mark.parametrize(
    "text", ["", "208", "1986", "2036", "2015-", "-2015", "2015-2016-2017", "2015;2016", "2o15"]
)
def test_what_is_no_year_is_refused_with_the_variable_the_value_and_what_is_allowed(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_years(text)
    for part in (f"AEROFLUX_YEARS={text!r}", "1987", "2035", "2015-2025"):
        assert part in str(refused.value)


def test_a_span_of_years_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"AEROFLUX_YEARS='2006,2017-2015': '2017-2015' ends before"):
        parse_years("2006,2017-2015")


def test_a_span_has_no_gaps() -> None:
    assert span((2006, 2008)) == (2006, 2007, 2008)
    assert span((2008,)) == (2008,)


def test_the_papers_years_play_the_papers_parts() -> None:
    assert scored_years(PAPER) == (2019, 2020, 2021, 2022, 2023, 2024, 2025)
    parts = {year: role(PAPER, year) for year in scored_years(PAPER)}
    assert parts == dict.fromkeys(range(2019, 2024), "fold") | {2024: "validation", 2025: "holdout"}
    assert training_years(PAPER, 2019) == (2015, 2016, 2017, 2018)
    assert training_years(PAPER, 2025) == tuple(range(2015, 2025))


def test_two_years_with_a_gap_score_the_second_by_the_first() -> None:
    assert scored_years((2008, 2006)) == (2008,)
    assert training_years((2008, 2006), 2008) == (2006,)
    assert role((2006, 2008), 2008) == "holdout"


def test_one_year_scores_none() -> None:
    assert scored_years((2008,)) == ()
    assert training_years((2008,), 2008) == ()


@pytest.mark.parametrize("count", range(1, 12))
def test_every_scored_year_has_an_earlier_year_to_learn_from(count: int) -> None:
    years = PAPER[:count]
    for scored in scored_years(years):
        assert training_years(years, scored)
        assert scored not in training_years(years, scored)


def test_a_year_that_is_not_scored_has_no_part() -> None:
    with pytest.raises(SettingsError, match=r"2015 is not a scored year of 2015, 2016, 2017"):
        role((2015, 2016, 2017), 2015)


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2008-01", ["2008-01"]),
        ("2007-11:2008-02", ["2007-11", "2007-12", "2008-01", "2008-02"]),
        ("2008-03,2008-01", ["2008-01", "2008-03"]),
        ("2006", [f"2006-{m:02d}" for m in range(1, 13)]),
        ("2006:2007-01", [*(f"2006-{m:02d}" for m in range(1, 13)), "2007-01"]),
        ("2007-12:2008", [f"2007-{12}", *(f"2008-{m:02d}" for m in range(1, 13))]),
    ],
)
def test_months_are_read(text: str, months: list[str]) -> None:
    assert [str(month) for month in parse_months(text)] == months


@pytest.mark.parametrize(
    "text", ["2008-13", "2008-00", "1986-12", "08-01", "2008-jan", "2008-02:2008-01", "2008-01:", ""]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"2008-01|between 1987-01"):
        parse_months(text)


def test_days_are_read() -> None:
    assert parse_days("2024-09-02:2024-09-05") == (date(2024, 9, 2), date(2024, 9, 5))
    assert parse_days("2024-09-02") == (date(2024, 9, 2), date(2024, 9, 2))


@pytest.mark.parametrize("text", ["2024-09", "2024-09-31", "2024-09-05:2024-09-02", "2024-09-02:", ""])
def test_what_is_no_span_of_days_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="2024-09-02:2024-09-05"):
        parse_days(text)


def test_neighbouring_months_differ_by_one_over_new_year() -> None:
    assert parse_month("2008-01").index - Month(2007, 12).index == 1
    assert Month(2007, 12) < Month(2008, 1)


def test_a_cutoff_by_name_and_the_names_that_there_are() -> None:
    assert cutoff_named("T-2h").lead_min == 120
    assert [cutoff.lead_min for cutoff in CUTOFFS] == [0, 45, 120, 360, 1440]
    with pytest.raises(SettingsError) as refused:
        cutoff_named("T-1h")
    for part in ("'T-1h'", *(cutoff.name for cutoff in CUTOFFS)):
        assert part in str(refused.value)


# ---- out-of-fold evidence -------------------------------------------------------------------------------
def test_only_scored_years_before_one_are_out_of_fold_for_it() -> None:
    assert earlier_scored_years(PAPER, 2019) == ()
    assert earlier_scored_years(PAPER, 2022) == (2019, 2020, 2021)
    assert earlier_scored_years((2006, 2008, 2024), 2024) == (2008,)


def months(*texts: str) -> tuple[Month, ...]:
    return tuple(parse_month(text) for text in texts)


@pytest.mark.parametrize(
    ("all_of_them", "before", "inner"),
    [
        # The last year, however few months it has.
        (months("2006-02", "2006-04", "2008-01"), months("2006-02", "2006-04"), months("2008-01")),
        (months("2006-02", "2006-04"), months("2006-02"), months("2006-04")),
        # Half, rounded up.
        (months("2008-01", "2008-02", "2008-03"), months("2008-01"), months("2008-02", "2008-03")),
        (months("2008-01"), months("2008-01"), ()),
    ],
)
def test_the_last_part_of_the_training_months_is_held_out(all_of_them, before, inner) -> None:
    assert inner_block(all_of_them) == (before, inner)
