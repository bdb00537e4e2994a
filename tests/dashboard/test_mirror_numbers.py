"""Numbers of the pages against SQL of its own over the raw files of the mirror: real rows of 2015-01 and 2024-09.

The SQL reads the published CSV and nothing of the lake. No row of these files is set aside by cleaning, which the
first test holds, so that both sides count the same flights.
"""

import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from aeroflux_assets.evaluation.ask import make_years
from aeroflux_assets.lake import Lake
from aeroflux_assets.settings import Settings
from aeroflux_assets.summaries.delay_tables import (
    make_summary_carried,
    make_summary_network,
    make_summary_outliers,
    make_summary_traffic,
    make_summary_weather,
)
from dashboard.queries import eda, performance, places
from dashboard.queries.selection import Filters

pytestmark = pytest.mark.mirror

YEARS = {2015: 1, 2024: 9}
ARCHIVE = "transtats.bts.gov/PREZIP/On_Time_Reporting_Carrier_On_Time_Performance_1987_present_{}_{}.zip"
ALL = Filters(tuple(YEARS), None)


@pytest.fixture(scope="module")
def lake(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The two years from upstream files to the delay summaries."""
    absent = [year for year, month in YEARS.items() if not (mirror / ARCHIVE.format(year, month)).is_file()]
    if absent:
        pytest.skip(f"the mirror has no BTS archive of {absent}")
    data = tmp_path_factory.mktemp("mirror-numbers")
    settings = Settings(source="mirror", mirror=mirror, years=tuple(YEARS), data=data)
    lake = Lake(settings.lake)
    make_years(settings, lake, [], lambda _: None)
    for year in YEARS:
        make_summary_traffic(lake, year)
        make_summary_carried(lake, year)
        make_summary_weather(lake, year)
        make_summary_network(lake, year)
        make_summary_outliers(lake, year)
    return lake


@pytest.fixture(scope="module")
def raw(
    mirror: Path, lake: Lake, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A table `raw` of the published CSV files, every field as text, nothing as null."""
    folder = tmp_path_factory.mktemp("csv")
    for year, month in YEARS.items():
        with zipfile.ZipFile(mirror / ARCHIVE.format(year, month)) as archive:
            name = next(each for each in archive.namelist() if each.endswith(".csv"))
            (folder / f"{year}.csv").write_bytes(archive.read(name))
    with duckdb.connect(":memory:") as con:
        form = "all_varchar = true, union_by_name = true, null_padding = true, nullstr = ''"
        con.execute(f"CREATE TABLE raw AS SELECT * FROM read_csv('{folder}/*.csv', {form})")
        yield con


def _one(raw: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    return raw.sql(sql).pl().row(0)


def test_every_published_row_is_there(lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    assert performance.totals(lake, ALL)["flights"] == _one(raw, "SELECT count(*) FROM raw")[0] > 100_000


# A flight that left the gate and came back to be cancelled has a DepDelay in BTS, and no departure here.
def test_overview_punctuality(lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    d0, a0, late, completion, minutes = _one(
        raw,
        """
        SELECT avg(CASE WHEN DepDelay::DOUBLE <= 0 THEN 1 ELSE 0 END) FILTER (
                WHERE DepDelay IS NOT NULL AND Cancelled::DOUBLE = 0
            ),
            avg(CASE WHEN ArrDelay::DOUBLE <= 0 THEN 1 ELSE 0 END) FILTER (WHERE ArrDelay IS NOT NULL),
            avg(CASE WHEN ArrDelay::DOUBLE >= 15 THEN 1 ELSE 0 END) FILTER (WHERE ArrDelay IS NOT NULL),
            1 - avg(CASE WHEN Cancelled::DOUBLE = 1 THEN 1 ELSE 0 END),
            sum(LateAircraftDelay::DOUBLE)
        FROM raw WHERE Year = '2015'
        """,
    )
    totals = performance.totals(lake, Filters((2015,), None))

    assert totals["d0"] == pytest.approx(d0, abs=1e-12)
    assert totals["a0"] == pytest.approx(a0, abs=1e-12)
    assert totals["share_late"] == pytest.approx(late, abs=1e-12)
    assert totals["completion"] == pytest.approx(completion, abs=1e-12)
    assert totals["late_aircraft_delay_min"] == minutes > 0


def test_eda_distribution_hour_and_weekday(lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    bins = eda.distribution(lake, ALL)
    counted = raw.sql(
        """
        SELECT (least(greatest(floor(ArrDelay::DOUBLE / 5) * 5, -60), 240))::SMALLINT AS bin_min,
            count(*)::BIGINT AS arrivals
        FROM raw WHERE ArrDelay IS NOT NULL GROUP BY 1 ORDER BY 1
        """
    ).pl()
    assert bins.filter(pl.col("arrivals") > 0).select("bin_min", "arrivals").equals(counted)

    hours = raw.sql(
        """
        SELECT ((CRSDepTime::INTEGER // 100) % 24)::TINYINT AS hour, count(*)::BIGINT AS flights,
            count_if(ArrDelay::DOUBLE >= 15)::BIGINT AS late15
        FROM raw GROUP BY 1 ORDER BY 1
        """
    ).pl()
    assert eda.by_hour(lake, ALL).select("hour", "flights", "late15").equals(hours)

    days = raw.sql(
        "SELECT DayOfWeek::BIGINT AS number, count(*)::BIGINT AS flights FROM raw GROUP BY 1 ORDER BY 1"
    ).pl()
    assert eda.by_weekday(lake, ALL).select("number", "flights").equals(days)


def test_eda_first_wave(lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    (pairs,) = _one(
        raw, "SELECT count(DISTINCT (Tail_Number, FlightDate)) FROM raw WHERE Tail_Number IS NOT NULL"
    )
    waves = eda.by_wave(lake, ALL)

    assert waves["flights"][0] == pairs > 10_000
    assert waves["share_late"][0] < waves["share_late"][2]


def test_eda_network_degree(lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    (degree,) = _one(
        raw,
        """
        SELECT count(*) FROM (
            SELECT Dest FROM raw WHERE Year = '2024' AND Origin = 'ATL' GROUP BY Dest HAVING count(*) >= 12
        )
        """,
    )
    network = eda.centrality(lake, 2024)

    assert network.filter(pl.col("airport") == "ATL")["degree"].item() == degree > 50
    assert network["pagerank"].sum() == pytest.approx(1, abs=1e-6)


def test_an_airports_day(lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    departures, late, arrivals = _one(
        raw,
        """
        SELECT count_if(Origin = 'DEN' AND FlightDate = '2024-09-03'),
            count_if(Origin = 'DEN' AND FlightDate = '2024-09-03' AND DepDelay::DOUBLE >= 15),
            count_if(Dest = 'DEN' AND (
                (FlightDate = '2024-09-03' AND CRSArrTime::INTEGER > CRSDepTime::INTEGER - 300)
                OR (FlightDate = '2024-09-02' AND CRSArrTime::INTEGER <= CRSDepTime::INTEGER - 300)
            ))
        FROM raw
        """,
    )
    board = places.board(lake, "DEN", date(2024, 9, 3))

    assert board.filter(kind="departure").height == departures > 500
    assert board.filter(pl.col("kind") == "departure", pl.col("delay_min") >= 15).height == late
    # By the published clocks: a flight whose arrival reads more than three hours before its departure came overnight.
    assert board.filter(kind="arrival").height == arrivals


def test_airline_and_route(lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    flights, late, block = _one(
        raw,
        """
        SELECT count(*), avg(CASE WHEN ArrDelay::DOUBLE >= 15 THEN 1 ELSE 0 END) FILTER (WHERE ArrDelay IS NOT NULL),
            avg(ActualElapsedTime::DOUBLE) FILTER (WHERE ArrDelay IS NOT NULL AND ActualElapsedTime IS NOT NULL)
        FROM raw WHERE Year = '2015' AND Origin = 'ATL' AND Dest = 'LGA' AND Reporting_Airline = 'DL'
        """,
    )
    filters = Filters((2015,), None, carriers=("DL",))
    row = performance.routes_by_carrier(lake, filters, [("ATL", "LGA")]).row(0, named=True)

    assert row["flights"] == flights > 10
    assert row["share_late"] == pytest.approx(late)
    assert row["mean_block_min"] == pytest.approx(block)


def test_no_day_of_a_short_span_is_judged(lake: Lake) -> None:
    assert all(lake.commit_of("summary_outliers", {"year": year}).rows == 0 for year in YEARS)
