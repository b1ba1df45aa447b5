"""TextComponents: texts as a few numbers that keep most of how they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.features._columns import refuse_taken, replaced, require, require_kinds
from mlsys.features._ngrams import Pieces
from mlsys.features._text_vectors import TextVectors, learn_vectors
from mlsys.steps import Field, Transform
from mlsys.summaries import BottomK, SummaryMap
from mlsys.tables import Column, column_of
from mlsys.values import Kind, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlsys.dataset import Rows

_TEXTS = frozenset({Kind.TEXT, Kind.MIXED})
_SAMPLE = 20_000
"""Rows that the components are learned from."""
_FEWEST, _MOST, _ROWS_EACH = 5, 30, 20
"""Components where none are asked for: one for 20 rows, between 5 and 30."""


class TextComponents(Transform):
    """Replace columns of texts by a few numbers ``<column>_text1``, ...: what they are made of, reduced.

    Parameters
    ----------
    columns : list of str
        Columns of texts.
    by : {"characters", "words"}
        What texts have in common: runs of three and four characters within words, which sees through spelling,
        endings and codes, or whole words.
    components : int, optional
        Numbers for each column; when not given one for 20 training rows, 5 to 30.

    drop : bool
        Whether the columns are dropped; kept, another step can take them too.

    Raises
    ------
    DataError
        When a column holds no texts.

    Notes
    -----
    TF-IDF (logarithmic counts, rows of length 1) of the 4,096 most frequent pieces that occur in two rows or more,
    reduced by a truncated singular value decomposition (latent semantic analysis; Deerwester et al. 1990) of at most
    20,000 training rows, chosen by the hash of their ids: all where there are fewer. Each component is centred at the
    median, divided by the interquartile range and drawn softly towards +-5, which linear models need and trees do not
    mind. Null counts as an empty text; of longer texts the first 2,000 characters are read. A million distinct texts
    of 30 characters take about 10 s of CPU time, texts that come back almost none.

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

    columns: tuple[str, ...] | list[str]
    by: Pieces = "characters"
    components: int | None = Field(default=None, ge=1)
    drop: bool = True
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse an empty list of columns."""
        if not self.columns:
            raise ConfigurationError("TextComponents got no columns", 'name them: TextComponents(["comment"])')

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return a sample of the texts, chosen by the ids of their rows."""
        require_kinds(part, self.columns, _TEXTS, self.title)
        sample = BottomK.of(pd.DataFrame({name: _texts(part[name]) for name in self.columns}), part.index, _SAMPLE)
        return SummaryMap(rows=len(part), sample=sample)

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return the pieces of each column, and what they weigh in each component."""
        wanted = self.components or int(np.clip(summary["rows"] // _ROWS_EACH, _FEWEST, _MOST))
        sample = summary["sample"].rows
        return [{"column": name, **learn_vectors(sample[name], self.by, wanted)} for name in self.columns]

    def prepare(self, state: Any, /) -> list[tuple[str, TextVectors]]:
        """Return for each column what turns texts into numbers."""
        return [(each["column"], TextVectors(each, self.by)) for each in state]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the columns replaced."""
        known = self.prepare(state) if isinstance(state[0], dict) else state
        names = [name for name, _ in known]
        require(frame, names, self.title)
        dropped = names if self.drop else []
        added: dict[str, Any] = {}
        for name, vectors in known:
            found = vectors.of(_texts(column_of(frame, name)))
            added |= {f"{name}_text{number}": values for number, values in enumerate(found, 1)}
        refuse_taken(frame, list(added), dropped, self.title)
        return replaced(frame, {}, added, dropped)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of texts."""
        return tuple(self.columns)


def _texts(column: Column) -> pd.Series:
    """Return texts, null as an empty one."""
    if isinstance(column, list):
        return pd.Series(["" if value is None else value for value in column], dtype=object)
    made = plain(column if isinstance(column, pd.Series) else pd.Series(column, dtype=column.dtype))
    if isinstance(made.dtype, pd.CategoricalDtype):
        made = made.astype(made.cat.categories.dtype)
    if not isinstance(made.dtype, pd.StringDtype):
        return made.astype(object).where(made.notna(), "").map(str)
    return made.fillna("")
