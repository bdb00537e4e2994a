"""The trained models as files beside the lake, in XGBoost's own UBJ form.

Every version has a folder of its own, so that a file never changes: whoever reads the table `models` finds the models
that it names, on a disk and in a bucket alike.
"""

import math
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aeroflux_assets.errors import AerofluxError, MissingTableError
from aeroflux_assets.lake import ABANDONED_S
from aeroflux_assets.model.train import Trained
from aeroflux_assets.store import Store

if TYPE_CHECKING:
    import xgboost as xgb

MODEL_FILES = "model_files"


def save_models(store: Store, trained: Trained, folder: str) -> dict[str, str]:
    """Put both models below `folder`; target to key."""
    keys = {target: f"{folder}/{target}.ubj" for target in trained.boosters}
    for target, booster in trained.boosters.items():
        store.put(keys[target], bytes(booster.save_raw("ubj")))
    return keys


def load_model(store: Store, path: str) -> "xgb.Booster":
    """A model as put by `save_models`. Raises MissingTableError where the table names a file that is gone."""
    import xgboost as xgb

    data = store.read(path)
    if data is None:
        raise gone(store, path)
    booster = xgb.Booster()
    booster.load_model(bytearray(data))
    return booster


def gone(store: Store, path: str) -> MissingTableError:
    """The error where a model's file is not there."""
    return MissingTableError(
        f"the model file {store.address(path)} is missing although the table models names it; train again with "
        "`aeroflux run --refresh`"
    )


def refuse_gone(store: Store, paths: Iterable[str]) -> None:
    """Raise AerofluxError where a file that was just put is not there: a table must not name it."""
    for path in paths:
        if not store.has(path):
            raise AerofluxError(
                f"the model file {store.address(path)} was trained and is gone: something else removed it. No table "
                "was changed; see that no other run makes the same scored year and cutoff, and run again"
            )


def sweep_models(store: Store, current: str, used: set[str]) -> None:
    """Delete the model versions that neither the table (`current`) nor the one before it (`used`) names.

    Those to which a file was added within ABANDONED_S are left alone: they may be another run's in mid-training.
    current: the folder of the new version, beside those of the older ones. used: paths of model files.
    """
    parent = current.rsplit("/", 1)[0]
    keep = {current, *(path.rsplit("/", 2)[0] for path in used)}
    for name in store.folders(parent):
        folder = f"{parent}/{name}"
        # An empty folder holds nothing to delete, and may be about to be written to.
        newest = max((stored.modified for stored in store.listed(folder)), default=math.inf)
        if folder not in keep and time.time() - newest > ABANDONED_S:
            store.remove(folder)
