"""`aeroflux search`: Optuna with a budget in trials, on months before the holdout, that goes on where it was killed.

All trials are kept in one SQLite file below the data folder, and as the table `trials`. The sampler is seeded by the
number of finished trials, so that a search that was killed and started again makes the trials that an undisturbed one
would have made.
"""

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from aeroflux_assets.contracts.training import TRIALS
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation.sample import SEED, feature_rows
from aeroflux_assets.evaluation.studies import CATEGORIES, DIRECTIONS, Data, Result, Study
from aeroflux_assets.features.sets import feature_set
from aeroflux_assets.lake import NO_PARTITION, Commit, Lake
from aeroflux_assets.model.data import months_in_lake, training_tables
from aeroflux_assets.years import Month, refuse_holdout, tuning_split

Say = Callable[[str], None]
DONE = ("COMPLETE", "PRUNED")
# Trials that end without being compared, and the first rung at which others are: at 25 rounds a small learning rate
# still looks bad.
NEVER_PRUNED, FIRST_RUNG = 4, 50


@dataclass(frozen=True)
class Search:
    """What is searched. years: the selected ones. train_rows, test_rows: at most so many flights are read."""

    study: Study
    metric: str
    feature_set: str
    cutoff: Cutoff
    years: tuple[int, ...]
    train_rows: int
    test_rows: int


def folder_of(data: Path) -> Path:
    """Where searches are kept: below the local data folder, where the lake is in a bucket too."""
    return data / "searches"


def search(lake: Lake, data: Path, of: Search, trials: int, say: Say = lambda _: None) -> pl.DataFrame:
    """Make trials until `trials` of them have ended, those of earlier runs included; the rows of `trials`, best first.

    Raises SettingsError where no month before the holdout can be scored, AerofluxError where the same search runs.
    """
    there = [y for y in of.years if lake.has("features", {"year": y, "cutoff": of.cutoff.name})]
    if not there:
        months_in_lake(lake, of.years, of.cutoff)  # raises, naming every year
    train, test = tuning_split(of.years, {y: months_in_lake(lake, [y], of.cutoff) for y in there})
    name = study_name(lake, of, train, test)
    with _alone(folder_of(data), name):
        study = _study(data, name, DIRECTIONS[of.metric])
        _fail_abandoned(study)
        left = trials - len(_finished(study))
        say(
            f"{name}: trained on {_ends(train)}, scored on {_ends(test)}; {max(left, 0)} of {trials} trials to make"
        )
        try:
            if left > 0:
                _make(lake, study, of, (train, test), trials, say)
        finally:
            make_trials(lake, data)
    return best_first(lake.scan(TRIALS.name).filter(pl.col("study") == name).collect(), of.metric)


def best_first(trials: pl.DataFrame, metric: str) -> pl.DataFrame:
    """The trials of a search by their value, the best first; those without one last."""
    return trials.sort("value", descending=DIRECTIONS[metric] == "maximize", nulls_last=True)


def study_name(lake: Lake, of: Search, train: tuple[Month, ...], test: tuple[Month, ...]) -> str:
    """Readable, and another for other rows: a value is compared only with those of the same rows."""
    years = sorted({month.year for month in (*train, *test)})
    rest = {
        "inputs": lake.inputs(TRIALS, training_tables(years, of.cutoff)),
        "months": [str(month) for month in (*train, *test)],
        "scored": len(test),
        "rows": [of.train_rows, of.test_rows],
        "begins": {key: dict(value) for key, value in of.study.begins.items()},
    }
    mark = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:8]
    return f"{of.study.model}-{of.feature_set}-{of.cutoff.name}-{of.metric}-{mark}"


def tuning_rows(lake: Lake, of: Search, split: tuple[tuple[Month, ...], tuple[Month, ...]]) -> Data:
    """The rows of every trial. Refuses the holdout whoever asks: SettingsError."""
    train, test = split
    refuse_holdout(of.years, (*train, *test))
    names = feature_set(of.feature_set)
    wanted = (*names, *(name for name in CATEGORIES if name not in names))
    return Data(
        feature_rows(lake, train, of.cutoff, wanted, of.train_rows, ("carrier",)),
        feature_rows(lake, test, of.cutoff, wanted, of.test_rows, ("carrier",)),
        names,
    )


