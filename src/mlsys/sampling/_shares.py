"""Parts and samples by hash: where a row goes depends on its key and a seed, never on the other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.steps import Field, Split
from mlsys.steps.splitting import first_members
from mlsys.summaries import hash_ids, uniform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

# Splits, samples and folds hash the same ids, often with the same seed. Without streams of their own a sample
# would be the rows with small hashes, and a split of them one part; training rows would fill some folds only.
SPLIT_STREAM = int.from_bytes(b"split", "big")
SAMPLE_STREAM = int.from_bytes(b"sample", "big")

SHARE = 0.2
"""Of the rows for validation and for test: the field's usual 60/20/20."""


class SplitsByShares(Split, kind="Split"):
    """A split by hash into a training part and others of which each has a share."""

    if TYPE_CHECKING:  # each subclass has these fields, in an order of its own
        validation: float = SHARE
        test: float = SHARE
        parts: dict[str, float] | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the shares."""
        check_shares(self.title, self.validation, self.test, self.parts)

    @property
    def _shares(self) -> dict[str, float]:
        return shares_of(self.validation, self.test, self.parts)

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Parts that have a share."""
        return asked_for(self._shares)


def check_shares(who: str, validation: float, test: float, parts: Mapping[str, float] | None = None) -> None:
    """Raise unless shares, and what they leave for training, make sense."""
    if parts is not None and (validation, test) != (SHARE, SHARE):
        raise ConfigurationError(
            f"{who} got parts= and also validation={validation} or test={test}",
            f'put all shares into parts=, for example parts={{"validation": {validation}, "test": {test}}}',
        )
    shares = {"validation": validation, "test": test} if parts is None else parts
    if "train" in shares:
        raise ConfigurationError(
            f"{who}: parts= names a share for 'train', which gets the remaining rows", "remove 'train' from parts="
        )
    wrong = [f"{name}={share}" for name, share in shares.items() if not 0 <= share < 1]
    if wrong:
        raise ConfigurationError(
            f"{who}: {' and '.join(wrong)} is not a share", "write shares such as 0.2, or 0 for none"
        )
    if sum(shares.values()) >= 1:
        named = " and ".join(f"{name}={share}" for name, share in shares.items())
        raise ConfigurationError(f"{who}: {named} leave no rows for training", "choose shares that sum to less than 1")


def unit_of(keys: pd.DataFrame) -> pd.Series:
    """Return what a split without groups keeps together: repeated rows if the keys show them, else the id."""
    return keys["duplicate"] if "duplicate" in keys.columns else keys["id"]


def shares_of(validation: float, test: float, parts: Mapping[str, float] | None = None) -> dict[str, float]:
    """Return shares by part in a fixed order; the rest is for training.

    Test rows come first, validation rows next, so that adding a calibration part later leaves them unchanged.

    Examples
    --------
    >>> shares_of(0.2, 0.2, {"calibration": 0.1, "validation": 0.2, "test": 0.2})
    {'test': 0.2, 'validation': 0.2, 'calibration': 0.1, 'train': 0.5}
    """
    given = {"validation": validation, "test": test} if parts is None else parts
    ordered = sorted(given, key=lambda name: ({"test": 0, "validation": 1}.get(name, 2), name))
    return {**{name: given[name] for name in ordered}, "train": round(1.0 - sum(given.values()), 12)}


def test_apart(test: float) -> dict[str, float]:
    """Return the shares of a test part, where there is one, and of all other rows."""
    return {"test": test, "train": 1.0 - test} if test else {"train": 1.0}


def asked_for(shares: Mapping[str, float]) -> tuple[str, ...]:
    """Return the parts beside ``train`` that have a share."""
    return tuple(name for name, share in shares.items() if share > 0 and name != "train")


def parts_by_hash(units: pd.Series, shares: Mapping[str, float], seed: int) -> pd.Series:
    """Give each row the part whose interval of [0, 1) the hash of its unit falls in.

    Examples
    --------
    >>> parts = parts_by_hash(pd.Series(range(1000)), {"test": 0.5, "train": 0.5}, seed=0)
    >>> bool(450 < (parts == "test").sum() < 550)
    True
    """
    ends = np.cumsum(list(shares.values()))
    place = np.searchsorted(ends[:-1], uniform(hash_ids(units, seed ^ SPLIT_STREAM)), side="right")
    return named(place, list(shares), units.index)


def dealt(
    units: pd.Series, shares: Mapping[str, float], seed: int, keys: pd.DataFrame, strata: NDArray[np.int64] | None
) -> pd.Series:
    """Give each row a part: by the hash of its unit alone, or in order of the hashes within each stratum."""
    if strata is None:
        return parts_by_hash(units, shares, seed)
    return named(parts_by_rank(strata, units, shares, seed, keys), list(shares), keys.index)


def one_stratum(keys: pd.DataFrame) -> NDArray[np.int64]:
    """Return a stratum that holds all rows, so that sizes are exact."""
    return np.zeros(len(keys), dtype=np.int64)


def parts_by_rank(
    strata: NDArray[np.int64], units: pd.Series, shares: Mapping[str, float], seed: int, keys: pd.DataFrame
) -> NDArray[np.int64]:
    """Give the units of each stratum to parts in order of their hash; sizes are exact within one unit.

    A unit is in the stratum of its first row. A stratum below 0 belongs to no part.
    """
    codes, found = pd.factorize(units, use_na_sentinel=False)
    first = first_members(codes, len(found), keys, strata >= 0)
    stratum = strata[first]
    hashes = hash_ids(units.iloc[first], seed ^ SPLIT_STREAM)
    rank, size = ranks_within(stratum, hashes)
    ends = np.cumsum(list(shares.values()))[:-1]
    place = np.zeros(len(first), dtype=np.int64)
    for end in ends:
        place += rank >= np.round(end * size)
    place[stratum < 0] = -1
    return np.where(strata < 0, -1, place[codes])


def ranks_within(strata: NDArray[np.int64], hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each unit's place by hash within its stratum, and the size of that stratum.

    Examples
    --------
    >>> ranks_within(np.array([0, 1, 0]), np.array([9, 5, 3], dtype=np.uint64))
    (array([1, 0, 0]), array([2, 1, 2]))
    """
    order = np.lexsort((hashes, strata))
    _, code, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    starts = np.cumsum(sizes) - sizes
    rank: NDArray[np.int64] = np.empty(len(strata), dtype=np.int64)
    rank[order] = np.arange(len(strata)) - starts[code[order]]
    return rank, sizes[code].astype(np.int64)


def strata_codes(columns: pd.DataFrame) -> NDArray[np.int64]:
    """Number the combinations of values that occur, in the order of the values; null is a value."""
    groups = columns.groupby(list(columns.columns), dropna=False, observed=True, sort=True)
    return np.asarray(groups.ngroup().to_numpy(), dtype=np.int64)


def named(places: NDArray[np.int64], names: Sequence[str], index: pd.Index) -> pd.Series:
    """Turn places into part names; a place below 0 is null."""
    parts = pd.array(list(names), dtype="str").take(places, allow_fill=True)
    return pd.Series(parts, index=index, name="part")
