"""What a query returned, kept for every session until a table that it read is committed again."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import streamlit as st

from aeroflux_assets.lake import Lake
from dashboard.queries.inventory import stamp

T = TypeVar("T")


def remember(lake: Lake, tables: Iterable[str], query: Callable[..., T], *args: Any) -> T:
    """`query(lake, *args)`, kept until one of `tables` changes. args are told apart by their repr."""
    key = (f"{query.__module__}.{query.__qualname__}", str(lake.root), stamp(lake, tables), repr(args))
    kept: T = _kept(key, lambda: query(lake, *args))
    return kept


# A resource and not data: frames are never changed in place, so that one object may serve every session.
@st.cache_resource(max_entries=400, show_spinner=False)
def _kept(key: tuple[str, ...], _call: Callable[[], Any]) -> Any:  # noqa: ARG001 - the key is Streamlit's
    return _call()
