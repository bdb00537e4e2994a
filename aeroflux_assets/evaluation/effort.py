"""How many rows the explanation tables read: one place, so that a table can say how it was sampled."""

from dataclasses import asdict, dataclass, replace

from aeroflux_assets.settings import ProfileName, Settings


@dataclass(frozen=True)
class Effort:
    """Upper bounds; where there are fewer rows, all of them are taken.

    permutation_rows: scored flights on which features are permuted. shap_rows: of those, how many get SHAP values.
    train_rows, test_rows: sampled rows that each model of an experiment (ablation, hops) is trained and scored on.
    train_years: of the years before the scored one, the latest that those rows come from. trees: their boosting
    rounds at most. seed: of every sample and permutation.
    """

    # Shuffled once a feature and a family, and each time predicted by a thousand deep trees: a second for 10,000.
    permutation_rows: int = 10_000
    # A thousand deep trees take 0.05 s a flight; over 1,000 flights a leading feature's mean has an error of 1 to 7%.
    shap_rows: int = 1_000
    train_rows: int = 200_000
    test_rows: int = 200_000
    train_years: int = 2
    trees: int = 100
    max_bin: int = 256
    seed: int = 42

    def recipe(self) -> dict[str, str]:
        """As inputs of a commit: another effort makes the table again."""
        return {name: str(value) for name, value in asdict(self).items()}


# Few rows, rounds and bins: the demo's tables show their shape, and the simulated airspace has nothing to find out.
DEMO = Effort(
    permutation_rows=500,
    shap_rows=100,
    train_rows=3_000,
    test_rows=3_000,
    train_years=1,
    trees=8,
    max_bin=64,
)
EFFORTS: dict[ProfileName, Effort] = {"demo": DEMO, "mirror": Effort(), "full": Effort()}


def effort_for(settings: Settings) -> Effort:
    """The effort of the profile; never more trees than the run's models have, where the settings say how many."""
    chosen = EFFORTS[settings.profile]
    return replace(chosen, trees=min(chosen.trees, settings.trees or chosen.trees))
