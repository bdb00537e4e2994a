"""Queues at airports: what is scheduled by the hour against what the weather leaves of the capacity."""

from dataclasses import dataclass

import numpy as np

from aeroflux_assets.simulated import tuning
from aeroflux_assets.simulated.airports import Floats, Ints, load_airports
from aeroflux_assets.simulated.clocks import clocks_for
from aeroflux_assets.simulated.schedule import Legs, day_factors, demand
from aeroflux_assets.simulated.weather import Weather, row_of

# Traffic of an ordinary day by local hour, the busiest hour being 1.
SHAPE = np.array(
    [.10, .05, .03, .03, .08, .45, .80, .90, .93, .90, .90, .92, .90, .90, .92, .95, .97, 1.0, .96, .86, .74,
     .58, .38, .20]
)  # fmt: skip
OWN_TRAFFIC = 250.0  # daily movements at which an airport's own schedule weighs as much as the shape
TOP_WAIT = 170.0  # minutes; beyond it flights are cancelled rather than queued


@dataclass(frozen=True)
class Queues:
    """Expected waits in minutes, (places, hours), on the hours of the weather they were made from."""

    places: Ints
    first_hour: int
    departing: Floats
    arriving: Floats

    def at(self, field: Floats, place: Ints, minute: Ints) -> Floats:
        """A field at airport rows and UTC minutes, between the hours."""
        row = row_of(self.places)[place]
        at = np.clip(minute / 60 - self.first_hour, 0, field.shape[1] - 1.001)
        low = at.astype(np.int64)
        part = at - low
        return np.asarray(field[row, low] * (1 - part) + field[row, low + 1] * part)


def _load(table: Legs, weather: Weather) -> Floats:
    """Traffic by place and hour as a share of the busiest hour: own schedule, and the shape of any day."""
    airports, places = load_airports(), weather.places
    hours = weather.temp.shape[1]
    hour = weather.first_hour + np.arange(hours)
    grid = np.broadcast_to(hour * 60 + 30, (len(places), hours))
    local = clocks_for(airports.zone).local(np.broadcast_to(places[:, None], grid.shape), grid)
    shape = SHAPE[local // 60 % 24]
    row = row_of(places)
    counts = np.zeros((len(places), hours))
    for place, minute in ((table.origin, table.dep), (table.dest, table.dep + table.block)):
        at = np.clip(minute // 60 - weather.first_hour, 0, hours - 1)
        counts += np.bincount(row[place] * hours + at, minlength=counts.size).reshape(counts.shape)
    smooth = counts.copy()
    smooth[:, 1:] = (counts[:, 1:] + counts[:, :-1]) / 2
    days = hours // 24
    by_day = smooth[:, : days * 24].reshape(len(places), days, 24)
    total, top = by_day.sum(axis=2), np.maximum(by_day.max(axis=2), 1.0)
    weight = np.repeat(total / (total + OWN_TRAFFIC), 24, axis=1)
    own = smooth[:, : days * 24] / np.repeat(top, 24, axis=1)
    level = np.repeat([demand(int(d)) for d in range(hour[0] // 24, hour[0] // 24 + days)], 24)
    return np.asarray((weight * own + (1 - weight) * shape[:, : days * 24]) * level)


def _wait(load: Floats, capacity: Floats) -> Floats:
    """Fluid queue: what exceeds the capacity of an hour waits for the next ones; minutes of waiting."""
    surplus = np.cumsum(load - capacity, axis=1)
    queue = surplus - np.minimum(np.minimum.accumulate(surplus, axis=1), 0.0)
    return np.minimum(60 * queue / capacity, TOP_WAIT)


def queues(seed: int, table: Legs, weather: Weather) -> Queues:
    """The queues that a schedule meets in a stretch of weather that begins on a UTC midnight."""
    airports, places = load_airports(), weather.places
    load = _load(table, weather)
    hours = load.shape[1]
    first_day = weather.first_hour // 24
    factors = day_factors(seed, first_day, first_day + hours // 24 - 1)
    staff = tuning.STAFF_SPREAD * factors[:, 9 + places].T - tuning.STAFF_SPREAD_NATION * factors[:, -1]
    staff = np.clip(1 + staff, 0.75, 1.15)
    capacity = weather.capacity[:, :hours] * np.repeat(staff, 24, axis=1)
    busy = (tuning.BUSY + tuning.BUSY_HUB * (airports.size[places] / 100) ** 0.5)[:, None]
    departing = _wait(load * busy, np.clip(capacity, 0.15, None) ** 0.85)
    arriving = _wait(load * busy, np.clip(capacity, 0.15, None) ** 1.15)
    return Queues(places, weather.first_hour, departing, arriving)
