"""The contracts of the cleaned room: airports, flights on one UTC time line, their quarantine, weather."""

import polars as pl

from aeroflux_assets.contracts.base import Column, Contract, Rule

TEXT, MIN, WHEN, BOOL = pl.String(), pl.Int32(), pl.Datetime("us"), pl.Boolean()

LATE_MIN = 15  # BTS ArrDel15 and DepDel15

AIRPORTS = Contract(
    name="airports",
    room="cleaned",
    description="Airports by IATA code with coordinates and IANA time zone",
    key=("airport",),
    columns=(
        Column("airport", TEXT, "IATA code", "", "reference", nullable=False),
        Column("icao", TEXT, "ICAO code", "", "reference"),
        Column("airport_name", TEXT, "name", "", "reference"),
        Column("municipality", TEXT, "city", "", "reference"),
        Column("iso_country", TEXT, "country", "", "reference"),
        Column("iso_region", TEXT, "state", "", "reference"),
        Column("latitude_deg", pl.Float64(), "latitude", "deg", "reference", nullable=False),
        Column("longitude_deg", pl.Float64(), "longitude", "deg", "reference", nullable=False),
        Column("time_zone", TEXT, "IANA time zone", "", "reference", nullable=False),
        Column(
            "time_zone_from", TEXT, "coordinates, or longitude where no zone covers them", "", nullable=False
        ),
    ),
    rules=(
        Rule("latitude in range", pl.col("latitude_deg").is_between(-90, 90), "-90 to 90"),
        Rule("longitude in range", pl.col("longitude_deg").is_between(-180, 180), "-180 to 180"),
    ),
)

CLEANED_FLIGHTS = Contract(
    name="cleaned_flights",
    room="cleaned",
    description="One row a scheduled flight, on UTC; cancelled and diverted flights included",
    partitioned_by=("year",),
    key=("flight_id",),
    columns=(
        Column(
            "flight_id", pl.Int64(), "natural key packed into an integer, see cleaned/keys.py", nullable=False
        ),
        Column(
            "flight_date", pl.Date(), "local date of the scheduled departure", "", "schedule", nullable=False
        ),
        Column("carrier", TEXT, "carrier code", "", "schedule", nullable=False),
        Column("flight_number", MIN, "flight number", "", "schedule", nullable=False),
        Column("tail", TEXT, "tail that flew, with its leading N; null where unknown", "", "tail"),
        Column("origin", TEXT, "IATA code of the origin", "", "schedule", nullable=False),
        Column("dest", TEXT, "IATA code of the destination", "", "schedule", nullable=False),
        Column(
            "sched_dep_local",
            WHEN,
            "scheduled departure, local to the origin",
            "",
            "schedule",
            nullable=False,
        ),
        Column("sched_arr_local", WHEN, "scheduled arrival, local to the destination", "", "schedule"),
        Column("sched_dep_utc", WHEN, "scheduled departure", "UTC", "schedule", nullable=False),
        Column(
            "sched_arr_utc",
            WHEN,
            "scheduled arrival: departure and scheduled block time",
            "UTC",
            "schedule",
            nullable=False,
        ),
        Column("dep_utc", WHEN, "gate departure; null if it never departed", "UTC", "departure"),
        Column(
            "gate_left_utc",
            WHEN,
            "gate departure of a flight that was cancelled after it (gate or air return); null for all others",
            "UTC",
            "departure",
        ),
        Column("wheels_off_utc", WHEN, "take-off, where taxi out is reported", "UTC", "wheels_off"),
        Column("wheels_on_utc", WHEN, "landing, where taxi in is reported", "UTC", "wheels_on"),
        Column(
            "arr_utc", WHEN, "gate arrival at the destination; null if it never got there", "UTC", "arrival"
        ),
        Column("sched_block_min", MIN, "scheduled block time", "min", "schedule", nullable=False),
        Column("block_min", MIN, "actual block time", "min", "arrival"),
        Column("air_min", MIN, "time in the air", "min", "arrival"),
        Column("dep_delay_min", MIN, "gate departure delay, early negative", "min", "departure"),
        Column("arr_delay_min", MIN, "gate arrival delay, early negative (ArrDelay)", "min", "arrival"),
        Column(
            "is_arr_late15",
            BOOL,
            "arrived 15 minutes late or more (ArrDel15); null without an arrival",
            "",
            "arrival",
        ),
        Column("taxi_out_min", MIN, "taxi out", "min", "wheels_off"),
        Column("taxi_in_min", MIN, "taxi in", "min", "arrival"),
        Column("distance_mi", MIN, "great-circle distance", "mi", "schedule"),
        Column(
            "is_cancelled",
            BOOL,
            "cancelled; counts as known from the scheduled departure, never if it had left its gate",
            "",
            "cancellation",
            nullable=False,
        ),
        Column(
            "cancellation_code", TEXT, "A carrier, B weather, C national air system, D security", "", "after"
        ),
        Column("is_diverted", BOOL, "diverted; a flight that arrived was not", "", "arrival", nullable=False),
        Column("carrier_delay_min", MIN, "arrival delay put down to the carrier", "min", "after"),
        Column("weather_delay_min", MIN, "arrival delay put down to weather", "min", "after"),
        Column("nas_delay_min", MIN, "arrival delay put down to the national air system", "min", "after"),
        Column("security_delay_min", MIN, "arrival delay put down to security", "min", "after"),
        Column(
            "late_aircraft_delay_min",
            MIN,
            "arrival delay put down to the late inbound aircraft",
            "min",
            "after",
        ),
        Column(
            "sched_arr_clock_gap_min",
            MIN,
            "derived scheduled arrival less the published clock, -720 to 719",
            "min",
            "schedule",
        ),
        Column(
            "dep_clock_gap_min", MIN, "derived gate departure less the published clock", "min", "departure"
        ),
        Column("arr_clock_gap_min", MIN, "derived gate arrival less the published clock", "min", "arrival"),
        Column(
            "dst_case",
            TEXT,
            "gap or fold, where the local departure clock did not exist or happened twice",
            "",
            "schedule",
        ),
        Column("source_month", pl.Int8(), "month of the upstream file", nullable=False),
        Column("source_row", MIN, "row within the upstream file", nullable=False),
    ),
    rules=(
        Rule("arrives after it departs", pl.col("sched_arr_utc") > pl.col("sched_dep_utc"), "by schedule"),
        Rule("lands after it departs", pl.col("arr_utc") > pl.col("dep_utc"), "as flown"),
        Rule(
            "only a cancelled flight came back",
            pl.col("is_cancelled") | pl.col("gate_left_utc").is_null(),
            "",
        ),
        Rule("cancelled has no arrival", ~pl.col("is_cancelled") | pl.col("arr_utc").is_null(), ""),
        Rule(
            "cancelled or diverted has no label",
            ~(pl.col("is_cancelled") | pl.col("is_diverted")) | pl.col("is_arr_late15").is_null(),
            "",
        ),
        Rule(
            "late15 is ArrDelay >= 15",
            pl.col("is_arr_late15") == (pl.col("arr_delay_min") >= LATE_MIN),
            "BTS ArrDel15",
        ),
        Rule("scheduled block within a day", pl.col("sched_block_min").is_between(1, 1440), ""),
    ),
)

