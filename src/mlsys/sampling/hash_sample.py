"""HashSample: a fixed number of rows, the same ones in any order and any pieces."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.sampling._estimating import ProbabilitySample
from mlsys.sampling._ids import check_size, ids_of, kept_in_words
from mlsys.sampling._keyed import KeyedDraw, chosen
from mlsys.sampling._shares import SAMPLE_STREAM
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn
from mlsys.summaries import hash_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class HashSample(ProbabilitySample):
    """Keep a fixed number of rows by the hash of their id, the same ones whatever their order.

    Parameters
    ----------
    rows : int
        Number of rows to keep; all if there are fewer.
    seed : int
        A different seed keeps different rows.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    DataError
        If the id column is missing, or two rows have the same id.

    Notes
    -----
    Keeps the rows with the smallest hash of their id (bottom-k sampling, Cohen and Kaplan 2007): every set of rows
    of that size is equally likely, and order and partitions do not matter. Each kept row stands for all rows / kept
    rows, written to ``sampling_weight``; it is the same for all, so that means and scores need no weights. One hash
    per row, no sort of all rows. :meth:`stream` draws from rows that come in pieces, and draws add with ``+``.

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
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check the size."""
        check_size(self.title, self.rows)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the id column, if there is one."""
        return () if self.id is None else (self.id,)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        mask, weights = chosen(self._keys(frame), None, self.rows, len(frame))
        return Drawn(mask, weights, f"{kept_in_words(int(mask.sum()), len(frame), self.rows)}, by the hash of their id")

    def stream(self, seed: int = 0) -> KeyedDraw:
        """Return a draw from rows that come in pieces; ``seed`` is not used, for the hashes have their own."""
        return KeyedDraw(self.rows, partial(_keys_of, self), self)

    def _keys(self, frame: pd.DataFrame) -> NDArray[np.uint64]:
        return hash_ids(ids_of(frame, self.id, self.title), self.seed ^ SAMPLE_STREAM)


def _keys_of(step: HashSample, frame: pd.DataFrame) -> tuple[NDArray[np.uint64], None]:
    return step._keys(frame), None
