"""What someone typed to find a flight, made into what the tables hold; and what a lookup gives back."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from aeroflux_assets.cutoffs import cutoff_named
from aeroflux_assets.errors import LookupMissError

DATE_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d %b %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y")
# ICAO and spoken names of carriers in BTS, for people who know the airline rather than its code.
CARRIER_NAMES = {
    "AAL": "AA", "AMERICAN": "AA", "ASA": "AS", "ALASKA": "AS", "JBU": "B6", "JETBLUE": "B6",
    "COA": "CO", "CONTINENTAL": "CO", "DAL": "DL", "DELTA": "DL", "FFT": "F9", "FRONTIER": "F9",
    "TRS": "FL", "AIRTRAN": "FL", "AAY": "G4", "ALLEGIANT": "G4", "HAL": "HA", "HAWAIIAN": "HA",
    "ENY": "MQ", "ENVOY": "MQ", "NKS": "NK", "SPIRIT": "NK", "NWA": "NW", "NORTHWEST": "NW",
    "SKW": "OO", "SKYWEST": "OO", "UAL": "UA", "UNITED": "UA", "AWE": "US", "USAIRWAYS": "US",
    "SWA": "WN", "SOUTHWEST": "WN", "RPA": "YX", "REPUBLIC": "YX", "EDV": "9E", "ENDEAVOR": "9E",
    "JIA": "OH", "PSA": "OH", "VRD": "VX", "ASH": "YV", "MESA": "YV", "ASQ": "EV", "EXPRESSJET": "EV",
}  # fmt: skip


@dataclass(frozen=True)
class LookupQuery:
    """A flight to find, in the forms that the tables hold; None where it does not matter.

    tails: the forms that one typed tail may have in the data, likeliest first.
    """

    day: date
    tails: tuple[str, ...] = ()
    carrier: str | None = None
    number: int | None = None
    origin: str | None = None
    dest: str | None = None
    cutoff: str | None = None

    @property
    def flight_name(self) -> str:
        """`DL123`, `flight 123`, or the route."""
        if self.number is not None:
            return f"{self.carrier}{self.number}" if self.carrier else f"flight {self.number}"
        route = f"{self.origin or 'anywhere'}->{self.dest or 'anywhere'}"
        return f"{self.carrier} {route}" if self.carrier else route


@dataclass(frozen=True)
class LookupResult:
    """Flights found, and what goes with them; every frame may be empty but `flights`.

    flights: the matches. rotation: the legs of their aircraft on that date, and the legs known to feed them
    (`of_day` false). known: one row a match and cutoff, from `propagation`. upstream: the legs that `known`
    links to. weather: one row a match and cutoff. predictions: one row a match, cutoff and feature set.
    aircraft: one row a tail. notes: what is missing and how to make it.
    """

    query: LookupQuery
    flights: pl.DataFrame
    rotation: pl.DataFrame
    known: pl.DataFrame
    upstream: pl.DataFrame
    weather: pl.DataFrame
    predictions: pl.DataFrame
    aircraft: pl.DataFrame
    notes: tuple[str, ...] = field(default_factory=tuple)


def parse_query(
    *,
    tail: str | None = None,
    carrier: str | None = None,
    number: str | int | None = None,
    day: str | date | None = None,
    origin: str | None = None,
    dest: str | None = None,
    cutoff: str | None = None,
) -> LookupQuery:
    """Read what was typed: any case, blanks, leading zeros, a tail without its N, `DL123` as a number.

    Raises LookupMissError saying what cannot be read, or what is needed besides.
    """
    named, digits = _flight_number(number)
    query = LookupQuery(
        day=_day(day),
        tails=tail_forms(tail or ""),
        carrier=_carrier(carrier) or named,
        number=digits,
        origin=_airport(origin, "origin"),
        dest=_airport(dest, "destination"),
        cutoff=cutoff_named(cutoff.strip()).name if cutoff and cutoff.strip() else None,
    )
    if not query.tails and query.number is None and not (query.origin and query.dest):
        raise LookupMissError(
            "a flight is found by its date and a tail (N8731A), or a carrier and flight number (DL 123), "
            "or an origin and destination (ATL, BOS)"
        )
    return query


def tail_forms(text: str) -> tuple[str, ...]:
    """The forms in which a tail may stand in the data: `8731a` gives N8731A; blanks and dashes go."""
    bare = re.sub(r"[^0-9A-Z]", "", text.upper())
    if not bare:
        return ()
    stripped = re.sub(r"^N?0+(?=.)", "", bare)
    forms = [*(form if form.startswith("N") else f"N{form}" for form in (bare, stripped)), bare]
    return tuple(dict.fromkeys(forms))


def _flight_number(number: str | int | None) -> tuple[str | None, int | None]:
    text = re.sub(r"[\s#-]", "", str(number if number is not None else "")).upper()
    if not text:
        return None, None
    if re.fullmatch(r"0*\d{1,4}", text):
        return None, int(text)
    # A code has two characters, at least one of them a letter: 9E4512 is 9E 4512, never 945 12.
    match = re.fullmatch(r"([A-Z][0-9A-Z]|[0-9][A-Z]|[A-Z]{3})0*(\d{1,4})", text)
    if match is None:
        raise LookupMissError(f"flight number {number!r}: write it as 123 or DL123, of at most four digits")
    return _carrier(match[1]), int(match[2])


def _carrier(text: str | None) -> str | None:
    bare = re.sub(r"[^0-9A-Z()]", "", (text or "").upper())
    if not bare:
        return None
    short = re.sub(r"(AIRLINES?|AIRWAYS)$", "", bare)
    code = CARRIER_NAMES.get(bare) or CARRIER_NAMES.get(short) or bare
    if re.fullmatch(r"[0-9A-Z]{2}", code):
        return code
    # BTS marks an earlier user of a code: `OH (1)`.
    if match := re.fullmatch(r"([0-9A-Z]{2})\(([1-7])\)", code):
        return f"{match[1]} ({match[2]})"
    raise LookupMissError(f"carrier {text!r}: give its two-character code, such as DL, WN or 9E")


def _airport(text: str | None, what: str) -> str | None:
    bare = re.sub(r"\s", "", (text or "").upper())
    if not bare:
        return None
    # KATL is the ICAO code of ATL; so it is for every airport of the lower 48.
    if re.fullmatch(r"K[A-Z]{3}", bare):
        bare = bare[1:]
    if not re.fullmatch(r"[A-Z]{3}", bare):
        raise LookupMissError(f"{what} {text!r}: give the three-letter airport code, such as ATL")
    return bare


def _day(day: str | date | None) -> date:
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    text = " ".join((day or "").split())
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise LookupMissError(
        f"date {text!r}: write the local date of the scheduled departure as 2024-09-03"
        if text
        else "which date? Give the local date of the scheduled departure, as 2024-09-03"
    )
