"""Training on a Dask cluster, for rows that no one machine holds: the same recipe through `xgboost.dask`.

Each month of the lake is one partition. It is read where it is trained on: workers are sent the lake's place and the
name of a month, never rows, so every worker must reach the lake (a bucket, or a folder that all of them share) and
have this package in the same version. The workers hold their months as Float32 while they quantise them, 4 bytes a
value across the cluster, and then a byte a value.

The bins come of a sketch that the workers merge, so that the models are not those of the local trainer bit for bit;
how near they are is tested (tests/unit/test_distributed.py).
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import AerofluxError, SettingsError
from aeroflux_assets.features.tables import features_of
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.data import Floats, block, labels_of
from aeroflux_assets.model.feed import NO_ROWS
from aeroflux_assets.model.labels import classifier_labels
from aeroflux_assets.model.recipes import Recipe
from aeroflux_assets.model.train import OBJECTIVES, Trained
from aeroflux_assets.store import Address
from aeroflux_assets.years import Month

if TYPE_CHECKING:
    from dask.distributed import Client

CONNECT_S = 15


def train_on_cluster(
    scheduler: str,
    lake: Lake,
    months: Sequence[Month],
    cutoff: Cutoff,
    names: tuple[str, ...],
    recipe: Recipe,
    *,
    progress: Callable[[str], None] | None = None,
) -> Trained:
    """Train both models of a set on the months' flights that arrived, on the workers of a Dask scheduler.

    scheduler: its address, tcp://host:8786. Raises SettingsError where it does not answer or has no worker,
    AerofluxError where a worker cannot read the lake or there is no row to train on.
    """
    began = time.perf_counter()
    with connected(scheduler) as client, client.as_current():
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        parts, rows = _read(client, lake.root, months, cutoff, names, recipe.label_width_min)
        boosters: dict[str, Any] = {}
        for column, (target, objective) in enumerate(OBJECTIVES.items(), start=1):
            boosters[target] = _fitted(client, parts, column, names, recipe.of(target), objective)
            if progress is not None:
                trees = recipe.of(target).trees
                progress(
                    f"trained {target} on {workers} workers: {rows} rows, {len(names)} features, {trees} trees"
                )
    return Trained(
        boosters["late15"], boosters["arr_delay_min"], names, rows, recipe.trees, time.perf_counter() - began
    )


def connected(scheduler: str) -> "Client":
    """A client of a scheduler that has workers; SettingsError that says what to do where there is none."""
    from dask.distributed import Client

    start = "start one with `dask scheduler` and `dask worker ADDRESS`, or unset AEROFLUX_DASK_SCHEDULER to train here"
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"AEROFLUX_DASK_SCHEDULER={scheduler!r}: no Dask scheduler answers there within {CONNECT_S} s; {start}"
        ) from error
    if not client.scheduler_info(n_workers=-1)["workers"]:
        with suppress(OSError, TimeoutError):
            client.wait_for_workers(1, timeout=CONNECT_S)
    if not client.scheduler_info(n_workers=-1)["workers"]:
        client.close()
        raise SettingsError(f"AEROFLUX_DASK_SCHEDULER={scheduler!r}: the scheduler has no worker; {start}")
    return client


def month_rows(
    root: Address, month: Month, cutoff: Cutoff, names: tuple[str, ...], label_width_min: float
) -> tuple[Floats, Floats, Floats]:
    """On a worker: features (rows, columns), the classifier's label and ArrDelay of a month's flights that arrived."""
    lake = Lake(root)
    found = block(labels_of(lake, month), features_of(lake, month, cutoff), names)
    return found.x, classifier_labels(found.late, found.delay, label_width_min), found.delay


def _read(
    client: "Client",
    root: Address,
    months: Sequence[Month],
    cutoff: Cutoff,
    names: tuple[str, ...],
    label_width_min: float,
) -> tuple[list[Any], int]:
    """The months as they lie on the workers, those without a flight that arrived left out, and their rows in all."""
    parts = client.map(
        month_rows,
        [root] * len(months),
        months,
        cutoff=cutoff,
        names=names,
        label_width_min=label_width_min,
        pure=False,
        retries=2,
    )
    try:
        counts = client.gather(client.map(_length, parts, pure=False))
    except AerofluxError:
        raise
    except Exception as error:
        raise AerofluxError(
            f"a Dask worker could not read its month of the lake {root}: {error}. To do: every worker must reach the "
            "lake at that place, with the same keys, and have the same version of aeroflux installed"
        ) from error
    if not sum(counts):
        raise AerofluxError(NO_ROWS)
    return [part for part, count in zip(parts, counts, strict=True) if count], sum(counts)


def _length(part: tuple[Floats, Floats, Floats]) -> int:
    return len(part[1])


def _fitted(
    client: "Client", parts: list[Any], column: int, names: tuple[str, ...], recipe: Recipe, objective: str
) -> Any:
    """The booster of one target; column: the place of its labels in a part."""
    import dask.array as da
    from dask import delayed
    from xgboost import dask as dxgb

    pieces = [delayed(part) for part in parts]
    x = da.concatenate(
        [da.from_delayed(each[0], (np.nan, len(names)), dtype=np.float32) for each in pieces],
        allow_unknown_chunksizes=True,
    )
    label = da.concatenate(
        [da.from_delayed(each[column], (np.nan,), dtype=np.float32) for each in pieces],
        allow_unknown_chunksizes=True,
    )
    matrix = dxgb.DaskQuantileDMatrix(
        client, x, label, max_bin=recipe.params["max_bin"], feature_names=list(names)
    )
    params = {**recipe.params, "objective": objective}
    return dxgb.train(client, params, matrix, num_boost_round=recipe.trees)["booster"]
