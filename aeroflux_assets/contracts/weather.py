"""The contracts of the weather join: each airport's station of the year, and the joined observations."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

# Carried from the observation to both ends of the flight, with their units.
WEATHER_VALUES: dict[str, tuple[pl.DataType, str, str]] = {
    "temp_c": (pl.Float32(), "air temperature", "deg C"),
    "dew_point_c": (pl.Float32(), "dew point", "deg C"),
    "wind_dir_deg": (pl.Int16(), "wind direction; null when calm or variable", "deg"),
    "wind_speed_m_s": (pl.Float32(), "wind speed", "m/s"),
    "ceiling_height_m": (pl.Int32(), "ceiling; 22000 = unlimited", "m"),
    "visibility_m": (pl.Int32(), "visibility", "m"),
    "precipitation_mm": (pl.Float32(), "liquid precipitation of the last hour", "mm"),
}
ENDS = {"dep": "origin", "arr": "destination"}


def _columns(known_at: str) -> tuple[Column, ...]:
    columns = []
    for end, place in ENDS.items():
        columns.append(
            Column(
                f"{end}_obs_utc",
                pl.Datetime("us"),
                f"time of the observation at the {place}",
                "UTC",
                known_at,
            )
        )
        columns += [
            Column(f"{end}_{name}", dtype, f"{text}, at the {place}", unit, known_at)
            for name, (dtype, text, unit) in WEATHER_VALUES.items()
        ]
    return tuple(columns)


AIRPORT_STATIONS = Contract(
    name="airport_stations",
    room="weather_join",
    description="The weather station of each served airport in a year: the nearest that reports in the period",
    partitioned_by=("year",),
    key=("airport",),
    columns=(
        Column("airport", pl.String(), "IATA code", "", "reference", nullable=False),
        Column(
            "station_id",
            pl.String(),
            "USAF and WBAN, 11 digits; null where none reports in range",
            "",
            "reference",
        ),
        Column("distance_km", pl.Float64(), "geodesic distance", "km", "reference"),
        Column("candidates", pl.Int32(), "stations in range", "count"),
        Column(
            "coverage_share",
            pl.Float64(),
            "share of the hours flown at the airport with temperature and wind",
        ),
        Column("flights", pl.Int64(), "departures and arrivals of the year", "count"),
    ),
)

FLIGHTS_WITH_WEATHER = Contract(
    name="flights_with_weather",
    room="weather_join",
    description=(
        "Observed weather at the scheduled times of both ends, for exploration only: hindsight at any cutoff "
        "before, and never an input of features"
    ),
    partitioned_by=("year",),
    key=("flight_id",),
    columns=(Column("flight_id", pl.Int64(), "the flight", nullable=False), *_columns("after")),
)

WEATHER_AT_CUTOFF = Contract(
    name="weather_at_cutoff",
    room="weather_join",
    description="The last observation at both ends within two hours before the cutoff",
    partitioned_by=("year", "cutoff"),
    key=("flight_id",),
    columns=(
        Column("flight_id", pl.Int64(), "the flight", nullable=False),
        Column("cutoff_utc", pl.Datetime("us"), "the cutoff", "UTC", "schedule", nullable=False),
        *_columns("cutoff"),
    ),
    rules=(
        Rule(
            "departure observation is not from after the cutoff",
            pl.col("dep_obs_utc") <= pl.col("cutoff_utc"),
            "",
        ),
        Rule(
            "arrival observation is not from after the cutoff",
            pl.col("arr_obs_utc") <= pl.col("cutoff_utc"),
            "",
        ),
    ),
)
