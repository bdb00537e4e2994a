"""The same simulated year on a disk and in a bucket: every file has the same bytes, and readers get the same answer."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.evaluation.making import make_years
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings
from dashboard.queries.inventory import partitions_frame, stamp
from dashboard.queries.lookup import lookup_text

pytestmark = pytest.mark.pipeline
YEARS = (2021,)
CUTOFF = cutoff_named("T-2h")


def contents(lake: Lake) -> dict[tuple[str, ...], list[bytes | None]]:
    """Every committed file's bytes, by table and partition."""
    found = {}
    for table in lake.tables():
        for partition in lake.partitions(table):
            commit = lake.commit_of(table, partition)
            assert commit is not None
            folder = lake.key(table, partition)
            found[table, *partition.values()] = [lake.store.read(f"{folder}/{name}") for name in commit.files]
    return found


def test_a_lake_in_a_bucket_has_the_bits_of_one_on_a_disk(
    small_world: Settings, tmp_path: Path, bucket: str
) -> None:
    (tmp_path / "simulated").symlink_to(small_world.data / "simulated")
    # The source is read as a mirror: the small world's files are there already.
    world = replace(small_world, source="mirror", mirror=tmp_path / "simulated", years=YEARS, data=tmp_path)
    disk, cloud = Lake(world.lake), Lake(replace(world, address=f"{bucket}/aero").lake)
    for lake in (disk, cloud):
        make_years(world, lake, [CUTOFF], lambda _: None)

    ours, theirs = contents(disk), contents(cloud)
    assert set(ours) == set(theirs)
    assert ("features", "2021", "T-2h") in ours
    assert [key for key in ours if ours[key] != theirs[key]] == []

    def same(ask: Callable[[Lake], object]) -> bool:
        return ask(disk) == ask(cloud)

    row = disk.scan("cleaned_flights").filter(pl.col("tail").is_not_null()).head(1).collect()
    asked = {"tail": row["tail"].item(), "date": row["flight_date"].item()}
    assert same(lambda lake: lookup_text(lake, **asked))
    assert same(lambda lake: partitions_frame(lake).drop("committed_at", "bytes").rows())

    before = stamp(cloud, cloud.tables())
    make_years(world, cloud, [CUTOFF], lambda _: None)  # nothing has changed: nothing is made again
    assert stamp(cloud, cloud.tables()) == before
