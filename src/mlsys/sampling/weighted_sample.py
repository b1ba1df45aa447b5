"""WeightedSample: a fixed number of rows, large ones more likely than small ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.sampling._estimating import ProbabilitySample, Variance, of_unequal
from mlsys.sampling._ids import check_size, kept_in_words, sizes_of
from mlsys.sampling._successive import in_turn
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn

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

    Raises
    ------
    DataError
        If the column is missing, a size is null, negative or infinite, or all are 0.

    Notes
    -----
    The next row is always drawn in proportion to size among those left. This is a race in which a row arrives after an
    exponential time with its size as rate (Efraimidis and Spirakis 2006); given when the first row that is not kept
    arrives, each kept row had a known chance, and ``sampling_weight`` is one over it (Cohen and Kaplan 2007). Sums over
    the sample estimate sums over all rows, best where they go with the size: within about 1 / sqrt(rows). The weights
    take the weight role unless the pipeline has one, whose weights they multiply. Which rows are drawn depends on their
    order: ``HashSample`` with ``size`` draws the same ones in any order and from pieces, ``ReservoirSample`` with
    ``size`` from a stream. Cost: a sum of the sizes, and about as many random numbers as kept rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"turnover": np.arange(1000.0)})
    >>> sample = WeightedSample(100, size="turnover").select(frame)
    >>> off = (sample["turnover"] * sample["sampling_weight"]).sum() / frame["turnover"].sum() - 1
    >>> len(sample), bool(abs(off) < 3 / np.sqrt(100))
    (100, True)
    """

    rows: int
    size: str = Field(kw_only=True)
    seed: int = Field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size of the sample."""
        check_size(self.title, self.rows)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the column of sizes."""
        return (self.size,)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        sizes = sizes_of(frame, self.size, self.title, "size")
        places, end = in_turn(sizes, self.rows, rng)
        mask = np.zeros(len(frame), dtype=bool)
        mask[places] = True
        weights = 1 / -np.expm1(-sizes[np.sort(places)] * end)
        return Drawn(mask, weights, weighted_in_words(mask, sizes, self.rows, self.size))

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how a total varies, given when the first row that is not kept arrives."""
        return of_unequal(weights, z)


def weighted_in_words(mask: NDArray[np.bool_], sizes: Values, asked: int, column: str) -> str:
    """Say how many rows were drawn in proportion to size, and how many cannot be."""
    never = 0 if sizes.min() > 0 else int((sizes == 0).sum())
    said = f"{kept_in_words(int(np.count_nonzero(mask)), len(mask), asked)}, in proportion to {column!r}"
    return said + (f"; {never:,} rows of size 0 cannot be drawn" if never else "")
