"""Tails in one form, and which carrier and airport codes are codes."""

import polars as pl
import pytest

from aeroflux_assets.cleaned.keys import airport_ok, canonical_tail, carrier_ok


@pytest.mark.parametrize(
    ("published", "tail"),
    [
        ("N123AA", "N123AA"),
        ("n123aa", "N123AA"),
        ("123AA", "N123AA"),
        (" N123AA ", "N123AA"),
        ("-N037M", "N037M"),
        ("N-123", "N123"),
        ("UNKNOW", None),
        ("unknown", None),
        ("", None),
        ("   ", None),
        ("0", None),
        ("000000", None),
        ("------", None),
        ("NA", None),
        ("NONE", None),
        ("NULL", None),
        (None, None),
        # A fleet number still tells one aircraft from another.
        ("D942DN", "D942DN"),
        ("NKNOW7", "NKNOW7"),
    ],
)
def test_a_tail_has_one_form(published: str | None, tail: str | None) -> None:
    frame = pl.DataFrame({"t": pl.Series([published], dtype=pl.String)})
    assert frame.select(canonical_tail("t")).item() == tail


@pytest.mark.parametrize(
    ("code", "good"),
    [("DL", True), ("9E", True), ("OH (1)", True), ("US (7)", True)]
    + [(code, False) for code in ("dl", "D", "DLX", "OH (8)", "OH (0)", "OH(1)", "OH (1", "D-", " DL", "")],
)
def test_a_carrier_code_is_two_characters_and_the_number_of_an_earlier_user(code: str, good: bool) -> None:
    assert pl.DataFrame({"c": [code]}).select(carrier_ok("c")).item() is good


@pytest.mark.parametrize(
    ("code", "good"),
    [("ATL", True), ("atl", False), ("AT", False), ("KATL", False), ("A1L", False), ("", False)],
)
def test_an_airport_code_is_three_letters(code: str, good: bool) -> None:
    assert pl.DataFrame({"c": [code]}).select(airport_ok("c")).item() is good
