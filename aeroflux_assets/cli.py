"""AeroFlux: flight delays as they could be known. Commands: run, evaluate, search, lookup, serve, home."""

import json
import os
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.features.sets import chosen_sets
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.feed import refuse_missing_gpu
from aeroflux_assets.settings import Settings, load_settings, make_data, told_as_setting

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
ROOT = Path(__file__).resolve().parents[1]


def dagster_home(settings: Settings) -> Path:
    """The folder of Dagster's instance, with the project's dagster.yaml in it.

    With DAGSTER_POSTGRES_URL set it is the one whose storage is on PostgreSQL: the folder holds no history then.
    Raises SettingsError where it cannot be made or written to.
    """
    home = settings.data / ".dagster"
    on_postgres = os.environ.get("DAGSTER_POSTGRES_URL", "").strip()
    instance = "deploy/dagster.postgres.yaml" if on_postgres else "dagster.yaml"
    # Moved into place: servers and workers that share the folder never read half of it.
    temporary = home / f".{uuid.uuid4().hex}.yaml"
    with told_as_setting(settings):
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / instance, temporary)
        os.replace(temporary, home / "dagster.yaml")
    return home


def _home_with_pools(settings: Settings) -> Path:
    """`dagster_home` with its pools sized by the budget of memory: what a daemon will keep to."""
    home = dagster_home(settings)
    os.environ["DAGSTER_HOME"] = str(home)
    from aeroflux_assets.defs.pools import size_pools

    size_pools(settings)
    return home


@app.command()
def run(
    refresh: Annotated[bool, typer.Option(help="Fetch and make everything again, unchanged or not.")] = False,
    models: Annotated[bool, typer.Option(help="Train and score the scored years.")] = True,
    changed: Annotated[bool, typer.Option(help="Make again what other code made, too.")] = False,
) -> None:
    """Materialize the selected years: AEROFLUX_SOURCE, AEROFLUX_YEARS, AEROFLUX_CUTOFFS, AEROFLUX_DATA.

    What is there and unchanged is kept; a run after a failure goes on where it stopped.
    """
    # Whoever ends us by SIGTERM gets what Ctrl-C does: downloads and tables that are half written are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = load_settings()
    # What is wrong is refused now, not after an hour.
    chosen_sets(settings.sets)
    if models:
        refuse_missing_gpu(settings.device)
    os.environ["DAGSTER_HOME"] = str(dagster_home(settings))
    from aeroflux_assets.definitions import defs
    from aeroflux_assets.defs.runner import run_all

    run_all(
        defs,
        settings,
        refresh=refresh,
        models=models,
        changed=changed,
        say=lambda line: print(line, flush=True),
    )


@app.command()
def evaluate(
    train: Annotated[str, typer.Option(help="Months to train on: 2008-01:2008-02, 2006, or a comma list.")],
    test: Annotated[str, typer.Option(help="Months to test on.")],
    feature_set: Annotated[str, typer.Option("--set", help="Feature set.")] = "aeroflux_full",
    cutoff: Annotated[str, typer.Option(help="T-0, T-45min, T-2h, T-6h or T-24h.")] = "T-0",
    links: Annotated[
        str, typer.Option(help="vouched, or flown to measure what that hindsight buys.")
    ] = "vouched",
    swaps: Annotated[bool, typer.Option(help="Score swap-shaped legs too.")] = True,
    trees: Annotated[int | None, typer.Option(min=1, help="Boosting rounds; else the set's own.")] = None,
    days: Annotated[
        str | None, typer.Option(help="Measure these local days alone, too: 2024-09-02:2024-09-05.")
    ] = None,
    alerts: Annotated[
        int | None, typer.Option(min=1, help="Precision and recall of so many alerts (of --days, if given).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON and nothing else.")] = False,
) -> None:
    """Train on one range of months, test on another, print the figures.

    Makes what the lake lacks for the months first.
    """
    from aeroflux_assets.evaluation.ask import Question, answer

    question = Question.parse(train, test, feature_set, cutoff, links, swaps, trees, days, alerts)
    settings = load_settings()
    make_data(settings)
    _print(answer(settings, question, _teller(as_json)), as_json)


def _teller(as_json: bool) -> Callable[[str], None]:
    """Prints progress: to standard error where standard output is JSON."""
    return lambda line: print(line, file=sys.stderr if as_json else sys.stdout, flush=True)


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:12s} {value:.5f}" if isinstance(value, float) else f"{name:12s} {value}")


