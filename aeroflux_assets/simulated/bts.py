"""Monthly on-time files as BTS publishes them: one zip a month, 109 named columns and a trailing comma."""

import io
import zipfile
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from aeroflux_assets.simulated import tuning
from aeroflux_assets.simulated.airports import STATE_NAMES, Bools, Ints, load_airports
from aeroflux_assets.simulated.carriers import CARRIERS
from aeroflux_assets.simulated.clocks import DAY, clocks_for
from aeroflux_assets.simulated.files import atomic
from aeroflux_assets.simulated.fleet import tail_numbers
from aeroflux_assets.simulated.operations import Flown, fly
from aeroflux_assets.simulated.schedule import day_number, tail_base

STREAM_DIRT = 41
ROWS_AT_ONCE = 100_000
ZIP_LEVEL = 1  # what leaves the simulator is read once; a smaller file is not worth three times the time
PLACE = (
    "AirportID",
    "AirportSeqID",
    "CityMarketID",
    "",
    "CityName",
    "State",
    "StateFips",
    "StateName",
    "Wac",
)
DIVERSION = ("Airport", "AirportID", "AirportSeqID", "WheelsOn", "TotalGTime", "LongestGTime", "WheelsOff")
COLUMNS = (
    "Year", "Quarter", "Month", "DayofMonth", "DayOfWeek", "FlightDate", "Reporting_Airline",
    "DOT_ID_Reporting_Airline", "IATA_CODE_Reporting_Airline", "Tail_Number",
    "Flight_Number_Reporting_Airline",
    *(f"Origin{name}" for name in PLACE),
    *(f"Dest{name}" for name in PLACE),
    "CRSDepTime", "DepTime", "DepDelay", "DepDelayMinutes", "DepDel15", "DepartureDelayGroups", "DepTimeBlk",
    "TaxiOut", "WheelsOff", "WheelsOn", "TaxiIn", "CRSArrTime", "ArrTime", "ArrDelay", "ArrDelayMinutes",
    "ArrDel15", "ArrivalDelayGroups", "ArrTimeBlk", "Cancelled", "CancellationCode", "Diverted",
    "CRSElapsedTime", "ActualElapsedTime", "AirTime", "Flights", "Distance", "DistanceGroup", "CarrierDelay",
    "WeatherDelay", "NASDelay", "SecurityDelay", "LateAircraftDelay", "FirstDepTime", "TotalAddGTime",
    "LongestAddGTime", "DivAirportLandings", "DivReachedDest", "DivActualElapsedTime", "DivArrDelay",
    "DivDistance",
    *(f"Div{n}{name}" for n in range(1, 6) for name in (*DIVERSION, "TailNum")),
)  # fmt: skip
HEADER = (",".join(f'"{name}"' for name in COLUMNS) + ",\n").encode()
README = b"<html><body>Simulated airspace: no row of this file describes a real flight.</body></html>"
# The diversion columns from the second airport on are always empty; they are written as one piece.
NO_MORE_DIVERSIONS = ",".join(['"",,,"",,,"",""'] * 4)
NEAREST_ALTERNATE = 60  # miles; a field closer by has the same weather


def month_path(root: Path, year: int, month: int) -> Path:
    """Where the host keeps a month."""
    name = f"On_Time_Reporting_Carrier_On_Time_Performance_1987_present_{year}_{month}.zip"
    return root / "transtats.bts.gov" / "PREZIP" / name


def _quoted(values: list[str]) -> pl.Series:
    return pl.Series([f'"{value}"' for value in values])


@lru_cache(maxsize=1)
def _clock_text() -> pl.Series:
    """Quoted clocks by minute of the day; 0 reads 2400, as nothing is scheduled then; DAY is missing."""
    text = ["2400"] + [f"{m // 60:02d}{m % 60:02d}" for m in range(1, DAY)]
    return pl.concat([_quoted(text), pl.Series(['""'])])


@lru_cache(maxsize=1)
def _block_text() -> pl.Series:
    """Quoted departure and arrival blocks by hour."""
    return _quoted(["0001-0559"] * 6 + [f"{h:02d}00-{h:02d}59" for h in range(6, 24)])


