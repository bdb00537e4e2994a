"""The report: every table of the evaluation that a lake holds, the paper's figures beside ours, and what is missing.

The same tables give the same report, but for the line that says when it was made. A cell (a table of a scored year at
a cutoff) that was sampled or never made says so, and fails the completeness check of the asset.
"""

import platform
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.base import Contract
from aeroflux_assets.contracts.calibrated import IMPACT, RELIABILITY
from aeroflux_assets.contracts.experiments import BASELINES, XRAY
from aeroflux_assets.contracts.explanation import (
    ABLATION,
    FAILURES,
    HOPS_BY_DEPTH,
    IMPORTANCE,
    PASS_THROUGH_MATCHED,
)
from aeroflux_assets.contracts.model import METRICS
from aeroflux_assets.contracts.training import REFITS, TRIALS
from aeroflux_assets.evaluation import impact as worth
from aeroflux_assets.evaluation import report_training as training
from aeroflux_assets.evaluation.paper import figures_frame, importance_frame
from aeroflux_assets.evaluation.readings import readings
from aeroflux_assets.evaluation.report_parts import html, lines, table
from aeroflux_assets.features.sets import chosen_sets
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.recipes import recipe_of
from aeroflux_assets.settings import Settings
from aeroflux_assets.years import holdout_of, roles, scored_years

OURS = "aeroflux_full"
LIBRARIES = ("polars", "numpy", "xgboost-cpu", "lightgbm", "scikit-learn", "dagster", "duckdb")
RUN, SAMPLED, MISSING = "run", "sampled", "not run"
# Made of the last scored year only; `aeroflux run` makes the second group at its first cutoff.
_LAST_YEAR = (IMPORTANCE, XRAY, BASELINES)
_FIRST_CUTOFF = (ABLATION, HOPS_BY_DEPTH, REFITS)
_EVERY = (METRICS, RELIABILITY, IMPACT, FAILURES)


@dataclass(frozen=True)
class Report:
    """Where the report lies, and its cells: table, scored_year, cutoff, status, rows, seconds."""

    markdown: Path
    page: Path
    cells: pl.DataFrame

    @property
    def incomplete(self) -> pl.DataFrame:
        """The cells that were sampled or not run."""
        return self.cells.filter(pl.col("status") != RUN)


def write_report(lake: Lake, settings: Settings) -> Report:
    """Render `reports/evaluation.md` and `.html` beside the lake. What the lake lacks is named in it, not an error."""
    found = cells(lake, settings)
    text = "\n\n".join(part for part in _sections(lake, settings, found) if part)
    folder = settings.data / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    report = Report(folder / "evaluation.md", folder / "evaluation.html", found)
    report.markdown.write_text(text + "\n", "utf-8")
    report.page.write_text(html(text), "utf-8")
    return report


def cells(lake: Lake, settings: Settings) -> pl.DataFrame:
    """Every cell that the selected years and cutoffs ask for, and how it stands."""
    scored = scored_years(settings.years)
    wanted = [
        (contract, year, cutoff) for contract in _EVERY for year in scored for cutoff in settings.cutoffs
    ]
    for year in scored[-1:]:
        wanted += [(contract, year, cutoff) for contract in _LAST_YEAR for cutoff in settings.cutoffs]
        wanted += [(contract, year, cutoff) for contract in _FIRST_CUTOFF for cutoff in settings.cutoffs[:1]]
    rows = [_cell(lake, *each) for each in wanted]
    schema = {
        "table": pl.String,
        "scored_year": pl.Int32,
        "cutoff": pl.String,
        "status": pl.String,
        "rows": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema | {"fits": pl.Int64, "seconds": pl.Float64}, orient="row")


