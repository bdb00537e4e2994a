"""The jobs that people and the sensor launch: the graph cut at its three kinds of partition."""

import dagster as dg

from aeroflux_assets.defs.partitions import SCORED_CUTOFF, YEAR_CUTOFF, YEARS

REFERENCE = ("raw_airports", "raw_stations", "raw_ghcnh_stations", "raw_aircraft", "airports")
BY_YEAR = (
    "raw_flights",
    "cleaned_flights",
    "quarantined_flights",
    "raw_weather",
    "cleaned_weather",
    "airport_stations",
    "flights_with_weather",
    "rotations",
    "summary_months",
    "summary_years",
)
BY_CUTOFF = (
    "weather_at_cutoff",
    "propagation",
    "airport_state",
    "route_state",
    "carrier_state",
    "features",
    "summary_cutoffs",
)
BY_SCORED_YEAR = (
    "models",
    "predictions",
    "metrics",
    "inner_predictions",
    "calibrated_predictions",
    "reliability",
    "impact",
)

reference_job = dg.define_asset_job(
    "reference", selection=list(REFERENCE), description="Airports, stations, aircraft"
)
year_job = dg.define_asset_job(
    "year",
    selection=list(BY_YEAR),
    partitions_def=YEARS,
    description="A year from upstream files to rotations",
)
cutoff_job = dg.define_asset_job(
    "cutoff",
    selection=list(BY_CUTOFF),
    partitions_def=YEAR_CUTOFF,
    description="A year's features at a cutoff",
)
scored_year_job = dg.define_asset_job(
    "scored_year",
    selection=list(BY_SCORED_YEAR),
    partitions_def=SCORED_CUTOFF,
    description="A year scored by models of earlier years, recalibrated and judged",
)
JOBS = (reference_job, year_job, cutoff_job, scored_year_job)
