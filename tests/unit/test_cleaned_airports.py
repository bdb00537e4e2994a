"""Airports by IATA code: which row speaks for a code, closed ones, and where the time zone comes from."""

from typing import Any

import polars as pl
import pytest

from aeroflux_assets.cleaned.airports import build_airports
from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.cleaned import AIRPORTS
from aeroflux_assets.contracts.reference import RAW_AIRPORTS

Row = dict[str, Any]
ATLANTA = {"iata": "ATL", "icao": "KATL", "latitude_deg": 33.64, "longitude_deg": -84.43}


def port(ident: str, **fields: Any) -> Row:
    base = dict.fromkeys(RAW_AIRPORTS.names) | ATLANTA
    return base | {"ident": ident, "name": ident, "type": "large_airport", "iso_country": "US"} | fields


def build(*rows: Row) -> pl.DataFrame:
    airports = build_airports(pl.LazyFrame(rows, schema=RAW_AIRPORTS.schema))
    assert violations(AIRPORTS, airports.lazy()) == []
    return airports


@pytest.fixture(scope="module")
def world() -> pl.DataFrame:
    closed = {"iata": None, "icao": None, "type": "closed", "latitude_deg": 30.21, "longitude_deg": -85.68}
    return build(
        port("atlanta"),
        port("phoenix", iata="PHX", latitude_deg=33.43, longitude_deg=-112.01),
        port("guam", iata="GUM", iso_country="GU", latitude_deg=13.48, longitude_deg=144.80),
        port("at sea", iata="SEE", latitude_deg=30.0, longitude_deg=-40.0),
        port("panama city", keywords="KPFN, PFN", **closed),
        port("a strip", keywords="XYZ, once XQQ", **closed),
        port("lake field", keywords="KATL, ATL", **closed),
        port("toronto", iata="YYZ", iso_country="CA"),
        port("no code", iata=None),
        port("no place", iata="NOP", latitude_deg=None),
        port("half a code", iata="A1"),
        # Several rows under one code: the larger counts, the open one before the closed.
        port("heliport", iata="DUP", icao="AAAA", type="heliport"),
        port("small", iata="DUP", icao="AAAB", type="small_airport"),
        port("medium", iata="DUP", icao="KDUP", type="medium_airport"),
        port("gone", iata="DUP", icao="AAAC", type="closed"),
        port("old", iata="OLD", icao="AOLD", type="closed"),
        port("new", iata="OLD", icao="KOLD", type="small_airport"),
        port("unnamed", iata="TIE", icao=None),
        port("named", iata="TIE", icao="KTIE"),
    )


def zone(world: pl.DataFrame, code: str) -> tuple[str, str]:
    return world.filter(pl.col("airport") == code).select("time_zone", "time_zone_from").row(0)


def test_codes_of_the_states_and_territories_only(world: pl.DataFrame) -> None:
    assert world["airport"].to_list() == ["ATL", "DUP", "GUM", "OLD", "PFN", "PHX", "SEE", "TIE"]


@pytest.mark.parametrize(
    ("code", "name"),
    [("DUP", "medium"), ("OLD", "new"), ("TIE", "named"), ("ATL", "atlanta"), ("PFN", "panama city")],
)
def test_the_row_that_speaks_for_a_code(world: pl.DataFrame, code: str, name: str) -> None:
    assert world.filter(pl.col("airport") == code)["airport_name"].to_list() == [name]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("ATL", "America/New_York"),
        ("PHX", "America/Phoenix"),
        ("GUM", "Pacific/Guam"),
        ("PFN", "America/Chicago"),
    ],
)
def test_the_zone_is_that_of_the_coordinates(world: pl.DataFrame, code: str, name: str) -> None:
    assert zone(world, code) == (name, "coordinates")


def test_where_no_zone_covers_the_place_the_longitude_gives_an_offset(world: pl.DataFrame) -> None:
    # 40 degrees west is 2.67 hours behind: three, which POSIX writes with a plus.
    assert zone(world, "SEE") == ("Etc/GMT+3", "longitude")


@pytest.mark.mirror
def test_the_airports_of_the_mirror_have_zones(mirror: Any) -> None:
    from aeroflux_assets.raw.reference import read_airports

    found = sorted((mirror / "davidmegginson.github.io").rglob("airports.csv"))
    if not found:
        pytest.skip("the mirror holds no airports.csv")
    busy = ("ATL", "BIS", "HNL", "GUM", "SJU", "ANC", "ADK", "IND", "PPG", "PFN")
    raw = read_airports(found[0]).filter(
        pl.col("iata").is_in(busy) | pl.col("keywords").str.contains(r"\bKPFN\b")
    )
    zones = dict(build_airports(raw).select("airport", "time_zone").iter_rows())
    assert zones == {
        "ADK": "America/Adak",
        "ANC": "America/Anchorage",
        "ATL": "America/New_York",
        "BIS": "America/Chicago",
        "GUM": "Pacific/Guam",
        "HNL": "Pacific/Honolulu",
        "IND": "America/Indiana/Indianapolis",
        "PFN": "America/Chicago",
        "PPG": "Pacific/Pago_Pago",
        "SJU": "America/Puerto_Rico",
    }
