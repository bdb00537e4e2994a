"""The reference files to typed tables: airports, weather stations, aircraft. Nothing is judged here."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from aeroflux_assets.contracts.reference import (
    RAW_AIRCRAFT,
    RAW_AIRPORTS,
    RAW_GHCNH_STATIONS,
    RAW_STATIONS,
)
from aeroflux_assets.errors import SourceError
from aeroflux_assets.sources.reference import REGISTRY_COLUMNS, column_places, plain_name

CREDIBLE_YEARS = (1900, 2100)


def _scan(path: Path) -> pl.LazyFrame:
    # Every field as text, and no word read as missing: "NA" is Namibia and North America.
    return pl.scan_csv(path, infer_schema=False, encoding="utf8-lossy", glob=False)


def _text(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    return pl.when(text != "").then(text)


def _float(name: str, dtype: type[pl.DataType] = pl.Float64) -> pl.Expr:
    return _text(name).cast(pl.Float64, strict=False).cast(dtype)


def _coordinates(latitude: str, longitude: str) -> tuple[pl.Expr, pl.Expr]:
    # 0, 0 stands for unknown in NOAA's lists, and a pair that is not on Earth is a missing code or a slip.
    lat, lon = _float(latitude), _float(longitude)
    good = lat.is_between(-90, 90) & lon.is_between(-180, 180) & ((lat != 0.0) | (lon != 0.0))
    return pl.when(good).then(lat).alias("latitude_deg"), pl.when(good).then(lon).alias("longitude_deg")


def _day(name: str) -> pl.Expr:
    return _text(name).str.to_date("%Y%m%d", strict=False)


def read_airports(path: Path) -> pl.LazyFrame:
    """OurAirports' airports.csv as contract raw_airports, every row of it."""
    return RAW_AIRPORTS.conform(
        _scan(path).select(
            _text("ident"),
            _text("iata_code").alias("iata"),
            _text("icao_code").alias("icao"),
            _text("name"),
            *_coordinates("latitude_deg", "longitude_deg"),
            _float("elevation_ft", pl.Float32),
            _text("type"),
            _text("iso_country"),
            _text("iso_region"),
            _text("municipality"),
            _text("keywords"),
        )
    )


def read_isd_history(path: Path) -> pl.LazyFrame:
    """isd-history.csv as contract raw_stations."""
    return RAW_STATIONS.conform(
        _scan(path).select(
            (_text("USAF") + _text("WBAN")).alias("station_id"),
            _text("USAF").alias("usaf"),
            _text("WBAN").alias("wban"),
            _text("ICAO").alias("icao"),
            _text("STATION NAME").alias("name"),
            _text("CTRY").alias("country"),
            _text("STATE").alias("state"),
            *_coordinates("LAT", "LON"),
            _elevation("ELEV(M)"),
            _day("BEGIN").alias("begin"),
            _day("END").alias("end"),
        )
    )


def _elevation(name: str) -> pl.Expr:
    # -999 and lower are the lists' missing codes; no station lies that deep.
    metres = _float(name, pl.Float32)
    return pl.when(metres > -900).then(metres).alias("elevation_m")


def read_ghcnh_stations(path: Path) -> pl.LazyFrame:
    """ghcnh-station-list.csv as contract raw_ghcnh_stations."""
    return RAW_GHCNH_STATIONS.conform(
        _scan(path).select(
            _text("GHCN_ID").alias("ghcnh_id"),
            *_coordinates("LATITUDE", "LONGITUDE"),
            _elevation("ELEVATION"),
            _text("STATE").alias("state"),
            _text("NAME").alias("name"),
            _text("WMO_ID").alias("wmo_id"),
            _text("ICAO").alias("icao"),
            _text("ISO_CODE").alias("iso_country"),
        )
    )


