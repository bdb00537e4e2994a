"""The reference files as typed tables."""

import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from aeroflux_assets.contracts.base import Contract, violations
from aeroflux_assets.contracts.reference import (
    RAW_AIRCRAFT,
    RAW_AIRPORTS,
    RAW_GHCNH_STATIONS,
    RAW_STATIONS,
)
from aeroflux_assets.errors import SourceError
from aeroflux_assets.raw.reference import (
    ghcnh_ids,
    read_airports,
    read_ghcnh_stations,
    read_isd_history,
    read_registry,
)


def good(contract: Contract, frame: pl.LazyFrame) -> pl.DataFrame:
    assert violations(contract, frame) == []
    return frame.collect()


def test_airports_keep_namibia_and_null_what_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "airports.csv"
    path.write_text(
        '"id","ident","type","name","latitude_deg","longitude_deg","elevation_ft","continent","iso_country",'
        '"iso_region","municipality","icao_code","iata_code","keywords"\n'
        '1,"FYXX","small_airport","Sand, ""Old"" Field",-22.5,17.25,,"AF","NA","NA-KH","Windhoek",,"XXN",\n'
        '2,"KXXA","closed","No Code",33.5,-84.5,1026,"NA","US","US-GA",,"KXXA",,"OLD, XXO"\n'
    )
    first, second = good(RAW_AIRPORTS, read_airports(path)).to_dicts()
    assert (first["iso_country"], first["name"], first["elevation_ft"]) == ("NA", 'Sand, "Old" Field', None)
    assert (first["latitude_deg"], first["iata"], first["icao"]) == (-22.5, "XXN", None)
    assert (second["iata"], second["municipality"], second["type"]) == (None, None, "closed")
    assert (first["keywords"], second["keywords"]) == (None, "OLD, XXO")


ISD = (
    '"USAF","WBAN","STATION NAME","CTRY","STATE","ICAO","LAT","LON","ELEV(M)","BEGIN","END"\n'
    '"720000","99001","SAMPLE FIELD","US","GA","KSMP","+33.630","-084.442","+0308.2","19730101","20250824"\n'
    '"999999","99001","SAMPLE FIELD","US","GA","KSMP","+33.630","-084.442","+0308.2","19480101","19721231"\n'
    '"007018","99999","NOWHERE","","","","+00.000","+000.000","-0999.0","20110309","20130730"\n'
    '"711230","99999","NORTH","CA","AB","CYXX","+53.300","-113.580","+0715.0","19730101","20250824"\n'
)
GHCNH = (
    "GHCN_ID,LATITUDE,LONGITUDE,ELEVATION,STATE,NAME,GSN,(US)HCN_(US)CRN,WMO_ID,ICAO,ISO_CODE\n"
    "USW00099001,33.63,-84.442,308.2,GA,SAMPLE FIELD,,,72000,KSMP,US\n"
    "CAN03012208,53.3,-113.58,715.0,AB,NORTH   (AUX.),,,71123,CYXX,CA\n"
    "RUX00000001,135.1,48.8,-999.9,,SWAPPED,,,,,RU\n"
)


def test_stations_have_signed_coordinates_and_their_record(tmp_path: Path) -> None:
    (tmp_path / "isd.csv").write_text(ISD)
    rows = good(RAW_STATIONS, read_isd_history(tmp_path / "isd.csv"))
    assert rows["station_id"].to_list() == ["72000099001", "99999999001", "00701899999", "71123099999"]
    assert rows.row(0, named=True)["longitude_deg"] == pytest.approx(-84.442)
    assert (rows["begin"][0], rows["end"][0]) == (date(1973, 1, 1), date(2025, 8, 24))
    nowhere = rows.row(2, named=True)
    assert [nowhere[k] for k in ("latitude_deg", "longitude_deg", "elevation_m", "icao", "country")] == [
        None
    ] * 5


def test_ghcnh_stations_are_found_by_wban_and_by_icao(tmp_path: Path) -> None:
    (tmp_path / "isd.csv").write_text(ISD)
    (tmp_path / "ghcnh.csv").write_text(GHCNH)
    ghcnh = read_ghcnh_stations(tmp_path / "ghcnh.csv")
    rows = good(RAW_GHCNH_STATIONS, ghcnh)
    assert (rows["latitude_deg"][2], rows["longitude_deg"][2], rows["elevation_m"][2]) == (None, None, None)
    assert ghcnh_ids(read_isd_history(tmp_path / "isd.csv"), ghcnh) == {
        "72000099001": "USW00099001",
        "99999999001": "USW00099001",
        "71123099999": "CAN03012208",
    }


