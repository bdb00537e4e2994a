"""The contracts of the reference tables: airports, weather stations, aircraft. None is partitioned."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule


def _reference(
    name: str,
    dtype: type[pl.DataType],
    description: str,
    unit: str = "",
    nullable: bool = True,
) -> Column:
    return Column(name, dtype, description, unit, known_at="reference", nullable=nullable)


def _coordinates() -> tuple[Column, Column]:
    return (
        _reference("latitude_deg", pl.Float64, "WGS84, north positive", "deg"),
        _reference("longitude_deg", pl.Float64, "WGS84, east positive", "deg"),
    )


_ON_EARTH = (
    Rule("latitude_range", pl.col("latitude_deg").is_between(-90, 90), "a latitude is -90 to 90"),
    Rule("longitude_range", pl.col("longitude_deg").is_between(-180, 180), "a longitude is -180 to 180"),
)

RAW_AIRPORTS = Contract(
    name="raw_airports",
    room="raw",
    description="OurAirports' airports of the world, one row an airfield; closed ones stay, marked by type.",
    columns=(
        _reference("ident", pl.String, "OurAirports' own identifier", nullable=False),
        _reference("iata", pl.String, "IATA code; null where there is none"),
        _reference("icao", pl.String, "ICAO code; null where there is none"),
        _reference("name", pl.String, "name"),
        *_coordinates(),
        _reference("elevation_ft", pl.Float32, "elevation above sea level", "ft"),
        _reference("type", pl.String, "large_airport, medium_airport, ..., closed"),
        _reference("iso_country", pl.String, "ISO 3166-1 country; NA is Namibia"),
        _reference("iso_region", pl.String, "ISO 3166-2 region, e.g. US-GA"),
        _reference("municipality", pl.String, "city served"),
        _reference("keywords", pl.String, "other names; the codes that a closed airport had stand here"),
    ),
    key=("ident",),
    rules=_ON_EARTH,
)

RAW_STATIONS = Contract(
    name="raw_stations",
    room="raw",
    description=(
        "NOAA's isd-history: the stations of global-hourly with their period of record. One ICAO code can "
        "stand on several rows; choose by begin and end."
    ),
    columns=(
        _reference("station_id", pl.String, "USAF + WBAN, 11 characters", nullable=False),
        _reference("usaf", pl.String, "Air Force catalog number; 999999 none", nullable=False),
        _reference("wban", pl.String, "Weather Bureau number; 99999 none", nullable=False),
        _reference("icao", pl.String, "ICAO code"),
        _reference("name", pl.String, "name"),
        _reference("country", pl.String, "FIPS country"),
        _reference("state", pl.String, "US state"),
        *_coordinates(),
        _reference("elevation_m", pl.Float32, "elevation above sea level", "m"),
        _reference("begin", pl.Date, "first day of record"),
        _reference("end", pl.Date, "last day of record"),
    ),
    key=("station_id",),
    rules=_ON_EARTH,
)

RAW_GHCNH_STATIONS = Contract(
    name="raw_ghcnh_stations",
    room="raw",
    description="NOAA's GHCNh station list: the stations of global-hourly's successor.",
    columns=(
        _reference("ghcnh_id", pl.String, "GHCNh id; USW000 + WBAN for a US airport", nullable=False),
        *_coordinates(),
        _reference("elevation_m", pl.Float32, "elevation above sea level", "m"),
        _reference("state", pl.String, "US state or Canadian province"),
        _reference("name", pl.String, "name"),
        _reference("wmo_id", pl.String, "WMO number"),
        _reference("icao", pl.String, "ICAO code"),
        _reference("iso_country", pl.String, "ISO 3166-1 country"),
    ),
    key=("ghcnh_id",),
    rules=_ON_EARTH,
)

RAW_AIRCRAFT = Contract(
    name="raw_aircraft",
    room="raw",
    description=(
        "FAA registry: one row a tail, from MASTER, else the latest deregistration, joined to the model "
        "table. No owner. A number can be reused: an aircraft built after a flight did not fly it."
    ),
    columns=(
        _reference("tail", pl.String, "registration with its leading N", nullable=False),
        _reference("mfr_model_code", pl.String, "FAA's code of manufacturer, model and series"),
        _reference("year_mfr", pl.Int16, "year of manufacture"),
        _reference("manufacturer", pl.String, "manufacturer, from the model table"),
        _reference("model", pl.String, "model, from the model table"),
        _reference("no_engines", pl.Int16, "number of engines, from the model table"),
        _reference("no_seats", pl.Int16, "number of seats, from the model table"),
        _reference("register", pl.String, "MASTER or DEREG", nullable=False),
        _reference("cancelled_on", pl.Date, "day of deregistration; null for MASTER"),
    ),
    key=("tail",),
    rules=(
        Rule("tail_form", pl.col("tail").str.contains(r"^N[0-9A-Z]+$"), "a tail is N and its number"),
        Rule("year_range", pl.col("year_mfr").is_between(1900, 2100), "a year of manufacture is credible"),
    ),
)
