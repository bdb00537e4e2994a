"""Texts and sparse integers as dense integer codes from 0: what keys are made of.

Codes mean something within one call only, and their order means nothing: equal values have equal codes.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
# Up to this many possible values a table of them is quicker than sorting the rows.
_TABLE = 1 << 24


def dense(code: Ints) -> Ints:
    """Integers of 0 and more as codes without gaps, in the same order."""
    if len(code) == 0:
        return code
    top = int(code.max())
    if top >= _TABLE:
        codes: Ints = np.unique(code, return_inverse=True)[1].astype(np.int64)
        return codes
    seen = np.zeros(top + 1, dtype=bool)
    seen[code] = True
    table: Ints = np.cumsum(seen, dtype=np.int64) - 1
    return table[code]


def text_codes(*columns: pl.Series) -> list[Ints]:
    """Text columns without nulls as codes that they share: the same text is the same code in each."""
    # A categorical numbers its values as it meets them: ten times quicker than a rank, which compares texts.
    together = pl.concat(columns).cast(pl.Categorical).to_physical()
    ends = np.cumsum([len(column) for column in columns])[:-1]
    return np.split(dense(together.to_numpy().astype(np.int64)), ends)
