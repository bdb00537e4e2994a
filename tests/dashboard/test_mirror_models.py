"""Numbers of the pages on models against SQL that writes each definition out.

The SQL joins the parquet files of `predictions` and `calibrated_predictions` to the outcomes that BTS published
(ArrDel15 and ArrDelay of the raw CSV, by a key computed from its columns), and nothing else of the lake.
"""

import duckdb
import polars as pl
import pytest
from mirror_lake import CUTOFF, SCORED, SETS

from aeroflux_assets.evaluation.impact import Costs, best_threshold, cost_curve, value_at
from aeroflux_assets.lake import Lake
from dashboard.queries import evaluation
from dashboard.queries.overview import metrics_frame, model_line

pytestmark = pytest.mark.mirror

AT = CUTOFF.name
OURS, PAPERS = "aeroflux_full", "xgb_full_aircraft"
COSTS = Costs(4000, 300, 0.5)


@pytest.fixture(scope="module")
def scored(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """`alerts`: a row a flight and set, what was predicted, its place in the file; `judged`: those that arrived.

    late is BTS's ArrDel15, p the probability as the model gave it, q as recalibrated.
    """
    for table in ("predictions", "calibrated_predictions", "xray"):
        files = [str(file) for file in mirror_lake.files(table)]
        sql = f"SELECT *, file_row_number AS place FROM read_parquet({files}, file_row_number = true)"
        raw.execute(f"CREATE OR REPLACE VIEW {table}_file AS {sql}")
    raw.execute(
        """
        CREATE OR REPLACE TABLE alerts AS
        SELECT f.*, p.feature_set, p.place, p.prob_late15::DOUBLE AS p, p.pred_arr_delay_min::DOUBLE AS expected,
            c.prob_late15::DOUBLE AS q, c.delay_p10_min AS low, c.delay_p90_min AS high
        FROM predictions_file p
        JOIN calibrated_predictions_file c USING (flight_id, feature_set) JOIN flights f USING (flight_id)
        """
    )
    raw.execute("CREATE OR REPLACE TABLE judged AS SELECT * FROM alerts WHERE late IS NOT NULL")
    return raw


def _figures(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, float]:
    """The figures of docs/figures.md of one set's probabilities: AUC by ranks, precision by each probability, ..."""
    return con.sql(
        f"""
        WITH mine AS (SELECT * FROM judged WHERE feature_set = '{name}'),
        ranked AS (
            SELECT *, rank() OVER (ORDER BY p) + (count(*) OVER (PARTITION BY p) - 1) / 2 AS place_of,
                ntile(20) OVER (ORDER BY p, place) AS bin FROM mine
        ),
        counts AS (SELECT sum(late) AS ones, count(*) - sum(late) AS zeros, count(*) AS n FROM mine),
        levels AS (SELECT p, sum(late) AS hits, count(*) AS n FROM mine GROUP BY p),
        above AS (
            SELECT hits, sum(hits) OVER w AS got, sum(n) OVER w AS flagged FROM levels WINDOW w AS (ORDER BY p DESC)
        ),
        bins AS (SELECT bin, abs(avg(late) - avg(p)) * count(*) AS gap FROM ranked GROUP BY bin)
        SELECT c.n AS rows, c.ones / c.n AS base_rate,
            ((SELECT sum(place_of) FILTER (WHERE late = 1) FROM ranked) - c.ones * (c.ones + 1) / 2)
                / (c.ones * c.zeros) AS auc,
            (SELECT sum(hits / c.ones * got / flagged) FROM above) AS pr_auc,
            (SELECT avg((p - late) ** 2) FROM mine) AS brier,
            (SELECT sum(gap) FROM bins) / c.n AS ece,
            (SELECT count_if(p >= 0.5 AND late = 1) / count_if(p >= 0.5) FROM mine) AS precision,
            (SELECT count_if(p >= 0.5 AND late = 1) / c.ones FROM mine) AS recall,
            (SELECT avg(abs(expected - arr_delay)) FROM mine) AS mae,
            (SELECT sqrt(avg((expected - arr_delay) ** 2)) FROM mine) AS rmse
        FROM counts c
        """
    ).pl().row(0, named=True)  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_the_figures_of_a_feature_set(
    mirror_lake: Lake, scored: duckdb.DuckDBPyConnection, name: str
) -> None:
    figures = _figures(scored, name)
    page = evaluation.by_set(metrics_frame(mirror_lake), SCORED, AT).filter(feature_set=name)
    row = page.row(0, named=True)

    assert row["rows"] == figures["rows"] > 90_000
    for figure in ("base_rate", "auc", "pr_auc", "brier", "ece", "precision", "recall", "mae", "rmse"):
        assert row[figure] == pytest.approx(figures[figure], rel=1e-6), figure
    assert 0.6 < row["auc"] < 0.9


def test_the_models_line_of_the_overview(mirror_lake: Lake, scored: duckdb.DuckDBPyConnection) -> None:
    figures = _figures(scored, OURS)
    line = model_line(metrics_frame(mirror_lake))

    assert line is not None
    assert f"AUC {figures['auc']:.3f} at {AT}" in line
    assert f"{figures['base_rate']:.1%} of {figures['rows']:,} flights were late" in line


def test_calibration_and_interval(mirror_lake: Lake, scored: duckdb.DuckDBPyConnection) -> None:
    deciles = scored.sql(
        f"""
        WITH cut AS (
            SELECT late, p, ntile(10) OVER (ORDER BY p, place) AS tenth FROM judged WHERE feature_set = '{OURS}'
        )
        SELECT format('{{:02d}}', tenth) AS slice, count(*) AS rows, avg(late) AS share_late, avg(p) AS mean_probability
        FROM cut GROUP BY tenth ORDER BY tenth
        """
    ).pl()  # fmt: skip
    page = evaluation.calibration(mirror_lake, SCORED, AT, OURS).filter(version="raw")
    assert page.height == 10
    assert page["rows"].to_list() == deciles["rows"].to_list()
    assert page["mean_probability"].to_list() == pytest.approx(
        deciles["mean_probability"].to_list(), abs=1e-6
    )
    # Eight trees give many flights the same probability: which of them stand on which side of a cut is not defined.
    assert page["share_late"].to_list() == pytest.approx(deciles["share_late"].to_list(), abs=5e-4)

    inside, width, rows = scored.sql(
        f"""
        SELECT avg(CASE WHEN arr_delay BETWEEN low AND high THEN 1 ELSE 0 END), avg(high - low), count(*)
        FROM judged WHERE feature_set = '{OURS}' AND low IS NOT NULL
        """
    ).pl().row(0)  # fmt: skip
    overall = evaluation.coverage(mirror_lake, SCORED, AT, OURS).row(0, named=True)
    assert rows > 10_000
    assert overall["coverage_80"] == pytest.approx(inside, abs=1e-9)
    assert overall["mean_width_80_min"] == pytest.approx(width, rel=1e-6)


def test_alerts_and_what_they_are_worth(mirror_lake: Lake, scored: duckdb.DuckDBPyConnection) -> None:
    impact = evaluation.overall(evaluation.impact_of(mirror_lake, SCORED, AT), OURS)
    curve = cost_curve(impact, COSTS)
    # The levels are whole per cents: a probability is a float that came out of a 32-bit one.
    by_level = scored.sql(
        f"""
        SELECT t AS pct, count_if(q >= t / 100e0 AND late = 1) AS tp, count_if(q >= t / 100e0 AND late = 0) AS fp,
            count_if(q < t / 100e0 AND late = 1) AS fn, count_if(q < t / 100e0 AND late = 0) AS tn,
            count_if(q >= t / 100e0 AND cancelled) AS gone, count_if(q >= t / 100e0 AND diverted) AS elsewhere,
            count(DISTINCT day) AS days
        FROM alerts, range(0, 101) AS levels(t) WHERE feature_set = '{OURS}' GROUP BY t ORDER BY t
        """
    ).pl().cast(pl.Int64)  # fmt: skip
    columns = ("tp", "fp", "fn", "tn", "alerts_cancelled", "alerts_diverted", "days")
    for column, theirs in zip(columns, by_level.columns[1:], strict=True):
        assert curve[column].to_list() == by_level[theirs].to_list(), column
    assert curve["alerts_cancelled"].max() > 0

    money = by_level.with_columns(
        saved=pl.col("tp") * COSTS.missed * COSTS.saved_share
        - (pl.col("fp") + pl.col("gone") + pl.col("elsewhere")) * COSTS.false_alarm,
        precision=pl.col("tp") / (pl.col("tp") + pl.col("fp")),
        a_day=(pl.col("tp") + pl.col("fp") + pl.col("gone") + pl.col("elsewhere")) / pl.col("days"),
    )
    here = curve.filter(pl.col("threshold_pct") == 30).row(0, named=True)
    mine = money.filter(pl.col("pct") == 30).row(0, named=True)
    assert here["precision"] == pytest.approx(mine["precision"])
    assert here["recall"] == pytest.approx(mine["tp"] / (mine["tp"] + mine["fn"]))
    assert here["alerts_a_day"] == pytest.approx(mine["a_day"])
    assert value_at(impact, 30, COSTS).over_nothing == pytest.approx(mine["saved"])
    best = money.sort("saved", "pct", descending=[True, True])["pct"][0]
    assert best_threshold(impact, COSTS) == best
    assert 0 < best < 100


def test_alerts_by_carrier_and_airport(mirror_lake: Lake, scored: duckdb.DuckDBPyConnection) -> None:
    impact = evaluation.impact_of(mirror_lake, SCORED, AT).filter(feature_set=OURS, threshold_pct=40)
    for kind, column in (("carrier", "carrier"), ("origin", "origin")):
        counted = scored.sql(
            f"""
            SELECT {column} AS slice, count_if(q >= 0.4 AND late = 1) AS tp, count_if(q < 0.4 AND late = 1) AS fn
            FROM alerts WHERE feature_set = '{OURS}' GROUP BY 1
            """
        ).pl()
        page = impact.filter(slice_kind=kind).select("slice", "tp", "fn").sort("slice")
        theirs = counted.join(page.select("slice"), on="slice", how="semi").sort("slice")
        assert page.height > 10
        assert page.equals(theirs.select(page.columns)), kind


# The first model of the X-ray is the paper's set honest: the same model as the one that `predictions` holds, made a
# second time from tables of its own. Its figures must be those of the published outcomes.
def test_the_xrays_honest_row_and_its_gains(mirror_lake: Lake, scored: duckdb.DuckDBPyConnection) -> None:
    rows = evaluation.xray(mirror_lake, SCORED, AT)
    honest = rows.filter(variant="honest").row(0, named=True)
    figures = _figures(scored, PAPERS)
    for figure in ("rows", "auc", "pr_auc", "brier", "mae"):
        assert honest[figure] == pytest.approx(figures[figure], rel=1e-6), figure
    (trained,) = scored.sql("SELECT count(*) FROM flights WHERE year < 2024 AND late IS NOT NULL").fetchall()[
        0
    ]
    assert honest["train_rows"] == trained

    gains = scored.sql(
        """
        SELECT x.variant, x.auc - h.auc AS auc_gain, x.mae - h.mae AS mae_gain
        FROM xray_file x, xray_file h WHERE h.variant = 'honest' ORDER BY x.variant
        """
    ).pl()
    shown = rows.sort("variant")
    for column in ("auc_gain", "mae_gain"):
        assert shown[column].to_list() == pytest.approx(gains[column].to_list(), abs=1e-12, nan_ok=True), (
            column
        )
    assert rows["variant"][0] == "honest"
    assert rows["variant"][-1] == "all"
    assert rows.filter(variant="turnaround")["auc_gain"].item() > 0.01


def test_a_hindsight_without_data_has_no_figure(mirror_lake: Lake) -> None:
    # The mirror has no weather of 2015: nothing could be learned of it.
    weather = evaluation.xray(mirror_lake, SCORED, AT).filter(variant="weather").row(0, named=True)

    assert weather["auc"] is None
    assert "no data" in weather["reason"]
