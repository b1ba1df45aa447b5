"""TfIdf: replace texts by the TF-IDF weights of their words, as in scikit-learn."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.features._ngrams import Pieces
from mlsys.features._texts import ReadsTexts, texts_of
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Counts, SummaryMap
from mlsys.values import BlockArray

if TYPE_CHECKING:
    from mlsys.dataset import Rows

_TOP = 50_000
_IN_WORDS, _IN_CHARACTERS = (1, 1), (3, 4)


class TfIdf(ReadsTexts):
    """Replace texts by a sparse block of TF-IDF weights: frequent in the text, rare in others.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Text columns, by default all text features; each is replaced by the block ``<column>_tfidf``.
    by : {"words", "characters"}
        Units: words, or runs of characters.
    lengths : (int, int), optional
        Shortest and longest run of words or characters; by default single words, or 3 to 4 characters.
    top : int or None
        Maximum number of words per column, those in the most texts first; ``None`` keeps all.
    min_count : int
        Minimum number of training rows that contain a word.
    drop : bool
        Whether to drop the text columns.

    Raises
    ------
    DataError
        If a column holds no text.

    Notes
    -----
    Computed by scikit-learn's ``TfidfVectorizer`` (smoothed inverse document frequency, rows of length 1; Salton and
    Buckley 1988) from counts that are integers, so the state does not depend on the partitions or the order of the
    rows. A word absent from the training rows is ignored; null counts as empty text. ``state[0]["terms"]`` names the
    positions of the block.

    References
    ----------
    Salton, G. and Buckley, C. (1988). Term-weighting approaches in automatic text retrieval. Information Processing
    and Management 24(5).

    Examples
    --------
    >>> train = pd.DataFrame({"said": ["late again", "late", "on time"]})
    >>> fitted = TfIdf(["said"]).fit(train)
    >>> fitted.state[0]["terms"]
    ['again', 'late', 'on', 'time']
    >>> fitted.transform(pd.DataFrame({"said": ["time again", "never"]}))["said_tfidf"].array.values.toarray().round(2)
    array([[0.71, 0.  , 0.  , 0.71],
           [0.  , 0.  , 0.  , 0.  ]])
    """

    columns: ColumnChoice = None
    by: Pieces = "words"
    lengths: tuple[int, int] | None = None
    top: int | None = Field(default=_TOP, ge=1)
    min_count: int = Field(default=1, ge=1)
    drop: bool = True
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse lengths that there are not."""
        super().__post_init__()
        if self.lengths is not None and not 1 <= self.lengths[0] <= self.lengths[1]:
            raise ConfigurationError(
                f"TfIdf got lengths={self.lengths}", "give the shortest and the longest length, at least 1"
            )

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return in how many texts each word stands."""
        analyze = self._vectorizer().build_analyzer()
        found = SummaryMap()
        for name in self.texts_taken(part):
            codes, distinct = pd.factorize(texts_of(part[name]))
            times = np.bincount(codes, minlength=len(distinct)).tolist()
            standing: Counter[str] = Counter()
            for text, count in zip(distinct, times, strict=True):
                standing.update(dict.fromkeys(analyze(text), count))
            found[name] = SummaryMap(rows=len(part), terms=Counts(standing))
        return found

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return the words that are kept of each column, by alphabet, and their weights."""
        state = []
        for name, found in summary.items():
            rows, counts = found["rows"], found["terms"]
            kept = sorted((term, count) for term, count in counts.ordered(self.top) if count >= self.min_count)
            standing = np.array([count for _, count in kept], dtype=np.float64)
            weights = np.log((1 + rows) / (1 + standing)) + 1
            state.append({"column": name, "terms": [term for term, _ in kept], "weights": weights})
        return state

    def prepare(self, state: Any, /) -> list[tuple[str, Any]]:
        """Return each column with the vectorizer of its words; none where there is no word."""
        return [(each["column"], self._vectorizer(each) if each["terms"] else None) for each in state]

    def made_of(self, column: str, known: Any, texts: pd.Series, /) -> dict[str, BlockArray]:
        """Return the block of a column."""
        if known is None:
            return {f"{column}_tfidf": BlockArray(np.zeros((len(texts), 0)))}
        # scikit-learn refuses to transform no rows.
        found = known.transform(texts.tolist() if len(texts) else [""])[: len(texts)]
        return {f"{column}_tfidf": BlockArray(found)}

    def _vectorizer(self, known: dict[str, Any] | None = None) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = self.by == "words"
        made = TfidfVectorizer(
            analyzer="word" if words else "char_wb",
            ngram_range=self.lengths or (_IN_WORDS if words else _IN_CHARACTERS),
            token_pattern=r"(?u)\b\w\w+\b",
            vocabulary=None if known is None else known["terms"],
        )
        if known is not None:
            made.idf_ = known["weights"]
        return made
