"""Codes stand for values: equal where they are equal, in every column given together."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from aeroflux_assets.propagation import codes
from aeroflux_assets.propagation.codes import dense, text_codes

TEXTS = st.lists(st.sampled_from(["ATL", "BOS", "JFK", "ÅÄÖ", ""]), min_size=1, max_size=30)


@given(TEXTS, TEXTS)
def test_texts_of_several_columns_share_their_codes(left: list[str], right: list[str]) -> None:
    first, second = text_codes(pl.Series(left), pl.Series(right))
    pairs = {*zip(left, first.tolist(), strict=True), *zip(right, second.tolist(), strict=True)}
    assert len(pairs) == len({text for text, _ in pairs}) == len({code for _, code in pairs})
    assert {code for _, code in pairs} == set(range(len(pairs)))


@given(st.lists(st.integers(0, 50), max_size=40))
def test_dense_codes_keep_the_order_whichever_way_they_are_made(values: list[int]) -> None:
    given_ = np.array(values, dtype=np.int64)
    by_table = dense(given_)
    by_sort = dense(given_ + codes._TABLE)
    assert by_table.tolist() == by_sort.tolist()
    assert by_table.tolist() == [sorted(set(values)).index(value) for value in values]
