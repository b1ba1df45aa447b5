"""HashSample: a fixed number of rows, the same ones in any order and any pieces, alike or by size."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.sampling._estimating import ProbabilitySample, Variance, of_simple, of_unequal
from mlsys.sampling._ids import check_size, ids_of, kept_in_words, sizes_of
from mlsys.sampling._keyed import KeyedDraw, chosen
from mlsys.sampling._shares import SAMPLE_STREAM
from mlsys.sampling.weighted_sample import weighted_in_words
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn
from mlsys.summaries import hash_ids, uniform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Roles

    Values = NDArray[np.float64]


class HashSample(ProbabilitySample):
    """Keep a fixed number of rows by the hash of their id, the same ones whatever their order.

    Parameters
    ----------
    rows : int
        Number of rows to keep; all if there are fewer.
    seed : int
        A different seed keeps different rows.
    size : str, optional
        Column of numbers of at least 0 in proportion to which rows are drawn, as by ``WeightedSample``.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    DataError
        If a column is missing, two rows have the same id, or a size is null, negative or infinite.

    Notes
    -----
    Keeps the rows with the smallest hash of their id (bottom-k sampling, Cohen and Kaplan 2007): every set of rows
    of that size is equally likely, and order and partitions do not matter. Each kept row stands for all rows / kept
    rows, written to ``sampling_weight``; it is the same for all, so that means and scores need no weights. One hash
    per row, no sort of all rows. With ``size`` the keys are ``-log(u) / size``, ``u`` made of the hash (Efraimidis and
    Spirakis 2006); the weights, one over the chance given the next key, take the weight role unless the pipeline has
    one, whose weights they multiply. :meth:`stream` draws from rows that come in pieces, and draws add with ``+``.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": range(100)})
    >>> sample = HashSample(10).select(frame)
    >>> sample.equals(HashSample(10).select(frame[::-1])[::-1]), sample["sampling_weight"].sum()
    (True, np.float64(100.0))
    >>> first, second = (HashSample(10).stream().push(piece) for piece in (frame[:70], frame[70:]))
    >>> (first + second).sample().equals(sample)
    True
    """

    rows: int
    seed: int = 0
    size: str | None = Field(default=None, kw_only=True)
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size."""
        check_size(self.title, self.rows)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of sizes and ids, if there are any."""
        return tuple(name for name in (self.size, self.id) if name is not None)

    def roles_given(self, roles: Roles) -> Roles:
        """Return the roles with that of the weights, where rows are drawn in proportion to size."""
        return roles if self.size is None or roles.weight is not None else replace(roles, weight=SAMPLING_WEIGHT)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        keys, sizes = keys_of(self, frame)
        mask, weights = chosen(keys, sizes, self.rows, len(frame))
        if sizes is not None:
            assert self.size is not None
            return Drawn(mask, weights, weighted_in_words(mask, sizes, self.rows, self.size))
        return Drawn(mask, weights, f"{kept_in_words(int(mask.sum()), len(frame), self.rows)}, by the hash of their id")

    def stream(self, seed: int = 0) -> KeyedDraw:
        """Return a draw from rows that come in pieces; ``seed`` is not used, for the hashes have their own."""
        return KeyedDraw(self.rows, partial(keys_of, self), self)

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how a total varies from seed to seed."""
        return of_simple(weights, z) if self.size is None else of_unequal(weights, z)


def keys_of(step: HashSample, frame: pd.DataFrame) -> tuple[NDArray[Any], Values | None]:
    """Return the key of each row, and its size where sizes differ."""
    hashes = hash_ids(ids_of(frame, step.id, step.title), step.seed ^ SAMPLE_STREAM)
    if step.size is None:
        return hashes, None
    sizes = sizes_of(frame, step.size, step.title, "size")
    with np.errstate(divide="ignore"):
        return np.where(sizes > 0, -np.log1p(-uniform(hashes)) / sizes, np.inf), sizes
