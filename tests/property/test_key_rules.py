"""The packed flight key has no collisions and sorts by date."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from aeroflux_assets.cleaned.keys import EPOCH, airport_ok, airport_part, carrier_ok, carrier_part, packed_key

CHARS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
Key = tuple[date, str, int, str]

dates = st.dates(EPOCH, date(2035, 12, 31))
carriers = st.builds(
    lambda code, user: code + user,
    st.text(CHARS, min_size=2, max_size=2),
    st.sampled_from(["", *(f" ({n})" for n in range(1, 8))]),
)
numbers = st.integers(0, 9999)
origins = st.text(CHARS[10:], min_size=3, max_size=3)
keys = st.tuples(dates, carriers, numbers, origins)


def packed(rows: list[Key]) -> list[int]:
    frame = pl.DataFrame(
        rows,
        schema={"d": pl.Date(), "c": pl.String(), "n": pl.Int32(), "o": pl.String()},
        orient="row",
    )
    assert frame.select(carrier_ok("c").all() & airport_ok("o").all()).item()
    return frame.select(packed_key("d", carrier_part("c"), "n", airport_part("o"))).to_series().to_list()


def unpacked(key: int) -> Key:
    """The fields of a key, taken apart by the bits that keys.py names: 15, 14, 14, 15, 5."""
    place, number, code = key >> 5 & 0x7FFF, key >> 20 & 0x3FFF, key >> 34 & 0x3FFF
    user, letters = code & 7, code >> 3
    origin = "".join(CHARS[10 + digit] for digit in (place // 676, place // 26 % 26, place % 26))
    carrier = CHARS[letters // 36] + CHARS[letters % 36] + (f" ({user})" if user else "")
    return EPOCH + timedelta(days=key >> 48), carrier, number, origin


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(keys, min_size=1, max_size=40))
def test_a_key_can_be_taken_apart_again_so_no_two_flights_share_one(rows: list[Key]) -> None:
    made = packed(rows)
    assert [unpacked(key) for key in made] == rows
    assert all(0 <= key < 1 << 63 and key % 32 == 0 for key in made)


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(keys, min_size=2, max_size=20))
def test_keys_sort_by_date(rows: list[Key]) -> None:
    by_key = [row for _, row in sorted(zip(packed(rows), rows, strict=True))]
    assert [row[0] for row in by_key] == sorted(row[0] for row in rows)
