"""The contract of `raw_flights`: BTS On-Time rows as published, typed, none dropped.

`known_at` here is what the point-in-time audit goes by: it perturbs each raw column at the time this
table says it became known (docs/point-in-time.md), whatever the feature code believes.

Left out of the 109 upstream columns are those that repeat another one (delay groups, time blocks,
state and market ids of the airports, the minutes clipped at zero) and the five blocks on diversion
airports beyond what the first says.
"""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract

TEXT, MINUTES, FLAG = pl.String(), pl.Float32(), pl.Float32()


def _schedule(name: str, dtype: pl.DataType, description: str, unit: str = "") -> Column:
    return Column(name, dtype, description, unit, "schedule")


def _outcome(name: str, known_at: str, description: str, unit: str = "min") -> Column:
    return Column(name, MINUTES, description, unit, known_at)


RAW_FLIGHTS = Contract(
    name="raw_flights",
    room="raw",
    description="BTS On-Time reporting carrier rows, one a scheduled flight, as published",
    partitioned_by=("year",),
    columns=(
        Column("source_month", pl.Int8(), "month of the upstream file", nullable=False),
        Column("source_row", pl.Int32(), "row within the upstream file, from 0", nullable=False),
        Column(
            "unparsed",
            TEXT,
            "names of the fields whose text could not be read as their type, comma separated",
        ),
        _schedule("Year", pl.Int16(), "year of the flight date"),
        _schedule("Month", pl.Int8(), "month of the flight date"),
        _schedule("FlightDate", pl.Date(), "date of the scheduled departure, local to the origin"),
        _schedule("Reporting_Airline", TEXT, "carrier code, unique over time"),
        _schedule("Flight_Number_Reporting_Airline", pl.Int32(), "flight number"),
        Column("Tail_Number", TEXT, "tail that flew, as reported", "", "tail"),
        _schedule("Origin", TEXT, "IATA code of the origin"),
        _schedule("Dest", TEXT, "IATA code of the destination"),
        _schedule("CRSDepTime", TEXT, "scheduled departure, local to the origin", "hhmm"),
        Column("DepTime", TEXT, "actual gate departure, local to the origin", "hhmm", "departure"),
        _outcome("DepDelay", "departure", "gate departure delay, early negative"),
        _outcome("TaxiOut", "wheels_off", "taxi out"),
        Column("WheelsOff", TEXT, "take-off, local to the origin", "hhmm", "wheels_off"),
        Column("WheelsOn", TEXT, "landing, local to the destination", "hhmm", "wheels_on"),
        _outcome("TaxiIn", "arrival", "taxi in"),
        _schedule("CRSArrTime", TEXT, "scheduled arrival, local to the destination", "hhmm"),
        Column("ArrTime", TEXT, "actual gate arrival, local to the destination", "hhmm", "arrival"),
        _outcome("ArrDelay", "arrival", "gate arrival delay, early negative"),
        Column("Cancelled", FLAG, "1 = cancelled", "flag", "cancellation"),
        Column(
            "CancellationCode", TEXT, "A carrier, B weather, C national air system, D security", "", "after"
        ),
        Column("Diverted", FLAG, "1 = diverted; a flight that arrived was not", "flag", "arrival"),
        _schedule("CRSElapsedTime", MINUTES, "scheduled block time", "min"),
        _outcome("ActualElapsedTime", "arrival", "actual block time"),
        _outcome("AirTime", "arrival", "wheels off to wheels on"),
        _schedule("Distance", MINUTES, "great-circle distance", "mi"),
        _outcome("CarrierDelay", "after", "arrival delay put down to the carrier"),
        _outcome("WeatherDelay", "after", "arrival delay put down to extreme weather"),
        _outcome("NASDelay", "after", "arrival delay put down to the national air system"),
        _outcome("SecurityDelay", "after", "arrival delay put down to security"),
        _outcome("LateAircraftDelay", "after", "arrival delay put down to the late inbound aircraft"),
        Column(
            "FirstDepTime",
            TEXT,
            "first gate departure of a flight that returned to the gate",
            "hhmm",
            "after",
        ),
        _outcome("TotalAddGTime", "after", "ground time away from the gate for such a flight"),
        Column("DivAirportLandings", MINUTES, "landings at diversion airports", "count", "after"),
        Column("DivReachedDest", FLAG, "1 = a diverted flight reached its destination", "flag", "after"),
        _outcome(
            "DivActualElapsedTime", "after", "elapsed time of a diverted flight that reached its destination"
        ),
        _outcome("DivArrDelay", "after", "arrival delay of a diverted flight that reached its destination"),
        Column("Div1Airport", TEXT, "first diversion airport", "", "after"),
    ),
)
