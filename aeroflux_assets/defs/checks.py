"""Checks beside the contracts: that no model which may be served was trained on hindsight."""

import dagster as dg

from aeroflux_assets.contracts.model import MODELS
from aeroflux_assets.evaluation.hindsight import unservable
from aeroflux_assets.lake import Lake, Partition

NO_HINDSIGHT = "no_hindsight"


def no_hindsight_check() -> dg.AssetCheckSpec:
    """The blocking check on `models`: every input of every model is a feature of some set, and none is hindsight."""
    return dg.AssetCheckSpec(
        NO_HINDSIGHT,
        asset=MODELS.name,
        blocking=True,
        description="Every input of every model file is a feature of some set, known at the cutoff; none is hindsight",
    )


def no_hindsight(lake: Lake, partition: Partition) -> dg.AssetCheckResult:
    """The outcome of that check on a committed partition of `models`."""
    found = unservable(lake.scan(MODELS.name, [partition]).collect(), lake.store)
    return dg.AssetCheckResult(
        check_name=NO_HINDSIGHT, asset_key=MODELS.name, passed=not found, metadata=dict(found)
    )
