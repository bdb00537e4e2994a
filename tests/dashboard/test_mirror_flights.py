"""Numbers of the pages on single flights and on the lake against SQL of its own over the raw files of the mirror.

`flights` is the published CSV (mirror_lake.py): times are the clocks that BTS publishes, minutes its delays.
"""

from datetime import datetime, timedelta

import duckdb
import pytest
from mirror_lake import CUTOFF, DAY, SCORED, YEARS

from aeroflux_assets.errors import LookupMissError
from aeroflux_assets.lake import Lake
from dashboard.queries import health, inventory, words
from dashboard.queries import overview as overview_queries
from dashboard.queries.coverage import covered
from dashboard.queries.lookup import LookupResult, find_flights
from dashboard.queries.lookup_query import parse_query
from dashboard.queries.lookup_text import day_of
from dashboard.queries.next_legs import next_legs
from dashboard.queries.predicted import predictions_of
from dashboard.queries.tail import find_tail, ledger_sums
from dashboard.queries.worklist import summary, worklist

pytestmark = pytest.mark.mirror


def _one(raw: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    return raw.sql(sql).pl().row(0)


@pytest.fixture(scope="module")
def predicted(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The raw files with a view `predictions` beside them: the model's minutes, the recalibrated probability."""
    model, corrected = (
        f"read_parquet({[str(file) for file in mirror_lake.files(table)]})"
        for table in ("predictions", "calibrated_predictions")
    )
    raw.execute(
        "CREATE OR REPLACE VIEW predictions AS SELECT flight_id, feature_set, c.prob_late15, p.pred_arr_delay_min "
        f"FROM {model} p JOIN {corrected} c USING (flight_id, feature_set)"
    )
    return raw


# ---- lookup --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def found(mirror_lake: Lake, asked: dict) -> LookupResult:
    typed = {"carrier": asked["carrier"].lower(), "number": f"0{asked['number']}", "origin": asked["origin"]}
    return find_flights(mirror_lake, parse_query(day=DAY, **typed))


def _clock(at: datetime) -> int:
    return at.hour * 100 + at.minute


def test_a_flight_looked_up_reads_as_published(found: LookupResult, asked: dict) -> None:
    flight = found.flights.row(0, named=True)

    assert found.flights.height == 1
    assert (flight["tail"], flight["dest"]) == (asked["tail"], asked["dest"])
    assert _clock(flight["sched_dep_local"]) == asked["dep_clock"]
    assert _clock(flight["sched_arr_local"]) == asked["arr_clock"]
    assert _clock(flight["dep_local"]) == asked["left_clock"]
    assert _clock(flight["arr_local"]) == asked["came_clock"]
    assert flight["dep_delay_min"] == asked["dep_delay"]
    assert flight["arr_delay_min"] == asked["arr_delay"] >= 30
    assert flight["distance_mi"] == asked["miles"]


def test_the_causes_of_a_flight_looked_up(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    # The rows of 2024-09 have no causes.
    carrier, number, day, origin, inbound, system, own = _one(
        raw,
        """
        SELECT carrier, number, day, origin, late_aircraft, nas, by_carrier FROM flights
        WHERE late_aircraft > 10 AND nas > 10 AND by_carrier > 10 ORDER BY arr_delay DESC, flight_id LIMIT 1
        """,
    )
    query = parse_query(day=day, carrier=carrier, number=number, origin=origin)
    flight = find_flights(mirror_lake, query).flights.row(0, named=True)

    blamed = [flight[f"{name}_delay_min"] for name in ("late_aircraft", "nas", "carrier")]
    assert blamed == [inbound, system, own]


def test_the_day_and_the_chances_of_a_flight_looked_up(
    mirror_lake: Lake, predicted: duckdb.DuckDBPyConnection, found: LookupResult, asked: dict
) -> None:
    flight = found.flights.row(0, named=True)
    (legs, later), best = (
        _one(
            predicted,
            f"""
            SELECT count(*), count_if(dep_clock > {asked["dep_clock"]}) FROM flights
            WHERE tail = '{asked["tail"]}' AND day = '{DAY}'
            """,
        ),
        _one(
            predicted,
            f"SELECT prob_late15, pred_arr_delay_min FROM predictions WHERE flight_id = {asked['flight_id']} "
            "AND feature_set = 'aeroflux_full'",
        ),
    )
    day = day_of(found, flight)
    mine = predictions_of(mirror_lake, [SCORED], day["flight_id"].to_list()).filter(
        feature_set="aeroflux_full"
    )
    ahead = next_legs(flight, day, mine, flight["sched_dep_utc"], 0.0, [CUTOFF.name])

    assert day.filter("of_day").height == legs >= 5
    assert ahead.height == later > 0
    assert found.predictions.select("prob_late15", "pred_arr_delay_min").row(0) == best


def test_a_miss_and_the_dates_covered(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    tail, flew = _one(
        raw,
        f"""
        SELECT tail, list(DISTINCT day ORDER BY day) FROM flights WHERE year = {SCORED} AND tail LIKE 'N%'
        GROUP BY tail HAVING count(DISTINCT day) = 2 AND bool_and(day <> '{DAY}')
            AND min(day) < '{DAY}' AND max(day) > '{DAY}'
        ORDER BY tail LIMIT 1
        """,
    )
    with pytest.raises(LookupMissError) as miss:
        find_flights(mirror_lake, parse_query(tail=tail, day=DAY))

    assert f"it flew on {flew[0].day} and {flew[1].day}" in str(miss.value)
    assert covered(mirror_lake) == _one(raw, f"SELECT min(day), max(day) FROM flights WHERE year = {SCORED}")


# ---- tail ----------------------------------------------------------------------------------------------
# Legs of a tail by their published clocks; both ends of a turnaround stand on the clock of one airport. Only tails
# whose day reads so without a doubt: every leg leaves, arrives, and begins where the one before ended.
_LEDGER = f"""
    WITH flown AS (
        SELECT *, lag(dest) OVER w AS came_to, lag(arr_delay) OVER w AS inbound, lag(day) OVER w AS came_on,
            lag(arr_clock) OVER w AS came_at
        FROM flights WHERE NOT cancelled AND tail IS NOT NULL WINDOW w AS (PARTITION BY tail ORDER BY day, dep_clock)
    ), minutes AS (
        SELECT *, (dep_clock // 100 - came_at // 100) * 60 + dep_clock % 100 - came_at % 100 AS turnaround
        FROM flown WHERE day = '{DAY}'
    ), shares AS (
        SELECT *, greatest(dep_delay, 0) AS left_late, greatest(arr_delay, 0) AS late_by,
            CASE WHEN came_on = day THEN least(greatest(
                greatest(inbound, 0) - greatest(turnaround - 15, 0), 0), greatest(dep_delay, 0)) ELSE 0 END AS inherited
        FROM minutes
    )
    SELECT tail, count(*) AS legs, sum(late_by) AS late, sum(inherited) AS inherited,
        sum(left_late - inherited + greatest(late_by - left_late, 0)) AS new,
        sum(CASE WHEN came_on = day THEN greatest(inbound, 0) ELSE 0 END) - sum(inherited) AS absorbed_turnaround,
        sum(greatest(left_late - late_by, 0)) AS absorbed_en_route, max(arr_delay) AS worst
    FROM shares GROUP BY tail
    HAVING bool_and(NOT diverted AND arr_delay IS NOT NULL AND came_to = origin AND (came_on < day OR turnaround > 0))
        AND bool_and(came_on = day OR inbound <= 0) AND count(*) >= 4
    ORDER BY inherited DESC, tail LIMIT 5
"""


def test_the_ledger_of_a_tails_day(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    rows = raw.sql(_LEDGER).pl()
    assert rows.height == 5
    for row in rows.iter_rows(named=True):
        span = find_tail(mirror_lake, row["tail"], DAY)
        sums = ledger_sums(span.legs)

        assert {name: sums[name] for name in sums} == {name: row[name] for name in sums}, row["tail"]
        assert sums["inherited"] > 0
        assert span.legs["arr_delay_min"].max() == row["worst"]


def test_a_tails_week_has_its_published_legs(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    tail, legs, cancelled, late = _one(
        raw,
        f"""
        SELECT tail, count(*), count_if(cancelled), count_if(late = 1) FROM flights
        WHERE day BETWEEN '{DAY - timedelta(days=3)}' AND '{DAY}' AND tail LIKE 'N%' GROUP BY tail
        HAVING count_if(cancelled) > 0 AND count_if(late = 1) > 2 ORDER BY count(*) DESC, tail LIMIT 1
        """,
    )
    span = find_tail(mirror_lake, tail, DAY - timedelta(days=3), days=4)

    assert span.legs.height == legs > 10
    assert span.legs["is_cancelled"].sum() == cancelled
    assert (span.legs["arr_delay_min"] >= 15).sum() == late


# ---- worklist ------------------------------------------------------------------------------------------
def test_a_worklist_counts_as_the_published_rows_do(
    mirror_lake: Lake, predicted: duckdb.DuckDBPyConnection
) -> None:
    flights, known, expected, late, arrived, first = _one(
        predicted,
        f"""
        WITH due AS (
            SELECT f.*, p.prob_late15 AS chance FROM flights f
            LEFT JOIN predictions p ON p.flight_id = f.flight_id AND p.feature_set = 'aeroflux_full'
                AND f.dep_clock <= 1700
            WHERE origin = 'DEN' AND day = '{DAY}' AND dep_clock BETWEEN 1500 AND 1759
        )
        SELECT count(*), count(chance), sum(chance::DOUBLE), count_if(chance IS NOT NULL AND late = 1),
            count_if(chance IS NOT NULL AND late IS NOT NULL), max(chance) FROM due
        """,
    )
    # Denver keeps UTC - 6 in September: 15:00 there. At T-2h flights up to 17:00 are predicted.
    found = worklist(mirror_lake, datetime(2024, 9, 4, 21), 3, airports=("DEN",))
    sums = summary(found.flights, 20)

    assert sums["flights"] == flights > 100
    assert sums["predicted"] == known < flights
    assert sums["expected_late"] == pytest.approx(expected, rel=1e-5)
    assert sums["late"] == late > 0
    assert sums["arrived"] == arrived
    assert found.flights["prob_late15"][0] == first


# ---- data health ---------------------------------------------------------------------------------------
def test_health_counts_what_upstream_published(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    cells = health.grid(mirror_lake)
    rows = {(row["table"], row["year"]): row["rows"] for row in cells.iter_rows(named=True)}

    for year in YEARS:
        (published,) = _one(raw, f"SELECT count(*) FROM raw WHERE Year = '{year}'")
        months = _one(raw, f"SELECT list(DISTINCT Month::BIGINT) FROM raw WHERE Year = '{year}'")[0]
        assert rows["raw_flights", str(year)] == published
        # Set aside and kept add up to what was published; of these two months none is set aside.
        assert rows["cleaned_flights", str(year)] + rows["quarantined_flights", str(year)] == published
        absent = inventory.missing_months(mirror_lake, (year,))[year]
        assert absent == [month for month in range(1, 13) if month not in months]
    assert overview_queries.quarantine_frame(mirror_lake, tuple(YEARS)).is_empty()
    assert rows["raw_airports", health.WHOLE] == _one(raw, "SELECT count(*) FROM airports_csv")[0]
    assert rows["raw_aircraft", health.WHOLE] == _one(raw, "SELECT count(*) FROM registry")[0]


def test_health_finds_the_tails_that_the_registry_has_not(
    mirror_lake: Lake, raw: duckdb.DuckDBPyConnection
) -> None:
    for year in YEARS:
        tails, flown = _one(
            raw,
            f"""
            WITH named AS (
                SELECT CASE WHEN tail[1] BETWEEN '1' AND '9' THEN 'N' || tail ELSE tail END AS tail
                FROM flights WHERE year = {year} AND tail IS NOT NULL
            )
            SELECT count(DISTINCT tail), count(*) FROM named ANTI JOIN registry USING (tail)
            """,
        )
        found = health.unmatched_tails(mirror_lake, year)

        assert found is not None
        assert (found.height, found["flights"].sum()) == (tails, flown)


def test_health_knows_every_airport_that_was_flown(mirror_lake: Lake, raw: duckdb.DuckDBPyConnection) -> None:
    unknown = raw.sql(
        """
        SELECT DISTINCT airport FROM (SELECT origin AS airport FROM flights UNION SELECT dest FROM flights)
        ANTI JOIN airports_csv ON airport = iata_code OR list_contains(string_split(keywords, ', '), airport)
        """
    ).pl()
    found = health.unmatched_airports(mirror_lake, tuple(YEARS))

    assert sorted(found["airport"].to_list()) == sorted(unknown["airport"].to_list())


def test_words_of_an_outcome_are_the_published_minutes(found: LookupResult, asked: dict) -> None:
    text = words.outcome(found.flights.row(0, named=True))

    assert text.endswith(f"arrived {words.lateness(int(asked['arr_delay']))}")
    assert text.startswith(f"left {words.lateness(int(asked['dep_delay']))}")
