"""Near repeats in text: evaluated texts that nearly equal a training text, found by MinHash and confirmed exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.uint64]

SHINGLE = 5
"""Characters of a shingle; Leskovec, Rajaraman and Ullman (2020), section 3.2, take five for short texts."""
BANDS, BAND_ROWS = 8, 4
"""Texts that are alike by .8 meet in a band with probability .985, by .5 with .4, by .2 with .01."""
ALIKE = 0.8
"""Jaccard similarity of the shingles from which on two texts are the same one, slightly edited (Broder 1997)."""
TEMPLATE = 20
"""A text that nearly equals this many training texts comes from a template and is no copy."""
MOST_TRAIN, MOST_JUDGED, MOST_CHARACTERS, LONGEST = 20_000, 1_000, 1_000_000, 1_000
SHORTEST, FEWEST_WORDS = 40, 6
"""Characters and words of a usual text of the column; names and addresses are shorter."""
FEWEST = 100
SHARE, TOLD = 0.05, 0.01
"""Share of the evaluated rows from which it is a warning, and information."""


def near_text_findings(
    train: pd.DataFrame, part: pd.DataFrame, name: str, features: Sequence[str], learned: str = "training"
) -> list[Finding]:
    """Return a finding for each text column in which many evaluated texts nearly equal a text learned from.

    Parameters
    ----------
    train, part : DataFrame
        Training rows and evaluated rows.
    name : str
        Name of the part.
    features : sequence of str
        Features; texts are compared.
    learned : str
        Name of the rows learned from, for messages.

    Notes
    -----
    MinHash over shingles of five characters, case and white space evened out, with banding (Broder 1997); candidates
    are confirmed by the exact Jaccard similarity. At most 1,000 evaluated texts are sought among 20,000 training texts
    or a million characters.
    """
    return [
        found
        for column in features
        if _is_text(train[column])
        for found in _of_column(train, part, name, column, learned)
    ]


def near_texts(texts: pd.Series, known: pd.Series) -> NDArray[np.int64]:
    """Return for each text how many known texts it nearly equals, counted up to ``TEMPLATE``.

    Examples
    --------
    >>> known = pd.Series(["The quick brown fox jumps over the lazy dog by the river bank", "Something else entirely"])
    >>> near_texts(pd.Series(["the quick brown fox jumps over the lazy dog by the river banks", "No such text"]), known)
    array([1, 0])
    """
    mine, theirs = _Shingled(texts), _Shingled(known)
    counts = np.zeros(len(texts), dtype=np.int64)
    for row, candidates in _candidates(mine.bands(), theirs.bands()):
        own = mine.of(row)
        crowded = len(candidates) >= TEMPLATE
        counts[row] = TEMPLATE if crowded else sum(_jaccard(own, theirs.of(other)) >= ALIKE for other in candidates)
    return counts


class _Shingled:
    """Texts as sets of shingles."""

    def __init__(self, texts: pd.Series) -> None:
        cleaned = texts.str.lower().str.split().str.join(" ").str.slice(0, LONGEST).fillna("")
        encoded = [text.encode() for text in cleaned]
        lengths = np.array([max(len(each) - SHINGLE + 1, 0) for each in encoded])
        data = np.frombuffer(b"".join(encoded) + bytes(8), dtype=np.uint8)
        begins = np.cumsum([0, *map(len, encoded)])[:-1]
        self.starts = np.cumsum([0, *lengths])
        places = np.repeat(begins - self.starts[:-1], lengths) + np.arange(self.starts[-1])
        windows = np.lib.stride_tricks.as_strided(data, shape=(len(data) - 7, 8), strides=(1, 1))
        words = np.ascontiguousarray(windows[places]).view("<u8").ravel() & np.uint64(2 ** (8 * SHINGLE) - 1)
        self.shingles = _mixed(words)

    def of(self, row: int) -> Numbers:
        """Return the distinct shingles of a text."""
        return np.unique(self.shingles[self.starts[row] : self.starts[row + 1]])

    def bands(self) -> Numbers:
        """Return the keys of the bands, one row a band; texts without shingles have a key that nothing else has."""
        filled = np.flatnonzero(np.diff(self.starts))
        keys = np.arange(len(self.starts) - 1, dtype=np.uint64) * np.ones((BANDS, 1), dtype=np.uint64)
        if len(filled):
            factors = _mixed(np.arange(1, BANDS * BAND_ROWS + 1, dtype=np.uint64)) | np.uint64(1)
            for band in range(BANDS):
                key = np.zeros(len(filled), dtype=np.uint64)
                for factor in factors[band * BAND_ROWS : (band + 1) * BAND_ROWS]:
                    key = _mixed(key ^ np.minimum.reduceat(_mixed(self.shingles * factor), self.starts[filled]))
                keys[band, filled] = key
        return keys


def _candidates(mine: Numbers, theirs: Numbers) -> Iterator[tuple[int, set[int]]]:
    """Yield each text with known ones that share a band with it; as many as a template makes say enough."""
    met: dict[int, set[int]] = {}
    for asked, known in zip(mine, theirs, strict=True):
        order = np.argsort(known, kind="stable")
        ordered = known[order]
        begin, end = np.searchsorted(ordered, asked), np.searchsorted(ordered, asked, side="right")
        for row in np.flatnonzero(end > begin).tolist():
            met.setdefault(row, set()).update(order[begin[row] : min(end[row], begin[row] + TEMPLATE)].tolist())
    yield from met.items()


def _jaccard(one: Numbers, other: Numbers) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / max(len(one) + len(other) - both, 1)


def _mixed(words: Numbers) -> Numbers:
    """Spread every bit over the word; different words stay different."""
    words = (words ^ (words >> np.uint64(31))) * np.uint64(0x94D049BB133111EB)
    mixed: Numbers = words ^ (words >> np.uint64(29))
    return mixed


def _is_text(column: pd.Series) -> bool:
    """Whether a column holds sentences rather than names."""
    if not (pd.api.types.is_string_dtype(column) or column.dtype == object):
        return False
    some = column.head(FEWEST).dropna()
    if len(some) < FEWEST // 2 or not all(isinstance(each, str) for each in some):
        return False
    return bool(some.str.len().median() >= SHORTEST and some.str.count(r"\S+").median() >= FEWEST_WORDS)


def _of_column(train: pd.DataFrame, part: pd.DataFrame, name: str, column: str, learned: str) -> list[Finding]:
    known = in_hash_order(train[[column]].dropna(), MOST_TRAIN)[column]
    known = known[(known.str.len().clip(upper=LONGEST).cumsum() <= MOST_CHARACTERS).to_numpy()]
    texts = in_hash_order(part[[column]].dropna(), MOST_JUDGED)[column]
    texts = texts[(texts.str.len() >= SHORTEST).to_numpy()]
    if min(len(known), len(texts)) < FEWEST:
        return []
    counts = near_texts(texts, known)
    near = (counts > 0) & (counts < TEMPLATE)
    share = float(near.sum() / len(texts) / min(1.0, len(known) / max(train[column].count(), 1)))
    if share < TOLD:
        return []
    return [
        Finding(
            "LK214",
            f"about {min(share, 1.0):.0%} of the {name} rows have a {column!r} that nearly equals one of a {learned} "
            f"row (similarity of {ALIKE} or more); {REMEDIES['near texts']}",
            "warning" if share > SHARE else "information",
            columns=(column,),
        )
    ]
