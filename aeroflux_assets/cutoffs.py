"""The cutoffs: how long before the scheduled departure a prediction is made."""

from dataclasses import dataclass

from aeroflux_assets.errors import SettingsError


@dataclass(frozen=True)
class Cutoff:
    """A lead time before the scheduled departure: nothing known later may enter a feature."""

    name: str
    lead_min: int


CUTOFFS = (
    Cutoff("T-0", 0),
    Cutoff("T-45min", 45),
    Cutoff("T-2h", 120),
    Cutoff("T-6h", 360),
    Cutoff("T-24h", 1440),
)


def cutoff_named(name: str) -> Cutoff:
    """The cutoff of that name; SettingsError with the allowed names otherwise."""
    for cutoff in CUTOFFS:
        if cutoff.name == name:
            return cutoff
    raise SettingsError(f"cutoff {name!r}: allowed are {', '.join(c.name for c in CUTOFFS)}")
