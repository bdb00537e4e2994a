"""Each airport's place in the network of nonstop routes: degree, betweenness, PageRank."""

import polars as pl

from aeroflux_assets.contracts.summaries_delay import SUMMARY_NETWORK

# A flight a month: diversions that were filed as a route, and charters, would shorten ways that nobody can take.
REGULAR_FLIGHTS = 12
DAMPING = 0.85
OUTCOME_SUMS = (
    "flights", "cancelled", "departed", "dep_on_time", "dep_delay_sum_min", "arrived", "arr_on_time", "late15",
    "arr_delay_sum_min",
)  # fmt: skip


def by_airport(routes: pl.DataFrame) -> pl.DataFrame:
    """`summary_network` of a year's `summary_routes`: one row an airport that flights leave from.

    Betweenness counts flights on the way (unweighted, directed) over routes of REGULAR_FLIGHTS a year and is
    divided by the (n - 1)(n - 2) ordered pairs of other airports; null with fewer than three airports. PageRank
    weighs routes by their flights.
    """
    edges = routes.group_by("origin", "dest").agg(pl.col("flights").sum())
    edges = edges.filter(pl.col("origin") != pl.col("dest"))
    regular = edges.filter(pl.col("flights") >= REGULAR_FLIGHTS)
    # A short span (five days, a demo) has few routes so often: its whole network is better than none.
    place = _centrality(regular if regular.height else edges)
    outcome = routes.group_by(pl.col("origin").alias("airport")).agg(pl.col(OUTCOME_SUMS).sum())
    return outcome.join(place, on="airport").sort("airport").select(SUMMARY_NETWORK.names)


def _centrality(edges: pl.DataFrame) -> pl.DataFrame:
    import igraph

    names = pl.concat([edges["origin"], edges["dest"]]).unique().sort()
    number = pl.DataFrame({"name": names}).with_row_index("at")
    pairs = edges.join(number, left_on="origin", right_on="name").join(
        number, left_on="dest", right_on="name", suffix="_dest"
    )
    graph = igraph.Graph(n=names.len(), edges=pairs.select("at", "at_dest").rows(), directed=True)
    others = (names.len() - 1) * (names.len() - 2)
    between = pl.Series(graph.betweenness(directed=True), dtype=pl.Float64)
    return pl.DataFrame(
        {
            "airport": names,
            "degree": graph.outdegree(),
            "betweenness": between / others
            if others > 0
            else pl.Series([None] * names.len(), dtype=pl.Float64),
            "pagerank": graph.pagerank(directed=True, damping=DAMPING, weights=pairs["flights"].to_list()),
        }
    )
