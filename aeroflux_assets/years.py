"""Spans, month ranges and scored years: the only place that knows which year plays which part.

A *scored year* is a year whose flights are predicted by a model that was trained on earlier years only.
With 2015 to 2025 selected: the folds 2019 to 2023, the validation 2024, the holdout 2025 (the paper's
section 3.4 and 4.1). A shorter or gapped span derives its own: see `scored_years`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from aeroflux_assets.errors import SettingsError

FIRST_BTS_YEAR = 1987
LAST_YEAR = 2035
# The paper trains its first fold on four years (2015 to 2018) and scores the fifth.
MIN_TRAIN_YEARS = 4


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month; `str()` gives `2008-01`."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not FIRST_BTS_YEAR <= self.year <= LAST_YEAR or not 1 <= self.month <= 12:
            raise SettingsError(
                f"{self.year}-{self.month:02d} is not a month between {FIRST_BTS_YEAR}-01 and {LAST_YEAR}-12"
            )

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"

    @property
    def index(self) -> int:
        """Months since year 0, so that neighbours differ by one."""
        return self.year * 12 + self.month - 1

    @property
    def first(self) -> "Month":
        """Itself: a month is the shortest period."""
        return self

    @property
    def last(self) -> "Month":
        """Itself."""
        return self


@dataclass(frozen=True, order=True)
class Span:
    """Consecutive months of one year, both ends included."""

    first: Month
    last: Month

    def __post_init__(self) -> None:
        if self.first.year != self.last.year or self.last < self.first:
            raise ValueError(f"{self.first} to {self.last} are not ascending months of one year")

    @property
    def year(self) -> int:
        """The year of both ends."""
        return self.first.year


Period = Month | Span


def parse_month(text: str) -> Month:
    """Read `2008-01`. Raises SettingsError with the allowed form otherwise."""
    year, _, month = text.strip().partition("-")
    if not (len(year) == 4 and year.isascii() and month.isascii() and year.isdigit() and month.isdigit()):
        raise SettingsError(f"{text!r} is not a month; write it as 2008-01")
    return Month(int(year), int(month))


def parse_months(text: str) -> tuple[Month, ...]:
    """Read `2008-01:2008-03`, `2008-01`, `2006` (its twelve months) or a comma list of these, in order."""
    months: set[Month] = set()
    for part in text.split(","):
        first, colon, last = part.strip().partition(":")
        low = parse_month(first if "-" in first else f"{first}-01")
        tail = last if colon else first
        high = parse_month(tail if "-" in tail else f"{tail}-12")
        if high < low:
            raise SettingsError(f"{part.strip()!r} ends before it begins; write it as 2008-01:2008-03")
        months.update(Month(i // 12, i % 12 + 1) for i in range(low.index, high.index + 1))
    return tuple(sorted(months))


def parse_days(text: str) -> tuple[date, date]:
    """Read `2024-09-02:2024-09-05`, or one date, as the first and the last day. Raises SettingsError otherwise."""
    first, colon, last = text.strip().partition(":")
    try:
        low, high = date.fromisoformat(first), date.fromisoformat(last if colon else first)
    except ValueError:
        raise SettingsError(f"{text!r} is not a span of days; write it as 2024-09-02:2024-09-05") from None
    if high < low:
        raise SettingsError(f"{text!r} ends before it begins; write it as 2024-09-02:2024-09-05")
    return low, high


def parse_years(text: str) -> tuple[int, ...]:
    """Read `2015-2025`, `2006,2008` or a mix; gaps are allowed. Raises SettingsError otherwise."""
    years: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = (first.strip(), (last if dash else first).strip())
        if not all(
            end.isascii() and end.isdigit() and FIRST_BTS_YEAR <= int(end) <= LAST_YEAR for end in ends
        ):
            raise SettingsError(
                f"AEROFLUX_YEARS={text!r}: {part.strip()!r} is not a year or a span of years between "
                f"{FIRST_BTS_YEAR} and {LAST_YEAR}; write for example 2015-2025 or 2006,2008"
            )
        low, high = int(ends[0]), int(ends[1])
        if high < low:
            raise SettingsError(f"AEROFLUX_YEARS={text!r}: {part.strip()!r} ends before it begins")
        years.update(range(low, high + 1))
    return tuple(sorted(years))


def span(years: tuple[int, ...]) -> tuple[int, ...]:
    """Every year from the first selected to the last: partitions must have no gaps, selections may."""
    return tuple(range(min(years), max(years) + 1))


def scored_years(years: tuple[int, ...]) -> tuple[int, ...]:
    """The selected years that a model of earlier selected years scores, oldest first.

    With more than MIN_TRAIN_YEARS years, those after the first MIN_TRAIN_YEARS; with fewer, every year
    but the first, so that `2006,2008` scores 2008 by a model of 2006.
    """
    ordered = tuple(sorted(years))
    return ordered[MIN_TRAIN_YEARS:] if len(ordered) > MIN_TRAIN_YEARS else ordered[1:]


def training_years(years: tuple[int, ...], scored: int) -> tuple[int, ...]:
    """The selected years before `scored`: what its model may see."""
    return tuple(year for year in sorted(years) if year < scored)


def role(years: tuple[int, ...], scored: int) -> str:
    """The part a scored year plays: `holdout` for the last, `validation` for the one before, else `fold`."""
    ordered = scored_years(years)
    if scored not in ordered:
        raise SettingsError(f"{scored} is not a scored year of {', '.join(map(str, sorted(years)))}")
    if scored == ordered[-1]:
        return "holdout"
    return "validation" if len(ordered) > 1 and scored == ordered[-2] else "fold"


def roles(years: tuple[int, ...]) -> dict[int, str]:
    """The part that each scored year of a selection plays, oldest first."""
    return {scored: role(years, scored) for scored in scored_years(years)}


def earlier_scored_years(years: tuple[int, ...], scored: int) -> tuple[int, ...]:
    """The scored years before `scored`: those whose predictions are out of fold and in the past."""
    return tuple(year for year in scored_years(years) if year < scored)


def inner_block(months: tuple[Month, ...]) -> tuple[tuple[Month, ...], tuple[Month, ...]]:
    """Training months, ascending, cut in two: those to train on, and the last part, which is held out.

    The last part is the last training year where there are two or more, else the last half of the months, rounded
    up. It serves what needs out-of-fold predictions and has no earlier scored year. A single month gives no part to
    hold out: ((month,), ()).
    """
    if len(months) < 2:
        return months, ()
    if months[0].year < months[-1].year:
        return (
            tuple(month for month in months if month.year < months[-1].year),
            tuple(month for month in months if month.year == months[-1].year),
        )
    half = len(months) // 2
    return months[:half], months[half:]


def holdout_of(years: tuple[int, ...]) -> int | None:
    """The last scored year; None where no year is scored."""
    ordered = scored_years(years)
    return ordered[-1] if ordered else None


def refuse_holdout(years: tuple[int, ...], months: Iterable[Month]) -> None:
    """Raise SettingsError where one of the months lies in the holdout of the selected years, or after it."""
    holdout = holdout_of(years)
    late = [str(month) for month in months if holdout is not None and month.year >= holdout]
    if late:
        raise SettingsError(
            f"{', '.join(late)}: nothing is chosen on the holdout {holdout} or on what follows it"
        )


def tuning_split(
    years: tuple[int, ...], months: Mapping[int, Iterable[Month]]
) -> tuple[tuple[Month, ...], tuple[Month, ...]]:
    """The months that a trial of a search is trained on, and those that it is scored on: all before the holdout.

    months: those with features of each selected year. Scored is the validation year by the years before it; where
    the holdout is the only scored year, the inner block of the years before it; where one year is selected and none is
    scored, that year's. Raises SettingsError where these have one month only.
    """
    scored, holdout = scored_years(years), holdout_of(years)
    if len(scored) > 1:
        before = training_years(years, scored[-2])
        train = tuple(sorted(month for year in before for month in months.get(year, ())))
        test = tuple(sorted(months.get(scored[-2], ())))
    else:
        earlier = [year for year in years if holdout is None or year < holdout]
        train, test = inner_block(tuple(sorted(month for year in earlier for month in months.get(year, ()))))
    if not train or not test:
        raise SettingsError(
            "a search needs a month to train on and a later one to score, both before the holdout"
            f"{'' if holdout is None else f' {holdout}'}; AEROFLUX_YEARS selects {', '.join(map(str, years))}"
        )
    refuse_holdout(years, (*train, *test))
    return train, test
