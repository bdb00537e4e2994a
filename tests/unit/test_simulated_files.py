"""The simulated airspace writes what the upstream hosts would, and the same bytes each time."""

import csv
import hashlib
import io
import os
import zipfile
from pathlib import Path

import polars as pl
import pytest

from aeroflux_assets.simulated.bts import COLUMNS, HEADER, month_path
from aeroflux_assets.simulated.carriers import CARRIERS, stations, world
from aeroflux_assets.simulated.noaa import GHCNH_HEADER
from aeroflux_assets.simulated.write import write_months, write_upstream

SIZE = 12
HOURLY = "www.ncei.noaa.gov/data/global-hourly/access"
GHCNH = "www.ncei.noaa.gov/oa/global-historical-climatology-network/hourly"


def digests(root: Path, year: int | None = None) -> dict[str, str]:
    """Hash of every file under root, of one year if given."""
    files = (p for p in sorted(root.rglob("*")) if p.is_file() and not p.name.startswith("."))
    names = {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    return {n: d for n, d in names.items() if year is None or str(year) in n}


@pytest.fixture(scope="module")
def span(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("span")
    write_upstream(root, [2024, 2025], flights_per_day=SIZE)
    return root


def test_a_year_alone_equals_the_year_in_a_span(span: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    write_upstream(tmp_path, [2025], flights_per_day=SIZE, progress=lines.append)
    alone = digests(tmp_path, 2025)
    assert alone == digests(span, 2025)
    assert len([n for n in alone if n.endswith(".zip")]) == 12
    assert len(lines) == 1
    assert "2025" in lines[0]


def test_what_is_complete_is_left_alone(span: Path) -> None:
    lines: list[str] = []
    before = month_path(span, 2024, 5).stat().st_mtime_ns
    write_upstream(span, [2024, 2025], flights_per_day=SIZE, progress=lines.append)
    assert lines == []
    assert month_path(span, 2024, 5).stat().st_mtime_ns == before
    assert not list(span.rglob("*.tmp"))


def test_other_parameters_write_anew(tmp_path: Path) -> None:
    write_upstream(tmp_path, [2014], flights_per_day=4, seed=1)
    first = digests(tmp_path, 2014)
    write_upstream(tmp_path, [2014], flights_per_day=4, seed=2)
    second = digests(tmp_path, 2014)
    assert {n for n in first if n.endswith(".zip")} <= set(second)
    assert all(first[n] != second[n] for n in first if n.endswith(".zip"))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_months(tmp_path / name, [(2018, 3)], flights_per_day=40, seed=5)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def read_csv_bytes(path: Path) -> tuple[list[str], bytes]:
    with zipfile.ZipFile(path) as bundle:
        return bundle.namelist(), bundle.read(bundle.namelist()[0])


def test_the_monthly_zip_has_the_published_form(span: Path) -> None:
    names, data = read_csv_bytes(month_path(span, 2024, 11))
    stem = "On_Time_Reporting_Carrier_On_Time_Performance_(1987_present)_2024_11"
    assert names == [f"{stem}.csv", "readme.html"]
    lines = data.decode().splitlines()
    assert len(COLUMNS) == len(set(COLUMNS)) == 109
    assert lines[0] + "\n" == HEADER.decode()
    assert lines[0].startswith(
        '"Year","Quarter","Month","DayofMonth","DayOfWeek","FlightDate","Reporting_Airline"'
    )
    assert all(line.endswith(",") for line in lines)
    assert {len(row) for row in csv.reader(lines)} == {110}
    first = lines[1].split(",")
    assert first[0] == "2024"
    assert first[6].startswith('"X')
    assert first[1] == "4"


@pytest.mark.mirror
def test_the_header_is_the_real_one() -> None:
    root = Path(os.environ.get("AEROFLUX_MIRROR", Path(__file__).parents[3] / "shared" / "mirror"))
    if not month_path(root, 2008, 1).is_file():
        pytest.skip("no mirror of real rows: set AEROFLUX_MIRROR to a folder laid out by upstream host")
    with zipfile.ZipFile(month_path(root, 2008, 1)) as bundle, bundle.open(bundle.namelist()[0]) as file:
        assert file.readline().rstrip() == HEADER.rstrip()
        assert file.readline().rstrip().endswith(b",")


def test_clocks_are_quoted_and_midnight_is_2400(span: Path) -> None:
    rows = pl.concat(
        [
            pl.read_csv(io.BytesIO(read_csv_bytes(month_path(span, 2025, m))[1]), infer_schema=False)
            for m in range(1, 13)
        ]
    )
    for name in ("CRSDepTime", "DepTime", "CRSArrTime", "ArrTime", "WheelsOff", "WheelsOn"):
        clock = rows[name].drop_nulls()
        clock = clock.filter(clock != "")
        assert (clock.str.len_chars() == 4).all(), name
        assert not (clock == "0000").any(), name
        assert (clock.str.slice(2).cast(pl.Int64) < 60).all(), name
        assert (clock.cast(pl.Int64) <= 2400).all(), name
    assert not rows["CRSDepTime"].is_in(["2400", ""]).any()


def test_hourly_weather_ends_and_its_successor_goes_on(span: Path) -> None:
    wanted = stations(SIZE)
    files = sorted((span / HOURLY / "2025").glob("*.csv"))
    assert len(files) == len(wanted) == len(list((span / HOURLY / "2024").glob("*.csv")))
    old = pl.read_csv(files[0], infer_schema=False)
    assert old["DATE"].max() == "2025-08-27T23:5" + str(old["DATE"].max())[15:]
    assert set(old["REPORT_TYPE"]) == {"FM-15", "FM-12", "SOD  "}
    assert old["TMP"].str.contains(r"^[+-]\d{4},[0-9]$").all()
    assert old["WND"].str.contains(r"^\d{3},\d,[NCV9],\d{4},\d$").all()
    assert old["CIG"].str.contains(r"^\d{5},\d,[M9],[N9]$").all()
    assert old["VIS"].str.contains(r"^\d{6},\d,[N9],\d$").all()
    assert (old["TMP"] == "+9999,9").any()
    assert old["TMP"].str.slice(6).is_in(["2", "3", "6", "7"]).any()
    assert old["DATE"].is_sorted()
    new = sorted((span / GHCNH / "access/by-year/2025/psv").glob("GHCNh_USW000*_2025.psv"))
    assert len(new) == len(wanted)
    assert not (span / GHCNH / "access/by-year/2024").exists()
    rows = pl.read_csv(new[0], separator="|", infer_schema=False, quote_char=None)
    assert rows.width == 234 == len(GHCNH_HEADER.rstrip().split("|"))
    assert str(rows["DATE"].min()).startswith("2025-01-01")
    assert str(rows["DATE"].max()).startswith("2025-12-31")
    assert rows["temperature"].drop_nulls().cast(pl.Float64).is_between(-60, 70).all()


def test_both_forms_of_the_weather_agree(span: Path) -> None:
    file = sorted((span / HOURLY / "2025").glob("*.csv"))[0]
    old = pl.read_csv(file, infer_schema=False).filter(pl.col("REPORT_TYPE") == "FM-15")
    path = span / GHCNH / "access/by-year/2025/psv" / f"GHCNh_USW000{file.stem[6:]}_2025.psv"
    new = pl.read_csv(path, separator="|", infer_schema=False, quote_char=None)
    both = old.join(new, on="DATE").filter(pl.col("TMP") != "+9999,9")
    one = both["TMP"].str.slice(0, 5).cast(pl.Float64) / 10
    assert both.height > 4000
    assert ((one - both["temperature"].cast(pl.Float64)).abs() < 0.11).all()


def test_small_registers(span: Path) -> None:
    airports = pl.read_csv(
        span / "davidmegginson.github.io/ourairports-data/airports.csv", infer_schema=False
    )
    assert {"ANC", "HNL", "SJU", "GUM", "PHX"} <= set(airports["iata_code"].drop_nulls())
    history = pl.read_csv(span / "www.ncei.noaa.gov/pub/data/noaa/isd-history.csv", infer_schema=False)
    atlanta = history.filter(pl.col("ICAO") == "KATL").sort("END")
    assert atlanta["USAF"].to_list() == ["999999", "722190"]
    assert atlanta["END"].to_list()[0] < "1980"
    listed = pl.read_csv(span / GHCNH / "doc/ghcnh-station-list.csv", infer_schema=False)
    assert "USW00013874" in listed["GHCN_ID"]


def test_the_registry_has_every_tail_and_obviously_false_owners(span: Path) -> None:
    with zipfile.ZipFile(span / "registry.faa.gov/database/ReleasableAircraft.zip") as bundle:
        assert set(bundle.namelist()) == {"MASTER.txt", "ACFTREF.txt", "DEREG.txt"}
        text = {name: bundle.read(name) for name in bundle.namelist()}
    for data in text.values():
        assert data.startswith(b"\xef\xbb\xbf")
        assert all(line.endswith(b",") for line in data.rstrip().split(b"\r\n"))
    master = pl.read_csv(text["MASTER.txt"][3:], infer_schema=False, truncate_ragged_lines=True)
    assert " KIT MODEL" in master.columns
    assert set(master["NAME"].str.strip_chars()) == {"SIMULATED OWNER"}
    assert not master["N-NUMBER"].str.starts_with("N").any()
    models = pl.read_csv(text["ACFTREF.txt"][3:], infer_schema=False, truncate_ragged_lines=True)
    assert set(master["MFR MDL CODE"].str.strip_chars()) <= set(models["CODE"])
    gone = pl.read_csv(text["DEREG.txt"][3:], infer_schema=False, truncate_ragged_lines=True)
    known = set(master["N-NUMBER"].str.strip_chars()) | set(gone["N-NUMBER"].str.strip_chars())
    rows = pl.read_csv(io.BytesIO(read_csv_bytes(month_path(span, 2025, 3))[1]), infer_schema=False)
    flown = rows.filter(pl.col("Tail_Number").str.contains(r"^N?\d{3}[A-Z]{2}$"))
    assert flown.height > 0.9 * rows.height
    assert set(flown["Tail_Number"].str.strip_prefix("N")) <= known


def test_sizes_have_more_carriers_and_airports_as_they_grow() -> None:
    small, large = world(60), world(19_000)
    assert 3 <= len(small) <= 5
    assert len(large) == len(CARRIERS)
    assert 14 <= len(stations(60)) <= 26
    assert len(stations(19_000)) > 55
    assert any(c.kind.omits_n for c in small)
    assert 10 <= sum(c.lines for c in small) <= 18
