"""Where the benchmarks find real rows."""

import os
import sys
from pathlib import Path


def mirror_root() -> Path:
    """The folder of real upstream files, AEROFLUX_MIRROR or ../shared/mirror; exits with a reason without it."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "mirror"
    root = Path(os.environ.get("AEROFLUX_MIRROR") or beside)
    if not root.is_dir():
        sys.exit(f"no mirror at {root}: set AEROFLUX_MIRROR to a folder laid out by upstream host")
    return root
