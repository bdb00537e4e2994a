"""What a reader narrowed a page to, and the same as SQL: no page invents a filter of its own."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Filters:
    """What every page is narrowed to.

    years: those chosen, ascending. cutoff: its name, None for every cutoff. months: of the scheduled local
    departure date, 1 to 12. carriers: codes as BTS has them. airports: IATA codes; a flight counts where it
    leaves from one of them, unless a page says otherwise. An empty tuple narrows nothing. utc: show times in
    UTC instead of on the clocks of the airport.
    """

    years: tuple[int, ...]
    cutoff: str | None
    months: tuple[int, ...] = ()
    carriers: tuple[str, ...] = ()
    airports: tuple[str, ...] = ()
    utc: bool = False

    @property
    def narrowed(self) -> bool:
        """Whether months, carriers or airports leave anything out."""
        return bool(self.months or self.carriers or self.airports)


@dataclass(frozen=True)
class Where:
    """A WHERE clause (`true` where nothing is narrowed) and its parameters, in order."""

    sql: str
    params: tuple[object, ...]


def where(
    filters: Filters,
    *,
    month: str = "month",
    carrier: str = "carrier",
    airport: str | Sequence[str] = "origin",
) -> Where:
    """The filters as a condition on columns; "" leaves a filter out, several airports mean any of them.

    Years are not in it: they choose the partitions that a query reads.

    >>> where(Filters((2024,), None, months=(6, 7), airports=("ATL",)))
    Where(sql="list_contains(?, month) AND (list_contains(?, origin))", params=([6, 7], ['ATL']))
    """
    parts: list[str] = []
    params: list[object] = []
    for column, values in ((month, filters.months), (carrier, filters.carriers)):
        if column and values:
            parts.append(f"list_contains(?, {column})")
            params.append(list(values))
    columns = [airport] if isinstance(airport, str) else list(airport)
    if filters.airports and any(columns):
        parts.append("(" + " OR ".join(f"list_contains(?, {column})" for column in columns) + ")")
        params += [list(filters.airports)] * len(columns)
    return Where(" AND ".join(parts) or "true", tuple(params))
