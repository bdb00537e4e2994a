"""How many runs go side by side: two pools, sized by a budget of memory.

Measured on a year of 7.1 million flights (docs/performance.md): 2.4 GB for the hungriest table. Training takes what its
rows take, so one at a time.
"""

import os

from aeroflux_assets.defs.instance import instance_of_home
from aeroflux_assets.settings import Settings

# The pool of the assets that make tables, and of those that train models.
TABLES = "tables"
TRAINING = "training"
RUN_GB = 3.0
# Left to everything else where no budget is set.
SHARE_OF_MACHINE = 0.75


def machine_gb() -> float:
    """The memory of this machine, GB."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9


def slots(settings: Settings, cores: int | None = None) -> dict[str, int]:
    """Runs at once by pool: as many years as the budget of memory and the cores hold, one training."""
    budget = settings.memory_gb or SHARE_OF_MACHINE * machine_gb()
    tables = max(1, min(int(budget / RUN_GB), cores or os.cpu_count() or 1))
    return {TABLES: tables, TRAINING: 1}


def size_pools(settings: Settings) -> dict[str, int]:
    """Tell the instance of DAGSTER_HOME its pools' sizes, `slots`, and return them."""
    wanted = slots(settings)
    with instance_of_home() as instance:
        for pool, limit in wanted.items():
            instance.event_log_storage.set_concurrency_slots(pool, limit)
    return wanted
