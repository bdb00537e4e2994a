"""What happens in the simulated airspace: rotations, delays handed on, weather that bites."""

import io
import zipfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from aeroflux_assets.simulated.airports import load_airports
from aeroflux_assets.simulated.bts import last_day, month_path
from aeroflux_assets.simulated.carriers import stations
from aeroflux_assets.simulated.chains import build_chains
from aeroflux_assets.simulated.operations import Flown, fly
from aeroflux_assets.simulated.schedule import day_number, demand, legs
from aeroflux_assets.simulated.weather import weather
from aeroflux_assets.simulated.write import write_months

SIZE = 500
NUMBERS = ["DepDelay", "ArrDelay", "CRSElapsedTime", "ActualElapsedTime", "TaxiOut", "TaxiIn", "AirTime"]
CAUSES = ["CarrierDelay", "WeatherDelay", "NASDelay", "SecurityDelay", "LateAircraftDelay"]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Two published months around the change to summer time and, apart, one around the change back."""
    root = tmp_path_factory.mktemp("world")
    months = [(2018, 3), (2018, 4), (2018, 11)]
    write_months(root, months, flights_per_day=SIZE)
    parts = [_published(root, *month) for month in months]
    return pl.concat(parts).with_columns(
        pl.col([*NUMBERS, *CAUSES, "Cancelled", "Diverted", "ArrDel15"]).cast(pl.Float64)
    )


def _published(root: Path, year: int, month: int) -> pl.DataFrame:
    with zipfile.ZipFile(month_path(root, year, month)) as bundle:
        return pl.read_csv(io.BytesIO(bundle.read(bundle.namelist()[0])), infer_schema=False)


@pytest.fixture(scope="module")
def flown() -> Flown:
    return fly(7, SIZE, stations(SIZE), day_number(2018, 6, 1), last_day(2018, 6))


def _utc(rows: pl.DataFrame, clock: str, code: str) -> pl.Series:
    """A published clock on its flight's date, read in its airport's zone, in UTC minutes."""
    table = load_airports().table.select(pl.col("code").alias(code), "zone")
    minute = pl.col(clock).cast(pl.Int64)
    local = pl.col("FlightDate").str.to_datetime("%Y-%m-%d")
    local = local + pl.duration(minutes=minute // 100 * 60 + minute % 100)
    frame = rows.join(table, on=code, how="left", maintain_order="left").with_row_index()
    frame = frame.with_columns(local.alias("local"))
    parts = [
        part.select(
            "index",
            utc=pl.col("local")
            .dt.replace_time_zone(str(zone), ambiguous="latest", non_existent="null")
            .dt.epoch("s"),
        )
        for (zone,), part in frame.group_by("zone")
    ]
    return pl.concat(parts).sort("index")["utc"] // 60


def test_elapsed_time_is_arrival_less_departure_through_the_zones(rows: pl.DataFrame) -> None:
    done = rows.filter(pl.col("Cancelled") == 0, pl.col("Diverted") == 0, pl.col("CRSElapsedTime") > 30)
    planned = _utc(done, "CRSArrTime", "Dest") - _utc(done, "CRSDepTime", "Origin")
    wrong = (planned - done["CRSElapsedTime"].cast(pl.Int64)) % 1440
    # On a day whose offset changes a night flight is read here with one offset, so it may be an hour off.
    assert set(wrong.drop_nulls().unique().to_list()) <= {0, 60, 1380}
    assert (wrong.drop_nulls() == 0).mean() > 0.999
    actual = _utc(done, "ArrTime", "Dest") - _utc(done, "DepTime", "Origin")
    wrong = (actual - done["ActualElapsedTime"].cast(pl.Int64)) % 1440
    assert set(wrong.drop_nulls().unique().to_list()) <= {0, 60, 1380}
    assert (wrong.drop_nulls() == 0).mean() > 0.999


def test_delays_agree_with_elapsed_times(rows: pl.DataFrame) -> None:
    done = rows.filter(pl.col("ArrDelay").is_not_null(), pl.col("CRSElapsedTime") > 30)
    over = done["ActualElapsedTime"] - done["CRSElapsedTime"]
    assert (done["ArrDelay"] - done["DepDelay"] == over).all()
    parts = done["TaxiOut"] + done["AirTime"] + done["TaxiIn"]
    assert (parts == done["ActualElapsedTime"]).mean() > 0.999
    diverted = rows.filter(pl.col("Diverted") == 1)
    assert diverted.height > 0
    assert diverted["ArrDelay"].null_count() == diverted.height
    assert diverted["ActualElapsedTime"].null_count() == diverted.height


def test_causes_stand_where_15_minutes_late_and_add_up(rows: pl.DataFrame) -> None:
    late = rows.filter(pl.col("ArrDelay") >= 15)
    assert (late.select(pl.sum_horizontal(CAUSES))[:, 0] == late["ArrDelay"]).all()
    assert rows.filter(pl.col("ArrDelay").fill_null(0) < 15)["CarrierDelay"].null_count() > 0
    assert rows.filter(pl.col("CarrierDelay").is_not_null())["ArrDelay"].min() == 15
    assert (late["WeatherDelay"] > 0).any()


def test_cancelled_flights(rows: pl.DataFrame) -> None:
    gone = rows.filter(pl.col("Cancelled") == 1)
    assert 0.005 < gone.height / rows.height < 0.05
    assert gone["ArrDelay"].null_count() == gone.height
    assert (gone["DepTime"] == "").mean() > 0.9
    assert gone["CancellationCode"].is_in(["A", "B", "C", "D"]).all()
    assert (gone["Tail_Number"].str.len_chars() >= 5).mean() > 0.4
    assert (rows.filter(pl.col("Cancelled") == 0)["CancellationCode"] == "").all()


def test_rates_are_near_the_real_ones(rows: pl.DataFrame) -> None:
    late = rows["ArrDel15"].mean()
    assert late is not None
    assert 0.13 < float(str(late)) < 0.30
    tails = rows["Tail_Number"]
    assert tails.is_in(["", "UNKNOW"]).any()
    assert tails.str.contains(r"^\d").any()
    assert tails.str.contains(r"^N\d").any()
    assert rows.is_duplicated().any()
    assert rows["CRSElapsedTime"].null_count() > 0


def test_aircraft_depart_from_where_they_arrived(flown: Flown) -> None:
    table = flown.legs
    order = np.lexsort((flown.dep, flown.tail))
    order = order[~flown.cancelled[order]]
    same = flown.tail[order[1:]] == flown.tail[order[:-1]]
    meets = table.dest[order[:-1]] == table.origin[order[1:]]
    assert meets[same].mean() > 0.995
    days = np.unique(table.day)
    per_day = np.bincount(table.tail)[np.unique(table.tail)].mean() / len(days)
    assert 3.0 < per_day < 5.5


def test_published_tails_hold_together_but_for_the_dirt(rows: pl.DataFrame) -> None:
    known = rows.filter(pl.col("Cancelled") == 0, pl.col("Tail_Number").str.len_chars() >= 5)
    dep = _utc(known, "CRSDepTime", "Origin") + known["DepDelay"].cast(pl.Int64)
    known = known.with_columns(dep=dep, tail=pl.col("Tail_Number").str.strip_prefix("N"))
    known = known.unique(["tail", "dep"]).sort("tail", "dep")
    known = known.with_columns(
        before=pl.col("Dest").shift(1).over("tail"), gap=pl.col("dep").diff().over("tail")
    )
    seen = known.filter(pl.col("before").is_not_null(), pl.col("gap") < 1500)
    assert 0.975 < (seen["before"] == seen["Origin"]).mean() < 0.997


def test_no_aircraft_leaves_before_it_has_come_in(flown: Flown) -> None:
    table = flown.legs
    chains = build_chains(table, table.tail, table.position, ~flown.cancelled)
    unswapped = (flown.tail == table.tail) & (chains.prev >= 0)
    unswapped &= flown.tail[chains.prev] == table.tail[chains.prev]
    ground = flown.dep[unswapped] - flown.arr[chains.prev[unswapped]]
    assert (ground >= 15).mean() > 0.99


def test_delays_are_handed_on_more_at_tight_turnarounds(flown: Flown) -> None:
    table = flown.legs
    chains = build_chains(table, flown.tail, table.position, ~flown.cancelled)
    linked = (chains.prev >= 0) & (flown.tail == table.tail)
    late_in = (flown.arr - table.dep - table.block)[chains.prev]
    late_out = flown.dep - table.dep
    tight = linked & (chains.turn >= 22) & (chains.turn < 45)
    loose = linked & (chains.turn >= 90) & (chains.turn < 300)
    strong = np.corrcoef(late_in[tight], late_out[tight])[0, 1]
    weak = np.corrcoef(late_in[loose], late_out[loose])[0, 1]
    assert strong > 0.75
    assert strong > weak + 0.15


def test_weather_drives_delays_and_cancellations(flown: Flown) -> None:
    bad, fine = flown.bad > 0.3, flown.bad < 0.05
    done = ~flown.cancelled & ~flown.diverted
    late = flown.arr - flown.legs.dep - flown.legs.block >= 15
    assert late[bad & done].mean() > 1.5 * late[fine & done].mean()
    assert flown.cancelled[bad].mean() > 2 * flown.cancelled[fine].mean()


def test_weather_moves_from_west_to_east() -> None:
    airports = load_airports()
    places = np.array([airports.index("MCI"), airports.index("PIT")])
    sky = weather(7, places, day_number(2018, 1) * 24, 90 * 24)
    west, east = sky.rain
    lags = list(range(-36, 37, 3))
    match = [np.corrcoef(west[48:-48], east[48 + lag : len(east) - 48 + lag])[0, 1] for lag in lags]
    assert lags[int(np.argmax(match))] > 0
    assert max(match) > 0.2


def test_weather_does_not_depend_on_the_stretch_it_is_made_in() -> None:
    places = stations(60)
    start = day_number(2019, 5) * 24
    long, short = weather(7, places, start, 40 * 24), weather(7, places, start + 240, 10 * 24)
    np.testing.assert_allclose(long.temp[:, 240:480], short.temp, atol=1e-9)
    np.testing.assert_allclose(long.capacity[:, 240:480], short.capacity, atol=1e-9)


def test_rotations_go_on_over_new_year_and_over_the_change_of_schedule() -> None:
    for first, last in ((day_number(2018, 12, 28), day_number(2019, 1, 4)), (day_number(2019, 2, 26),) * 2):
        table = legs(7, 300, first, last + 6)
        chains = build_chains(table, table.tail, table.position, np.ones(len(table.day), bool))
        linked = chains.prev >= 0
        assert (table.dest[chains.prev[linked]] == table.origin[linked]).all()
        overnight = linked & (table.day != table.day[chains.prev])
        assert overnight.sum() > 100
        assert (chains.turn[overnight] > 0).mean() > 0.99


def test_a_month_begins_with_the_delays_of_the_month_before() -> None:
    places = stations(300)
    old = fly(7, 300, places, day_number(2019, 12, 20), last_day(2019, 12))
    new = fly(7, 300, places, day_number(2020, 1, 1), day_number(2020, 1, 5))
    day = day_number(2019, 12, 31)
    for name in ("dep", "arr", "cancelled", "tail"):
        a = getattr(old, name)[old.legs.day == day]
        b = getattr(new, name)[new.legs.day == day]
        assert (a == b).mean() > 0.995, name


def test_demand_has_seasons_and_a_trough() -> None:
    assert demand(day_number(2020, 5, 12)) < 0.5 * demand(day_number(2019, 5, 14))
    assert demand(day_number(2019, 7, 9)) > demand(day_number(2019, 1, 8))
    assert demand(day_number(2019, 11, 28)) < demand(day_number(2019, 11, 26))
    ordinary = legs(7, 300, day_number(2019, 6, 1), day_number(2019, 6, 28))
    weekday = np.bincount((ordinary.day + 3) % 7)
    assert weekday[5] == weekday.min()


def test_a_flight_number_keeps_its_route_and_time_through_a_season() -> None:
    table = legs(7, 300, day_number(2019, 6, 3), day_number(2019, 6, 9))
    key = table.carrier * 10_000 + table.number
    local = table.dep % 1440
    for _, at in zip(range(50), np.unique(key), strict=False):
        rows = key == at
        assert len(np.unique(table.origin[rows])) == 1
        assert len(np.unique(local[rows])) == 1