def _make(
    lake: Lake,
    study: Any,
    of: Search,
    split: tuple[tuple[Month, ...], tuple[Month, ...]],
    trials: int,
    say: Say,
) -> None:
    import optuna

    data = tuning_rows(lake, of, split)
    objective = of.study.prepare(data, of.metric)
    shared = {
        "model": of.study.model,
        "feature_set": of.feature_set,
        "cutoff": of.cutoff.name,
        "train_months": _ends(split[0]),
        "scored_months": _ends(split[1]),
        "metric": of.metric,
        "train_rows": data.train.frame.height,
        "rows": data.test.frame.height,
        "is_sampled": data.train.is_sampled or data.test.is_sampled,
    }
    begins = list(of.study.begins.items())
    while (done := len(_finished(study))) < trials:
        study.sampler = optuna.samplers.TPESampler(seed=SEED + done)
        origin = None
        if done < len(begins):
            origin, params = begins[done]
            study.enqueue_trial(dict(params))
        trial = study.ask()
        for key, value in {**shared, "origin": origin}.items():
            trial.set_user_attr(key, value)
        began = time.perf_counter()

        def report(rung: int, value: float, trial: Any = trial, began: float = began) -> None:
            trial.report(value, rung)
            trial.set_user_attr("seconds", time.perf_counter() - began)
            if trial.should_prune():
                raise optuna.TrialPruned

        try:
            found: Result = objective(trial, report)
        except optuna.TrialPruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            trial.report(found.value, found.rung)
            trial.set_user_attr("rounds", found.rounds)
            trial.set_user_attr("seconds", time.perf_counter() - began)
            study.tell(trial, found.value)
        say(_line(study.trials[trial.number], of.metric))


def _line(trial: Any, metric: str) -> str:
    params = ", ".join(f"{name}={value:.4g}" for name, value in trial.params.items())
    named = trial.user_attrs.get("origin")
    words = f"{trial.state.name.lower()} at {max(trial.intermediate_values)}"
    return (
        f"trial {trial.number}{f' ({named})' if named else ''}: {metric} {trial.value:.5f}, {words}; {params}"
    )


def _study(data: Path, name: str, direction: str) -> Any:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(
        study_name=name,
        storage=_storage(data),
        direction=direction,
        pruner=optuna.pruners.MedianPruner(NEVER_PRUNED, FIRST_RUNG - 1, n_min_trials=NEVER_PRUNED),
        load_if_exists=True,
    )


def _storage(data: Path) -> str:
    """SQLite and not a journal: a line that a killed process left half written spoils a journal."""
    return f"sqlite:///{folder_of(data) / 'searches.db'}"


def _finished(study: Any) -> list[Any]:
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in DONE]


def _fail_abandoned(study: Any) -> None:
    """What a killed search was at counts as failed; its parameters come again by themselves."""
    import optuna

    for trial in study.get_trials(deepcopy=False):
        if not trial.state.is_finished():
            study._storage.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.FAIL)


@contextmanager
def _alone(folder: Path, name: str) -> Iterator[None]:
    """One process at a time a search: two would each take the other's trial for abandoned."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AerofluxError(
                f"the search {name} is running in another process; wait for it or end it"
            ) from None
        yield


def make_trials(lake: Lake, data: Path) -> Commit:
    """`trials`: every trial of every search below the data folder; an empty table where none was made."""
    file = folder_of(data) / "searches.db"
    mark = "none"
    if file.exists():
        # The file alone: SQLite's own journal is folded into it when a trial is told.
        mark = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    inputs = lake.inputs(TRIALS, []) | {"searches.db": mark}
    return lake.ensure(
        TRIALS, NO_PARTITION, inputs, lambda _: _collected(data) if file.exists() else _frame([])
    )


def _collected(data: Path) -> pl.DataFrame:
    import optuna

    storage = optuna.storages.get_storage(_storage(data))
    rows = []
    for study in sorted(storage.get_all_studies(), key=lambda each: each.study_name):
        rows += [
            _row(study.study_name, trial)
            for trial in storage.get_all_trials(study._study_id)
            if trial.user_attrs
        ]
    return _frame(rows)


def _row(study: str, trial: Any) -> dict[str, Any]:
    values = dict(sorted(trial.intermediate_values.items()))
    states = {"COMPLETE": "complete", "PRUNED": "pruned"}
    last = max(values, default=None)
    boosted = trial.user_attrs["model"] != "logistic"
    return {
        **trial.user_attrs,
        "study": study,
        "number": trial.number,
        "state": states.get(trial.state.name, "failed"),
        "params": json.dumps(trial.params, sort_keys=True),
        "value": trial.value if trial.value is not None else None if last is None else values[last],
        "values": json.dumps(values),
        "rounds": trial.user_attrs.get("rounds", last if boosted else None),
    }


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=TRIALS.schema)


def _ends(months: tuple[Month, ...]) -> str:
    return str(months[0]) if len(months) == 1 else f"{months[0]} to {months[-1]}"


def best_of(trials: pl.DataFrame) -> dict[str, Any]:
    """A search in a few words: how many of its `trials` (best first) ended and were pruned, and the best one."""
    ended = trials.filter(pl.col("state") != "failed").height
    complete = trials.filter(pl.col("state") == "complete")
    best = complete.row(0, named=True) if complete.height else {}
    words = ("scored_months", "rows", "train_rows", "origin", "metric", "value")
    return {
        "study": trials["study"][0],
        "trials": ended,
        "pruned": ended - complete.height,
        **{name: best.get(name) for name in words},
        "params": json.loads(best.get("params", "{}")),
    }
