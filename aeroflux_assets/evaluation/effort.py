"""How many rows the explanation tables read: one place, so that a table can say how it was sampled."""

from dataclasses import asdict, dataclass, replace

from aeroflux_assets.settings import Settings


@dataclass(frozen=True)
class Effort:
    """Upper bounds; where there are fewer rows, all of them are taken.

    permutation_rows: scored flights on which features are permuted. shap_rows: of those, how many get SHAP values.
    train_rows, test_rows: sampled rows that each model of an experiment (ablation, hops) is trained and scored on.
    train_years: of the years before the scored one, the latest that those rows come from. trees: their boosting
    rounds at most. seed: of every sample and permutation.
    """

    permutation_rows: int = 20_000
    shap_rows: int = 2_000
    train_rows: int = 200_000
    test_rows: int = 200_000
    train_years: int = 2
    trees: int = 100
    max_bin: int = 256
    seed: int = 42

    def recipe(self) -> dict[str, str]:
        """As inputs of a commit: another effort makes the table again."""
        return {name: str(value) for name, value in asdict(self).items()}


# The simulated airspace has some thousand flights a year and nothing to find out: its tables show their shape.
SIMULATED = Effort(
    permutation_rows=500,
    shap_rows=100,
    train_rows=3_000,
    test_rows=3_000,
    train_years=1,
    trees=8,
    max_bin=64,
)


def effort_for(settings: Settings) -> Effort:
    """The effort that suits the source; never more trees than the run's models have, where it says how many."""
    chosen = SIMULATED if settings.simulated else Effort()
    return replace(chosen, trees=min(chosen.trees, settings.trees or chosen.trees))
