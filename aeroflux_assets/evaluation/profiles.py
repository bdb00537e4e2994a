"""How much each experiment may cost: how many rows it reads, how many trees and trials it gets.

AEROFLUX_PROFILE picks one (settings.py); without it the source does: `demo` for the simulated one, `mirror` for a
mirror, `full` for the official one. An experiment that reads fewer rows than there are says so in its table.
"""

from dataclasses import dataclass

from aeroflux_assets.cutoffs import Cutoff, cutoff_named
from aeroflux_assets.settings import ProfileName


@dataclass(frozen=True)
class Profile:
    """One size of the experiments.

    train_rows, test_rows: at most so many flights; more are sampled. train_years: the last so many years before the
    scored one are read. cutoffs: where the experiments are made. neighbour_rows: at most so many for what compares
    every row with every other (nearest neighbours, silhouette). trees, forest_trees: of a boosted model, of a forest.
    trials: of a search over parameters. lstm_rows, lstm_epochs: 0 rows leave the LSTM out. refit_set: the feature
    set of the refit strategies. refit_years: the last so many years before the scored one are given to them, all where
    None: they are about many rows, so that no profile of real rows samples here.
    """

    name: ProfileName
    train_rows: int
    test_rows: int
    train_years: int
    cutoffs: tuple[Cutoff, ...]
    neighbour_rows: int
    trees: int
    forest_trees: int
    trials: int
    lstm_rows: int
    lstm_epochs: int
    refit_set: str = "xgb_full_aircraft"
    refit_years: int | None = None


_NOW, _TWO_HOURS = cutoff_named("T-0"), cutoff_named("T-2h")
PROFILES: dict[ProfileName, Profile] = {
    "demo": Profile("demo", 6_000, 6_000, 2, (_NOW,), 2_000, 30, 15, 3, 0, 0, refit_years=2),
    "mirror": Profile("mirror", 300_000, 300_000, 2, (_NOW, _TWO_HOURS), 20_000, 200, 60, 20, 300_000, 5),
    "full": Profile("full", 2_000_000, 1_000_000, 3, (_NOW, _TWO_HOURS), 50_000, 300, 100, 60, 2_000_000, 10),
}
