"""ImportanceSample: about so many rows, each with a chance in proportion to how much it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.sampling._estimating import Variance, of_unequal
from mlsys.sampling._ids import check_size, ids_of, kept_in_words, sizes_of
from mlsys.sampling._shares import SAMPLE_STREAM
from mlsys.sampling.weighted_sample import GivesWeights
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn
from mlsys.summaries import hash_ids, uniform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Values = NDArray[np.float64]


class ImportanceSample(GivesWeights):
    """Keep about so many rows, each with a chance in proportion to its importance, mixed with an even chance.

    Parameters
    ----------
    rows : int
        Number of rows that are kept on average; the number of a draw varies by about its square root.
    importance : str
        Column of numbers of at least 0: the loss of an earlier model, a gradient's length, a likelihood ratio.
    even : float
        Share of the chance that all rows have alike, above 0 and at most 1. It bounds the largest weight by
        ``all rows / (even * rows)``, so that a row that seemed unimportant cannot outweigh the sample (Hesterberg
        1995, defensive mixtures).
    seed : int
        A different seed keeps different rows.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    ConfigurationError
        If ``even`` is not above 0 and at most 1.
    DataError
        If a column is missing, an importance is null, negative or infinite, all are 0, or two rows have the same id.

    Notes
    -----
    Each row is kept or not by the hash of its id, apart from all others (Poisson sampling), so that order does not
    matter; its weight is one over its chance, at most 1. The card gives the effective number of rows (Kish 1965), and
    below a tenth of the kept rows :doc:`SA103 </findings/SA103>` says that few rows carry the weight. A sample pays
    where what is estimated goes with the importance; elsewhere it costs precision. Needs all rows at once, for their
    sum; the weights take the weight role as those of ``WeightedSample``.

    Examples
    --------
    >>> frame = pd.DataFrame({"loss": np.arange(10_000) ** 4.0})
    >>> design = ImportanceSample(500, importance="loss")
    >>> sample = design.select(frame)
    >>> abs(len(sample) - 500) < 70, bool(sample["sampling_weight"].max() <= 10_000 / (0.1 * 500))
    (True, True)
    """

    rows: int
    importance: str = Field(kw_only=True)
    even: float = Field(default=0.1, kw_only=True)
    seed: int = Field(default=0, kw_only=True)
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size and the mixture."""
        check_size(self.title, self.rows)
        if not 0 < self.even <= 1:
            raise ConfigurationError(
                f"{self.title}: even={self.even} is no share of an even chance",
                "write even=0.1, for example; without an even chance one row can outweigh all others",
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of importance and ids."""
        return (self.importance,) if self.id is None else (self.importance, self.id)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        importance = sizes_of(frame, self.importance, self.title, "importance")
        mixed = (1 - self.even) * importance / importance.sum() + self.even / len(frame)
        chances = _chances(mixed, min(self.rows, len(frame)))
        mask = uniform(hash_ids(ids_of(frame, self.id, self.title), self.seed ^ SAMPLE_STREAM)) < chances
        said = f"{kept_in_words(int(mask.sum()), len(frame), self.rows)}, in proportion to {self.importance!r}"
        return Drawn(mask, np.where(mask, 1 / chances, 0.0), f"{said} with {self.even:.0%} of an even chance")

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how a total varies where each row is drawn apart."""
        return of_unequal(weights, z)


def _chances(sizes: Values, rows: int) -> Values:
    """Return chances in proportion to sizes, at most 1, that add up to ``rows``.

    Examples
    --------
    >>> _chances(np.array([9.0, 1.0, 1.0, 1.0]), 2).round(3).tolist()
    [1.0, 0.333, 0.333, 0.333]
    """
    chances = np.zeros(len(sizes))
    sure = np.zeros(len(sizes), dtype=bool)
    while True:
        left = ~sure
        total = sizes[left].sum()
        chances[left] = (rows - sure.sum()) * sizes[left] / total if total else 0.0
        more = left & (chances >= 1)
        if not more.any():
            chances[sure] = 1.0
            return np.asarray(chances, dtype=np.float64)
        sure |= more
