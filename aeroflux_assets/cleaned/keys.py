"""The flight's natural key as one integer, and the tail's canonical form.

flight_id packs, from the high bits: days since 1987-01-01 (15 bits), carrier as two base-36 digits and
the number of an earlier user of the code, `OH (1)` (14), flight number (14), origin as three base-26
letters (15), and 5 bits that number the flights which share all of these (a second departure of the
day), by scheduled time and destination. It has no collisions, sorts by date, is the same whichever months
are loaded, and joins at the price of an Int64.
"""

from datetime import date

import polars as pl

EPOCH = date(1987, 1, 1)
SHARED_KEYS = 32


def _base36(char: pl.Expr) -> pl.Expr:
    code = char.str.to_uppercase().cast(pl.Binary).bin.reinterpret(dtype=pl.UInt8).cast(pl.Int64)
    return pl.when(code >= 65).then(code - 55).otherwise(code - 48)


def carrier_ok(name: str) -> pl.Expr:
    """Whether the carrier code is two letters or digits, with BTS's suffix for an earlier user: `OH (1)`."""
    return pl.col(name).str.contains(r"^[0-9A-Z]{2}( \([1-7]\))?$")


def airport_ok(name: str) -> pl.Expr:
    """Whether the airport code is three letters."""
    return pl.col(name).str.contains(r"^[A-Z]{3}$")


def carrier_part(name: str) -> pl.Expr:
    """The carrier's 14 bits of the key, for a code that satisfies `carrier_ok`."""
    user = pl.col(name).str.extract(r"\((\d)\)").cast(pl.Int64).fill_null(0)
    first, second = (_base36(pl.col(name).str.slice(i, 1)) for i in range(2))
    return (first * 36 + second) * 8 + user


def airport_part(name: str) -> pl.Expr:
    """The origin's 15 bits of the key, for a code that satisfies `airport_ok`."""
    letters = [_base36(pl.col(name).str.slice(i, 1)) - 10 for i in range(3)]
    return (letters[0] * 26 + letters[1]) * 26 + letters[2]


def packed_key(flight_date: str, carrier: pl.Expr, number: str, origin: pl.Expr) -> pl.Expr:
    """The key with its last 5 bits zero. carrier, origin: their parts of it."""
    days = (pl.col(flight_date) - pl.lit(EPOCH)).dt.total_days()
    return (((days * 16384 + carrier) * 16384 + pl.col(number).cast(pl.Int64)) * 32768 + origin) * 32


def canonical_tail(name: str) -> pl.Expr:
    """The tail in capitals with its leading N; null for blanks, zeros and `UNKNOW`, whole or mangled (`äNKNOæ`).

    Some carriers leave the N out: a tail that begins with a digit gets it. Other forms (fleet numbers) are kept,
    without their punctuation: they still tell one aircraft from another.
    """
    tail = pl.col(name).str.strip_chars().str.to_uppercase().str.replace_all(r"[^0-9A-Z]", "")
    unknown = (
        tail.str.contains(r"^0*$")
        | tail.str.contains("^(UNKNOW.*|NKNO)$")
        | tail.is_in(["NA", "NONE", "NULL"])
    )
    return pl.when(unknown).then(None).when(tail.str.contains(r"^[1-9]")).then("N" + tail).otherwise(tail)
