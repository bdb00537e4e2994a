"""Compare the simulated airspace with real months, side by side, as markdown.

    python benchmarks/calibrate_simulated.py [--flights-per-day 2000] [--simulated DIR]

The real months are read from the mirror (AEROFLUX_MIRROR, or ../shared/mirror); only shares, means and
quantiles leave this script. The simulated months are written to a temporary folder unless DIR holds them.
"""

import argparse
import io
import tempfile
import zipfile
from pathlib import Path

import polars as pl
from real_rows import mirror_root
from timezonefinder import TimezoneFinder

from aeroflux_assets.simulated.carriers import stations
from aeroflux_assets.simulated.noaa import write_observations
from aeroflux_assets.simulated.write import write_months

PREZIP = (
    "transtats.bts.gov/PREZIP/On_Time_Reporting_Carrier_On_Time_Performance_1987_present_{year}_{month}.zip"
)
COLUMNS = [
    "FlightDate", "Reporting_Airline", "Tail_Number", "Origin", "Dest", "CRSDepTime", "DepDelay",
    "CRSArrTime", "ArrDelay", "ArrDel15", "Cancelled", "Diverted", "CRSElapsedTime", "ActualElapsedTime",
]  # fmt: skip
ATLANTA = "www.ncei.noaa.gov/data/global-hourly/access/2025/72219013874.csv"
REAL_MONTHS = [(2006, 2), (2006, 4), (2008, 1), (2008, 2), (2008, 3), (2015, 1), (2024, 9)]
SIMULATED_MONTHS = [(2018, 1), (2018, 2), (2018, 3), (2018, 6), (2018, 9), (2018, 11)]
QUANTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
HOURS = (6, 8, 10, 12, 14, 16, 18, 20, 22)
TURNS = ((20, 40), (40, 60), (60, 90), (90, 180))
INBOUND = ((-60, 0), (0, 15), (15, 30), (30, 60), (60, 120), (120, 240))


def load_month(root: Path, year: int, month: int) -> pl.DataFrame:
    """One published month, only the columns that are compared."""
    with zipfile.ZipFile(root / PREZIP.format(year=year, month=month)) as bundle:
        name = next(n for n in bundle.namelist() if n.endswith(".csv"))
        data = bundle.read(name)
    return pl.read_csv(io.BytesIO(data), columns=COLUMNS, infer_schema=False)


def zones(root: Path) -> pl.DataFrame:
    """IATA code to IANA zone, from the coordinates in airports.csv."""
    path = root / "davidmegginson.github.io" / "ourairports-data" / "airports.csv"
    table = pl.read_csv(path, columns=["iata_code", "latitude_deg", "longitude_deg", "scheduled_service"])
    table = table.filter(pl.col("iata_code").is_not_null(), pl.col("scheduled_service") == "yes")
    finder = TimezoneFinder()
    names = [finder.timezone_at(lng=lon, lat=lat) for _, lat, lon, _ in _by_code(table)]
    return table.select(code="iata_code").with_columns(zone=pl.Series(names)).unique("code")


def _by_code(table: pl.DataFrame) -> list[tuple[str, float, float, str]]:
    return table.select("iata_code", "latitude_deg", "longitude_deg", "scheduled_service").rows()