@app.command()
def search(
    trials: Annotated[int, typer.Option(min=1, help="Trials in all; those of earlier runs count.")],
    study: Annotated[str, typer.Option(help="xgboost, lightgbm or logistic.")] = "xgboost",
    metric: Annotated[
        str | None, typer.Option(help="xgboost, logistic: auc or logloss; lightgbm: rmse.")
    ] = None,
    feature_set: Annotated[
        str | None, typer.Option("--set", help="Feature set; else the study's own.")
    ] = None,
    cutoff: Annotated[str, typer.Option(help="T-0, T-45min, T-2h, T-6h or T-24h.")] = "T-0",
    rows: Annotated[
        int | None, typer.Option(min=1, help="Flights to train on at most; else the profile's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON and nothing else.")] = False,
) -> None:
    """Search parameters on months before the holdout; killed and started again, it goes on.

    Reads the features that `aeroflux run` made; every trial is kept (table `trials`).
    """
    from aeroflux_assets.cutoffs import cutoff_named
    from aeroflux_assets.evaluation.profiles import PROFILES
    from aeroflux_assets.evaluation.search import Search, best_of
    from aeroflux_assets.evaluation.search import search as made
    from aeroflux_assets.evaluation.studies import study_named

    settings = load_settings()
    chosen, wanted = study_named(study, metric)
    names = feature_set or chosen.feature_set
    chosen_sets((names,))
    make_data(settings)
    profile = PROFILES[settings.profile]
    asked = Search(
        chosen,
        wanted,
        names,
        cutoff_named(cutoff),
        settings.years,
        rows or profile.train_rows,
        rows or profile.test_rows,
    )
    found = made(Lake(settings.lake), settings.data, asked, trials, _teller(as_json))
    _print(best_of(found), as_json)


@app.command()
def lookup(
    day: Annotated[str, typer.Option("--date", help="Local date of departure: 2024-09-03.")],
    tail: Annotated[str | None, typer.Option(help="Tail; case and a missing N do not matter.")] = None,
    carrier: Annotated[str | None, typer.Option(help="Carrier code, with --number.")] = None,
    number: Annotated[str | None, typer.Option(help="Flight number, with --carrier.")] = None,
    origin: Annotated[str | None, typer.Option(help="IATA code.")] = None,
    dest: Annotated[str | None, typer.Option(help="IATA code.")] = None,
    cutoff: Annotated[str | None, typer.Option(help="Show this cutoff only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What was known of a flight, what was predicted, and what happened."""
    from dashboard.queries.lookup import lookup_text

    try:
        when = date.fromisoformat(day.strip())
    except ValueError:
        raise AerofluxError(f"--date {day!r} is not a date; write it as 2024-09-03") from None
    lake = Lake(load_settings().lake)
    print(
        lookup_text(
            lake,
            tail=tail,
            carrier=carrier,
            number=number,
            date=when,
            origin=origin,
            dest=dest,
            cutoff=cutoff,
            as_json=as_json,
        )
    )


@app.command()
def serve(
    dashboard_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the dashboard; the next free one if taken.")
    ] = 8501,
    dagster_port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the Dagster UI; the next free one if taken.")
    ] = 3000,
    only: Annotated[str, typer.Option(help="both, dashboard or dagster.")] = "both",
) -> None:
    """Serve the dashboard and the Dagster UI on localhost until interrupted."""
    from aeroflux_assets.serving import serve as start

    settings = load_settings()
    ports = {"dashboard": dashboard_port, "dagster": dagster_port}
    start(
        settings,
        ROOT,
        _home_with_pools(settings),
        {name: port for name, port in ports.items() if only in ("both", name)},
    )


@app.command()
def home() -> None:
    """Print the folder of Dagster's instance, made ready: export DAGSTER_HOME=$(aeroflux home)."""
    print(_home_with_pools(load_settings()))


def main() -> None:
    """Entry point: a known error prints its text and exits with 1, without a traceback."""
    began = time.perf_counter()
    try:
        app(standalone_mode=True)
    except AerofluxError as error:
        print(f"aeroflux: {error}", file=sys.stderr)
        print(f"(after {time.perf_counter() - began:.1f} s)", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
