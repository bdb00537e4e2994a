"""What a file of the lake holds, by the statistics in its footer, so that a reader of a few rows opens few files.

What a file holds never changes (lake.py): its extent is read once and remembered.
"""

from functools import lru_cache
from typing import Any

import pyarrow.parquet as pq

from aeroflux_assets.store import Address, opened


@lru_cache(maxsize=16_384)
def extent(file: Address, column: str) -> tuple[Any, Any] | None:
    """The least and greatest value of a column by the file's statistics; None without rows or statistics."""
    with opened(file) as handle:
        found = pq.read_metadata(handle)
    position = found.schema.names.index(column)
    groups = [found.row_group(i).column(position).statistics for i in range(found.num_row_groups)]
    if not groups or any(each is None or not each.has_min_max for each in groups):
        return None
    return min(each.min for each in groups), max(each.max for each in groups)


def may_hold(file: Address, column: str, low: Any, high: Any) -> bool:
    """Whether a file can hold a row whose column lies between low and high, both included."""
    found = extent(file, column)
    return found is None or bool(found[0] <= high and low <= found[1])
