"""A process that forks one child for each refit strategy, so that each one's peak memory is its own.

`python -m aeroflux_assets.evaluation.refit_worker` reads {"refit": {...}, "strategies": [...]} from standard input and
writes a line of JSON a strategy: {"strategy", "found"}, or {"strategy", "error"} or {"strategy", "signal"}.

The slow libraries are imported once, before the forks, and nothing of them is called: no thread runs yet, so forking
is safe. Polars is left to the children, since it warns of a fork. Importing three times would cost the demo 3 s.
"""

import json
import os
import sys
from typing import Any


def main() -> None:
    """Make every refit of the job on standard input, one after the other."""
    import sklearn.metrics  # noqa: F401
    import xgboost  # noqa: F401

    job = json.load(sys.stdin)
    for strategy in job["strategies"]:
        sys.stdout.write(json.dumps({"strategy": strategy} | _in_child(strategy, job["refit"])) + "\n")
        sys.stdout.flush()


def _in_child(strategy: str, refit: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_tell(writing, strategy, refit))
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    found: dict[str, Any] = json.loads(text)
    return found


def _tell(writing: int, strategy: str, refit: dict[str, Any]) -> int:
    import traceback

    try:
        from aeroflux_assets.evaluation.refits import Refit
        from aeroflux_assets.evaluation.refits import refit as made

        answer: dict[str, Any] = {"found": made(strategy, Refit(**refit | {"years": tuple(refit["years"])}))}
    except BaseException as error:
        traceback.print_exc()
        answer = {"error": f"{type(error).__name__}: {error}"}
    with os.fdopen(writing, "wb") as told:
        told.write(json.dumps(answer).encode())
    return 0


if __name__ == "__main__":
    main()
