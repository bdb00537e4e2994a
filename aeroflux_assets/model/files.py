"""The trained models as files beside the lake, in XGBoost's own UBJ form.

Every version has a folder of its own, so that a file never changes: whoever reads the table `models` finds the models
that it names, on a disk and in a bucket alike.
"""

from typing import TYPE_CHECKING

from aeroflux_assets.errors import MissingTableError
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


def sweep_models(store: Store, current: str, used: set[str]) -> None:
    """Delete the model versions that neither the table (`current`) nor the one before it (`used`) names.

    current: the folder of the new version, beside those of the older ones. used: paths of model files.
    """
    parent = current.rsplit("/", 1)[0]
    keep = {current, *(path.rsplit("/", 2)[0] for path in used)}
    for name in store.folders(parent):
        if f"{parent}/{name}" not in keep:
            store.remove(f"{parent}/{name}")
