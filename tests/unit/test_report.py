"""The report: its pieces, what it calls missing, and that the same tables give the same text."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.calibrated import RELIABILITY
from aeroflux_assets.contracts.experiments import XRAY
from aeroflux_assets.contracts.model import METRICS
from aeroflux_assets.evaluation.report import MISSING, RUN, SAMPLED, write_report
from aeroflux_assets.evaluation.report_parts import html, lines, table
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings

PART = {"scored_year": 2008, "cutoff": "T-0"}


def settings_of(tmp_path: Path) -> Settings:
    return Settings(years=(2006, 2008), cutoffs=("T-0",), sets=("aeroflux_full",), data=tmp_path)


def write_tables(lake: Lake) -> None:
    figures = (
        "base_rate",
        "auc",
        "pr_auc",
        "f1",
        "precision",
        "recall",
        "accuracy",
        "brier",
        "ece",
        "mae",
        "rmse",
    )
    row = {
        "feature_set": "aeroflux_full",
        "role": "holdout",
        "train_years": "2006",
        "train_rows": 3,
        "rows": 2,
    }
    rows = [
        row | {"slice": name, "seconds": 1.5} | dict.fromkeys(figures, 0.8765) for name in ("all", "without")
    ]
    lake.write(METRICS, pl.DataFrame(rows, schema=METRICS.schema), PART)
    honest = {
        "variant": "honest",
        "says": "honest",
        "hindsights": "",
        "train_years": "2006",
        "is_sampled": True,
    }
    lake.write(XRAY, pl.DataFrame([honest | {"auc": 0.8, "auc_gain": 0.0}], schema=XRAY.schema), PART)


def test_a_table_is_markdown_with_numbers_to_the_right_and_a_dash_for_null() -> None:
    rows = pl.DataFrame({"name": ["a|b", None], "value": [1.23456, None], "count": [1234567, 1]})

    assert table(rows, {"value": ".2f"}).splitlines() == [
        "| name | value | count |",
        "|:---|---:|---:|",
        "| a/b | 1.23 | 1,234,567 |",
        "| – | – | 1 |",
    ]


def test_a_figure_has_a_line_a_series_and_none_without_points() -> None:
    drawn = lines([("one & two", [0, 1], [0.5, 0.7]), ("b", [0, 1], [0.1, 0.2])], "x", "y")

    assert drawn.count("<polyline") == 2
    assert "one &amp; two" in drawn
    assert lines([], "x", "y") == ""


def test_what_was_sampled_or_not_run_is_said_and_what_was_run_is_not(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write_tables(lake)

    report = write_report(lake, settings_of(tmp_path))

    status = dict(report.cells.select("table", "status").iter_rows())
    assert (status["metrics"], status["xray"], status["impact"]) == (RUN, SAMPLED, MISSING)
    assert "metrics" not in report.incomplete["table"]
    metrics = report.cells.filter(pl.col("table") == "metrics").row(0, named=True)
    assert (metrics["rows"], metrics["fits"], metrics["seconds"]) == (2, 1, 1.5)


def test_the_same_tables_give_the_same_report_but_for_its_time(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    write_tables(lake)

    texts = [write_report(lake, settings_of(tmp_path)).markdown.read_text("utf-8") for _ in range(2)]

    first, second = (
        [line for line in text.splitlines() if not line.startswith("| made |")] for text in texts
    )
    assert first == second
    assert any("0.8765" in line for line in first)


def test_only_selected_years_before_their_holdout_are_averaged(tmp_path: Path) -> None:
    """Scored as the holdout of fewer years, and as that of more, 2022 and 2024 are neither now."""
    lake = Lake(tmp_path / "lake")
    aucs = {2021: ("fold", 0.5), 2022: ("holdout", 0.7), 2023: ("validation", 0.9), 2024: ("holdout", 0.123)}
    for year, (then, auc) in aucs.items():
        row = {"feature_set": "aeroflux_full", "slice": "all", "role": then, "auc": auc, "rows": 2}
        whole = row | {"train_years": "2020", "train_rows": 3}
        part = {"scored_year": year, "cutoff": "T-0"}
        lake.write(METRICS, pl.DataFrame([whole], schema=METRICS.schema), part)
        held = {"feature_set": "aeroflux_full", "version": "raw", "slice_kind": "overall", "slice": "all"}
        lake.write(RELIABILITY, pl.DataFrame([held | {"rows": year}], schema=RELIABILITY.schema), part)
    years = (2017, 2018, 2019, 2020, 2021, 2022, 2023)

    text = write_report(lake, replace(settings_of(tmp_path), years=years)).markdown.read_text("utf-8")

    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert ["aeroflux_full", "T-0", "2", "0.6000", "0.1414", "–", "–"] in rows
    assert [(row[0], row[1]) for row in rows if row[0] in ("fold", "validation", "holdout")] == [
        ("fold", "2021"),
        ("validation", "2022"),
        ("holdout", "2023"),
    ]
    assert [row[4] for row in rows if row[1:4] == ["T-0", "aeroflux_full", "raw"]] == [
        "2,021",
        "2,022",
        "2,023",
    ]


def test_the_page_asks_no_one_for_anything() -> None:
    page = html("# Title\n\n| a |\n|---|\n| 1 |\n")

    assert "<table>" in page
    assert "http" not in page
    assert "<script" not in page
