"""What a step does when upstream cannot be reached: wait and try again, in a backfill; give up, in a terminal.

Every request has been tried six times by then (sources/transfer.py). A later try can mend an outage; it cannot mend a
file that is wrong, a setting, or a broken contract: those end the run at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from aeroflux_assets.errors import AerofluxError
from aeroflux_assets.sources.transfer import GivenUpError

# A run that a person started and waits for (`aeroflux run`) says so with this tag, and is told at once.
ATTENDED = "aeroflux/attended"
WAITS_S = (60, 300, 1800)


def is_outage(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is upstream's outage after every try."""
    while error is not None:
        if isinstance(error, GivenUpError):
            return True
        error = error.__cause__
    return False


@contextmanager
def outages_waited_out(context: dg.AssetExecutionContext) -> Iterator[None]:
    """Within: an outage asks Dagster to run the step again after WAITS_S, unless someone waits for the run."""
    try:
        yield
    except AerofluxError as error:
        if not is_outage(error) or ATTENDED in context.run.tags or context.retry_number >= len(WAITS_S):
            raise
        raise dg.RetryRequested(
            max_retries=len(WAITS_S), seconds_to_wait=WAITS_S[context.retry_number]
        ) from error
