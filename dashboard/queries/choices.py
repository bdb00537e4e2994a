"""What the filters offer: the carriers and airports that the lake's flights have."""

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS
from aeroflux_assets.lake import Lake
from dashboard.queries.inventory import years_of
from dashboard.queries.views import Wanted, committed, open_views, query


def carriers_of(lake: Lake) -> tuple[str, ...]:
    """Carrier codes, ascending."""
    return _distinct(lake, "carrier")


def airports_of(lake: Lake) -> tuple[str, ...]:
    """IATA codes that flights leave from, ascending."""
    return _distinct(lake, "origin")


def _distinct(lake: Lake, column: str) -> tuple[str, ...]:
    contract, years = CLEANED_FLIGHTS, years_of(lake)
    with open_views(lake, [Wanted(contract, committed(lake, contract, "year", years))]) as con:
        found = query(con, f'SELECT DISTINCT {column} AS name FROM "{contract.name}" ORDER BY name')
    return tuple(found["name"].to_list())
