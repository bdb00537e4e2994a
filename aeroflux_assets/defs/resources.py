"""What assets are given: the settings, the lake, and the source."""

import dagster as dg

from aeroflux_assets.defs.code import code_version
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings, load_settings
from aeroflux_assets.sources.simulated import ensure_simulated
from aeroflux_assets.sources.upstream import Upstream, upstream_for


class Workspace(dg.ConfigurableResource):
    """Reads the environment when an asset runs, not when the code is loaded."""

    def settings(self) -> Settings:
        """The settings of this run."""
        return load_settings()

    def lake(self) -> Lake:
        """The Parquet tables; what is committed through it records the code version of its asset."""
        return Lake(self.settings().lake, code_version)

    def upstream(self) -> Upstream:
        """The source; the simulated one writes its files first, where they are not there yet."""
        settings = self.settings()
        if settings.simulated:
            ensure_simulated(settings)
        return upstream_for(settings)


class TableConfig(dg.Config):
    """refresh: make the table again although its inputs are unchanged (raw tables: fetch again)."""

    refresh: bool = False
