"""TextComponents: texts as a few numbers that keep most of how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.features._ngrams import Pieces
from mlsys.features._text_vectors import TextVectors, learn_vectors
from mlsys.features._texts import ReadsTexts, texts_of
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import BottomK, SummaryMap

if TYPE_CHECKING:
    from mlsys.dataset import Rows

_SAMPLE = 20_000
"""Rows that the components are learned from."""
_FEWEST, _MOST, _ROWS_EACH = 5, 30, 20
"""Components where none are asked for: one for 20 rows, between 5 and 30."""


class TextComponents(ReadsTexts):
    """Replace text columns by a few numbers ``<column>_text1``, ...: components of their characters or words.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Text columns; by default all text features.
    by : {"characters", "words"}
        Units that texts share: runs of three and four characters within words, which tolerate differences in spelling,
        endings and codes, or whole words.
    components : int, optional
        Number of components per column; by default one per 20 training rows, between 5 and 30.

    drop : bool
        Whether the columns are dropped; if kept, another step can use them too.

    Raises
    ------
    DataError
        If a column holds no text.

    Notes
    -----
    TF-IDF (logarithmic counts, rows of length 1) of the 4,096 most frequent units that occur in at least two rows,
    reduced by a truncated singular value decomposition (latent semantic analysis; Deerwester et al. 1990) of at most
    20,000 training rows, chosen by the hash of their ids. Each component is centred at the
    median, divided by the interquartile range and softly limited to +-5, which helps linear models and does not
    affect trees. Null counts as empty text; only the first 2,000 characters of a text are read. A million distinct
    texts of 30 characters take about 10 s of CPU time, recurring texts almost none.

    Examples
    --------
    >>> frame = pd.DataFrame({"title": ["senior clerk", "junior clerk", "head nurse", "nurse"] * 5})
    >>> fitted = TextComponents(["title"], components=2).fit(frame)
    >>> fitted.transform(pd.DataFrame({"title": ["clerks", "nurses", "driver"]})).round(1)
       title_text1  title_text2
    0         -0.5          0.2
    1          0.4         -0.5
    2         -0.5         -0.5
    """

    columns: ColumnChoice = None
    by: Pieces = "characters"
    components: int | None = Field(default=None, ge=1)
    drop: bool = True
    serves_columns: ClassVar[bool] = True

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return a sample of the texts, chosen by the ids of their rows."""
        texts = {name: texts_of(part[name]) for name in self.texts_taken(part)}
        sample = BottomK.of(pd.DataFrame(texts, index=part.index), part.index, _SAMPLE)
        return SummaryMap(rows=len(part), sample=sample)

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return the units of each column, and their weights in each component."""
        wanted = self.components or int(np.clip(summary["rows"] // _ROWS_EACH, _FEWEST, _MOST))
        sample = summary["sample"].rows
        return [{"column": name, **learn_vectors(sample[name], self.by, wanted)} for name in sample]

    def prepare(self, state: Any, /) -> list[tuple[str, TextVectors]]:
        """Return for each column the function that converts text to numbers."""
        return [(each["column"], TextVectors(each, self.by)) for each in state]

    def made_of(self, column: str, known: TextVectors, texts: pd.Series, /) -> dict[str, Any]:
        """Return the components of a column."""
        return {f"{column}_text{number}": values for number, values in enumerate(known.of(texts), 1)}
