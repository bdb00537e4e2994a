"""The simulated source: makes sure that its upstream files are there, in the upstream's own forms."""

from pathlib import Path

from aeroflux_assets.settings import Settings
from aeroflux_assets.sources.upstream import Progress


def ensure_simulated(settings: Settings, progress: Progress | None = None) -> Path:
    """Write the simulated upstream files of `settings.years` where they are not there yet; their root folder.

    The writer keeps its own mark of what is complete, so calling again costs nothing.
    """
    from aeroflux_assets.simulated.write import write_upstream

    root = settings.data / "simulated"
    write_upstream(
        root,
        settings.years,
        flights_per_day=settings.flights_per_day,
        seed=settings.seed,
        progress=progress,
    )
    return root
