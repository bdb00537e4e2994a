"""Hourly weather at every airport: systems that move from west to east, storms of the afternoon, low cloud.

What is seen in the published observations and what slows the airports down come from the same arrays, so the
weather tells something about the delays. Every day draws its systems and its noise from its own seed, so any
stretch of hours can be made alone.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from aeroflux_assets.simulated.airports import Bools, Floats, Ints, load_airports

STREAM_SYSTEMS, STREAM_NOISE = 21, 22
LOOK_BACK = 8  # days; no system lives longer
UNLIMITED = 22000.0  # metres; how the format writes "no ceiling"
HOURS_PER_YEAR = 8766.0
FIELDS = 5  # independent noise fields: cloud, wind, direction, warmth, moisture
CUT = 3.0  # widths beyond which a system is not felt


@dataclass(frozen=True)
class Weather:
    """Weather on the hour; arrays are (places, hours), hour j being `first_hour + j` hours after 1970 UTC.

    places: airport rows of the table, one a row of the arrays.
    temp, dew: degrees C. wind: m/s. direction: degrees. ceiling: metres, UNLIMITED for none. visibility:
    metres. rain: mm of water in the hour. pressure: hPa at sea level. thunder, snow: flags. capacity: share
    of an airport's ordinary capacity that is left, 0.2 to 1.
    """

    places: Ints
    first_hour: int
    temp: Floats
    dew: Floats
    wind: Floats
    direction: Floats
    ceiling: Floats
    visibility: Floats
    rain: Floats
    pressure: Floats
    thunder: Bools
    snow: Bools
    capacity: Floats


@lru_cache(maxsize=1)
def _spread() -> Floats:
    """Square root of the correlation of noise between airports, by distance."""
    miles = load_airports().miles
    return np.asarray(np.linalg.cholesky(np.exp(-miles / 350.0) + 1e-6 * np.eye(len(miles))))


def _winter(day: float) -> float:
    """1 in mid January, 0 in mid July."""
    return float(0.5 + 0.5 * np.cos(2 * np.pi * (day - 15) / 365.25))


def _noise(seed: int, places: Ints, first_hour: int, hours: int) -> Floats:
    """Smooth noise of unit variance, (FIELDS, places, hours), from knots every six hours."""
    first_day, last_day = first_hour // 24, (first_hour + hours) // 24 + 1
    count = len(load_airports().code)
    knots = np.concatenate(
        [
            np.random.default_rng([seed, STREAM_NOISE, day]).standard_normal((4, FIELDS, count))
            for day in range(first_day, last_day + 1)
        ]
    )
    at = (np.arange(hours) + first_hour - first_day * 24) / 6.0
    low = at.astype(np.int64)
    part = at - low
    left, right = np.cos(part * np.pi / 2), np.sin(part * np.pi / 2)
    knots = knots @ _spread()[places].T
    mixed = knots[low] * left[:, None, None] + knots[low + 1] * right[:, None, None]
    return np.asarray(mixed.transpose(1, 2, 0))


@dataclass
class _Systems:
    """Sums over all systems at each place and hour: strength, and strength by side of the system."""

    lat: Floats
    lon: Floats
    strength: Floats
    ahead: Floats
    behind: Floats
    storm: Floats


def _add_system(out: _Systems, first_hour: int, born: float, track: Floats, storm: bool) -> None:
    """Add one system; track = (lon, lat, degrees east and north an hour, width, life, strength)."""
    lon, lat, east, north, width, life, strength = track
    low = max(0, int(np.floor(born)) - first_hour)
    high = min(out.strength.shape[1], int(np.ceil(born + life)) - first_hour + 1)
    if high <= low:
        return
    age = np.arange(low, high) + first_hour - born
    grown = np.sin(np.pi * np.clip(age / life, 0, 1)) ** 0.5
    away = (out.lon[:, None] - (lon + east * age)) / width
    aside = (out.lat[:, None] - (lat + north * age)) / (width * (1.0 if storm else 1.5))
    felt = strength * grown * np.exp(-0.5 * (away**2 + aside**2))
    felt[(np.abs(away) > CUT) | (np.abs(aside) > CUT)] = 0.0
    out.strength[:, low:high] += felt
    if storm:
        out.storm[:, low:high] += felt
    else:
        out.ahead[:, low:high] += np.where(away > 0, felt, 0.0)
        out.behind[:, low:high] += np.where(away <= 0, felt, 0.0)


def _systems(seed: int, places: Ints, first_hour: int, hours: int) -> _Systems:
    airports = load_airports()
    shape = (len(places), hours)
    lat, lon = airports.lat[places], airports.lon[places]
    out = _Systems(lat, lon, np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape))
    for day in range(first_hour // 24 - LOOK_BACK, (first_hour + hours) // 24 + 1):
        rng = np.random.default_rng([seed, STREAM_SYSTEMS, day])
        winter = _winter(day % 365.25)
        fronts = rng.poisson(0.68 + 0.26 * winter)
        for _ in range(fronts):
            born = day * 24 + rng.uniform(0, 24)
            track = np.array(
                [rng.uniform(-132, -88), rng.normal(43 - 5 * winter, 4.5), rng.uniform(0.5, 1.0),
                 rng.normal(0.04, 0.04), rng.uniform(2.2, 4.8), rng.uniform(40, 110), rng.gamma(6, 0.165)]
            )  # fmt: skip
            _add_system(out, first_hour, born, track, False)
        for _ in range(rng.poisson(0.6 + 10.0 * (1 - winter) ** 1.5)):
            born = day * 24 + rng.normal(20.5, 2.0)
            track = np.array(
                [rng.uniform(-106, -75), rng.uniform(25.5, 43), rng.uniform(0.15, 0.5), rng.normal(0, 0.08),
                 rng.uniform(0.6, 1.9), rng.uniform(3, 9), rng.gamma(8, 0.18)]
            )  # fmt: skip
            _add_system(out, first_hour, born, track, True)
    return out


def _temperature(places: Ints, first_hour: int, hours: int, systems: _Systems, warmth: Floats) -> Floats:
    table = load_airports()
    jan, jul, elev = table.jan[places], table.jul[places], table.elev[places]
    hour = first_hour + np.arange(hours)
    yearly = 0.5 - 0.5 * np.cos(2 * np.pi * (hour / HOURS_PER_YEAR - 20 / 365.25))
    mean = jan[:, None] + (jul - jan)[:, None] * yearly
    sun = (hour[None, :] + systems.lon[:, None] / 15) % 24
    swing = 2.0 + np.clip(elev / 400, 0, 3.0)[:, None] + 1.5 * (np.abs(systems.lat) > 25)[:, None]
    daily = swing * np.cos(2 * np.pi * (sun - 15.5) / 24)
    calm = 1 - 0.5 * np.clip(systems.strength, 0, 1)
    variable = (0.6 + 0.12 * (jul - jan)[:, None]) * (1.4 - 0.9 * yearly)
    return np.asarray(
        mean + daily * calm + variable * warmth + 4 * systems.ahead - 6 * systems.behind - 3 * systems.storm
    )


def _capacity(
    ceiling: Floats, vis: Floats, wind: Floats, rain: Floats, thunder: Bools, snow: Bools
) -> Floats:
    lost = (
        0.055 * (ceiling < 900)
        + 0.125 * (ceiling < 300)
        + 0.09 * (vis < 4800)
        + 0.12 * (vis < 1200)
        + 0.020 * np.clip(wind - 9.5, 0, 10)
        + 0.30 * thunder
        + 0.16 * snow
        + 0.05 * (rain > 0.8)
    )
    return np.asarray(np.clip(1 - lost, 0.2, 1.0), dtype=np.float64)


def weather(seed: int, places: Ints, first_hour: int, hours: int) -> Weather:
    """The weather at `places` (airport rows) in `hours` hours from `first_hour` (hours after 1970 UTC)."""
    systems = _systems(seed, places, first_hour, hours)
    cloud, breeze, turn, warmth, moist = _noise(seed, places, first_hour, hours)
    temp = _temperature(places, first_hour, hours, systems, warmth)
    sun = (first_hour + np.arange(hours)[None, :] + systems.lon[:, None] / 15) % 24
    morning = np.exp(-0.5 * ((sun - 7.0) / 2.5) ** 2)
    coast = np.where(systems.lon < -117, 0.30, 0.06)[:, None] * (load_airports().elev[places] < 200)[:, None]
    murk = 0.84 * systems.strength + 0.46 * cloud + (0.16 + coast) * morning + 0.04
    ceiling = np.where(murk < 0.42, UNLIMITED, 3300 * np.exp(-3.3 * (murk - 0.42)))
    ceiling = np.where(
        ceiling < UNLIMITED, np.clip((ceiling / 30.48).round() * 30.48, 30.48, 7620), UNLIMITED
    )
    rain = 2.0 * np.clip(systems.strength + 0.15 * moist - 0.55, 0, None) ** 1.3
    rain = np.where(rain < 0.1, 0.0, rain)
    snow = (temp < 0.8) & (rain > 0)
    thunder = (systems.storm > 0.42) & (rain > 0.3) & (temp > 8)
    haze = np.clip(murk - 1.0, 0, None) * 2.6 + 0.30 * rain + 0.9 * snow
    visibility = np.clip(16093 * np.exp(-np.clip(haze - 0.1, 0, None)), 200, 16093)
    wind = 3.4 * np.exp(0.33 * breeze) * (0.8 + 0.35 * np.sin(np.pi * np.clip((sun - 7) / 12, 0, 1)))
    wind = wind + 4.6 * (systems.ahead + systems.behind) * np.exp(0.15 * breeze) + 3.0 * systems.storm
    wind = np.where(wind < 2.0, 0.0, wind)
    direction = (235 + 55 * turn - 60 * systems.ahead + 80 * systems.behind) % 360
    dew = temp - np.clip(9 - 7 * murk - 1.5 * moist, 0.2, 25)
    pressure = 1016 - 9 * systems.strength + 2.5 * warmth
    capacity = _capacity(ceiling, visibility, wind, rain, thunder, snow)
    return Weather(
        places,
        first_hour,
        temp,
        dew,
        wind,
        direction,
        ceiling,
        visibility,
        rain,
        pressure,
        thunder,
        snow,
        capacity,
    )


def row_of(places: Ints) -> Ints:
    """The array row of each airport row in arrays whose rows are `places`; 0 for airports not among them."""
    rows = np.zeros(len(load_airports().code), dtype=np.int64)
    rows[places] = np.arange(len(places))
    return rows