def ghcnh_ids(stations: pl.LazyFrame, ghcnh: pl.LazyFrame) -> Mapping[str, str]:
    """Station id (USAF + WBAN) to GHCNh id, for stations that are in both lists: by WBAN, else by ICAO.

    stations: raw_stations. ghcnh: raw_ghcnh_stations. Stations of neither kind are left out.
    """
    by_wban = stations.filter(pl.col("wban") != "99999").join(
        ghcnh.select("ghcnh_id"), left_on="USW000" + pl.col("wban"), right_on="ghcnh_id", coalesce=False
    )
    by_icao = (
        stations.filter(pl.col("icao").is_not_null())
        .join(by_wban.select("station_id"), on="station_id", how="anti")
        .join(ghcnh.select("ghcnh_id", "icao").unique("icao", keep="first", maintain_order=True), on="icao")
    )
    pairs = pl.concat([by_wban.select("station_id", "ghcnh_id"), by_icao.select("station_id", "ghcnh_id")])
    return dict(pairs.unique("station_id", keep="first", maintain_order=True).collect().iter_rows())


def read_registry(path: Path) -> pl.LazyFrame:
    """The FAA registry archive as contract raw_aircraft: one row a tail, MASTER before DEREG.

    DEREG may be absent. Only REGISTRY_COLUMNS are read, so no owner enters a frame. Raises SourceError where
    MASTER, ACFTREF or a needed column is missing.
    """
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        master = _registry_file(archive, "MASTER.txt")
        models = _registry_file(archive, "ACFTREF.txt")
        dereg = _registry_file(archive, "DEREG.txt") if "DEREG.txt" in names else None
    tails = _tails(master, "MASTER", pl.lit(None, dtype=pl.Date))
    if dereg is not None:
        gone = _tails(dereg, "DEREG", _day("CANCEL DATE")).sort(
            "cancelled_on", descending=True, nulls_last=True, maintain_order=True
        )
        tails = pl.concat([tails, gone])
    reference = models.select(
        _text("CODE").alias("mfr_model_code"),
        _text("MFR").alias("manufacturer"),
        _text("MODEL").alias("model"),
        _text("NO ENG").cast(pl.Int16, strict=False).alias("no_engines"),
        _text("NO SEATS").cast(pl.Int16, strict=False).alias("no_seats"),
    ).unique("mfr_model_code", keep="first", maintain_order=True)
    return RAW_AIRCRAFT.conform(
        tails.unique("tail", keep="first", maintain_order=True)
        .join(reference, on="mfr_model_code", how="left", maintain_order="left")
        .sort("tail")
    )


def _tails(frame: pl.LazyFrame, register: str, cancelled_on: pl.Expr) -> pl.LazyFrame:
    year = _text("YEAR MFR").cast(pl.Int16, strict=False)
    return frame.filter(_text("N NUMBER").is_not_null()).select(
        ("N" + _text("N NUMBER")).alias("tail"),
        _text("MFR MDL CODE").alias("mfr_model_code"),
        pl.when(year.is_between(*CREDIBLE_YEARS)).then(year).alias("year_mfr"),
        pl.lit(register).alias("register"),
        cancelled_on.alias("cancelled_on"),
    )


def _registry_file(archive: zipfile.ZipFile, name: str) -> pl.LazyFrame:
    needed: Sequence[str] = REGISTRY_COLUMNS[name]
    try:
        data = archive.read(name)
    except KeyError:
        raise SourceError(
            f"{archive.filename}: {name} is not in this registry archive; fetch it again with refresh"
        ) from None
    header, _, body = data.partition(b"\n")
    places = column_places(header, needed, name)
    # The FAA does not quote: a quotation mark in a field is just a character.
    frame = pl.read_csv(
        body,
        has_header=False,
        columns=places,
        infer_schema=False,
        quote_char=None,
        encoding="utf8-lossy",
        truncate_ragged_lines=True,
    )
    names = [plain_name(column.decode("utf-8-sig", "replace")) for column in header.split(b",")]
    # read_csv gives the columns in file order, whatever the order asked.
    return frame.lazy().rename(
        dict(zip(frame.columns, (names[place] for place in sorted(places)), strict=True))
    )
