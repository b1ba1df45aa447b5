"""RandomSample: some rows by chance, each as likely as any other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsys.sampling._estimating import ProbabilitySample
from mlsys.sampling._ids import check_size, kept_in_words
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn


class RandomSample(ProbabilitySample):
    """Keep some rows by chance, without replacement.

    Parameters
    ----------
    rows : int, optional
        Number of rows to keep; all if there are fewer.
    share : float, optional
        Share of the rows to keep, at least one; either ``rows`` or ``share`` is given.
    seed : int
        A different seed keeps different rows.

    Raises
    ------
    ConfigurationError
        If neither or both of ``rows`` and ``share`` are given, or they are no size.

    Notes
    -----
    Every set of rows of that size is equally likely. Which rows are drawn depends on their order; ``HashSample``
    keeps the same ones in any order, and ``ReservoirSample`` draws from a stream whose length is not known. Each row
    stands for all rows / kept rows, the same for all, so that means and scores need no weights.

    Examples
    --------
    >>> frame = pd.DataFrame({"income": np.arange(1000.0)})
    >>> design = RandomSample(100)
    >>> sample = design.select(frame)
    >>> design.estimate(sample, "income").round(1)[["of", "value", "lower", "upper"]]
          of     value     lower     upper
    0   mean     533.1     481.5     584.8
    1  total  533120.0  481481.0  584759.0
    """

    rows: int | None = None
    share: float | None = Field(default=None, kw_only=True)
    seed: int = Field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size."""
        check_size(self.title, self.rows, self.share)

    def columns_read(self, columns: object) -> tuple[str, ...]:
        """Return nothing: rows are drawn whatever they hold."""
        return ()

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        there = len(frame)
        wanted = self.rows if self.share is None else max(round(self.share * there), 1)
        assert wanted is not None
        mask = np.zeros(there, dtype=bool)
        mask[rng.choice(there, min(wanted, there), replace=False)] = True
        said = f"{kept_in_words(int(mask.sum()), there, self.rows)}, by chance"
        return Drawn(mask, np.where(mask, there / max(mask.sum(), 1), 0.0), said)
