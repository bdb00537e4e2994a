"""The table `refits` of a scored year at a cutoff."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from aeroflux_assets.contracts.training import REFITS
from aeroflux_assets.cutoffs import Cutoff
from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.evaluation.profiles import Profile
from aeroflux_assets.evaluation.refits import STRATEGIES, Refit
from aeroflux_assets.evaluation.sample import threads, years_before
from aeroflux_assets.lake import Commit, Lake
from aeroflux_assets.model.data import months_in_lake, rows_in_lake, training_tables
from aeroflux_assets.model.feed import Engine
from aeroflux_assets.years import training_years

Say = Callable[[str], None]
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


def make_refits(
    lake: Lake,
    years: tuple[int, ...],
    scored: int,
    cutoff: Cutoff,
    profile: Profile,
    engine: Engine,
    *,
    refresh: bool = False,
    say: Say = lambda _: None,
) -> Commit:
    """`refits` of a scored year at a cutoff, trained on the last `profile.refit_years` selected years before it.

    Where the rows lie is an input here, since memory is what is measured. Raises MissingTableError where no earlier
    year is selected or one has no features, AerofluxError where a strategy fails; one that was killed has a reason.
    """
    earlier = training_years(years, scored)
    trained_on = years_before(REFITS.name, years, scored, cutoff, profile.refit_years)
    assert engine.folder is not None
    of = Refit(
        str(lake.root),
        trained_on,
        scored,
        cutoff.name,
        profile.refit_set,
        profile.trees,
        engine.memory,
        engine.device,
        str(engine.folder),
        threads(rows_in_lake(lake, trained_on, cutoff)),
    )
    inputs = lake.inputs(REFITS, training_tables((*trained_on, scored), cutoff)) | {
        "recipe": json.dumps(of.recipe.as_dict(), sort_keys=True),
        "feature_set": of.feature_set,
        "memory": of.memory,
        "earlier": ",".join(map(str, earlier)),
    }

    def build(notes: dict[str, Any]) -> pl.DataFrame:
        months_in_lake(lake, (*trained_on, scored), cutoff)  # a missing year is told here, not by a child
        notes |= {"profile": profile.name, "train_years": list(trained_on)}
        shared = {
            "feature_set": of.feature_set,
            "train_years": ",".join(map(str, trained_on)),
            "trees": of.trees,
            "is_sampled": trained_on != earlier,
        }
        rows = [shared | row for row in strategies(of, say)]
        return pl.DataFrame(rows, schema=REFITS.schema)

    return lake.ensure(REFITS, {"scored_year": scored, "cutoff": cutoff.name}, inputs, build, refresh=refresh)


def strategies(of: Refit, say: Say = lambda _: None) -> list[dict[str, Any]]:
    """A row a strategy, each from a process of its own; AerofluxError with the words of one that fails."""
    job = json.dumps({"refit": asdict(of), "strategies": list(STRATEGIES)})
    command = [sys.executable, "-m", "aeroflux_assets.evaluation.refit_worker"]
    paths = [str(PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, input=job, capture_output=True, text=True, env=env, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    failed = next((answer for answer in answers if "error" in answer), None)
    if failed or len(answers) != len(STRATEGIES):
        what = failed["error"] if failed else (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise AerofluxError(f"table refits of {of.scored} at {of.cutoff}: {what}")
    rows = []
    for answer in answers:
        row = {"strategy": answer["strategy"], "says": STRATEGIES[answer["strategy"]]}
        if "signal" in answer:
            name = signal.Signals(answer["signal"]).name
            row["reason"] = f"its process was ended by {name}" + (
                ": out of memory, most likely" if name == "SIGKILL" else ""
            )
        else:
            row |= answer["found"]
            say(f"{row['strategy']}: AUC {row['auc']}, {row['seconds']:.1f} s, peak {row['peak_mb']} MB")
        rows.append(row)
    return rows
