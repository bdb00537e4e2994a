"""The simulated source: makes sure that its upstream files are there, in the upstream's own forms."""

import json
from pathlib import Path
from typing import Any

from aeroflux_assets.settings import Settings
from aeroflux_assets.sources.upstream import Progress

STAMP = "_simulated.json"


def ensure_simulated(settings: Settings, progress: Progress | None = None) -> Path:
    """Write the simulated upstream files of `settings.years` where they are not there yet; their root folder.

    A folder written with the same size and seed for at least these years is left as it is.
    """
    from aeroflux_assets.simulated import write

    root = settings.data / "simulated"
    wanted = {
        "flights_per_day": settings.flights_per_day,
        "seed": settings.seed,
        "version": str(getattr(write, "VERSION", "1")),
    }
    have = _stamp(root)
    if {key: have.get(key) for key in wanted} == wanted and set(settings.years) <= set(have.get("years", ())):
        return root
    write.write_upstream(
        root,
        settings.years,
        flights_per_day=settings.flights_per_day,
        seed=settings.seed,
        progress=progress,
    )
    # The stamp comes last: a run that dies in the middle writes everything again.
    (root / STAMP).write_text(json.dumps(wanted | {"years": list(settings.years)}), "utf-8")
    return root


def _stamp(root: Path) -> dict[str, Any]:
    try:
        stamp = json.loads((root / STAMP).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}