QUARANTINED_FLIGHTS = Contract(
    name="quarantined_flights",
    room="cleaned",
    description="Raw rows that cleaning set aside, with the reason; the fields as published",
    partitioned_by=("year",),
    columns=(
        Column("reason", TEXT, "the first rule that the row broke", nullable=False),
        Column("source_month", pl.Int8(), "month of the upstream file", nullable=False),
        Column("source_row", MIN, "row within the upstream file", nullable=False),
        Column("unparsed", TEXT, "fields whose text could not be read"),
        Column("FlightDate", pl.Date(), "as published"),
        Column("Reporting_Airline", TEXT, "as published"),
        Column("Flight_Number_Reporting_Airline", MIN, "as published"),
        Column("Tail_Number", TEXT, "as published"),
        Column("Origin", TEXT, "as published"),
        Column("Dest", TEXT, "as published"),
        Column("CRSDepTime", TEXT, "as published"),
        Column("CRSArrTime", TEXT, "as published"),
        Column("DepDelay", pl.Float32(), "as published", "min"),
        Column("ArrDelay", pl.Float32(), "as published", "min"),
        Column("CRSElapsedTime", pl.Float32(), "as published", "min"),
        Column("ActualElapsedTime", pl.Float32(), "as published", "min"),
    ),
)

CLEANED_WEATHER = Contract(
    name="cleaned_weather",
    room="cleaned",
    description="Decoded observations, one a station and time, bad quality flags set to null",
    partitioned_by=("year",),
    key=("station_id", "valid_utc"),
    columns=(
        Column("station_id", TEXT, "USAF and WBAN, 11 digits", "", "observation", nullable=False),
        Column("valid_utc", WHEN, "time of the observation", "UTC", "observation", nullable=False),
        Column("temp_c", pl.Float32(), "air temperature", "deg C", "observation"),
        Column("dew_point_c", pl.Float32(), "dew point", "deg C", "observation"),
        Column(
            "wind_dir_deg", pl.Int16(), "wind direction; null when calm or variable", "deg", "observation"
        ),
        Column("wind_speed_m_s", pl.Float32(), "wind speed", "m/s", "observation"),
        Column("ceiling_height_m", MIN, "ceiling; 22000 = unlimited", "m", "observation"),
        Column("visibility_m", MIN, "visibility", "m", "observation"),
        Column("sea_level_pressure_hpa", pl.Float32(), "sea-level pressure", "hPa", "observation"),
        Column(
            "precipitation_mm", pl.Float32(), "liquid precipitation of the last hour", "mm", "observation"
        ),
    ),
    rules=(
        Rule("temperature plausible", pl.col("temp_c").is_between(-95, 65), "world records with room"),
        Rule("wind plausible", pl.col("wind_speed_m_s").is_between(0, 120), ""),
        Rule("wind direction plausible", pl.col("wind_dir_deg").is_between(0, 360), ""),
    ),
)