def _cell(
    lake: Lake, contract: Contract, scored: int, cutoff: str
) -> tuple[str, int, str, str, int | None, int | None, float | None]:
    rows = _rows(lake, contract, scored, cutoff)
    if rows.is_empty():
        return contract.name, scored, cutoff, MISSING, None, None, None
    sampled = "is_sampled" in rows.columns and bool(rows["is_sampled"].any())
    if contract is IMPORTANCE:
        sampled = bool((rows["permutation_rows"] < rows["scored_rows"]).any())
    if "seconds" not in rows.columns:
        return contract.name, scored, cutoff, SAMPLED if sampled else RUN, rows.height, None, None
    # Each row is a fit of its own, but for the slices of `metrics`, which share the one of their set.
    fits = rows.unique(["feature_set"]) if contract is METRICS else rows
    seconds = float(fits["seconds"].sum())
    return contract.name, scored, cutoff, SAMPLED if sampled else RUN, rows.height, fits.height, seconds


def _rows(lake: Lake, contract: Contract, scored: int, cutoff: str) -> pl.DataFrame:
    part: dict[str, str | int] = {"scored_year": scored, "cutoff": cutoff}
    if not lake.has(contract.name, part):
        return pl.DataFrame(schema=contract.schema)
    return lake.scan(contract.name, [part]).collect()


def _every(lake: Lake, contract: Contract, scored: Container[int] | None = None) -> pl.DataFrame:
    """The rows of every partition; of these scored years only, where they are given."""
    parts = [p for p in lake.partitions(contract.name) if scored is None or int(p["scored_year"]) in scored]
    return lake.scan(contract.name, parts).collect() if parts else pl.DataFrame(schema=contract.schema)


def _sections(lake: Lake, settings: Settings, found: pl.DataFrame) -> Iterator[str]:
    yield "# The evaluation"
    yield from _provenance(settings)
    yield from _scored(lake, settings)
    scored = scored_years(settings.years)
    if scored:
        last, first = scored[-1], settings.cutoffs[0]
        yield from _calibration(lake, scored, first)
        yield from _leakage(lake, last, settings.cutoffs)
        yield from _baselines(lake, last, settings.cutoffs)
        yield from training.refits(_rows(lake, REFITS, last, first), last, first)
        yield from _importance(lake, last, first)
        yield from _impact(lake, last, settings.cutoffs)
        yield from _questions(lake, last, first)
    yield from training.trials(
        _every(lake, TRIALS) if lake.has(TRIALS.name) else pl.DataFrame(schema=TRIALS.schema)
    )
    yield from training.holdout_readings(readings(settings.data), holdout_of(settings.years))
    yield "## Cells"
    yield "What was run, on how many rows, and what it cost. A cell that was sampled or not run fails the check."
    yield table(found, {"scored_year": "d", "seconds": ".1f"})


def _provenance(settings: Settings) -> Iterator[str]:
    simulated = (
        "**Simulated rows: none of this says anything of a real airline.**" if settings.simulated else ""
    )
    yield simulated
    rows = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": settings.source,
        "years": ", ".join(map(str, settings.years)),
        "cutoffs": ", ".join(settings.cutoffs),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        **{
            f"recipe of {name}": _spelled(recipe_of(name, settings.trees, settings.device).as_dict())
            for name in chosen_sets(settings.sets)
        },
    }
    yield table(pl.DataFrame({"what": list(rows), "is": list(rows.values())}))


