"""A lake of real rows (2015-01 and 2024-09, as the mirror has them), and the published files beside it."""

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.evaluation import xray
from aeroflux_assets.evaluation.calibrated_tables import make_calibrated_predictions
from aeroflux_assets.evaluation.experiment_tables import make_xray
from aeroflux_assets.evaluation.inner import make_inner_predictions
from aeroflux_assets.evaluation.judged_tables import make_impact, make_reliability
from aeroflux_assets.evaluation.making import make_years
from aeroflux_assets.evaluation.profiles import PROFILES
from aeroflux_assets.lake import Lake
from aeroflux_assets.model.tables import make_scored_year
from aeroflux_assets.rotation.tables import make_ledger
from aeroflux_assets.settings import Settings
from aeroflux_assets.summaries.delay_tables import (
    make_summary_carried,
    make_summary_network,
    make_summary_outliers,
    make_summary_traffic,
    make_summary_weather,
)

YEARS = {2015: 1, 2024: 9}
SCORED = 2024
# The day whose flights are looked up: its neighbours are there too.
DAY = date(2024, 9, 4)
CUTOFF = cutoff_named("T-2h")
SETS = ("xgb_full_aircraft", "aeroflux_full")
# The figures are checked, not the models: a few trees give as many different probabilities as a check needs.
TREES = 8
VARIANTS = ("honest", "turnaround", "weather", "all")
ARCHIVE = "transtats.bts.gov/PREZIP/On_Time_Reporting_Carrier_On_Time_Performance_1987_present_{}_{}.zip"


def archive(year: int, month: int) -> str:
    """Where the mirror has the flights of a month."""
    return ARCHIVE.format(year, month)


def make(mirror: Path, data: Path) -> Lake:
    """The two years from upstream files to the delay summaries; the later one scored by a model of the earlier."""
    years = tuple(YEARS)
    settings = Settings(source="mirror", mirror=mirror, years=years, data=data)
    lake = Lake(settings.lake)
    make_years(settings, lake, [CUTOFF], lambda _: None)
    for year in years:
        make_ledger(lake, year)
        make_summary_traffic(lake, year)
        make_summary_carried(lake, year)
        make_summary_weather(lake, year)
        make_summary_network(lake, year)
        make_summary_outliers(lake, year)
    make_scored_year(lake, years, SCORED, CUTOFF, SETS, trees=TREES)
    make_inner_predictions(lake, years, SCORED, CUTOFF)
    make_calibrated_predictions(lake, years, SCORED, CUTOFF)
    make_reliability(lake, SCORED, CUTOFF)
    make_impact(lake, SCORED, CUTOFF)
    all_rows = replace(PROFILES["demo"], train_rows=10**6, test_rows=10**6, trees=TREES)
    with pytest.MonkeyPatch.context() as patch:
        # Four of its twelve variants: each trains models of its own.
        patch.setattr(xray, "VARIANTS", tuple(each for each in xray.VARIANTS if each.name in VARIANTS))
        make_xray(lake, years, SCORED, CUTOFF, all_rows)
    return lake


def raw_tables(mirror: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    """`raw` (flights), `airports_csv` and `registry`: published files, every field as text, blanks as null.

    `flights` is `raw` with what SQL can say of a row: its key as cleaned/keys.py documents it, computed here anew,
    and the numbers that the tests ask for.
    """
    for year, month in YEARS.items():
        with zipfile.ZipFile(mirror / archive(year, month)) as zipped:
            name = next(each for each in zipped.namelist() if each.endswith(".csv"))
            (folder / f"{year}.csv").write_bytes(zipped.read(name))
    with zipfile.ZipFile(mirror / "registry.faa.gov/database/ReleasableAircraft.zip") as zipped:
        (folder / "master.txt").write_bytes(zipped.read("MASTER.txt"))
    con = duckdb.connect(":memory:")
    form = "all_varchar = true, union_by_name = true, null_padding = true, nullstr = ''"
    con.execute(f"CREATE TABLE raw AS SELECT * FROM read_csv('{folder}/20*.csv', {form})")
    airports = mirror / "davidmegginson.github.io/ourairports-data/airports.csv"
    con.execute(f"CREATE TABLE airports_csv AS SELECT * FROM read_csv('{airports}', all_varchar = true)")
    con.execute(
        f"CREATE TABLE registry AS SELECT 'N' || trim(column00) AS tail FROM read_csv('{folder}/master.txt', "
        "all_varchar = true, header = false, skip = 1, strict_mode = false, null_padding = true, "
        "names = ['column00'], quote = '')"
    )
    con.execute(_FLIGHTS)
    return con


def _digit(letter: str) -> str:
    return f"CASE WHEN {letter} >= 'A' THEN ascii({letter}) - 55 ELSE ascii({letter}) - 48 END"


_CARRIER = f"(({_digit('Reporting_Airline[1]')}) * 36 + {_digit('Reporting_Airline[2]')}) * 8"
_ORIGIN = "((ascii(Origin[1]) - 65) * 26 + ascii(Origin[2]) - 65) * 26 + ascii(Origin[3]) - 65"
_DAYS = "date_diff('day', DATE '1987-01-01', FlightDate::DATE)"
_FLIGHTS = f"""
    CREATE TABLE flights AS
    WITH keyed AS (
        SELECT *, ((({_DAYS}::BIGINT * 16384 + {_CARRIER}) * 16384
            + Flight_Number_Reporting_Airline::BIGINT) * 32768 + {_ORIGIN}) * 32 AS packed
        FROM raw
    )
    SELECT packed + row_number() OVER (PARTITION BY packed ORDER BY CRSDepTime::INTEGER, Dest) - 1 AS flight_id,
        Year::INTEGER AS year, FlightDate::DATE AS day, Reporting_Airline AS carrier, Tail_Number AS tail,
        Origin AS origin, Dest AS dest, CRSDepTime::INTEGER AS dep_clock, CRSArrTime::INTEGER AS arr_clock,
        Flight_Number_Reporting_Airline::INTEGER AS number,
        CASE WHEN Cancelled::DOUBLE = 0 THEN DepDelay::DOUBLE END AS dep_delay,
        CASE WHEN Cancelled::DOUBLE = 0 THEN DepTime::INTEGER END AS left_clock, ArrTime::INTEGER AS came_clock,
        ArrDelay::DOUBLE AS arr_delay, ArrDel15::DOUBLE AS late, Cancelled::DOUBLE = 1 AS cancelled,
        Diverted::DOUBLE = 1 AS diverted, Distance::DOUBLE AS miles,
        LateAircraftDelay::DOUBLE AS late_aircraft, CarrierDelay::DOUBLE AS by_carrier, NASDelay::DOUBLE AS nas
    FROM keyed
"""
