"""The contracts of recalibrated predictions: their evidence, how well they hold, and what alerts are worth."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

_F, _N, _TEXT = pl.Float64(), pl.Int64(), pl.String()
_BY_SCORED_YEAR = ("scored_year", "cutoff")
_SET = Column("feature_set", _TEXT, "name of the feature set", nullable=False)
_FLIGHT = Column("flight_id", _N, "the flight", nullable=False)


def _count(name: str, description: str) -> Column:
    return Column(name, _N, description, "count", nullable=False)


def _figure(name: str, description: str, unit: str = "") -> Column:
    return Column(name, _F, description, unit)


INNER_PREDICTIONS = Contract(
    name="inner_predictions",
    room="evaluation",
    description=(
        "Predictions of the last training months by models of the months before them: the out-of-fold evidence of the "
        "first scored year; empty for later ones, which have earlier scored years"
    ),
    partitioned_by=_BY_SCORED_YEAR,
    key=("flight_id", "feature_set"),
    columns=(
        _FLIGHT,
        _SET,
        Column(
            "prob_late15",
            pl.Float32(),
            "probability of arriving 15 minutes late or more",
            "",
            "cutoff",
            nullable=False,
        ),
        Column("pred_arr_delay_min", pl.Float32(), "expected arrival delay", "min", "cutoff", nullable=False),
    ),
    rules=(Rule("probability in range", pl.col("prob_late15").is_between(0, 1), ""),),
)

CALIBRATED_PREDICTIONS = Contract(
    name="calibrated_predictions",
    room="evaluation",
    description="Recalibrated probability and delay interval of every predicted flight, from outcomes known by its cutoff",
    partitioned_by=_BY_SCORED_YEAR,
    key=("flight_id", "feature_set"),
    columns=(
        _FLIGHT,
        _SET,
        Column(
            "prob_late15",
            pl.Float32(),
            "recalibrated probability of arriving 15 minutes late or more",
            "",
            "cutoff",
            nullable=False,
        ),
        Column(
            "delay_p10_min",
            pl.Float32(),
            "arrival delay that one in ten stays below; null without evidence",
            "min",
            "cutoff",
        ),
        Column("delay_p50_min", pl.Float32(), "median arrival delay; null without evidence", "min", "cutoff"),
        Column(
            "delay_p90_min",
            pl.Float32(),
            "arrival delay that one in ten exceeds; null without evidence",
            "min",
            "cutoff",
        ),
    ),
    rules=(
        Rule("probability in range", pl.col("prob_late15").is_between(0, 1), ""),
        Rule("10% not above the median", pl.col("delay_p10_min") <= pl.col("delay_p50_min"), ""),
        Rule("median not above 90%", pl.col("delay_p50_min") <= pl.col("delay_p90_min"), ""),
    ),
)

RELIABILITY = Contract(
    name="reliability",
    room="evaluation",
    description="How well probabilities and intervals held on the flights that arrived, by slice, before and after recalibration",
    partitioned_by=_BY_SCORED_YEAR,
    key=("feature_set", "version", "slice_kind", "slice"),
    columns=(
        _SET,
        Column("version", _TEXT, "raw or recalibrated", nullable=False),
        Column("slice_kind", _TEXT, "overall, decile, origin, carrier, hour or hub", nullable=False),
        Column(
            "slice",
            _TEXT,
            "which of the kind: 01 to 10, IATA code, carrier code, 00 to 23, yes or no",
            nullable=False,
        ),
        _count("rows", "flights that arrived"),
        _figure("share_late", "share late"),
        _figure("mean_probability", "mean predicted probability"),
        _figure("ece", "expected calibration error, 20 equal-count bins of the slice"),
        _figure("brier", "mean squared error of the probability"),
        _figure("coverage_80", "share whose delay lies within the 10 to 90% interval; null for raw"),
        _figure("mean_width_80_min", "mean width of the 10 to 90% interval; null for raw", "min"),
    ),
    rules=(
        Rule("a slice has rows", pl.col("rows") > 0, ""),
        Rule(
            "shares in range",
            pl.all_horizontal(pl.col("share_late", "mean_probability", "ece", "brier").is_between(0, 1)),
            "",
        ),
        Rule("coverage in range", pl.col("coverage_80").is_between(0, 1), ""),
        Rule("width not negative", pl.col("mean_width_80_min") >= 0, ""),
    ),
)

IMPACT = Contract(
    name="impact",
    room="evaluation",
    description="What alerts at each threshold of the recalibrated probability caught and missed; carry_forward beside the sets",
    partitioned_by=_BY_SCORED_YEAR,
    key=("feature_set", "slice_kind", "slice", "threshold_pct"),
    columns=(
        Column(
            "feature_set", _TEXT, "name of the feature set, or carry_forward (kept at 50%)", nullable=False
        ),
        Column("slice_kind", _TEXT, "overall, origin or carrier", nullable=False),
        Column("slice", _TEXT, "which of the kind", nullable=False),
        Column("threshold_pct", pl.Int32(), "alert at this probability or above", "%", nullable=False),
        _count("tp", "alerts, arrived late"),
        _count("fp", "alerts, arrived not late"),
        _count("fn", "no alert, arrived late"),
        _count("tn", "no alert, arrived not late"),
        _count("alerts_cancelled", "alerts for flights later cancelled"),
        _count("alerts_diverted", "alerts for flights later diverted"),
        _count("days", "local dates with a scheduled flight of the slice"),
    ),
    rules=(
        Rule("threshold in range", pl.col("threshold_pct").is_between(0, 100), ""),
        Rule(
            "counts not negative",
            pl.min_horizontal("tp", "fp", "fn", "tn", "alerts_cancelled", "alerts_diverted") >= 0,
            "",
        ),
        Rule("a slice has days", pl.col("days") > 0, ""),
    ),
)

DELAY_GRID = Contract(
    name="delay_grid",
    room="evaluation",
    description="Flights that arrived by predicted and by actual arrival delay, both in bins of five minutes",
    partitioned_by=_BY_SCORED_YEAR,
    key=("feature_set", "predicted_bin_min", "actual_bin_min"),
    columns=(
        _SET,
        Column(
            "predicted_bin_min",
            pl.Int16(),
            "lower edge of the bin of the expected delay, -60 (and below) to 240 (and above)",
            "min",
            "cutoff",
            nullable=False,
        ),
        Column(
            "actual_bin_min", pl.Int16(), "lower edge of the bin of the actual delay", "min", nullable=False
        ),
        _count("flights", "flights with both"),
    ),
    rules=(
        Rule("a cell has flights", pl.col("flights") > 0, ""),
        Rule(
            "bins in range",
            pl.all_horizontal(pl.col("predicted_bin_min", "actual_bin_min").is_between(-60, 240)),
            "",
        ),
    ),
)
