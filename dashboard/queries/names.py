"""Names that people know: months, weekdays, and the carriers that have reported to BTS."""

from collections.abc import Mapping

import polars as pl

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# BTS L_UNIQUE_CARRIERS, shortened: every carrier that has reported on-time performance since 2003.
CARRIERS: Mapping[str, str] = {
    "9E": "Endeavor", "AA": "American", "AQ": "Aloha", "AS": "Alaska", "B6": "JetBlue", "CO": "Continental",
    "DH": "Independence", "DL": "Delta", "EV": "ExpressJet (ASA)", "F9": "Frontier", "FL": "AirTran",
    "G4": "Allegiant", "HA": "Hawaiian", "HP": "America West", "MQ": "Envoy", "NK": "Spirit",
    "NW": "Northwest", "OH": "PSA / Comair", "OH (1)": "Comair", "OO": "SkyWest", "QX": "Horizon",
    "RU": "ExpressJet", "TZ": "ATA", "UA": "United", "US": "US Airways", "VX": "Virgin America",
    "WN": "Southwest", "XE": "ExpressJet", "YV": "Mesa", "YX": "Republic",
}  # fmt: skip


def carrier_names(column: str) -> pl.Expr:
    """`carrier_label` of a column of codes."""
    code = pl.col(column)
    name = code.replace_strict(CARRIERS, default="", return_dtype=pl.String)
    return pl.concat_str(code, name, separator=" ").str.strip_chars_end()


def carrier_label(code: str) -> str:
    """`DL Delta`; the code alone where it stands for nobody (the simulated airspace's).

    >>> carrier_label("DL"), carrier_label("XA")
    ('DL Delta', 'XA')
    """
    name = CARRIERS.get(code)
    return f"{code} {name}" if name else code
