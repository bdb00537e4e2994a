"""The summary tables of the lake, remade when what they add up changed."""

from aeroflux_assets.contracts.summaries import SUMMARY_CUTOFFS, SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.lake import Commit, Lake, Partition
from aeroflux_assets.summaries.cutoffs import summarize_cutoff
from aeroflux_assets.summaries.years import summarize_months, summarize_year

_OF_YEAR = ("cleaned_flights", "quarantined_flights", "flights_with_weather", "rotations")
_OF_CUTOFF = ("weather_at_cutoff", "propagation")


def make_summary_months(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`summary_months` of a year."""
    part: Partition = {"year": year}
    inputs = lake.inputs(SUMMARY_MONTHS, [(name, part) for name in _OF_YEAR])
    return lake.ensure(SUMMARY_MONTHS, part, inputs, lambda _: summarize_months(lake, year), refresh=refresh)


def make_summary_years(lake: Lake, year: int, *, refresh: bool = False) -> Commit:
    """`summary_years` of a year."""
    part: Partition = {"year": year}
    inputs = lake.inputs(SUMMARY_YEARS, [(name, part) for name in _OF_YEAR])
    return lake.ensure(SUMMARY_YEARS, part, inputs, lambda _: summarize_year(lake, year), refresh=refresh)


def make_summary_cutoffs(lake: Lake, year: int, cutoff: str, *, refresh: bool = False) -> Commit:
    """`summary_cutoffs` of a year at a cutoff."""
    part: Partition = {"year": year, "cutoff": cutoff}
    inputs = lake.inputs(SUMMARY_CUTOFFS, [(name, part) for name in _OF_CUTOFF])
    return lake.ensure(
        SUMMARY_CUTOFFS, part, inputs, lambda _: summarize_cutoff(lake, year, cutoff), refresh=refresh
    )
