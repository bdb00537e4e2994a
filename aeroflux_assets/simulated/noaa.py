"""Hourly observations as NOAA publishes them: global-hourly until it ended, and its successor GHCNh."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from aeroflux_assets.simulated import codes
from aeroflux_assets.simulated.airports import Floats, Ints, load_airports
from aeroflux_assets.simulated.clocks import clocks_for
from aeroflux_assets.simulated.files import atomic
from aeroflux_assets.simulated.weather import UNLIMITED, Weather, weather

STREAM_OBSERVED = 61
NOAA = "www.ncei.noaa.gov"
GLOBAL_HOURLY_END = date(2025, 8, 27)
GHCNH_FROM = 2025
EPOCH = date(1970, 1, 1)
HOURLY_HEADER = (
    '"STATION","DATE","SOURCE","LATITUDE","LONGITUDE","ELEVATION","NAME","REPORT_TYPE","CALL_SIGN",'
    '"QUALITY_CONTROL","WND","CIG","VIS","TMP","DEW","SLP","AA1"\n'
)
VARIABLES = (
    "temperature", "dew_point_temperature", "station_level_pressure", "sea_level_pressure", "wind_direction",
    "wind_speed", "wind_gust", "precipitation", "relative_humidity", "wet_bulb_temperature",
    *(f"pres_wx_{kind}{n}" for kind in ("MW", "AU", "AW") for n in (1, 2, 3)),
    "snow_depth", "visibility", "altimeter", "pressure_3hr_change",
    *(f"sky_cover_{n}" for n in (1, 2, 3)), *(f"sky_cover_baseht_{n}" for n in (1, 2, 3)),
    *(f"precipitation_{n}_hour" for n in range(3, 25, 3)), "remarks",
)  # fmt: skip
ATTRIBUTES = ("Measurement_Code", "Quality_Code", "Report_Type", "Source_Code", "Source_Station_ID")
GHCNH_HEADER = (
    "STATION|Station_name|DATE|LATITUDE|LONGITUDE|ELEVATION|"
    + "|".join("|".join([name, *(f"{name}_{a}" for a in ATTRIBUTES)]) for name in VARIABLES)
    + "\n"
)
METAR, SYNOP, SUMMARY = 0, 1, 2


@dataclass(frozen=True)
class Station:
    """A weather station: its identities, place and airport row."""

    place: int
    usaf: str
    wban: str
    icao: str
    name: str
    state: str
    lat: float
    lon: float
    elev: float

    @property
    def ghcn(self) -> str:
        """Its identity in GHCNh."""
        return f"USW000{self.wban}"


@dataclass(frozen=True)
class Rows:
    """What a station reports in a year; arrays have one entry a report.

    minute: UTC minutes after 1970. kind: METAR, SYNOP or SUMMARY. quality: positions in codes.QUALITY by
    field (temperature, dew point, wind, ceiling, visibility, pressure, precipitation), -1 for missing.
    """

    minute: Ints
    kind: Ints
    quality: Ints
    temp: Floats
    dew: Floats
    wind: Floats
    direction: Floats
    ceiling: Floats
    visibility: Floats
    pressure: Floats
    rain: Floats


def stations(places: Ints) -> list[Station]:
    """The stations of the given airport rows."""
    table = load_airports().table
    out = []
    for place in places:
        row = table.row(int(place), named=True)
        name = f"{row['city']} AIRPORT".upper()
        out.append(
            Station(
                int(place), row["usaf"], row["wban"], row["icao"], name, row["state"],
                row["lat"], row["lon"], row["elev_m"],
            )
        )  # fmt: skip
    return out


def _report_times(station: Station, year: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Minutes and kinds of a year's reports, in order of time."""
    first = (date(year, 1, 1) - EPOCH).days * 24
    hours = np.arange(first, (date(year + 1, 1, 1) - EPOCH).days * 24)
    metar = hours * 60 + 51 + station.place % 6
    metar = metar[rng.random(len(metar)) > 0.004]
    synop = hours[hours % 3 == 0] * 60
    zone = clocks_for(load_airports().zone)
    offset = int(zone.offset(np.array([station.place]), np.array([first * 60]))[0])
    summary = hours[hours % 24 == 0] * 60 + (-offset) % 1440 - 1
    minute = np.concatenate([metar, synop, summary])
    kind = np.repeat([METAR, SYNOP, SUMMARY], [len(metar), len(synop), len(summary)])
    minute = np.clip(minute, first * 60, hours[-1] * 60 + 59)
    order = np.lexsort((kind, minute))
    return minute[order], kind[order]


