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
    "ledger",
    "summary_months",
    "summary_years",
    "summary_routes",
    "summary_days",
    "summary_hours",
    "summary_delays",
    "summary_turnarounds",
    "summary_waves",
    "summary_weather",
    "summary_network",
    "summary_outliers",
    "pass_through",
    "pass_through_matched",
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
    "failures",
    "inner_predictions",
    "calibrated_predictions",
    "reliability",
    "impact",
    "delay_grid",
)
# They cost minutes a partition on real rows: `aeroflux run` makes them of the last scored year only, the experiments
# at the first selected cutoff only (T-0, unless it was left out). Others are a click in the UI.
OF_LAST_SCORED_YEAR = ("importance",)
EXPERIMENTS = ("ablation", "hops", "refits")
REPORT = ("trials", "evaluation_report")
BY_EXPERIMENT = ("xray", "baselines", "clusters")

reference_job = dg.define_asset_job(
    "reference", selection=list(REFERENCE), description="Airports, stations, aircraft"
)
year_job = dg.define_asset_job(
    "year",
    selection=list(BY_YEAR),
    partitions_def=YEARS,
    description="A year from upstream files to rotations and its summaries",
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
questions_job = dg.define_asset_job(
    "questions",
    selection=[*OF_LAST_SCORED_YEAR, *EXPERIMENTS],
    partitions_def=SCORED_CUTOFF,
    description="What a scored year's models go by, and the experiments of the research questions",
)
experiment_job = dg.define_asset_job(
    "experiment",
    selection=list(BY_EXPERIMENT),
    partitions_def=SCORED_CUTOFF,
    description="What hindsight buys, baselines and floors, beside a scored year",
)
report_job = dg.define_asset_job(
    "report", selection=list(REPORT), description="The report over every table of the evaluation"
)
JOBS = (reference_job, year_job, cutoff_job, scored_year_job, questions_job, experiment_job, report_job)
