"""WeightedSample: a fixed number of rows, large ones more likely than small ones."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.sampling._estimating import ProbabilitySample, Variance, of_unequal
from mlsys.sampling._ids import check_size, ids_of, kept_in_words, sizes_of
from mlsys.sampling._keyed import KeyedDraw, chosen
from mlsys.sampling._shares import SAMPLE_STREAM
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn
from mlsys.summaries import hash_ids, uniform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Roles

    Values = NDArray[np.float64]


class GivesWeights(ProbabilitySample, kind="Select"):
    """A sample whose rows stand for different numbers of rows: models and scores need its weights."""

    def roles_given(self, roles: Roles) -> Roles:
        """Return the roles with that of the weights, unless the pipeline has weights of its own."""
        return roles if roles.weight is not None else replace(roles, weight=SAMPLING_WEIGHT)


class WeightedSample(GivesWeights):
    """Keep a fixed number of rows without replacement, each drawn in proportion to its size.

    Parameters
    ----------
    rows : int
        Number of rows to keep; all that can be drawn if there are fewer.
    size : str
        Column of numbers of at least 0. A row of size 0 is never drawn: estimates do not speak for such rows.
    seed : int
        A different seed keeps different rows.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    DataError
        If a column is missing, a size is null, negative or infinite, all are 0, or two rows have the same id.

    Notes
    -----
    Keeps the rows with the smallest keys ``-log(u) / size``, where ``u`` is made of the hash of the row's id: the next
    row is always drawn in proportion to size among those left (Efraimidis and Spirakis 2006), and order and partitions
    do not matter. Given the next key each row had a known chance, and ``sampling_weight`` is one over it (Cohen and
    Kaplan 2007): sums over the sample estimate sums over all rows, best where they go with the size. The weights take
    the weight role unless the pipeline has one, whose weights they multiply. One pass, no sort of all rows;
    :meth:`stream` draws from rows that come in pieces, and draws add with ``+``.

    Examples
    --------
    >>> frame = pd.DataFrame({"turnover": np.arange(1000.0)})
    >>> design = WeightedSample(100, size="turnover")
    >>> sample = design.select(frame)
    >>> float(round((sample["turnover"] * sample["sampling_weight"]).sum() / frame["turnover"].sum(), 2))
    1.01
    """

    rows: int
    size: str = Field(kw_only=True)
    seed: int = Field(default=0, kw_only=True)
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size of the sample."""
        check_size(self.title, self.rows)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of sizes and ids."""
        return (self.size,) if self.id is None else (self.size, self.id)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        keys, sizes = keys_of(self, frame)
        mask, weights = chosen(keys, sizes, self.rows, len(frame))
        never = int((sizes == 0).sum())
        said = f"{kept_in_words(int(mask.sum()), len(frame), self.rows)}, in proportion to {self.size!r}"
        return Drawn(mask, weights, said + (f"; {never:,} rows of size 0 cannot be drawn" if never else ""))

    def stream(self, seed: int = 0) -> KeyedDraw:
        """Return a draw from rows that come in pieces; ``seed`` is not used, for the hashes have their own."""
        return KeyedDraw(self.rows, partial(keys_of, self), self)

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how a total varies, given the next key."""
        return of_unequal(weights, z)


def keys_of(step: WeightedSample, frame: pd.DataFrame) -> tuple[Values, Values]:
    """Return the exponential key and the size of each row."""
    sizes = sizes_of(frame, step.size, step.title, "size")
    even = uniform(hash_ids(ids_of(frame, step.id, step.title), step.seed ^ SAMPLE_STREAM))
    with np.errstate(divide="ignore"):
        return np.where(sizes > 0, -np.log1p(-even) / sizes, np.inf), sizes