@lru_cache(maxsize=1)
def _places() -> pl.DataFrame:
    """The nine columns of each airport, text already quoted."""
    table = load_airports().table
    number = pl.int_range(pl.len()) * 37 + 10_140
    state = table["state"].to_list()
    return table.select(
        AirportID=number,
        AirportSeqID=number * 100 + 2,
        CityMarketID=number + 20_000,
        Code='"' + pl.col("code") + '"',
        CityName='"' + pl.col("city") + ", " + pl.col("state") + '"',
        State='"' + pl.col("state") + '"',
        StateFips=_quoted([STATE_NAMES[s][1] for s in state]),
        StateName=_quoted([STATE_NAMES[s][0] for s in state]),
        Wac=pl.Series([STATE_NAMES[s][2] for s in state]),
    )


@lru_cache(maxsize=1)
def _alternates() -> Ints:
    """For each airport, the alternate a flight to it is diverted to: the nearest that is not next to it."""
    miles = load_airports().miles
    return np.asarray(np.where(miles < NEAREST_ALTERNATE, 1e6, miles).argmin(axis=1), dtype=np.int64)


class _Month:
    """The rows of one month, as columns; built once, then written in slices."""

    def __init__(self, flown: Flown, rows: Ints, size: int, seed: int, year: int, month: int) -> None:
        self.flown, self.rows, self.size, self.seed = flown, rows, size, seed
        self.year, self.month = year, month
        self.airports = load_airports()
        self.clocks = clocks_for(self.airports.zone)
        self.rng = np.random.default_rng([seed, STREAM_DIRT, year, month])
        legs = flown.legs
        self.origin, self.dest = legs.origin[rows], legs.dest[rows]
        self.sched_dep, self.block = legs.dep[rows], legs.block[rows]
        self.sched_arr = self.sched_dep + self.block
        self.dep, self.arr = flown.dep[rows], flown.arr[rows]
        self.cancelled, self.diverted = flown.cancelled[rows], flown.diverted[rows]
        # A few flights leave the gate before they are cancelled.
        self.departed = ~self.cancelled | (self.rng.random(len(rows)) < 0.025)
        self.landed = ~self.cancelled & (~self.diverted | (self.rng.random(len(rows)) < 0.8))
        self.done = ~self.cancelled & ~self.diverted
        self.out: dict[str, pl.Series] = {}

    def number(self, name: str, values: np.ndarray, known: Bools | None = None, whole: bool = False) -> None:
        """A column of numbers, written as 0.00 unless whole; missing where not known."""
        series = pl.Series(values.astype(np.int32 if whole else np.float32))
        if known is not None:
            blank = pl.Series([None], dtype=series.dtype)
            series = series.zip_with(pl.Series(known), blank)
        self.out[name] = series

    def clock(self, name: str, place: Ints, utc: Ints, known: Bools | None = None) -> None:
        """A column of local clocks."""
        minute = self.clocks.local(place, utc) % DAY
        self.out[name] = _clock_text().gather(minute if known is None else np.where(known, minute, DAY))

    def calendar(self) -> None:
        """Dates, carrier, tail and flight number."""
        legs, rows = self.flown.legs, self.rows
        day = self.clocks.local(self.origin, self.sched_dep) // DAY
        count = len(rows)
        self.number("Year", np.full(count, self.year), whole=True)
        self.number("Quarter", np.full(count, (self.month + 2) // 3), whole=True)
        self.number("Month", np.full(count, self.month), whole=True)
        self.number("DayofMonth", day - day_number(self.year, self.month) + 1, whole=True)
        self.number("DayOfWeek", (day + 3) % 7 + 1, whole=True)
        self.out["FlightDate"] = pl.Series(day.astype(np.int32)).cast(pl.Date)
        code = _quoted([c.code for c in CARRIERS]).gather(legs.carrier[rows])
        self.out["Reporting_Airline"] = code
        self.number(
            "DOT_ID_Reporting_Airline", np.array([c.dot_id for c in CARRIERS])[legs.carrier[rows]], whole=True
        )
        self.out["IATA_CODE_Reporting_Airline"] = code
        self.out["Tail_Number"] = self._tails(day)
        numbers = _quoted([str(n) for n in range(9001)])
        self.out["Flight_Number_Reporting_Airline"] = numbers.gather(legs.number[rows])

    def _tails(self, day: Ints) -> pl.Series:
        """Quoted tails, with what is wrong with some of them in the published files."""
        carrier = self.flown.legs.carrier[self.rows]
        tail = self.flown.tail[self.rows].copy()
        luck = self.rng.random((4, len(tail)))
        base = np.array([tail_base(self.size, c) for c in range(int(carrier.max()) + 2)])
        stray = luck[0] < tuning.STRAY_TAIL
        span = base[carrier + 1] - base[carrier]
        tail[stray] = (base[carrier] + (luck[1] * span).astype(np.int64))[stray]
        text = tail_numbers(self.seed, self.size, tail, day)
        # Some months of some carriers come without the leading N, and single rows of the others do.
        bare_month = (self.year * 12 + self.month + carrier) % 3 == 0
        omits = np.array([c.omits_n for c in CARRIERS])[carrier]
        bare = omits & (bare_month | (luck[2] < 0.01))
        lost = np.where(self.cancelled, 0.35, 0.0015)
        frame = pl.DataFrame({"text": text, "bare": bare, "luck": luck[3], "lost": lost})
        return frame.select(
            pl.when(pl.col("luck") < pl.col("lost") * 0.55).then(pl.lit('""'))
            .when(pl.col("luck") < pl.col("lost") * 0.85).then(pl.lit('"UNKNOW"'))
            .when(pl.col("luck") < pl.col("lost") * 0.93).then(pl.lit('"000000"'))
            .when(pl.col("luck") < pl.col("lost")).then(pl.lit('"NA"'))
            .when("bare").then('"' + pl.col("text").str.slice(1) + '"')
            .otherwise('"' + pl.col("text") + '"')
            .alias("tail")
        )["tail"]  # fmt: skip

    def places(self) -> None:
        """Origin and destination columns."""
        for side, rows in (("Origin", self.origin), ("Dest", self.dest)):
            for column, name in zip(_places().columns, PLACE, strict=True):
                self.out[f"{side}{name}"] = _places()[column].gather(rows)

    def _delay(self, prefix: str, group: str, values: Ints, known: Bools) -> None:
        self.number(f"{prefix}Delay", values, known)
        self.number(f"{prefix}DelayMinutes", np.maximum(values, 0), known)
        self.number(f"{prefix}Del15", values >= 15, known)
        self.number(group, np.clip(values // 15, -2, 12), known, whole=True)

    def times(self) -> None:
        """Clocks, delays, taxi and elapsed times."""
        flown, rows = self.flown, self.rows
        out, taxi_in, air = flown.out[rows], flown.taxi_in[rows], flown.air[rows]
        self.clock("CRSDepTime", self.origin, self.sched_dep)
        self.clock("DepTime", self.origin, self.dep, self.departed)
        self._delay("Dep", "DepartureDelayGroups", self.dep - self.sched_dep, self.departed)
        hour = self.clocks.local(self.origin, self.sched_dep) % DAY // 60
        self.out["DepTimeBlk"] = _block_text().gather(hour)
        airborne = ~self.cancelled
        self.number("TaxiOut", out, airborne)
        self.clock("WheelsOff", self.origin, self.dep + out, airborne)
        self.clock("WheelsOn", self.dest, self.arr - taxi_in, self.landed)
        self.number("TaxiIn", taxi_in, self.landed)
        self.clock("CRSArrTime", self.dest, self.sched_arr)
        self.clock("ArrTime", self.dest, self.arr, self.landed)
        self._delay("Arr", "ArrivalDelayGroups", self.arr - self.sched_arr, self.done)
        hour = self.clocks.local(self.dest, self.sched_arr) % DAY // 60
        self.out["ArrTimeBlk"] = _block_text().gather(hour)
        self.number("Cancelled", self.cancelled)
        codes = pl.Series(['"A"', '"B"', '"C"', '"D"', '""'])
        self.out["CancellationCode"] = codes.gather(np.where(self.cancelled, flown.code[rows], 4))
        self.number("Diverted", self.diverted)
        # Wrong on purpose: some scheduled times are missing, and a few cannot be.
        odd = self.rng.random(len(rows))
        self.number("CRSElapsedTime", np.where(odd < 2e-4, -1 - self.block % 60, self.block), odd < 0.9996)
        self.number("ActualElapsedTime", self.arr - self.dep, self.done)
        self.number("AirTime", np.where((odd > 0.5) & (odd < 0.5002), 0, air), self.done)
        self.number("Flights", np.ones(len(rows)))
        miles = self.airports.miles[self.origin, self.dest].round()
        self.number("Distance", miles)
        self.number("DistanceGroup", np.minimum(miles // 250 + 1, 11), whole=True)

    def causes(self) -> None:
        """Delay causes, where the arrival is 15 minutes late or more; they add up to the delay."""
        flown, rows = self.flown, self.rows
        delay = self.arr - self.sched_arr
        known = self.done & (delay >= 15)
        late = np.minimum(flown.inherited[rows], delay)
        over = np.maximum(self.arr - self.dep - self.block, 0) + flown.hold[rows]
        system = np.clip(over, 0, delay - late)
        severe = np.rint(system * np.clip(flown.bad[rows] - 0.35, 0, 1)).astype(np.int64)
        own = delay - late - system
        security = np.where(self.rng.random(len(rows)) < 0.002, own, 0)
        self.number("CarrierDelay", own - security, known)
        self.number("WeatherDelay", severe, known)
        self.number("NASDelay", system - severe, known)
        self.number("SecurityDelay", security, known)
        self.number("LateAircraftDelay", late, known)

    def diversions(self) -> None:
        """Returns to the gate, and the one diversion airport a diverted flight has."""
        rows, done = self.rows, self.diverted
        reached = done & self.landed
        alternate = _alternates()[self.dest]
        down = self.dep + self.flown.out[rows] + self.flown.air[rows]
        stay = np.maximum(self.flown.detour[rows] // 2, 20)
        never = np.zeros(len(rows), dtype=bool)
        self.clock("FirstDepTime", self.origin, self.dep, never)
        self.number("TotalAddGTime", stay, never)
        self.number("LongestAddGTime", stay, never)
        self.number("DivAirportLandings", done, whole=True)
        self.number("DivReachedDest", reached, done)
        self.number("DivActualElapsedTime", self.arr - self.dep, reached)
        self.number("DivArrDelay", self.arr - self.sched_arr, reached)
        self.number(
            "DivDistance", np.where(reached, 0, self.airports.miles[alternate, self.dest].round()), done
        )
        blank = pl.Series(['""'])
        mask = pl.Series(done)
        self.out["Div1Airport"] = _places()["Code"].gather(alternate).zip_with(mask, blank)
        for name in ("AirportID", "AirportSeqID"):
            self.number(f"Div1{name}", _places()[name].gather(alternate).to_numpy(), done, whole=True)
        self.clock("Div1WheelsOn", alternate, down, done)
        self.number("Div1TotalGTime", stay, done)
        self.number("Div1LongestGTime", stay, done)
        self.clock("Div1WheelsOff", alternate, down + stay, reached)
        self.out["Div1TailNum"] = self.out["Tail_Number"].zip_with(mask & pl.Series(reached), blank)
        self.out["rest"] = pl.repeat(NO_MORE_DIVERSIONS, len(rows), eager=True)

    def frame(self) -> pl.DataFrame:
        """All columns in the published order, in the order of the published rows, some of them twice."""
        self.calendar()
        self.places()
        self.times()
        self.causes()
        self.diversions()
        frame = pl.DataFrame(self.out)
        again = np.flatnonzero(self.rng.random(len(self.rows)) < 1.2e-4)
        legs = self.flown.legs
        order = np.lexsort((self.sched_dep, legs.number[self.rows], legs.carrier[self.rows]))
        return frame[np.concatenate([order, again])]


def month_rows(flown: Flown, year: int, month: int) -> Ints:
    """The rows of the legs whose local date of scheduled departure lies in the month."""
    legs = flown.legs
    day = clocks_for(load_airports().zone).local(legs.origin, legs.dep) // DAY
    return np.flatnonzero((day >= day_number(year, month)) & (day <= last_day(year, month)))


def last_day(year: int, month: int) -> int:
    """The last day of a month, days after 1970."""
    return (date(year + month // 12, month % 12 + 1, 1) - date(1970, 1, 1)).days - 1


def write_month(root: Path, seed: int, flights_per_day: int, places: Ints, year: int, month: int) -> int:
    """Fly and write one month; returns the number of flights."""
    flown = fly(seed, flights_per_day, places, day_number(year, month), last_day(year, month))
    rows = month_rows(flown, year, month)
    frame = _Month(flown, rows, flights_per_day, seed, year, month).frame()
    stem = f"On_Time_Reporting_Carrier_On_Time_Performance_(1987_present)_{year}_{month}"
    with (
        atomic(month_path(root, year, month)) as path,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=ZIP_LEVEL) as bundle,
    ):
        # A fixed date in the archive, so that the same seed gives the same bytes.
        info = zipfile.ZipInfo(f"{stem}.csv", (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        with bundle.open(info, "w") as member:
            member.write(HEADER)
            for part in frame.iter_slices(ROWS_AT_ONCE):
                buffer = io.BytesIO()
                part.write_csv(
                    buffer,
                    include_header=False,
                    quote_style="never",
                    float_precision=2,
                    line_terminator=",\n",
                )
                member.write(buffer.getbuffer())
        bundle.writestr(zipfile.ZipInfo("readme.html", (1980, 1, 1, 0, 0, 0)), README)
    return len(rows)