def _scored(lake: Lake, settings: Settings) -> Iterator[str]:
    yield "## Scored years"
    # A year that is no longer selected, or plays another part now, may have been scored under an earlier selection.
    parts = roles(settings.years)
    metrics = _every(lake, METRICS, parts).filter(pl.col("slice") == "all")
    if metrics.is_empty():
        yield "No year is scored yet."
        return
    yield "A year is scored by models of earlier selected years only."
    metrics = metrics.with_columns(role=pl.col("scored_year").replace_strict(parts, return_dtype=pl.String))
    shown = ("role", "scored_year", "cutoff", "feature_set", "rows", "base_rate", "auc", "pr_auc", "brier", "ece", "f1",
             "precision", "recall", "mae", "rmse", "train_rows", "seconds")  # fmt: skip
    ordered = metrics.sort("feature_set", "cutoff", "scored_year").select(shown)
    yield table(ordered, {"scored_year": "d", "mae": ".2f", "rmse": ".2f", "seconds": ".1f"})
    before = metrics.filter(pl.col("role") != "holdout")
    if not before.is_empty():
        yield "Mean and true standard deviation (n - 1) over the scored years before the holdout:"
        folds = before.group_by("feature_set", "cutoff").agg(
            years=pl.len(),
            auc=pl.col("auc").mean(),
            auc_sd=pl.col("auc").std(),
            pr_auc=pl.col("pr_auc").mean(),
            mae=pl.col("mae").mean(),
        )
        yield table(folds.sort("feature_set", "cutoff"))
    yield "The paper's figures, which rest on hindsight and on other rows (page Leakage X-ray):"
    yield table(figures_frame().filter(pl.col("name").is_in(["auc", "mae", "rmse"])))
    last = scored_years(settings.years)[-1]
    years = metrics.filter(pl.col("cutoff") == settings.cutoffs[0]).sort("scored_year")
    yield f"AUC by scored year at {settings.cutoffs[0]} ({last} is the {parts[last]}):"
    yield lines(
        [
            (str(name), p["scored_year"].to_list(), p["auc"].to_list())
            for (name,), p in years.group_by(["feature_set"], maintain_order=True)
        ],
        "scored year",
        "AUC",
    )


def _calibration(lake: Lake, years: tuple[int, ...], cutoff: str) -> Iterator[str]:
    yield "## Calibration and intervals"
    rows, scored = _every(lake, RELIABILITY, years), years[-1]
    if rows.is_empty():
        yield "Not made."
        return
    overall = rows.filter(pl.col("slice_kind") == "overall").sort(
        "scored_year", "cutoff", "feature_set", "version"
    )
    shown = ("scored_year", "cutoff", "feature_set", "version", "rows", "share_late", "mean_probability", "ece",
             "brier", "coverage_80", "mean_width_80_min")  # fmt: skip
    yield table(overall.select(shown), {"scored_year": "d", "mean_width_80_min": ".1f"})
    mine = rows.filter(
        (pl.col("scored_year") == scored) & (pl.col("cutoff") == cutoff) & (pl.col("feature_set") == OURS)
    )
    deciles = mine.filter(pl.col("slice_kind") == "decile").sort("version", "slice")
    yield lines(
        [
            (str(v), p["mean_probability"].to_list(), p["share_late"].to_list())
            for (v,), p in deciles.group_by(["version"], maintain_order=True)
        ],
        f"mean predicted probability, {OURS}, {scored} at {cutoff}",
        "share late",
        diagonal=True,
    )
    kinds = mine.filter(
        pl.col("slice_kind").is_in(["hub", "hour", "carrier"]) & (pl.col("version") == "recalibrated")
    )
    if not kinds.is_empty():
        yield table(
            kinds.sort("slice_kind", "slice").select("slice_kind", "slice", *shown[4:]),
            {"mean_width_80_min": ".1f"},
        )


def _leakage(lake: Lake, scored: int, cutoffs: tuple[str, ...]) -> Iterator[str]:
    yield "## Leakage X-ray"
    for cutoff in cutoffs:
        rows = _rows(lake, XRAY, scored, cutoff)
        if not rows.is_empty():
            yield f"{scored} at {cutoff}: what each hindsight buys, on the same rows."
            yield table(
                rows.select(
                    "variant",
                    "says",
                    "rows",
                    "auc",
                    "auc_gain",
                    "pr_auc",
                    "pr_auc_gain",
                    "mae",
                    "mae_gain",
                    "is_sampled",
                    "reason",
                )
            )


