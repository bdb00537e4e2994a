"""What a page cannot show, in words, with the command that mends it."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from aeroflux_assets.contracts.summaries_delay import DELAY_SUMMARIES
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.lake import Lake
from aeroflux_assets.years import MIN_TRAIN_YEARS, scored_years
from dashboard.queries.inventory import years_of

RUN = "aeroflux run"
# What a run makes and where, besides the years.
_SHAPING = (
    "AEROFLUX_SOURCE",
    "AEROFLUX_DATA",
    "AEROFLUX_HOME",
    "AEROFLUX_SIM_FLIGHTS_PER_DAY",
    "AEROFLUX_SIM_SEED",
    "AEROFLUX_CUTOFFS",
    "AEROFLUX_SETS",
    "AEROFLUX_TREES",
    "AEROFLUX_PROFILE",
)
DEMO = "make demo"


@dataclass(frozen=True)
class Gap:
    """Something that is not in the lake: what, what the page lacks so, and the commands that make it."""

    what: str
    effect: str
    commands: tuple[str, ...]

    @property
    def text(self) -> str:
        """The gap as a sentence for a page."""
        commands = " or ".join(f"`{command}`" for command in self.commands)
        return f"{self.what}: {self.effect}. Make it with {commands}."


def command_for(years: tuple[int, ...]) -> str:
    """The command that makes `years` as the rest was made: with the settings that this process was started with.

    Without them a lake made by `make demo` would be gone on with at another size, other cutoffs and other sets.
    """
    settings = [f"{name}={shlex.quote(os.environ[name])}" for name in _SHAPING if os.environ.get(name)]
    if years:
        settings.append(f"AEROFLUX_YEARS={spelled(years).replace(' ', '')}")
    return " ".join([*settings, RUN])


def not_at(cutoff: str, made: Iterable[str]) -> str:
    """That something is not made at a cutoff, where it is, and what makes it: the end of a sentence."""
    have = f"not made at {cutoff} (made: {', '.join(made)})"
    allowed = [each.name for each in CUTOFFS]
    if cutoff not in allowed:
        return f"{have}; the cutoffs are {', '.join(allowed)}"
    return f"{have}; add it to AEROFLUX_CUTOFFS and run `{RUN}`"


def empty_lake(lake: Lake) -> Gap | None:
    """The gap of a lake without any flights, or None."""
    if years_of(lake):
        return None
    return Gap(f"No flights in {lake.root}", "there is nothing to show yet", (DEMO, RUN))


def spelled(years: tuple[int, ...] | list[int]) -> str:
    """Years with their runs folded: `2006, 2008-2010`."""
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def unscored(lake: Lake, year: int) -> str:
    """Why a year has no predictions: not scored yet, with the command, or the rule by which no run scores it."""
    years = tuple(sorted({*years_of(lake), year}))
    scored = scored_years(years)
    if year in scored:
        return f"{year} is not scored yet: `{command_for(years)}` trains and scores."
    training = [each for each in years if each not in scored]
    which = "first" if len(training) == 1 else f"first {len(training)}"
    return (
        f"{year} is not scored: a year is scored by models of earlier years, and the {which} of the lake's years "
        f"({spelled(training)}) can only train. With {MIN_TRAIN_YEARS} years before it in AEROFLUX_YEARS, `{RUN}` "
        "scores it."
    )


# Table, and what a page lacks without it.
_OPTIONAL = (
    ("summary_years", "yearly figures are left out"),
    ("summary_months", "monthly figures are left out"),
    ("summary_cutoffs", "match rates at the cutoffs are left out"),
    ("flights_with_weather", "weather match rates are left out"),
    ("rotations", "rotation figures are left out"),
    ("propagation", "upstream legs known at a cutoff are left out"),
)


def lacking(lake: Lake, tables: Iterable[str], years: tuple[int, ...]) -> tuple[int, ...]:
    """Those of `years` for which one of `tables` is not in the lake."""
    have = [set(years_of(lake, table)) for table in tables]
    return tuple(year for year in years if not all(year in each for each in have))


def silent_years(lake: Lake, years: tuple[int, ...]) -> tuple[int, ...]:
    """Those of `years` whose weather was asked for and had no observation."""
    return tuple(
        year
        for year in years
        if (commit := lake.commit_of("cleaned_weather", {"year": year})) is not None and not commit.rows
    )


def gaps(lake: Lake, years: tuple[int, ...]) -> list[Gap]:
    """What the lake lacks for `years`, most basic first; metrics are judged over the lake as a whole."""
    found = []
    for table, effect in _OPTIONAL:
        have = set(years_of(lake, table))
        absent = tuple(year for year in years if year not in have)
        if absent:
            found.append(Gap(f"{table} of {spelled(absent)}", effect, (command_for(absent),)))
    if absent := lacking(lake, (contract.name for contract in DELAY_SUMMARIES), years):
        effect = "punctuality, causes, and the pages on delays and places go without"
        found.append(Gap(f"delay summaries of {spelled(absent)}", effect, (command_for(absent),)))
    silent = silent_years(lake, years)
    if silent:
        what = f"weather of {spelled(silent)}"
        found.append(
            Gap(what, "upstream had no observations, and its flights go without", (command_for(silent),))
        )
    if not lake.partitions("predictions"):
        found.append(Gap("predictions", "no year is scored", (RUN,)))
    if not lake.partitions("metrics"):
        found.append(Gap("metrics", "no model is measured", (RUN,)))
    return found
