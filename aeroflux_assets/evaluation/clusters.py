"""K-means over the flights' features: which groups there are, what they are, and how well they hold together."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from aeroflux_assets.evaluation.inputs import Doubles, Scaled
from aeroflux_assets.model.data import Floats

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

CLUSTERS, STARTS, WORDS = 6, 3, 5
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """A fitted k-means, its clusters renumbered from the largest (0) to the smallest.

    labels: of the training rows. late, delay: share late and mean delay (min) of each cluster's training rows.
    """

    model: "KMeans"
    order: Ints
    labels: Ints
    late: Doubles
    delay: Doubles

    def of(self, x: Floats) -> Ints:
        """The cluster of each row of scaled inputs."""
        return np.asarray(self.order[self.model.predict(x)])


def fitted(x: Floats, late: Floats, delay: Floats, seed: int) -> Clusters:
    """CLUSTERS clusters of the scaled rows `x`; the same rows and seed give the same clusters."""
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=CLUSTERS, n_init=STARTS, random_state=seed).fit(x)
    sizes = np.bincount(model.labels_, minlength=CLUSTERS)
    order = np.empty(CLUSTERS, dtype=np.int64)
    order[np.argsort(-sizes, kind="stable")] = np.arange(CLUSTERS)
    labels = order[model.labels_]
    rows = np.maximum(np.bincount(labels, minlength=CLUSTERS), 1)
    return Clusters(
        model,
        order,
        labels,
        np.bincount(labels, weights=late, minlength=CLUSTERS) / rows,
        np.bincount(labels, weights=delay, minlength=CLUSTERS) / rows,
    )


def described(found: Clusters, inputs: Scaled, sample: int, seed: int) -> pl.DataFrame:
    """The rows of the `clusters` table; the silhouette is that of at most `sample` training rows."""
    from sklearn.metrics import silhouette_samples

    rng = np.random.default_rng(seed)
    rows = len(found.labels)
    drawn = np.sort(rng.choice(rows, size=min(sample, rows), replace=False))
    widths = silhouette_samples(inputs.train[drawn], found.labels[drawn])
    table: list[dict[str, Any]] = []
    for cluster in range(CLUSTERS):
        members = found.labels == cluster
        if not members.any():
            continue
        of_sample = widths[found.labels[drawn] == cluster]
        centre = inputs.train[members].mean(axis=0, dtype=np.float64)
        own = centre * inputs.spread + inputs.mean
        table.append(
            {
                "cluster": cluster,
                "rows": int(members.sum()),
                "share": float(members.mean()),
                "late_share": float(found.late[cluster]),
                "mean_arr_delay_min": float(found.delay[cluster]),
                "silhouette": float(of_sample.mean()) if len(of_sample) else None,
                "silhouette_all": float(widths.mean()),
                "silhouette_rows": len(drawn),
                "words": in_words(inputs.names, centre, own),
                "centroid": json.dumps(
                    {name: round(float(value), 4) + 0 for name, value in zip(inputs.names, own, strict=True)}
                ),
            }
        )
    return pl.DataFrame(table, infer_schema_length=None)


def in_words(names: tuple[str, ...], centre: Doubles, own: Doubles) -> str:
    """The WORDS features that lie furthest from the mean of all flights: `prev1_arr_delay +2.3 sd (61.5); ...`."""
    furthest = np.argsort(-np.abs(centre), kind="stable")[:WORDS]
    return "; ".join(f"{names[i]} {centre[i]:+.1f} sd ({round(float(own[i]), 4) + 0:.4g})" for i in furthest)
