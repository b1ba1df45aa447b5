"""TextHash: texts as counts of their words or pieces of words, at places that their hash says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlsys.errors import ConfigurationError
from mlsys.features._columns import refuse_taken, replaced, require, require_kinds
from mlsys.features._ngrams import BUCKETS, Pieces, counted, pieces_of
from mlsys.features._texts import TEXTS, texts_of
from mlsys.steps import Transform
from mlsys.summaries import SummaryMap
from mlsys.tables import column_of
from mlsys.values import BlockArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from mlsys.dataset import Rows


class TextHash(Transform):
    """Replace texts by a sparse block of 2**18 places that counts their words, or their pieces of 3 and 4 characters.

    Parameters
    ----------
    columns : list of str
        Columns of texts, each replaced by the block ``<column>_hash``.
    by : {"words", "characters"}
        Words tell what a long text is about; pieces of words find typing errors and parts of codes.
    normalize : bool
        Whether each row has length 1, so that long texts weigh no more than short ones.
    drop : bool
        Whether to drop the texts.

    Raises
    ------
    DataError
        When a column holds no texts.

    Notes
    -----
    Learns nothing, so there is no unseen word; upper and lower case are the same, and of a text the first 2,000
    characters count. Null is an empty text: all zeros. For the weight of rare words use `TfIdf`, for a few dense
    numbers `TextComponents`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"said": ["to be or not to be", None]})
    >>> block = TextHash(["said"], normalize=False).fit(frame).transform(frame)["said_hash"].array.values
    >>> sorted(block.data.tolist()), block.shape
    ([1.0, 1.0, 2.0, 2.0], (2, 262144))
    """

    columns: tuple[str, ...] | list[str]
    by: Pieces = "words"
    normalize: bool = True
    drop: bool = True
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse an empty list of columns."""
        if not self.columns:
            raise ConfigurationError("TextHash got no columns", 'name them: TextHash(["comment"])')

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return how many rows there are of each column."""
        require_kinds(part, self.columns, TEXTS, self.title)
        return SummaryMap({name: len(part) for name in self.columns})

    def finish(self, summary: SummaryMap, /) -> list[str]:
        """Return the columns."""
        return [str(name) for name in summary]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the texts replaced by blocks."""
        require(frame, state, self.title)
        added = {f"{name}_hash": self._block(texts_of(column_of(frame, name)).tolist()) for name in state}
        dropped = tuple(state) if self.drop else ()
        refuse_taken(frame, list(added), dropped, self.title)
        return replaced(frame, {}, added, dropped)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of texts."""
        return tuple(self.columns)

    def _block(self, texts: Sequence[str]) -> BlockArray:
        from scipy.sparse import csr_array

        rows, places, counts = counted(*pieces_of(texts, self.by), BUCKETS)
        values = counts.astype(np.float32)
        if self.normalize:
            lengths = np.sqrt(np.bincount(rows, weights=values.astype(np.float64) ** 2, minlength=len(texts)))
            values = (values / lengths[rows]).astype(np.float32)
        ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(texts)))])
        return BlockArray(csr_array((values, places, ends), shape=(len(texts), BUCKETS)))
