"""Airports with their IANA time zones, from the OurAirports rows that carry an IATA code."""

import polars as pl

from aeroflux_assets.contracts.cleaned import AIRPORTS

# BTS on-time covers the states and these territories (and their old codes are reported when unmatched).
US_COUNTRIES = ("US", "PR", "VI", "GU", "AS", "MP", "UM", "FM", "MH", "PW")
# Where two rows carry one IATA code: the one with scheduled service, then the larger, then the open one.
_TYPE_ORDER = {"large_airport": 0, "medium_airport": 1, "small_airport": 2, "seaplane_base": 3, "heliport": 4}
_LAST = 9


def build_airports(raw_airports: pl.LazyFrame) -> pl.DataFrame:
    """The `airports` table: one row an IATA code of the US and its territories, closed airports included.

    raw_airports: the `raw_airports` table. The zone is timezonefinder's for the coordinates; where it
    has none, a fixed offset of the longitude (15 degrees an hour), said in `time_zone_from`.
    """
    ours = raw_airports.filter(
        pl.col("iso_country").is_in(US_COUNTRIES)
        & pl.col("latitude_deg").is_not_null()
        & pl.col("longitude_deg").is_not_null()
    )
    served = ours.filter(pl.col("iata").str.contains(r"^[A-Z]{3}$"))
    rows = (
        pl.concat([served, _closed(ours).join(served, on="iata", how="anti")])
        .with_columns(order=pl.col("type").replace_strict(_TYPE_ORDER, default=_LAST, return_dtype=pl.Int32))
        .sort("iata", "order", "icao", nulls_last=True)
        .unique("iata", keep="first", maintain_order=True)
        .collect()
    )
    zones = time_zones(rows["latitude_deg"].to_list(), rows["longitude_deg"].to_list())
    frame = rows.with_columns(
        airport=pl.col("iata"),
        airport_name=pl.col("name"),
        time_zone=pl.Series([zone for zone, _ in zones], dtype=pl.String),
        time_zone_from=pl.Series([source for _, source in zones], dtype=pl.String),
    )
    return AIRPORTS.conform(frame.lazy()).collect()


def _closed(ours: pl.LazyFrame) -> pl.LazyFrame:
    """Closed airports under the code that they had, which OurAirports moves to the keywords (`KPFN, PFN`).

    BTS rows of their time still name them. A keyword counts as the code only beside its ICAO form.
    """
    names = ours.collect_schema().names()
    words = pl.col("keywords").str.split(",").list.eval(pl.element().str.strip_chars())
    return (
        ours.filter((pl.col("type") == "closed") & pl.col("iata").is_null())
        .with_columns(words.alias("words"))
        .with_columns(pl.col("words").alias("iata"))
        .explode("iata")
        .filter(
            pl.col("iata").str.contains(r"^[A-Z]{3}$") & pl.col("words").list.contains("K" + pl.col("iata"))
        )
        .select(names)
    )


def time_zones(latitudes: list[float], longitudes: list[float]) -> list[tuple[str, str]]:
    """The zone of each point and where it was had from: `coordinates` or `longitude`."""
    from timezonefinder import TimezoneFinder  # 3.5 s to import and load: only where zones are made

    finder = TimezoneFinder(in_memory=True)
    found = (finder.timezone_at(lng=lng, lat=lat) for lat, lng in zip(latitudes, longitudes, strict=True))
    return [
        (zone, "coordinates") if zone and not zone.startswith("Etc/") else (_by_longitude(lng), "longitude")
        for zone, lng in zip(found, longitudes, strict=True)
    ]


def _by_longitude(longitude: float) -> str:
    # POSIX signs: Etc/GMT+5 is five hours behind UTC.
    hours = round(longitude / 15)
    return "Etc/GMT" if hours == 0 else f"Etc/GMT{-hours:+d}"