def typed(rows: pl.DataFrame, zone: pl.DataFrame) -> pl.DataFrame:
    """Numbers for strings, and the scheduled departure and arrival in UTC minutes."""
    number = [
        "DepDelay",
        "ArrDelay",
        "ArrDel15",
        "Cancelled",
        "Diverted",
        "CRSElapsedTime",
        "ActualElapsedTime",
    ]
    rows = rows.with_columns(pl.col(number).cast(pl.Float64, strict=False))
    rows = rows.join(zone, left_on="Origin", right_on="code", how="left")
    clock = pl.col("CRSDepTime").cast(pl.Int64, strict=False)
    local = pl.col("FlightDate").str.to_datetime("%Y-%m-%d") + pl.duration(
        minutes=clock // 100 * 60 + clock % 100
    )
    rows = rows.with_columns(local=local, hour=clock // 100 % 24)
    parts = []
    for (name,), part in rows.filter(pl.col("zone").is_not_null()).group_by("zone"):
        utc = pl.col("local").dt.replace_time_zone(str(name), ambiguous="earliest", non_existent="null")
        parts.append(part.with_columns(sched_dep=utc.dt.epoch("s") // 60))
    out = pl.concat(parts)
    return out.with_columns(sched_arr=pl.col("sched_dep") + pl.col("CRSElapsedTime"))


def with_inbound(rows: pl.DataFrame) -> pl.DataFrame:
    """Flown legs of usable tails, each beside the leg its tail flew before, in order of actual departure."""
    flown = rows.filter(
        (pl.col("Cancelled") == 0),
        pl.col("Tail_Number").str.len_chars().is_between(4, 6),
        pl.col("Tail_Number") != "UNKNOW",
        pl.col("CRSElapsedTime").is_not_null(),
    ).with_columns(dep=pl.col("sched_dep") + pl.col("DepDelay").fill_null(0))
    key = ["Reporting_Airline", "Tail_Number"]
    flown = flown.unique([*key, "sched_dep", "Origin"]).sort(*key, "dep")
    return flown.with_columns(
        pl.col("Dest").shift(1).over(key).alias("in_dest"),
        pl.col("ArrDelay").shift(1).over(key).alias("in_delay"),
        (pl.col("sched_dep") - pl.col("sched_arr").shift(1).over(key)).alias("turn"),
        (pl.col("dep") - pl.col("dep").shift(1).over(key)).alias("gap"),
    )


def _quantiles(out: dict[str, float], name: str, values: pl.Series) -> None:
    for q in QUANTILES:
        out[f"{name} quantile {q:.2f}"] = float(values.quantile(q, "nearest") or 0.0)


def measures(rows: pl.DataFrame) -> dict[str, float]:
    """Every compared figure by name, of typed rows."""
    flown = rows.filter(pl.col("ArrDelay").is_not_null())
    out: dict[str, float] = {
        "share late (ArrDel15)": float(flown.select((pl.col("ArrDelay") >= 15).mean()).item()),
        "share departing 15 min late": float(rows.select((pl.col("DepDelay") >= 15).mean()).item()),
        "mean arrival delay": float(flown["ArrDelay"].mean() or 0.0),
        "mean departure delay": float(rows["DepDelay"].mean() or 0.0),
        "cancelled, %": 100 * float(rows["Cancelled"].mean() or 0.0),
        "diverted, %": 100 * float(rows["Diverted"].mean() or 0.0),
    }
    _quantiles(out, "arrival delay", flown["ArrDelay"])
    _quantiles(out, "departure delay", rows["DepDelay"].drop_nulls())
    _quantiles(out, "actual less scheduled elapsed", (flown["ActualElapsedTime"] - flown["CRSElapsedTime"]))
    for hour in HOURS:
        part = flown.filter(pl.col("hour").is_in([hour, hour + 1]))
        out[f"late, departing {hour:02d}-{hour + 2:02d} local"] = float(
            part.select((pl.col("ArrDelay") >= 15).mean()).item() or 0.0
        )
    legs = with_inbound(rows)
    per_day = legs.group_by("Reporting_Airline", "Tail_Number", "FlightDate").len()["len"]
    out["legs per tail and day, mean"] = float(per_day.mean() or 0.0)
    for n in (1, 2, 3, 4, 5, 6, 7):
        out[f"tail-days with {n if n < 7 else '7 or more'} legs"] = float(
            ((per_day == n) if n < 7 else (per_day >= 7)).mean() or 0.0
        )
    seen = legs.filter(pl.col("in_dest").is_not_null())
    out["continuity"] = float(seen.select((pl.col("in_dest") == pl.col("Origin")).mean()).item())
    chained = seen.filter(pl.col("in_dest") == pl.col("Origin"), pl.col("gap") < 1200)
    out["negative scheduled turnaround, %"] = 100 * float(chained.select((pl.col("turn") < 0).mean()).item())
    out["of these late"] = float(
        chained.filter(pl.col("turn") < 0).select((pl.col("ArrDelay") >= 15).mean()).item() or 0.0
    )
    day = chained.filter(pl.col("turn").is_between(0, 300))
    for q in (0.05, 0.25, 0.5, 0.75, 0.95):
        out[f"scheduled turnaround quantile {q:.2f}"] = float(day["turn"].quantile(q, "nearest") or 0.0)
    for low, high in TURNS:
        for early, late in INBOUND:
            part = chained.filter(
                pl.col("turn").is_between(low, high, closed="left"),
                pl.col("in_delay").is_between(early, late, closed="left"),
            )
            out[f"dep delay, turn {low}-{high}, inbound {early}..{late}"] = float(
                part["DepDelay"].mean() or 0.0
            )
    return out


def weather_measures(root: Path) -> dict[str, float]:
    """Figures of Atlanta's hourly reports of 2025 up to the end of global-hourly."""
    table = pl.read_csv(root / ATLANTA, infer_schema=False).filter(pl.col("REPORT_TYPE") == "FM-15")

    def part(name: str, place: int, missing: int) -> pl.Expr:
        value = pl.col(name).str.split(",").list.get(place, null_on_oob=True).cast(pl.Float64, strict=False)
        return pl.when(value.abs() != missing).then(value)

    table = table.select(
        ceiling=part("CIG", 0, 99999), visibility=part("VIS", 0, 999999), wind=part("WND", 3, 9999) / 10,
        temp=part("TMP", 0, 9999) / 10, rain=part("AA1", 1, 9999) / 10,
    )  # fmt: skip
    out = {
        "ceiling below 900 m": table.select((pl.col("ceiling") < 900).mean()).item(),
        "ceiling below 300 m": table.select((pl.col("ceiling") < 300).mean()).item(),
        "visibility below 4.8 km": table.select((pl.col("visibility") < 4800).mean()).item(),
        "hours with 0.2 mm of rain or more": table.select((pl.col("rain") >= 0.2).mean()).item(),
    }
    for name, unit in (("wind", "m/s"), ("temp", "deg C")):
        for q in (0.05, 0.5, 0.95, 0.99):
            out[f"{name} quantile {q:.2f}, {unit}"] = float(table[name].quantile(q) or 0.0)
    return {f"Atlanta 2025: {name}": float(value) for name, value in out.items()}


def _month_measures(root: Path, months: list[tuple[int, int]]) -> list[dict[str, float]]:
    zone = zones(root)
    return [measures(typed(load_month(root, *month), zone)) for month in months]


def markdown(real: list[dict[str, float]], simulated: list[dict[str, float]]) -> str:
    """A table: each figure's mean, least and greatest over the months, real beside simulated."""
    lines = [
        "| figure | real mean | real range | simulated mean | simulated range |",
        "|---|---|---|---|---|",
    ]
    for name in simulated[0]:
        cells = [name]
        for side in (real, simulated):
            values = [month[name] for month in side if name in month]
            digits = 3 if max(abs(v) for v in values) < 1 else 1
            mean = sum(values) / len(values)
            cells += [f"{mean:.{digits}f}", f"{min(values):.{digits}f} to {max(values):.{digits}f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flights-per-day", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--simulated", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = options.simulated or Path(scratch)
        if options.simulated is None:
            write_months(root, SIMULATED_MONTHS, flights_per_day=options.flights_per_day, seed=options.seed)
        simulated = _month_measures(root, SIMULATED_MONTHS)
        write_observations(root, options.seed, stations(options.flights_per_day), 2025)
        sky = weather_measures(root)
    print(markdown(_month_measures(mirror_root(), REAL_MONTHS), simulated))
    print(markdown([weather_measures(mirror_root())], [sky]))


if __name__ == "__main__":
    main()
