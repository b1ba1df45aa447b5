"""Assignment by hash: an id has the same arm in every process, without a table of who got what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xxhash

from mlsys.errors import DataError
from mlsys.summaries import hash_ids, uniform


def arm_of_ids(ids: Any, arms: Sequence[str], shares: Sequence[float], salt: str, who: str) -> pd.Series:
    """Return the arm of each id, by shares.

    Notes
    -----
    Where the share of the last arm grows, ids that had it keep it: arms are cut from the end of the range.
    """
    given = ids if isinstance(ids, pd.Series) else pd.Series(ids)
    null = given.isna().to_numpy()
    if null.any():
        raise DataError(
            f"{who}: the id in place {int(null.argmax())} is null",
            "give each request an id, or leave it to the first arm",
        )
    spread = 1 - uniform(hash_ids(given, seed_of(salt)))
    cuts = np.cumsum(shares[::-1])[:-1]
    places = len(arms) - 1 - np.searchsorted(cuts, spread, side="left")
    return pd.Series(np.array(arms, dtype=object)[places], index=given.index, name="arm", dtype="str")


def seed_of(text: str) -> int:
    """Return a seed that depends on a text alone."""
    return xxhash.xxh3_64_intdigest(text.encode())
