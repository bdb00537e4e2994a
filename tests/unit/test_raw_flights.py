"""BTS archives to typed rows: both headers, every spelling of missing, and what is refused."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from builders import OLD_HEADER, bts_csv, zipped
from polars.testing import assert_frame_equal

from aeroflux_assets.contracts.base import violations
from aeroflux_assets.contracts.raw_flights import RAW_FLIGHTS
from aeroflux_assets.errors import SourceError
from aeroflux_assets.raw.flights import read_month, scan_month, unpacked


def read(tmp_path: Path, text: str | bytes, month: int = 6) -> pl.DataFrame:
    path = tmp_path / "month.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    frame = read_month(path, month)
    assert violations(RAW_FLIGHTS, frame.lazy()) == []
    # Whichever of the two ways read it: the quick one, or the careful one after a field that is no number.
    assert_frame_equal(frame, scan_month(path, month).collect())
    return frame


def only(frame: pl.DataFrame) -> dict[str, Any]:
    (row,) = frame.to_dicts()
    return row


def test_a_published_row_is_typed(tmp_path: Path) -> None:
    row = only(read(tmp_path, bts_csv({})))
    present = {name: value for name, value in row.items() if value is not None}
    assert present == {
        "source_month": 6,
        "source_row": 0,
        "Year": 2024,
        "Month": 6,
        "FlightDate": date(2024, 6, 12),
        "Reporting_Airline": "DL",
        "Flight_Number_Reporting_Airline": 100,
        "Tail_Number": "N100DL",
        "Origin": "ATL",
        "Dest": "JFK",
        "CRSDepTime": "0930",
        "DepTime": "0931",
        "DepDelay": 1.0,
        "CRSArrTime": "1140",
        "ArrTime": "1135",
        "ArrDelay": -5.0,
        "Cancelled": 0.0,
        "Diverted": 0.0,
        "CRSElapsedTime": 130.0,
        "ActualElapsedTime": 124.0,
        "Distance": 760.0,
    }


def test_both_generations_of_the_header_give_the_same_rows(tmp_path: Path) -> None:
    new = read(tmp_path, bts_csv({}, {"Origin": '"LAX"'}))
    old = read(tmp_path, bts_csv({}, {"Origin": '"LAX"'}, header=OLD_HEADER))
    assert old.equals(new)


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    plain = bts_csv({}, {"Dest": '"BOS"'})
    marked = b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode()
    assert read(tmp_path, marked).equals(read(tmp_path, plain))


@pytest.mark.parametrize("missing", ['""', "", "NA", "NULL", '"NA"', '"  "'])
@pytest.mark.parametrize("field", ["Tail_Number", "DepTime", "DepDelay", "CRSElapsedTime"])
def test_every_spelling_of_missing_is_null_and_not_an_error(tmp_path: Path, field: str, missing: str) -> None:
    row = only(read(tmp_path, bts_csv({field: missing})))
    assert row[field] is None
    assert row["unparsed"] is None


def test_clocks_stay_text_with_their_zeros_and_without_blanks(tmp_path: Path) -> None:
    row = only(read(tmp_path, bts_csv({"CRSDepTime": '" 0005"', "CRSArrTime": "0", "DepTime": '"2400"'})))
    assert (row["CRSDepTime"], row["CRSArrTime"], row["DepTime"]) == ("0005", "0", "2400")


@pytest.mark.parametrize(("text", "number"), [('"7.00"', 7), ('"0007"', 7), ("9999", 9999)])
def test_counts_with_decimals_or_zeros_are_whole_numbers(tmp_path: Path, text: str, number: int) -> None:
    row = only(read(tmp_path, bts_csv({"Flight_Number_Reporting_Airline": text})))
    assert row["Flight_Number_Reporting_Airline"] == number


def test_an_unreadable_value_is_named_and_its_row_stays(tmp_path: Path) -> None:
    frame = read(
        tmp_path,
        bts_csv(
            {},
            {"DepDelay": "late", "FlightDate": "12/06/2024"},
            {"Flight_Number_Reporting_Airline": '"12A"'},
        ),
    )
    assert frame["source_row"].to_list() == [0, 1, 2]
    assert frame["DepDelay"].to_list() == [1.0, None, 1.0]
    named = [set(text.split(",")) if text else set() for text in frame["unparsed"]]
    assert named == [set(), {"DepDelay", "FlightDate"}, {"Flight_Number_Reporting_Airline"}]


def test_a_row_that_breaks_off_keeps_what_it_has(tmp_path: Path) -> None:
    whole = bts_csv({}, {})
    frame = read(tmp_path, whole.rsplit("0.00,130.00", 1)[0])
    assert frame.height == 2
    assert frame["CRSElapsedTime"].to_list() == [130.0, None]
    assert frame["Origin"].to_list() == ["ATL", "ATL"]


def test_text_in_another_encoding_does_not_stop_the_month(tmp_path: Path) -> None:
    text = bts_csv({"Tail_Number": '"@NKNO@"'}, {}).encode().replace(b"@NKNO@", b"\xe4NKNO\xe6")
    frame = read(tmp_path, text)
    assert frame.height == 2
    assert frame["Origin"].to_list() == ["ATL", "ATL"]


def test_a_column_that_can_be_done_without_is_null(tmp_path: Path) -> None:
    row = only(read(tmp_path, bts_csv({}, without="ArrDelay")))
    assert row["ArrDelay"] is None
    assert row["DepDelay"] == 1.0


@pytest.mark.parametrize("needed", ["FlightDate", "Reporting_Airline", "Origin", "Dest", "CRSDepTime"])
def test_a_header_without_a_needed_column_is_refused_by_name(tmp_path: Path, needed: str) -> None:
    path = tmp_path / "month.csv"
    path.write_text(bts_csv({}, without=needed))
    with pytest.raises(SourceError, match=rf"month 6: the header lacks {needed};"):
        read_month(path, 6)


def test_a_month_without_rows_is_empty(tmp_path: Path) -> None:
    assert read(tmp_path, bts_csv()).height == 0


# ---- archives -------------------------------------------------------------------------------------------
def test_the_one_csv_of_an_archive_is_unpacked_for_the_time_of_the_block(tmp_path: Path) -> None:
    name = "On_Time_Reporting_Carrier_On_Time_Performance_(1987_present)_2024_6.csv"
    archive = zipped(tmp_path / "a.zip", **{"readme.html": "<html>", name: bts_csv({})})
    with unpacked(archive) as path:
        assert path.read_text() == bts_csv({})
    assert not path.exists()


@pytest.mark.parametrize(("names", "found"), [(["readme.html"], 0), (["a.csv", "b.CSV"], 2)])
def test_an_archive_with_another_number_of_csv_files_is_refused(
    tmp_path: Path, names: list[str], found: int
) -> None:
    archive = zipped(tmp_path / "a.zip", **dict.fromkeys(names, "x"))
    with (
        pytest.raises(SourceError, match=rf"a.zip: {found} CSV files inside instead of one.*--refresh"),
        unpacked(archive),
    ):
        pass


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "a.zip"
    page.write_text("<html>busy</html>")
    with pytest.raises(SourceError, match=r"a.zip: not a zip archive.*--refresh"), unpacked(page):
        pass


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"a.csv": bts_csv({}) * 50})
    archive.write_bytes(archive.read_bytes()[:-40])
    with pytest.raises(SourceError, match="not a zip archive"), unpacked(archive):
        pass


def test_an_archive_with_a_damaged_member_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", **{"a.csv": bts_csv({}) * 50})
    data = bytearray(archive.read_bytes())
    data[200] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(SourceError, match="not a zip archive"), unpacked(archive):
        pass


# ---- real rows ------------------------------------------------------------------------------------------
@pytest.mark.mirror
def test_the_rows_of_a_real_month_are_all_read(mirror: Path) -> None:
    archives = sorted((mirror / "transtats.bts.gov").rglob("*.zip"), key=lambda path: path.stat().st_size)
    if not archives:
        pytest.skip("the mirror holds no BTS archive")
    with unpacked(archives[0]) as path:
        with path.open("rb") as file:
            lines = sum(1 for _ in file)
        month = int(archives[0].stem.rsplit("_", 1)[1])
        frame = read_month(path, month)
        assert_frame_equal(frame, scan_month(path, month).collect())
    assert frame.height == lines - 1
    assert frame["unparsed"].null_count() == frame.height
    for needed in ("FlightDate", "Reporting_Airline", "Origin", "Dest", "CRSDepTime"):
        assert frame[needed].null_count() == 0
    assert set(frame["CRSDepTime"].str.len_bytes()) == {4}
