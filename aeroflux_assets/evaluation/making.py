"""Years made up to features without Dagster: for `aeroflux evaluate` and for the benchmark of every table."""

from collections.abc import Callable, Iterable

from aeroflux_assets.cleaned.tables import make_airports, make_cleaned_flights, make_cleaned_weather
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.features.tables import make_features
from aeroflux_assets.lake import Lake
from aeroflux_assets.propagation.tables import make_propagation, make_states
from aeroflux_assets.raw.tables import (
    make_raw_aircraft,
    make_raw_airports,
    make_raw_flights,
    make_raw_ghcnh_stations,
    make_raw_stations,
    make_raw_weather,
    refuse_mixed_worlds,
)
from aeroflux_assets.rotation.tables import make_rotations
from aeroflux_assets.settings import Settings
from aeroflux_assets.sources.simulated import ensure_simulated
from aeroflux_assets.sources.upstream import Upstream, upstream_for
from aeroflux_assets.weather_join.tables import (
    make_airport_stations,
    make_flights_with_weather,
    make_weather_at_cutoff,
)

Say = Callable[[str], None]
# Tables that are made together, and what makes them.
Stage = tuple[tuple[str, ...], Callable[[], object]]


def make_years(settings: Settings, lake: Lake, cutoffs: Iterable[Cutoff], say: Say) -> None:
    """Make the selected years up to features at the cutoffs; what is unchanged is kept."""
    upstream = make_reference(settings, lake, say)
    for year in settings.years:
        say(f"{year}: upstream files to rotations")
        for _, make in year_stages(settings, lake, upstream, year):
            make()
    for cutoff in cutoffs:
        for year in settings.years:
            say(f"{year} {cutoff.name}: what was known, features")
            for _, make in cutoff_stages(lake, year, cutoff):
                make()


def make_reference(settings: Settings, lake: Lake, say: Say) -> Upstream:
    """Make the tables that belong to no year; returns where the upstream files are."""
    refuse_mixed_worlds(lake, settings.source)
    if settings.simulated:
        ensure_simulated(settings, say)
    upstream = upstream_for(settings)
    for make in (make_raw_airports, make_raw_stations, make_raw_ghcnh_stations, make_raw_aircraft):
        make(lake, upstream)
    make_airports(lake)
    return upstream


def year_stages(settings: Settings, lake: Lake, upstream: Upstream, year: int) -> list[Stage]:
    """A year's tables up to rotations, in the order in which they need one another."""
    source = settings.source
    return [
        (("raw_flights",), lambda: make_raw_flights(lake, upstream, year, source=source)),
        (("cleaned_flights", "quarantined_flights"), lambda: make_cleaned_flights(lake, year)),
        (("raw_weather",), lambda: make_raw_weather(lake, upstream, year)),
        (("cleaned_weather",), lambda: make_cleaned_weather(lake, year)),
        (("airport_stations",), lambda: make_airport_stations(lake, year)),
        (("flights_with_weather",), lambda: make_flights_with_weather(lake, year)),
        (("rotations",), lambda: make_rotations(lake, year)),
    ]


def cutoff_stages(lake: Lake, year: int, cutoff: Cutoff) -> list[Stage]:
    """A year's tables at a cutoff, in the order in which they need one another."""
    return [
        (("weather_at_cutoff",), lambda: make_weather_at_cutoff(lake, year, cutoff)),
        (("propagation",), lambda: make_propagation(lake, year, cutoff)),
        (("airport_state", "route_state", "carrier_state"), lambda: make_states(lake, year, cutoff)),
        (("features",), lambda: make_features(lake, year, cutoff)),
    ]
