"""TextHash: count the words or character n-grams of texts, at positions given by their hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlsys.features._ngrams import BUCKETS, Pieces, counted, pieces_of
from mlsys.features._texts import ReadsTexts
from mlsys.steps import ColumnChoice
from mlsys.summaries import SummaryMap
from mlsys.values import BlockArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mlsys.dataset import Rows


class TextHash(ReadsTexts):
    """Replace texts by a sparse block of 2**18 positions that counts words, or runs of 3 and 4 characters.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Text columns, by default all text features; each is replaced by the block ``<column>_hash``.
    by : {"words", "characters"}
        Words describe the topic of a long text; characters tolerate misspellings and match parts of codes.
    normalize : bool
        Whether to scale each row to length 1, so that long texts have the same weight as short ones.
    drop : bool
        Whether to drop the text columns.

    Raises
    ------
    DataError
        If a column holds no text.

    Notes
    -----
    The step learns nothing, so no word is unseen. Case is ignored, and only the first 2,000 characters of a text are
    read. Null counts as empty text: all zeros. To give rare words more weight use `TfIdf`; for a few dense numbers use
    `TextComponents`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"said": ["to be or not to be", None]})
    >>> block = TextHash(["said"], normalize=False).fit(frame).transform(frame)["said_hash"].array.values
    >>> sorted(block.data.tolist()), block.shape
    ([1.0, 1.0, 2.0, 2.0], (2, 262144))
    """

    columns: ColumnChoice = None
    by: Pieces = "words"
    normalize: bool = True
    drop: bool = True
    serves_columns: ClassVar[bool] = True

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return how many rows there are of each column."""
        return SummaryMap({name: len(part) for name in self.texts_taken(part)})

    def finish(self, summary: SummaryMap, /) -> list[str]:
        """Return the columns."""
        return [str(name) for name in summary]

    def prepare(self, state: Any, /) -> list[tuple[str, None]]:
        """Return the columns, of which nothing more is known."""
        return [(name, None) for name in state]

    def made_of(self, column: str, known: None, texts: pd.Series, /) -> dict[str, BlockArray]:
        """Return the block of a column."""
        return {f"{column}_hash": self._block(texts.tolist())}

    def _block(self, texts: Sequence[str]) -> BlockArray:
        from scipy.sparse import csr_array

        rows, places, counts = counted(*pieces_of(texts, self.by), BUCKETS)
        values = counts.astype(np.float32)
        if self.normalize:
            lengths = np.sqrt(np.bincount(rows, weights=values.astype(np.float64) ** 2, minlength=len(texts)))
            values = (values / lengths[rows]).astype(np.float32)
        ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(texts)))])
        return BlockArray(csr_array((values, places, ends), shape=(len(texts), BUCKETS)))
