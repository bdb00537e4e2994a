"""Which family a feature belongs to: what the importance, the ablation and an explanation group by.

A family is what one would have to do without together: features of one family say nearly the same, so that
leaving out one of them alone shows little.
"""

from collections.abc import Iterable

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.features.sets import (
    AIRCRAFT,
    ALL_FEATURES,
    FEATURE_SETS,
    IDENTITY,
    MORE_WEATHER,
    ROTATION,
    SCHEDULE,
    TWO_HOPS,
    UPSTREAM,
    WEATHER,
)

# Family to what it says, in the order in which tables and charts show them.
FAMILIES: dict[str, str] = {
    "schedule": "calendar, time of day, distance and block time, as published",
    "identity": "carrier, flight number, where the airports lie, minute of the day",
    "weather": "the last observation at both airports",
    "volumes": "how many flights the airports and the route have",
    "upstream legs": "what is known of the legs that bring the aircraft",
    "rotation": "the place of the leg in its aircraft's day",
    "aircraft": "the aircraft's age, engines and seats, where a link vouches for it",
    "airport state": "recent delays, cancellations and queues at both airports",
    "route state": "recent delays on the route",
    "carrier state": "recent delays, cancellations and queues of the carrier",
    "history": "how the flight, its route and its hour did over the last days and weeks",
}
_LISTED = {
    **dict.fromkeys(SCHEDULE, "schedule"),
    **dict.fromkeys(IDENTITY, "identity"),
    **dict.fromkeys((*WEATHER, *MORE_WEATHER), "weather"),
    **dict.fromkeys(
        ("route_frequency", "origin_flight_volume", "dest_flight_volume", "origin_demand", "dest_demand"),
        "volumes",
    ),
    **dict.fromkeys((*TWO_HOPS, *UPSTREAM), "upstream legs"),
    **dict.fromkeys(ROTATION, "rotation"),
    **dict.fromkeys(AIRCRAFT, "aircraft"),
    # The schedule's padding is measured on the carrier's earlier flights of the route.
    "block_pad_min": "history",
}
# The state tables' columns by how they begin; the first that fits decides.
_PREFIXES = (
    ("flight_history_", "history"),
    ("carrier_route_history_", "history"),
    ("carrier_origin_hour_history_", "history"),
    ("carrier_", "carrier state"),
    ("route_", "route state"),
    ("origin_", "airport state"),
    ("dest_", "airport state"),
)


def family_of(feature: str) -> str:
    """The family of a feature; AerofluxError for a name that none of the sets has."""
    if feature in _LISTED:
        return _LISTED[feature]
    if feature in ALL_FEATURES:
        for prefix, family in _PREFIXES:
            if feature.startswith(prefix):
                return family
    raise AerofluxError(
        f"feature {feature!r} belongs to no family; the sets are {', '.join(FEATURE_SETS)} "
        "(features/sets.py), the families stand in evaluation/families.py"
    )


def by_family(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The names grouped: family to its features in the given order; families that have none are left out."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(family_of(name), []).append(name)
    return {family: tuple(found[family]) for family in FAMILIES if family in found}
