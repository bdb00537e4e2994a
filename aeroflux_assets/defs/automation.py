"""What runs by itself once it is switched on in the UI: noticing newly published months.

BTS publishes a month 4 to 10 weeks late, and revises. The sensor asks once a day which months upstream has,
compares with the lake, and requests the year's job for every selected year that gained one. A second sensor
follows a year's job with its features at the selected cutoffs. Models are left to a person: they are trained when
a year is complete, not when a month arrives.
"""

import dagster as dg

from aeroflux_assets.defs.jobs import cutoff_job, year_job
from aeroflux_assets.defs.resources import Workspace
from aeroflux_assets.lake import Lake
from aeroflux_assets.sources.bts import published_months
from aeroflux_assets.sources.upstream import Upstream

DAY_S = 24 * 3600


def new_months(lake: Lake, upstream: Upstream, years: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    """For each year, the months that upstream has and `raw_flights` does not; years without any are left out."""
    found = {}
    for year in years:
        commit = lake.sound_commit_of("raw_flights", {"year": year})
        have = set(commit.notes["months"]) if commit else set()
        new = tuple(m.month for m in published_months(upstream, year) if m.month not in have)
        if new:
            found[year] = new
    return found


@dg.sensor(job=year_job, minimum_interval_seconds=DAY_S, default_status=dg.DefaultSensorStatus.STOPPED)
def newly_published_months(context: dg.SensorEvaluationContext, workspace: Workspace) -> dg.SensorResult:
    """Request the year's job for each selected year in which upstream has a month that the lake has not."""
    settings = workspace.settings()
    found = new_months(workspace.lake(), workspace.upstream(), settings.years)
    requests = [
        dg.RunRequest(
            run_key=f"{year}:{','.join(map(str, months))}",
            partition_key=str(year),
            tags={"aeroflux/new_months": ",".join(map(str, months))},
        )
        for year, months in sorted(found.items())
    ]
    context.log.info(f"newly published: {found or 'nothing'}")
    return dg.SensorResult(run_requests=requests)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[year_job],
    request_jobs=[cutoff_job],
    default_status=dg.DefaultSensorStatus.STOPPED,
)
def features_after_a_year(context: dg.RunStatusSensorContext, workspace: Workspace) -> dg.SensorResult:
    """After a year's job: its features at every selected cutoff."""
    year = context.dagster_run.tags.get("dagster/partition")
    if year is None:
        return dg.SensorResult(skip_reason="the run had no partition")
    requests = [
        dg.RunRequest(
            run_key=f"{context.dagster_run.run_id}:{cutoff}",
            job_name=cutoff_job.name,
            partition_key=dg.MultiPartitionKey({"year": year, "cutoff": cutoff}),
        )
        for cutoff in workspace.settings().cutoffs
    ]
    return dg.SensorResult(run_requests=requests)


SENSORS = (newly_published_months, features_after_a_year)
