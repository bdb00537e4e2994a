"""The four weather forms end in one typed table."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sources_samples import ISD_HEADER, ghcnh_psv, ghcnh_values, isd_csv, isd_row

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.raw_weather import RAW_WEATHER
from aeroflux_assets.errors import SourceError
from aeroflux_assets.raw.weather import read_weather

STATION = "72000099001"
GHCNH = "USW00099001"
NOAA = "www.ncei.noaa.gov/data/global-hourly/access"


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def read(*paths: Path, **how: Any) -> pl.DataFrame:
    frame = read_weather(paths, **how)
    assert violations(RAW_WEATHER, frame) == []
    return frame.collect()


def isd(tmp_path: Path, *rows: str) -> list[dict[str, Any]]:
    return read(put(tmp_path, f"{STATION}.csv", isd_csv(*rows))).to_dicts()


def test_a_packed_row_is_unpacked(tmp_path: Path) -> None:
    (row,) = isd(tmp_path, isd_row())
    assert row == {
        "station_id": STATION,
        "valid_utc": datetime(2024, 6, 1, 0, 52),
        "report_type": "FM-15",
        "temp_c": pytest.approx(21.7, abs=1e-5),
        "temp_quality": "1",
        "dew_point_c": pytest.approx(-1.2, abs=1e-5),
        "dew_point_quality": "1",
        "wind_dir_deg": 270,
        "wind_dir_quality": "1",
        "wind_speed_m_s": pytest.approx(4.1, abs=1e-5),
        "wind_speed_quality": "1",
        "ceiling_height_m": 22000,
        "ceiling_quality": "5",
        "visibility_m": 16093,
        "visibility_quality": "1",
        "sea_level_pressure_hpa": pytest.approx(1013.2, abs=1e-3),
        "sea_level_pressure_quality": "1",
        "precipitation_mm": pytest.approx(0.3, abs=1e-6),
        "precipitation_quality": "1",
        "form": "global-hourly-csv",
    }


def test_missing_codes_become_null_and_keep_their_mark(tmp_path: Path) -> None:
    (row,) = isd(
        tmp_path,
        isd_row(
            wnd="999,9,9,9999,9",
            cig="99999,9,9,N",
            vis="999999,9,N,9",
            tmp="+9999,9",
            dew="+9999,9",
            slp="99999,9",
            aa1="01,9999,9,9",
        ),
    )
    values = [name for name, dtype in RAW_WEATHER.schema.items() if dtype.is_numeric()]
    assert [name for name in values if row[name] is not None] == []
    assert row["temp_quality"] == row["wind_speed_quality"] == row["ceiling_quality"] == "9"


def test_a_suspect_value_stays_beside_its_mark(tmp_path: Path) -> None:
    (row,) = isd(tmp_path, isd_row(tmp="+0650,3"))
    assert (row["temp_c"], row["temp_quality"]) == (pytest.approx(65.0), "3")


@pytest.mark.parametrize(
    ("wnd", "direction", "speed"),
    [
        ("999,9,C,0000,5", 0, 0.0),
        ("999,9,C,9999,9", 0, 0.0),
        ("999,9,9,0000,1", 0, 0.0),
        ("999,1,V,0021,1", None, 2.1),
        ("999,9,N,0000,1", None, 0.0),
        ("360,1,N,0051,1", 360, 5.1),
    ],
    ids=["calm", "calm without speed", "calm by type 9", "variable", "unknown direction", "north"],
)
def test_calm_variable_and_north_are_told_apart(
    tmp_path: Path, wnd: str, direction: int | None, speed: float
) -> None:
    (row,) = isd(tmp_path, isd_row(wnd=wnd))
    assert row["wind_dir_deg"] == direction
    assert row["wind_speed_m_s"] == pytest.approx(speed, abs=1e-5)


def test_only_a_one_hour_depth_is_hourly_precipitation(tmp_path: Path) -> None:
    rows = isd(tmp_path, isd_row(aa1="06,0123,9,1"), isd_row(aa1=""), isd_row(aa1="01,0000,9,5"))
    assert [row["precipitation_mm"] for row in rows] == [None, None, 0.0]


def test_nothing_is_dropped_and_the_order_is_kept(tmp_path: Path) -> None:
    """Summaries of the day stay, and so do two rows of one time: cleaning takes the last of them."""
    first, second = isd_row(tmp="+0100,1"), isd_row(tmp="+0200,1")
    path = put(tmp_path, f"{STATION}.csv", isd_csv(first, isd_row(report="SOD"), second))
    other = put(tmp_path, "72000199002.csv", isd_csv(isd_row(station="72000199002")))
    rows = read(other, path)
    assert rows["station_id"].to_list() == ["72000199002", STATION, STATION, STATION]
    assert rows["report_type"].to_list() == ["FM-15", "FM-15", "SOD", "FM-15"]
    assert rows["temp_c"].to_list()[1:] == pytest.approx([10.0, 21.7, 20.0])


def test_files_with_other_columns_are_read_together(tmp_path: Path) -> None:
    """Every real station file has its own set of columns; REM holds quoted commas."""
    header = '"DATE","STATION","TMP","REM"'
    odd = put(
        tmp_path, "b.csv", f'{header}\n"2024-06-01T03:00:00","{STATION}","+0050,1","A, ""B"", C"\n'.encode()
    )
    rows = read(put(tmp_path, "a.csv", isd_csv()), odd, put(tmp_path, "c.csv", isd_csv()))
    assert rows["temp_c"].to_list() == pytest.approx([21.7, 5.0, 21.7])
    assert rows["visibility_m"].to_list() == [16093, None, 16093]
    assert rows["report_type"].to_list() == ["FM-15", None, "FM-15"]


def test_the_json_form_gives_the_same_values(tmp_path: Path) -> None:
    names = [name.strip('"') for name in ISD_HEADER.split(",")]
    fields = [field.strip('"') for field in isd_row().split('","')]
    record = dict(zip(names, fields, strict=True))
    sparse = {"STATION": STATION, "DATE": "2024-06-01T01:00:00", "TMP": "+0100,1"}
    path = put(tmp_path, f"{STATION}.json", json.dumps([record, sparse]).encode())
    from_json = read(path)
    from_csv = read(put(tmp_path, f"{STATION}.csv", isd_csv()))
    assert from_json.head(1).drop("form").equals(from_csv.drop("form"))
    assert from_json["form"].unique().to_list() == ["global-hourly-json"]
    assert from_json["wind_dir_deg"].to_list() == [270, None]


def test_a_ghcnh_row_ends_in_the_same_columns(tmp_path: Path) -> None:
    (row,) = read(put(tmp_path, f"GHCNh_{GHCNH}_2025.psv", ghcnh_psv()), ids={GHCNH: STATION}).to_dicts()
    assert (row["station_id"], row["form"]) == (STATION, "ghcnh-psv")
    assert row["valid_utc"] == datetime(2025, 9, 1, 0, 52)
    assert (row["report_type"], row["temp_quality"]) == ("FM-15", "1")
    assert (row["temp_c"], row["dew_point_c"]) == (pytest.approx(21.7), pytest.approx(-1.2))
    assert (row["wind_dir_deg"], row["wind_speed_m_s"]) == (270, pytest.approx(4.1))
    assert (row["visibility_m"], row["ceiling_height_m"]) == (16093, None)
    assert row["sea_level_pressure_hpa"] == pytest.approx(1013.2)
    assert row["precipitation_mm"] == pytest.approx(0.3)


def test_the_ghcnh_json_form_gives_the_same_values(tmp_path: Path) -> None:
    psv = put(tmp_path, f"GHCNh_{GHCNH}_2025.psv", ghcnh_psv(ghcnh_values(wind_direction="000")))
    record = {k: v for k, v in ghcnh_values(wind_direction="000").items() if k != "Station_name"}
    made = put(tmp_path, f"{GHCNH}.json", json.dumps([record | {"temperature": 21.7}]).encode())
    rows = [read(path, ids={GHCNH: STATION}) for path in (psv, made)]
    assert rows[0].drop("form").equals(rows[1].drop("form"))
    assert rows[1]["form"].item() == "ghcnh-json"
    assert rows[1]["wind_dir_deg"].item() == 0


@pytest.mark.parametrize(
    ("layers", "ceiling"),
    [
        ([("BKN:07", "900")], 900),
        ([("FEW:02", "300"), ("BKN:07", "1500"), ("OVC:08", "2400")], 1500),
        ([("OVC:08", "2400"), ("BKN:06", "1200")], 1200),
        ([("CLR:00", "")], 22000),
        ([("FEW:01", "600"), ("SCT:04", "1200")], 22000),
        ([("VV:09", "60")], 60),
        ([("OVC:08", "")], None),
        ([("07", "800")], 800),
        ([], None),
    ],
    ids=["broken", "lowest", "unordered", "clear", "scattered", "obscured", "no height", "eighths", "no sky"],
)
def test_the_ceiling_is_the_lowest_broken_layer(
    tmp_path: Path, layers: list[tuple[str, str]], ceiling: int | None
) -> None:
    sky: dict[str, str] = {}
    for number, (cover, base) in enumerate(layers, 1):
        sky |= {f"sky_cover_{number}": cover, f"sky_cover_baseht_{number}": base}
        sky[f"sky_cover_baseht_{number}_Quality_Code"] = str(number)
    (row,) = read(put(tmp_path, "a.psv", ghcnh_psv(ghcnh_values(**sky)))).to_dicts()
    assert row["ceiling_height_m"] == ceiling
    at = [str(i) for i, (_, base) in enumerate(layers, 1) if ceiling and base == str(ceiling)]
    assert row["ceiling_quality"] == (at[0] if at else None)


def test_where_the_datasets_meet_no_hour_is_doubled_or_missing(tmp_path: Path) -> None:
    """Both files reach over the change of 2025-08-27; each station that has both is cut there."""
    hours = ["2025-08-26T23:52:00", "2025-08-27T23:52:00", "2025-08-28T00:00:00", "2025-08-28T00:52:00"]
    old = put(tmp_path, f"{STATION}.csv", isd_csv(*(isd_row(date=hour) for hour in hours)))
    new = put(tmp_path, f"GHCNh_{GHCNH}_2025.psv", ghcnh_psv(*(ghcnh_values(date=hour) for hour in hours)))
    alone = put(
        tmp_path,
        "GHCNh_USW00099003_2025.psv",
        ghcnh_psv(*(ghcnh_values(station="USW00099003", date=hour) for hour in hours)),
    )
    rows = read(old, new, alone)
    both = rows.filter(pl.col("station_id") == STATION)
    assert both["valid_utc"].to_list() == [datetime.fromisoformat(hour) for hour in hours]
    assert both["form"].to_list() == ["global-hourly-csv"] * 2 + ["ghcnh-psv"] * 2
    # A station without a global-hourly file keeps what GHCNh has of the whole year.
    assert rows.filter(pl.col("station_id") == "99999999003").height == 4


def test_a_ghcnh_station_without_any_id_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, "a.psv", ghcnh_psv(ghcnh_values(station="CAN03012208")))
    with pytest.raises(SourceError, match="CAN03012208 has no WBAN number"):
        read_weather([path])
    assert read(path, ids={"CAN03012208": "71123099999"})["station_id"].item() == "71123099999"


@pytest.mark.parametrize(
    "data", [b"<html>busy</html>", b"a,b\n1,2\n", b"", b"x|y\n1|2\n"], ids=["html", "csv", "empty", "psv"]
)
def test_an_unknown_form_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match=r"odd\.csv: not a weather form that is known"):
        read_weather([put(tmp_path, "odd.csv", data)])


def test_cut_json_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "a.json", b'[{"STATION": "72000099001", "DATE": "2024-06-01T00:00:00", "TMP": "+01')
    with pytest.raises(Exception, match="not whole JSON"):
        read_weather([path]).collect()


def test_no_files_make_an_empty_table() -> None:
    assert read().schema == RAW_WEATHER.schema


@pytest.mark.mirror
def test_the_mirrors_real_year_reads_whole_and_fast(mirror: Path) -> None:
    files = sorted((mirror / NOAA / "2024").glob("*.csv"))
    start = time.perf_counter()
    rows = read(*files)
    assert time.perf_counter() - start < 15.0  # about 2 s on an idle machine
    assert (rows.height, rows["station_id"].n_unique()) == (216_053, 664)
    assert rows["temp_c"].drop_nulls().is_between(-60, 60).mean() > 0.999
    assert rows["valid_utc"].min() == datetime(2024, 8, 31, 0, 0)


@pytest.mark.mirror
def test_the_mirrors_original_file_reads_in_every_field(mirror: Path) -> None:
    rows = read(mirror / NOAA / "2025" / "72219013874.csv")
    assert rows.height == 6_473
    assert {"SOD", "SOM", "FM-12", "FM-15", "FM-16"} <= set(rows["report_type"])
    routine = rows.filter(pl.col("report_type") == "FM-15")
    for name in ("temp_c", "wind_dir_deg", "ceiling_height_m", "visibility_m", "sea_level_pressure_hpa"):
        assert routine[name].null_count() < 0.1 * routine.height, name