def _observe(station: Station, row: int, year: int, sky: Weather, seed: int) -> Rows:
    """What the station makes of the weather: gaps, missing fields and a few values marked as wrong."""
    rng = np.random.default_rng([seed, STREAM_OBSERVED, year, station.place])
    minute, kind = _report_times(station, year, rng)
    at = np.minimum(minute // 60 - sky.first_hour, sky.temp.shape[1] - 1)
    luck = rng.random((7, len(minute)))
    quality = np.where(kind == SYNOP, 1, 0)[None, :].repeat(7, axis=0)
    wrong = luck < 0.002
    quality = np.where(wrong, 2 + (luck * 2000).astype(np.int64), quality)
    quality = np.where(luck > 0.993, -1, quality)
    quality[3] = np.where((kind == SYNOP) & (luck[3] > 0.4), -1, quality[3])
    quality[6] = np.where(kind == SYNOP, -1, quality[6])
    quality[:, kind == SUMMARY] = -1
    noise = rng.standard_normal((2, len(minute)))
    # A value that is marked as wrong is wrong, so that a reader who ignores the mark can be found out.
    temp = sky.temp[row, at] + 0.3 * noise[0] + 22 * wrong[0]
    return Rows(
        minute, kind, quality, temp,
        np.minimum(sky.dew[row, at] + 22 * wrong[1], temp),
        np.clip(sky.wind[row, at] * (1 + 0.12 * noise[1]), 0, 40) + 25 * wrong[2] * (kind == METAR),
        sky.direction[row, at],
        np.where(wrong[3], 30.48, sky.ceiling[row, at]),
        np.where(wrong[4], 0.0, sky.visibility[row, at]),
        sky.pressure[row, at],
        sky.rain[row, at],
    )  # fmt: skip


def _observed(seed: int, places: Ints, year: int) -> Iterator[tuple[Station, Rows]]:
    first = (date(year, 1, 1) - EPOCH).days * 24
    hours = ((date(year + 1, 1, 1) - EPOCH).days * 24) - first
    sky = weather(seed, places, first, hours)
    for row, station in enumerate(stations(places)):
        yield station, _observe(station, row, year, sky, seed)


def _write_global_hourly(folder: Path, year: int, station: Station, rows: Rows) -> None:
    place = (
        f'"{station.lat:.3f}","{station.lon:.3f}","{station.elev:.1f}","{station.name}, {station.state} US"'
    )
    heads = pl.Series(
        [
            f'"7",{place},"FM-15","{station.icao} ","V030"',
            f'"4",{place},"FM-12","{station.icao} ","V020"',
            f'"6",{place},"SOD  ","{station.icao} ","V030"',
        ]
    )
    q = rows.quality
    frame = pl.DataFrame(
        {
            "station": pl.repeat(f'"{station.usaf}{station.wban}"', len(rows.minute), eager=True),
            "date": pl.Series(rows.minute * 60_000).cast(pl.Datetime("ms")),
            "head": heads.gather(rows.kind),
            "wnd": codes.wind(rows.direction, rows.wind, q[2]),
            "cig": codes.ceiling(rows.ceiling, q[3]),
            "vis": codes.visibility(rows.visibility, q[4]),
            "tmp": codes.temperature(rows.temp, q[0]),
            "dew": codes.temperature(rows.dew, q[1]),
            "slp": codes.pressure(rows.pressure, q[5]),
            "aa1": codes.rain(rows.rain, q[6]),
        }
    )
    if year == GLOBAL_HOURLY_END.year:
        frame = frame.filter(pl.col("date").dt.date() <= GLOBAL_HOURLY_END)
    name = f"{station.usaf}{station.wban}.csv"
    with atomic(folder / name) as path, path.open("wb") as file:
        file.write(HOURLY_HEADER.encode())
        frame.write_csv(
            file, include_header=False, quote_style="never", datetime_format='"%Y-%m-%dT%H:%M:%S"'
        )


def _ghcnh_values(rows: Rows) -> dict[str, tuple[pl.Series, Ints]]:
    """Decoded values by variable, as text, and their positions in codes.QUALITY."""
    q = rows.quality
    covered = rows.ceiling < UNLIMITED
    cover = np.where(~covered, 0, np.where(rows.ceiling < 1000, 3, np.where(rows.ceiling < 2500, 2, 1)))
    names = pl.Series(["CLR:00", "BKN:05", "BKN:07", "OVC:08"])
    base: Floats = np.asarray(codes.ceiling_steps(rows.ceiling) * codes.FOOT_HUNDRED, dtype=np.float64)
    sky, high = q[3], np.where(covered, q[3], -1)
    tens = np.rint(rows.direction / 10).astype(np.int64) % 36 * 10
    tens = np.where(np.rint(rows.wind * 10) == 0, 0, np.where(tens == 0, 360, tens))
    directions = pl.Series([f"{d:03d}" for d in range(361)])

    def text(values: Floats, digits: int) -> pl.Series:
        return pl.Series(values).round(digits).cast(pl.String)

    return {
        "temperature": (text(rows.temp, 1), q[0]),
        "dew_point_temperature": (text(rows.dew, 1), q[1]),
        "sea_level_pressure": (text(rows.pressure, 1), q[5]),
        "wind_direction": (directions.gather(tens), q[2]),
        "wind_speed": (text(rows.wind, 1), q[2]),
        "precipitation": (text(rows.rain, 1), q[6]),
        "visibility": (text(codes.METRES[codes.visibility_steps(rows.visibility)] / 1000, 3), q[4]),
        "sky_cover_1": (names.gather(cover), sky),
        "sky_cover_baseht_1": (text(base, 0), high),
    }


def _write_ghcnh(folder: Path, year: int, station: Station, rows: Rows) -> None:
    keep = rows.kind != SUMMARY
    values = _ghcnh_values(rows)
    count = len(rows.minute)
    out: dict[str, pl.Series] = {
        "head": pl.repeat(f"{station.ghcn}|{station.name}", count, eager=True),
        "date": pl.Series(rows.minute * 60_000).cast(pl.Datetime("ms")),
        "place": pl.repeat(f"{station.lat:.4f}|{station.lon:.4f}|{station.elev:.1f}", count, eager=True),
    }
    kinds = ("FM-15", "FM-12")
    tails = pl.Series(
        [f"||{q}|{k}|335|{station.usaf}-{station.wban}" for q in codes.QUALITY for k in kinds] + ["|" * 5]
    )
    for name in VARIABLES:
        if name not in values:
            out[name] = pl.repeat("|" * 5, count, eager=True)
            continue
        text, quality = values[name]
        known = quality >= 0
        pick = np.where(known, quality * 2 + np.minimum(rows.kind, 1), len(tails) - 1)
        tail = tails.gather(pick)
        out[name] = pl.select(
            pl.when(pl.Series(known)).then(text + tail).otherwise(tail).alias(name)
        ).to_series()
    frame = pl.DataFrame(out).filter(pl.Series(keep))
    with atomic(folder / f"GHCNh_{station.ghcn}_{year}.psv") as path, path.open("wb") as file:
        file.write(GHCNH_HEADER.encode())
        frame.write_csv(
            file,
            include_header=False,
            separator="|",
            quote_style="never",
            datetime_format="%Y-%m-%dT%H:%M:%S",
        )


def observation_folders(root: Path, year: int) -> list[Path]:
    """Where a year's station files lie: global-hourly to its end, GHCNh from GHCNH_FROM on."""
    hourly = root / NOAA / "data" / "global-hourly" / "access" / str(year)
    by_year = root / NOAA / "oa" / "global-historical-climatology-network" / "hourly" / "access" / "by-year"
    folders = [hourly] if year <= GLOBAL_HOURLY_END.year else []
    return folders + ([by_year / str(year) / "psv"] if year >= GHCNH_FROM else [])


def write_observations(root: Path, seed: int, places: Ints, year: int) -> None:
    """Write every station's files of a year into its `observation_folders`."""
    folders = observation_folders(root, year)
    for station, rows in _observed(seed, places, year):
        for folder in folders:
            write = _write_ghcnh if folder.name == "psv" else _write_global_hourly
            write(folder, year, station, rows)