MASTER = (
    "\ufeffN-NUMBER,SERIAL NUMBER,MFR MDL CODE,ENG MFR MDL,YEAR MFR,NAME,STREET, KIT MODEL,\r\n"
    '100XX,77   ,0000001,     ,1999,JANE "J" OWNER,1 SECRET ST, ,\r\n'
    "2XY  ,78   ,9999999,     ,    ,JOHN OWNER    ,2 SECRET ST, ,\r\n"
    "3    ,79   ,0000001,     ,0000,JOHN OWNER    ,2 SECRET ST, ,\r\n"
)
ACFTREF = "\ufeffCODE,MFR,MODEL,TYPE-ACFT,NO-ENG,NO-SEATS,\r\n0000001,SAMPLE CO   ,S-1  ,5,02,180,\r\n"
DEREG = (
    "N-NUMBER,SERIAL-NUMBER,MFR-MDL-CODE,STATUS-CODE,NAME,YEAR-MFR,CANCEL-DATE,\r\n"
    "100XX,70   ,0000002,  ,OLD OWNER ,1970,19980101,\r\n"
    "9GG  ,71   ,0000001,  ,OLD OWNER ,1980,20010101,\r\n"
    "9GG  ,72   ,0000001,  ,NEW OWNER ,1990,20150630,\r\n"
    "9GG  ,73   ,0000001,  ,NO DATE   ,1960,        ,\r\n"
)


def registry(tmp_path: Path, **files: str) -> Path:
    path = tmp_path / "ReleasableAircraft.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.txt", text.encode())
    return path


def test_the_registry_has_one_row_a_tail_and_no_owner(tmp_path: Path) -> None:
    rows = good(RAW_AIRCRAFT, read_registry(registry(tmp_path, MASTER=MASTER, ACFTREF=ACFTREF, DEREG=DEREG)))
    assert rows["tail"].to_list() == ["N100XX", "N2XY", "N3", "N9GG"]
    assert rows.row(0, named=True) == {
        "tail": "N100XX",
        "mfr_model_code": "0000001",
        "year_mfr": 1999,
        "manufacturer": "SAMPLE CO",
        "model": "S-1",
        "no_engines": 2,
        "no_seats": 180,
        "register": "MASTER",
        "cancelled_on": None,
    }
    assert rows["year_mfr"].to_list() == [1999, None, None, 1990]
    gone = rows.row(3, named=True)
    assert (gone["register"], gone["cancelled_on"], gone["no_seats"]) == ("DEREG", date(2015, 6, 30), 180)
    assert rows.row(1, named=True)["manufacturer"] is None
    assert "OWNER" not in str(rows.to_dicts())


def test_a_registry_without_dereg_works_and_one_without_models_does_not(tmp_path: Path) -> None:
    rows = good(RAW_AIRCRAFT, read_registry(registry(tmp_path, MASTER=MASTER, ACFTREF=ACFTREF)))
    assert rows["register"].unique().to_list() == ["MASTER"]
    with pytest.raises(SourceError, match=r"ACFTREF.txt is not in this registry archive"):
        read_registry(registry(tmp_path, MASTER=MASTER))


@pytest.mark.mirror
def test_the_mirrors_real_reference_files(mirror: Path) -> None:
    noaa = mirror / "www.ncei.noaa.gov"
    airports = good(
        RAW_AIRPORTS, read_airports(mirror / "davidmegginson.github.io/ourairports-data/airports.csv")
    )
    assert (airports.height, airports.filter(pl.col("iso_country") == "NA").height) == (85_253, 303)
    stations = read_isd_history(noaa / "pub/data/noaa/isd-history.csv")
    assert good(RAW_STATIONS, stations).height == 29_660
    ghcnh = read_ghcnh_stations(
        noaa / "oa/global-historical-climatology-network/hourly/doc/ghcnh-station-list.csv"
    )
    assert good(RAW_GHCNH_STATIONS, ghcnh).height == 38_870
    assert ghcnh_ids(stations, ghcnh)["72219013874"] == "USW00013874"
    aircraft = good(RAW_AIRCRAFT, read_registry(mirror / "registry.faa.gov/database/ReleasableAircraft.zip"))
    assert aircraft.height == 298_702
    assert aircraft["no_seats"].drop_nulls().len() > 40_000
