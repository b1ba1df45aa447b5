"""Rows that repeat another in all features: the same case seen twice, which must not stand on two sides of a split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.steps.splitting import first_members
from mlsys.summaries import duplicate_clusters, equal_by_chance, hash_ids, row_hashes

SURPRISING = 0.01
"""Equal rows are one case where fewer than so many equals of a row are expected by chance."""
MOST_SURPRISING = 1e-6
"""The same where half of all rows or more repeat others: columns so poor may depend on each other."""
SAMPLE = 20_000
"""Rows that say how common values are."""


@dataclass(frozen=True)
class Repeats:
    """Repeated rows, and how they are treated.

    Parameters
    ----------
    unit : Series or None
        For each row the id of the first row of its case; ``None`` if no row repeats another.
    kept : int
        Rows that repeat another and go where that goes.
    by_chance : int
        Rows that equal another by chance, and keep their own id.
    """

    unit: pd.Series | None = None
    kept: int = 0
    by_chance: int = 0

    def notes(self) -> tuple[str, ...]:
        """Describe the repeats for the card."""
        said = []
        if self.kept:
            said.append(f"{_rows(self.kept)} another in all features and stay{'s' * (self.kept == 1)} in its part")
        if self.by_chance:
            goes = "is assigned by its own id" if self.by_chance == 1 else "are assigned by their own ids"
            said.append(f"{_rows(self.by_chance)} another only by chance, in features with few values, and {goes}")
        return tuple(said)


def find_repeats(features: pd.DataFrame, keys: pd.DataFrame) -> Repeats:
    """Group rows that are the same case, and name each case by the id of its first row.

    Parameters
    ----------
    features : DataFrame
        What rows are compared by.
    keys : DataFrame
        ``id`` and, where there is one, ``time`` of the same rows; the first row is the earliest, else that of the
        smallest id.

    Notes
    -----
    The name of a case stays when rows are added that come later, or have larger ids: then old rows stay in their part.
    Equal rows are one case only where that is surprising (:data:`SURPRISING`; chance as by ``equal_by_chance``): with
    few coarse columns different cases are equal, and a split by cases would be a split by values.
    Cost: one hash and one sort of the rows; about 0.25 CPU s for 336,000 rows of 45 columns.

    Examples
    --------
    >>> features = pd.DataFrame({f"x{place}": np.arange(200.0) % 199 for place in range(5)})
    >>> found = find_repeats(features, pd.DataFrame({"id": range(200)}))
    >>> found.unit.iloc[-1], found.notes()
    (np.int64(0), ('1 row repeats another in all features and stays in its part',))
    """
    hashes = row_hashes(features)
    first = duplicate_clusters(features, hashes)
    repeats = first != np.arange(len(first))
    if not repeats.any():
        return Repeats()
    leaders = np.unique(first[repeats])
    sample = np.arange(len(first))
    if len(sample) > SAMPLE:  # by hash of the ids, so that it does not depend on how rows are cut or ordered
        sample = np.argpartition(hash_ids(keys["id"]), SAMPLE)[:SAMPLE]
    bar = SURPRISING if 2 * repeats.sum() < len(first) else MOST_SURPRISING
    expected = equal_by_chance(features.iloc[leaders], features.iloc[sample], len(first) - 1, bar)
    one_case = np.zeros(len(first), dtype=bool)
    one_case[leaders[expected < bar]] = True
    kept = repeats & one_case[first]
    if not kept.any():
        return Repeats(by_chance=int(repeats.sum()))
    return Repeats(
        _named(keys, np.where(kept, first, np.arange(len(first)))), int(kept.sum()), int((repeats & ~kept).sum())
    )


def _named(keys: pd.DataFrame, first: NDArray[np.int64]) -> pd.Series:
    """Name each row by the id of the first row of its case."""
    members = np.flatnonzero(np.bincount(first, minlength=len(first))[first] > 1)
    units, cases = pd.factorize(first[members])
    leading = members[first_members(units, len(cases), keys.iloc[members])]
    place = np.arange(len(first))
    place[members] = leading[units]
    return keys["id"].iloc[place].set_axis(keys.index)


def _rows(count: int) -> str:
    return f"{count:,} row repeats" if count == 1 else f"{count:,} rows repeat"
