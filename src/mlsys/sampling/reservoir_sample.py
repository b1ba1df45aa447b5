"""ReservoirSample: a fixed number of rows of a stream whose length is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT
from mlsys.sampling._estimating import ProbabilitySample, Variance, of_simple, of_unequal
from mlsys.sampling._ids import check_size
from mlsys.sampling._reservoir import Reservoir, WeightedReservoir
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Roles

    Values = NDArray[np.float64]


_PLACE = "mlsys: place"


class ReservoirSample(ProbabilitySample):
    """Keep a fixed number of rows of a stream, each as likely as any other, or in proportion to its size.

    Parameters
    ----------
    rows : int
        Number of rows to keep; all if there are fewer.
    seed : int
        A different seed keeps different rows.
    size : str, optional
        Column of numbers of at least 0 in proportion to which rows are drawn.

    Raises
    ------
    DataError
        If the column of sizes is missing, or a size is null, negative or infinite.

    Notes
    -----
    :meth:`stream` returns a draw: ``push(rows)`` shows it the next rows, ``sample()`` returns what it holds with
    ``sampling_weight``, and draws of several streams add with ``+``. Rows that it skips cost nothing (Li 1994,
    Algorithm L); with ``size`` only their sum is taken (A-ExpJ, Efraimidis and Spirakis 2006), and weights are as
    for ``WeightedSample``. Which rows are kept depends on their order, not on the pieces they come in; where the same
    rows must be kept in any order, use ``HashSample`` or ``WeightedSample``. A source that is larger than memory is
    read piece by piece.

    Examples
    --------
    >>> draw = ReservoirSample(3).stream(seed=0)
    >>> for hour in range(24):
    ...     draw = draw.push(pd.DataFrame({"hour": [hour] * 60, "minute": range(60)}))
    >>> len(draw.sample()), draw.said, draw.sample()["sampling_weight"].tolist()
    (3, '3 of 1,440 rows of a stream, by chance', [480.0, 480.0, 480.0])
    """

    rows: int
    seed: int = 0
    size: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size."""
        check_size(self.title, self.rows)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the column of sizes, if there is one."""
        return () if self.size is None else (self.size,)

    def roles_given(self, roles: Roles) -> Roles:
        """Return the roles with that of the weights, where rows are drawn in proportion to size."""
        return roles if self.size is None or roles.weight is not None else replace(roles, weight=SAMPLING_WEIGHT)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        shown = frame[[name for name in frame.columns if name == self.size]]
        drawing = self.stream(int(rng.integers(2**63))).push(with_columns(shown, {_PLACE: np.arange(len(frame))}))
        sample = drawing.sample()
        mask, weights = np.zeros(len(frame), dtype=bool), np.zeros(len(frame))
        mask[sample[_PLACE].to_numpy()] = True
        weights[sample[_PLACE].to_numpy()] = sample[SAMPLING_WEIGHT].to_numpy()
        return Drawn(mask, weights, drawing.said)

    def stream(self, seed: int = 0) -> Reservoir | WeightedReservoir:
        """Return a draw that has seen no rows.

        Parameters
        ----------
        seed : int
            Of this draw; draws of several streams that are added later need seeds of their own.
        """
        seeds = [abs(self.seed), abs(seed)]
        root = int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0] >> 1)
        if self.size is None:
            return Reservoir(self, self.rows, root)
        return WeightedReservoir(self, self.rows, self.size, root)

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how a total varies from stream to stream."""
        return of_simple(weights, z) if self.size is None else of_unequal(weights, z)
