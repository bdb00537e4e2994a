"""The overview's queries against counts made by hand: 40 flights, 38 arrived, 4 of them late, 2 cancelled."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_lake import CUTOFF, YEAR

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.summaries import SUMMARY_CUTOFFS, SUMMARY_MONTHS, SUMMARY_YEARS
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings
from aeroflux_assets.summaries.cutoffs import summarize_cutoff
from aeroflux_assets.summaries.years import summarize_months, summarize_year
from dashboard.queries import gaps, inventory, overview

YEARS = (YEAR,)


def test_year_is_counted_as_by_hand(whole: Lake) -> None:
    row = overview.years_frame(whole, YEARS).row(0, named=True)
    assert (row["flights"], row["arrived"], row["late15"], row["cancelled"]) == (40, 38, 4, 2)
    # 5 + 41 + 20 + 0 on the first day, 15 + 14 - 3 + 30 on the second.
    assert row["arr_delay_sum_min"] == 122
    assert row["share_late"] == pytest.approx(4 / 38)
    # The six flights to LAX have no weather at their destination.
    assert (row["weather_both"], row["weather_none"]) == (34, 0)
    assert (row["months"], row["carriers"], row["airports"], row["tails"]) == (1, 3, 4, 4)
    assert (row["dep_clock_gap_any"], row["sched_arr_clock_gap_any"], row["quarantined"]) == (3, 0, 3)
    assert row["share_swap_shaped"] == pytest.approx(6 / 39)


def test_month_has_the_year_when_there_is_one(whole: Lake) -> None:
    months = overview.months_frame(whole, YEARS)
    assert months["month"].to_list() == [6]
    assert months["late15"].to_list() == [4]


def test_summaries_keep_their_contracts(whole: Lake) -> None:
    assert violations(SUMMARY_YEARS, whole.scan("summary_years").drop("year")) == []
    assert violations(SUMMARY_MONTHS, whole.scan("summary_months").drop("year")) == []
    assert violations(SUMMARY_CUTOFFS, whole.scan("summary_cutoffs").drop("year", "cutoff")) == []


def test_what_was_never_joined_is_null_and_not_zero(half: Lake) -> None:
    year, month = (
        summarize_year(half, YEAR).row(0, named=True),
        summarize_months(half, YEAR).row(0, named=True),
    )
    for row in (year, month):
        assert row["flights"] == 40
        assert row["weather_both"] is None
        assert row["swap_shaped"] is None


def test_cutoff_counts_links(whole: Lake) -> None:
    row = summarize_cutoff(whole, YEAR, CUTOFF).row(0, named=True)
    # 39 legs of a tail less 12 first ones of a day, less the one behind a cancelled leg.
    assert (row["flights"], row["linked"], row["inbound_landed"], row["weather_both"]) == (40, 26, 0, 34)
    assert overview.cutoffs_frame(whole, YEARS)["share_linked"].to_list() == [26 / 40]


def test_quarantine_comes_from_the_commit(whole: Lake) -> None:
    reasons = overview.quarantine_frame(whole, YEARS)
    assert reasons["rows"].to_list() == [2, 1]
    assert inventory.missing_months(whole, YEARS) == {YEAR: [1, 2]}


def test_own_feature_set_comes_first(whole: Lake) -> None:
    metrics = overview.metrics_frame(whole)
    assert metrics["feature_set"].to_list() == ["aeroflux_full", "paper_schedule"]
    assert overview.model_line(metrics, "T-24h") == (
        "Models are not made at T-24h (made: T-2h); add it to AEROFLUX_CUTOFFS and run `aeroflux run`."
    )
    assert overview.model_line(metrics, "T-2h") == overview.model_line(metrics)
    assert "No model is measured yet: `aeroflux run`" in overview.model_line(metrics.clear(), "T-2h")


def test_tables_not_made_are_listed(half: Lake) -> None:
    tables = inventory.tables_frame(inventory.partitions_frame(half))
    made = dict(tables.select("table", "partitions").iter_rows())
    assert made["cleaned_flights"] == 1
    assert made["predictions"] == 0
    assert list(made).index("airports") < list(made).index("cleaned_flights") < list(made).index("metrics")


def test_a_lake_is_marked_by_its_commits_before_the_settings(whole: Lake, half: Lake, empty: Lake) -> None:
    simulated = Settings(source="simulated")
    assert not inventory.source_mark(whole, simulated).simulated
    assert inventory.source_mark(half, Settings(source="official")).simulated
    assert inventory.source_mark(empty, simulated).simulated


def test_a_command_goes_on_with_the_settings_that_the_lake_was_made_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert gaps.command_for(()) == "aeroflux run"
    assert gaps.command_for((2006, 2008, 2009)) == "AEROFLUX_YEARS=2006,2008-2009 aeroflux run"
    for name, value in {
        "SOURCE": "simulated",
        "SIM_FLIGHTS_PER_DAY": "24",
        "DATA": "/a b",
        "YEARS": "2015",
    }.items():
        monkeypatch.setenv(f"AEROFLUX_{name}", value)
    assert gaps.command_for((2015, 2016)) == (
        "AEROFLUX_SOURCE=simulated AEROFLUX_DATA='/a b' AEROFLUX_SIM_FLIGHTS_PER_DAY=24 AEROFLUX_YEARS=2015-2016 "
        "aeroflux run"
    )


def test_gaps_name_the_command(half: Lake, whole: Lake, empty: Lake) -> None:
    missing = gaps.gaps(half, YEARS)
    assert [gap.what for gap in missing][:2] == ["summary_years of 2024", "summary_months of 2024"]
    assert all(command in gap.text for gap in missing for command in gap.commands)
    assert gaps.gaps(whole, YEARS) == []
    nothing = gaps.empty_lake(empty)
    assert nothing is not None
    assert "`make demo`" in nothing.text
    assert "`aeroflux run`" in nothing.text


def test_years_are_spelt_with_their_runs_folded() -> None:
    assert gaps.spelled((2006, 2008, 2009, 2010)) == "2006, 2008-2010"


def test_a_partition_that_an_earlier_version_made_shows_what_it_has(whole_data: Path, tmp_path: Path) -> None:
    shutil.copytree(whole_data, tmp_path / "data")
    lake = Lake(tmp_path / "data" / "lake")
    older = replace(
        SUMMARY_MONTHS, columns=tuple(c for c in SUMMARY_MONTHS.columns if c.name != "with_previous")
    )
    rows = lake.scan("summary_months", [{"year": YEAR}]).drop("year").collect()
    lake.write(older, rows, {"year": YEAR - 1})

    for years in ((YEAR - 1,), (YEAR - 1, YEAR)):
        months = overview.months_frame(lake, years)
        assert months["year"].to_list() == list(years)
        assert months["late15"].to_list() == [4] * len(years)
        assert months["with_previous"][0] is None
