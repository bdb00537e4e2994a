"""The Dagster instance of this process, on disk or on PostgreSQL."""

import os
from pathlib import Path

import dagster as dg

from aeroflux_assets.defs.addresses import host_holds_password, shown
from aeroflux_assets.defs.event_log import instance_keeping_connections
from aeroflux_assets.errors import SettingsError


def instance_of_home() -> dg.DagsterInstance:
    """The instance of DAGSTER_HOME. Raises SettingsError where its PostgreSQL does not answer or lets nobody in."""
    url = os.environ.get("DAGSTER_POSTGRES_URL", "").strip()
    if not url:
        return instance_keeping_connections(Path(os.environ["DAGSTER_HOME"]))
    if host_holds_password(url):
        # Refused before Dagster asks: it tells every try in the driver's words, which name the host.
        raise SettingsError(
            "DAGSTER_POSTGRES_URL has more than one @: write an @ of the password as %40, and / : ? # likewise "
            "(postgresql://USER:PASSWORD@HOST:5432/DATABASE)"
        )
    try:
        return dg.DagsterInstance.get()
    except Exception as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        # The host and what it said, without the password that stands in the address.
        address, kind = shown(url), type(cause).__name__
        said = " ".join(address.without_secrets(str(cause), kind).split())[:300] or kind
        raise SettingsError(
            f"Dagster's storage on PostgreSQL at {address.place} cannot be used: {said}. To do: check "
            "DAGSTER_POSTGRES_URL (postgresql://USER:PASSWORD@HOST:5432/DATABASE), or unset it for the storage on disk"
        ) from error
