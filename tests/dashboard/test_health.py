"""The health of a lake: what is stale, missing and set aside, against counts of one's own."""

import json
from pathlib import Path

import polars as pl
import pytest
from tiny_lake import YEAR, flight_rows, put, write_whole

from aeroflux_assets.contracts.cleaned import CLEANED_FLIGHTS, QUARANTINED_FLIGHTS
from aeroflux_assets.contracts.ledger import LEDGER
from aeroflux_assets.contracts.propagation import PROPAGATION
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.contracts.reference import RAW_AIRCRAFT
from aeroflux_assets.contracts.rotation import ROTATIONS
from aeroflux_assets.contracts.weather import AIRPORT_STATIONS
from aeroflux_assets.lake import POINTER, Lake
from dashboard.charts.health import made_grid
from dashboard.queries import health

PART = {"year": YEAR}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A whole tiny lake of one's own, to break."""
    lake = Lake(tmp_path / "lake")
    write_whole(lake)
    return lake


def made_from(lake: Lake, contract, partition, tables) -> None:
    """Commit a table again with its inputs on record."""
    inputs = lake.inputs(contract, tables)
    lake.write(contract, lake.scan(contract.name, [partition]).collect(), partition, inputs=inputs)


def states(lake: Lake) -> dict[str, str]:
    return {row["table"]: row["state"] for row in health.grid(lake).iter_rows(named=True)}


def test_rows_and_bytes_are_those_of_the_files(whole: Lake) -> None:
    grid = health.grid(whole)
    for table in ("cleaned_flights", "ledger", "predictions"):
        files = list((whole.root / table).rglob("*.parquet"))
        row = grid.filter(pl.col("table") == table).row(0, named=True)
        assert row["rows"] == sum(pl.read_parquet(file).height for file in files)
        assert row["bytes"] == sum(file.stat().st_size for file in files)
    pointers = len(list(whole.root.rglob(POINTER)))
    assert grid["made"].sum() == pointers


def test_a_table_is_stale_once_an_input_is_made_again_and_so_is_what_comes_after(lake: Lake) -> None:
    flights, rotations = ("cleaned_flights", PART), ("rotations", PART)
    made_from(lake, ROTATIONS, PART, [flights])
    made_from(lake, LEDGER, PART, [rotations])
    assert (states(lake)["rotations"], states(lake)["ledger"]) == ("made", "made")

    put(lake, CLEANED_FLIGHTS, flight_rows(), PART)

    why = {m.table: m.stale for m in health.made_partitions(lake)}
    assert why["rotations"] == "cleaned_flights/year=2024 was made again"
    assert why["ledger"] == "rotations/year=2024 is stale"
    assert why["cleaned_flights"] is None
    assert states(lake)["ledger"] == "stale"


def test_a_table_whose_input_is_gone_or_whose_columns_changed_is_stale(lake: Lake) -> None:
    made_from(lake, ROTATIONS, PART, [("cleaned_flights", PART)])
    pointer = lake.folder("rotations", PART) / POINTER
    fields = json.loads(pointer.read_text())
    pointer.write_text(json.dumps(fields | {"inputs": fields["inputs"] | {"contract": "another"}}))
    stale = {m.table: m.stale for m in health.made_partitions(lake)}
    assert stale["rotations"] == "its columns have changed"
    pointer.write_text(json.dumps(fields))
    (lake.folder("cleaned_flights", PART) / POINTER).unlink()
    stale = {m.table: m.stale for m in health.made_partitions(lake)}
    assert stale["rotations"] == "cleaned_flights/year=2024 is gone"


def test_upstream_files_and_settings_among_the_inputs_are_not_taken_for_tables(lake: Lake) -> None:
    frame = lake.scan("rotations", [PART]).collect()
    lake.write(ROTATIONS, frame, PART, inputs={"/mirror/2024_6.zip": "abc", "trees": "300"})
    assert states(lake)["rotations"] == "made"


def test_the_grid_says_what_is_missing_and_what_is_not_due(half: Lake, whole: Lake) -> None:
    grid = health.grid(half)
    found = {row["table"]: row for row in grid.iter_rows(named=True)}
    assert found["cleaned_flights"]["state"] == "made"
    assert (found["rotations"]["state"], found["rotations"]["expected"]) == ("missing", 1)
    assert found["raw_aircraft"]["year"] == "all"
    # One year alone is not scored.
    assert found["predictions"]["state"] == ""
    assert states(whole)["predictions"] == "made"


def test_experiments_are_due_beside_the_last_scored_year_only(lake: Lake) -> None:
    for year in (2022, 2023):
        put(lake, CLEANED_FLIGHTS, flight_rows(), {"year": year})
    found = {(row["table"], row["year"]): row["state"] for row in health.grid(lake).iter_rows(named=True)}
    assert [found["xray", str(year)] for year in (2022, 2023, 2024)] == ["", "", "missing"]
    assert [found["models", str(year)] for year in (2022, 2023, 2024)] == ["", "missing", "missing"]


