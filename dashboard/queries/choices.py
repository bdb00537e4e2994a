"""What the filters offer: the carriers and airports that the lake's flights have, the cutoffs that it was made at."""

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.contracts.model import PREDICTIONS
from aeroflux_assets.contracts.propagation import PROPAGATION
from aeroflux_assets.contracts.summaries_delay import SUMMARY_ROUTES
from aeroflux_assets.cutoffs import CUTOFFS
from aeroflux_assets.lake import Lake
from dashboard.queries.inventory import years_of
from dashboard.queries.views import Wanted, committed, open_views, query

# Any of these makes a cutoff worth choosing: what was known at it, the features of it, what was predicted.
_AT_CUTOFFS = (PROPAGATION.name, "features", PREDICTIONS.name)


def cutoffs_made(lake: Lake, year: int | None = None) -> tuple[str, ...]:
    """The cutoffs at which the lake, or one year of it, holds anything, the latest first. Reads commits alone."""
    have = {
        part["cutoff"]
        for table in _AT_CUTOFFS
        for part in lake.partitions(table)
        if year is None or int(part.get("year", part.get("scored_year", 0))) == year
    }
    return tuple(cutoff.name for cutoff in CUTOFFS if cutoff.name in have)


def carriers_of(lake: Lake) -> tuple[str, ...]:
    """Carrier codes, ascending."""
    return choices_of(lake)[0]


def airports_of(lake: Lake) -> tuple[str, ...]:
    """IATA codes that flights leave from, ascending."""
    return choices_of(lake)[1]


def choices_of(lake: Lake) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Carriers and airports: of the summary where a year has one, of its flights where it has not yet.

    Every page asks this first: over 70 million flights it took 4 s of the processor, over their summaries 0.1 s.
    """
    years = set(years_of(lake))
    summarized = years & set(years_of(lake, SUMMARY_ROUTES.name))
    carriers: set[str] = set()
    airports: set[str] = set()
    for contract, of in ((SUMMARY_ROUTES, summarized), (CLEANED_FLIGHTS, years - summarized)):
        if of:
            with open_views(lake, [Wanted(contract, committed(lake, contract, "year", of))]) as con:
                found = query(con, f'SELECT DISTINCT carrier, origin FROM "{contract.name}"')
            carriers.update(found["carrier"].drop_nulls())
            airports.update(found["origin"].drop_nulls())
    return tuple(sorted(carriers)), tuple(sorted(airports))