def _baselines(lake: Lake, scored: int, cutoffs: tuple[str, ...]) -> Iterator[str]:
    yield "## Baselines and floors"
    for cutoff in cutoffs:
        rows = _rows(lake, BASELINES, scored, cutoff)
        if not rows.is_empty():
            yield f"Beside {scored} at {cutoff}, held out {rows['test_month'][0]}:"
            shown = rows.sort("auc", descending=True, nulls_last=True)
            yield table(
                shown.select(
                    "model",
                    "family",
                    "train_rows",
                    "rows",
                    "auc",
                    "pr_auc",
                    "brier",
                    "mae",
                    "rmse",
                    "seconds",
                    "is_sampled",
                    "note",
                ),
                {"seconds": ".1f"},
            )


def _importance(lake: Lake, scored: int, cutoff: str) -> Iterator[str]:
    yield "## What the models go by"
    rows = _rows(lake, IMPORTANCE, scored, cutoff)
    if rows.is_empty():
        yield "Not made."
        return
    names = ("name", "family", "gain_share", "shap_share", "permutation_auc_drop")
    for (feature_set,), part in rows.group_by(["feature_set"], maintain_order=True):
        yield f"{feature_set}, {scored} at {cutoff}, by family:"
        yield table(part.filter(pl.col("level") == "family").sort("rank").select(names))
        yield "and the first fifteen features:"
        first = part.filter(pl.col("level") == "feature").sort("rank").head(15)
        yield table(first.select(names).join(importance_frame(), on="name", how="left"))


def _impact(lake: Lake, scored: int, cutoffs: tuple[str, ...]) -> Iterator[str]:
    yield "## Operational impact"
    costs = worth.Costs()
    pays = round(worth.expected_threshold(costs) * 100)
    rows = []
    for cutoff in cutoffs:
        counts = _rows(lake, IMPACT, scored, cutoff).filter(pl.col("slice_kind") == "overall")
        at = counts.filter(
            pl.col("threshold_pct").is_in([pays, 50]) | (pl.col("feature_set") == worth.CARRY_FORWARD)
        )
        if not at.is_empty():
            rows.append(worth.cost_curve(at, costs))
    if not rows:
        yield "Not made."
        return
    yield f"Costs: {costs}. By these an alert pays from a probability of {pays}% on."
    shown = ("cutoff", "feature_set", "threshold_pct", "tp", "fp", "fn", "tn", "alerts_cancelled", "alerts_diverted",
             "alerts_a_day", "precision", "recall", "value")  # fmt: skip
    yield table(
        pl.concat(rows).sort("cutoff", "feature_set", "threshold_pct").select(shown),
        {"alerts_a_day": ",.0f", "value": ",.0f"},
    )


def _questions(lake: Lake, scored: int, cutoff: str) -> Iterator[str]:
    yield "## The four questions"
    for contract, title in (
        (ABLATION, "1. Families added and removed"),
        (HOPS_BY_DEPTH, "3. Depth of the chain"),
    ):
        rows = _rows(lake, contract, scored, cutoff)
        yield f"### {title}"
        yield table(rows.drop("scored_year", "cutoff", "train_years")) if not rows.is_empty() else "Not made."
    yield "### 2. Late inbounds beside matched on-time ones: an association"
    passed = _every(lake, PASS_THROUGH_MATCHED)
    yield table(passed, {"year": "d"}) if not passed.is_empty() else "Not made."
    yield "### 4. Where prediction fails"
    failures = _rows(lake, FAILURES, scored, cutoff).filter(pl.col("feature_set") == OURS)
    if failures.is_empty():
        yield "Not made."
        return
    shown = ("dimension", "slice", "rows", "base_rate", "mean_probability", "auc", "pr_auc", "brier")
    yield table(failures.sort("dimension", "position").select(shown))


def _spelled(recipe: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name}: ({_spelled(value)})" if isinstance(value, Mapping) else f"{name}={value}"
        for name, value in recipe.items()
    )