def test_a_cutoff_that_only_some_tables_have_makes_the_others_partly_made(lake: Lake) -> None:
    put(lake, PROPAGATION, [], {"year": YEAR, "cutoff": "T-0"})
    found = {row["table"]: row for row in health.grid(lake).iter_rows(named=True)}
    assert (found["propagation"]["made"], found["propagation"]["state"]) == (2, "made")
    assert (found["weather_at_cutoff"]["made"], found["weather_at_cutoff"]["expected"]) == (1, 2)
    assert found["weather_at_cutoff"]["state"] == "partly"


def test_a_contract_is_checked_on_the_rows_as_they_are(lake: Lake) -> None:
    assert health.check(lake, "ledger", PART).is_empty()
    broken = (
        lake.scan("ledger", [PART]).drop("year").with_columns(early_min=pl.col("early_min") + 1).collect()
    )
    lake.write(LEDGER, broken, PART)
    assert health.check(lake, "ledger", PART).rows() == [("the minutes add up", broken.height)]


def test_samples_of_each_reason_are_few_and_counted(lake: Lake) -> None:
    rows = [{"reason": "duplicate", "source_row": n, "source_month": 6} for n in range(9)]
    rows += [{"reason": "impossible", "source_row": 40, "source_month": 6, "Origin": "ATL"}]
    put(lake, QUARANTINED_FLIGHTS, rows, PART)
    found = health.quarantine_samples(lake, (YEAR,), each=3)
    assert found.select("reason", "rows", "source_row").rows() == [
        ("duplicate", 9, 0), ("duplicate", 9, 1), ("duplicate", 9, 2), ("impossible", 1, 40),
    ]  # fmt: skip
    assert health.quarantine_samples(lake, (2023,)).is_empty()


def test_unmatched_tails_and_airports(lake: Lake) -> None:
    tails = health.unmatched_tails(lake, YEAR)
    assert tails is not None
    # Only N8731A is in the registry.
    own = pl.DataFrame(flight_rows()).filter(pl.col("tail").is_not_null(), pl.col("tail") != "N8731A")
    assert dict(tails.select("tail", "flights").iter_rows()) == dict(own["tail"].value_counts().iter_rows())
    assert tails["carrier"].to_list() == ["DL", "DL", "9E"]
    assert health.unmatched_airports(lake, (YEAR,)).rows() == [(YEAR, "XXX", 2)]
    put(lake, RAW_AIRCRAFT, [{"tail": tail} for tail in own["tail"].unique()])
    left = health.unmatched_tails(lake, YEAR)
    assert left is not None
    assert left.rows() == [("N8731A", "WN", 9)]


def test_half_a_lake_has_no_registry_and_no_stations(half: Lake) -> None:
    assert health.unmatched_tails(half, YEAR) is None
    assert health.stations(half, (YEAR,)).is_empty()
    assert health.clock_counts(half, (YEAR,)).is_empty()


def test_clocks_and_stations_are_read_from_the_notes(lake: Lake) -> None:
    gaps = {"dep_clock_gap_min": 23, "dep_clock_gap_min_whole_hours": 20}
    put(lake, CLEANED_FLIGHTS, flight_rows(), PART, {"clock_gaps": gaps})
    assert health.clock_counts(lake, (YEAR,)).rows() == [
        (YEAR, "scheduled arrival", 0, 0), (YEAR, "departure", 23, 20), (YEAR, "arrival", 0, 0),
    ]  # fmt: skip
    notes = {
        "stations": 5,
        "missing_stations": 2,
        "partial_stations": 1,
        "airports_without_a_station": ["XWA"],
    }
    put(lake, RAW_WEATHER, [], PART, notes)
    put(lake, AIRPORT_STATIONS, [], PART, {"airports_without_weather": ["PSE", "XWA"]})
    assert health.stations(lake, (YEAR, 2023)).rows() == [(YEAR, 5, 2, 1, 1, 2, "PSE XWA")]


def test_notes_read_as_a_line() -> None:
    notes = {"rows_in": 1234, "reasons": {"a": 1}, "missing": [], "share": 0.98765, "source": "mirror"}
    assert health.note_words(notes) == "rows_in 1,234, reasons a 1, missing none, share 0.9877, source mirror"


def test_partitions_of_a_table_are_listed_with_their_notes(whole: Lake) -> None:
    row = health.partition_rows(whole, "cleaned_flights").row(0, named=True)
    assert (row["partition"], row["rows"], row["stale"]) == ("year 2024", 40, None)
    assert "unmatched_airports XXX 2" in row["notes"]


def test_the_grid_draws_a_mark_in_every_cell_that_is_due(half: Lake) -> None:
    cells = health.grid(half)
    figure = made_grid(cells)
    marks = [text for trace in figure.data[1:] if trace.mode == "text" for text in trace.text]
    assert len(marks) == cells.filter(pl.col("state") != "").height
    assert len(figure.data[0].y) == cells["table"].n_unique()
