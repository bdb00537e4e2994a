"""Numbers of the pages on delays and places against SQL of its own over the raw files of the mirror.

The SQL reads the published CSV and nothing of the lake. No row of these files is set aside by cleaning, which the
first test holds, so that both sides count the same flights.
"""

from datetime import date

import duckdb
import polars as pl
import pytest
from mirror_lake import YEARS

from aeroflux_assets.lake import Lake
from dashboard.queries import eda, performance, places
from dashboard.queries.selection import Filters

pytestmark = pytest.mark.mirror

ALL = Filters(tuple(YEARS), None)


def _one(raw: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    return raw.sql(sql).pl().row(0)


def test_every_published_row_is_there(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    assert (
        performance.totals(mirror_lake, ALL)["flights"] == _one(raw, "SELECT count(*) FROM raw")[0] > 100_000
    )


# A flight that left the gate and came back to be cancelled has a DepDelay in BTS, and no departure here.
def test_overview_punctuality(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
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
    totals = performance.totals(mirror_lake, Filters((2015,), None))

    assert totals["d0"] == pytest.approx(d0, abs=1e-12)
    assert totals["a0"] == pytest.approx(a0, abs=1e-12)
    assert totals["share_late"] == pytest.approx(late, abs=1e-12)
    assert totals["completion"] == pytest.approx(completion, abs=1e-12)
    assert totals["late_aircraft_delay_min"] == minutes > 0


def test_eda_distribution_hour_and_weekday(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    bins = eda.distribution(mirror_lake, ALL)
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
    assert eda.by_hour(mirror_lake, ALL).select("hour", "flights", "late15").equals(hours)

    days = raw.sql(
        "SELECT DayOfWeek::BIGINT AS number, count(*)::BIGINT AS flights FROM raw GROUP BY 1 ORDER BY 1"
    ).pl()
    assert eda.by_weekday(mirror_lake, ALL).select("number", "flights").equals(days)


def test_eda_first_wave(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    (pairs,) = _one(
        raw, "SELECT count(DISTINCT (Tail_Number, FlightDate)) FROM raw WHERE Tail_Number IS NOT NULL"
    )
    waves = eda.by_wave(mirror_lake, ALL)

    assert waves["flights"][0] == pairs > 10_000
    assert waves["share_late"][0] < waves["share_late"][2]


def test_eda_network_degree(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    (degree,) = _one(
        raw,
        """
        SELECT count(*) FROM (
            SELECT Dest FROM raw WHERE Year = '2024' AND Origin = 'ATL' GROUP BY Dest HAVING count(*) >= 12
        )
        """,
    )
    network = eda.centrality(mirror_lake, 2024)

    assert network.filter(pl.col("airport") == "ATL")["degree"].item() == degree > 50
    assert network["pagerank"].sum() == pytest.approx(1, abs=1e-6)


def test_an_airports_day(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
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
    board = places.board(mirror_lake, "DEN", date(2024, 9, 3))

    assert board.filter(kind="departure").height == departures > 500
    assert board.filter(pl.col("kind") == "departure", pl.col("delay_min") >= 15).height == late
    # By the published clocks: a flight whose arrival reads more than three hours before its departure came overnight.
    assert board.filter(kind="arrival").height == arrivals


def test_airline_and_route(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    flights, late, block = _one(
        raw,
        """
        SELECT count(*), avg(CASE WHEN ArrDelay::DOUBLE >= 15 THEN 1 ELSE 0 END) FILTER (WHERE ArrDelay IS NOT NULL),
            avg(ActualElapsedTime::DOUBLE) FILTER (WHERE ArrDelay IS NOT NULL AND ActualElapsedTime IS NOT NULL)
        FROM raw WHERE Year = '2015' AND Origin = 'ATL' AND Dest = 'LGA' AND Reporting_Airline = 'DL'
        """,
    )
    filters = Filters((2015,), None, carriers=("DL",))
    row = performance.routes_by_carrier(mirror_lake, filters, [("ATL", "LGA")]).row(0, named=True)

    assert row["flights"] == flights > 10
    assert row["share_late"] == pytest.approx(late)
    assert row["mean_block_min"] == pytest.approx(block)


def test_no_day_of_a_short_span_is_judged(mirror_lake: Lake) -> None:
    assert all(mirror_lake.commit_of("summary_outliers", {"year": year}).rows == 0 for year in YEARS)
