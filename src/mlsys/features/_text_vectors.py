"""Texts as short vectors: weighted pieces, reduced by a singular value decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.features._ngrams import BUCKETS, MOST_CHARACTERS, Pieces, counted, pieces_of
from mlsys.native_threads import threads_pinned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]

_KEPT = 4_096
"""Pieces of a column that count, the most frequent ones: 1 MB of state at 30 components."""
_FEWEST_ROWS = 2
"""A piece that stands in one row tells nothing of others."""
_POWER_ITERATIONS = 5
"""As scikit-learn's TruncatedSVD."""
_LEAST_PART = 1e-6
"""Components below this share of the largest singular value are noise of the arithmetic."""
_SOFT_LIMIT = 5.0
_BLOCK = 1 << 14
"""Texts at a time: their pieces, some millions, stay below 100 MB."""
_WEIGHT_OF_COUNT = 1 + np.log(np.maximum(np.arange(MOST_CHARACTERS + 1), 1))


def learn_vectors(texts: pd.Series, by: Pieces, components: int) -> dict[str, Any]:
    """Return the buckets of the pieces that are kept, their weights, and their loadings on each component."""
    codes, distinct = pd.factorize(texts)
    times = np.bincount(codes, minlength=len(distinct))
    rows, buckets, counts = counted(*pieces_of(list(distinct), by), BUCKETS)
    frequency = np.bincount(buckets, weights=times[rows], minlength=BUCKETS)
    often = np.flatnonzero(frequency >= _FEWEST_ROWS)
    pieces = np.sort(often[np.argsort(-frequency[often], kind="stable")[:_KEPT]])
    weights = np.log((1 + len(texts)) / (1 + frequency[pieces])) + 1
    places = _places(pieces)[buckets]
    known = places >= 0
    table = _table(rows[known], places[known], counts[known], weights, len(distinct))
    axes = _axes(table, times, components)
    found = np.repeat(table @ axes, times, axis=0)
    low, middle, high = np.quantile(found, [0.25, 0.5, 0.75], axis=0)
    deviation = found.std(axis=0)
    scale = np.where(high > low, high - low, np.where(deviation > 0, deviation, 1.0))
    return {"pieces": pieces, "weights": weights, "axes": axes, "centre": middle, "scale": scale}


class TextVectors:
    """Turn texts into numbers with the result of :func:`learn_vectors`."""

    def __init__(self, known: Mapping[str, Any], by: Pieces) -> None:
        self._by = by
        self._places = _places(known["pieces"])
        self._weights, self._axes = known["weights"], known["axes"]
        self._centre, self._scale = known["centre"], known["scale"]

    def of(self, texts: pd.Series) -> Floats:
        """Return one column a text (components x texts), so that each component lies together.

        Texts that come back are looked at once; where most do not, finding them would only cost memory.
        """
        if len(texts) == 1:
            return self._of_block(texts.tolist()).T
        codes, distinct = pd.factorize(texts)
        if 2 * len(distinct) < len(texts):
            return np.take(self._of_all(list(distinct)), codes, axis=1)
        return self._of_all(texts.tolist())

    def _of_all(self, texts: Sequence[str]) -> Floats:
        found = np.empty((len(self._centre), len(texts)))
        for start in range(0, len(texts), _BLOCK):
            some = texts[start : start + _BLOCK]
            found[:, start : start + len(some)] = self._of_block(some).T
        return found

    def _of_block(self, texts: Sequence[str]) -> Floats:
        if not self._axes.size:
            return np.empty((len(texts), 0))
        rows, buckets = pieces_of(texts, self._by)
        places = self._places[buckets]
        known = places >= 0
        counts = counted(rows[known], places[known], len(self._weights))
        found = (_table(*counts, self._weights, len(texts)) @ self._axes - self._centre) / self._scale
        return np.asarray(found / np.sqrt(1 + (found / _SOFT_LIMIT) ** 2))


def _places(pieces: NDArray[np.int64]) -> NDArray[np.int32]:
    places = np.full(BUCKETS, -1, dtype=np.int32)
    places[pieces] = np.arange(len(pieces))
    return places


def _table(
    rows: NDArray[np.int64], places: NDArray[Any], counts: NDArray[np.int64], weights: Floats, texts: int
) -> csr_array:
    """Return weighted pieces by text, each text normalized to length 1."""
    from scipy.sparse import csr_array

    values = _WEIGHT_OF_COUNT[counts] * weights[places]
    lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=texts))  # adds in order, however many texts
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=texts))])
    return csr_array((values / lengths[rows], places, ends), shape=(texts, len(weights)))


def _axes(table: csr_array, times: NDArray[np.int64], components: int) -> Floats:
    """Return what each piece adds to each component (pieces x components)."""
    from scipy.sparse import diags_array
    from sklearn.utils.extmath import randomized_svd

    size = min(components, *table.shape)
    if not size or not table.nnz:
        return np.empty((table.shape[1], 0))
    with threads_pinned():
        _, singular, axes = randomized_svd(
            diags_array(np.sqrt(times)) @ table, size, n_iter=_POWER_ITERATIONS, random_state=0
        )
    return np.ascontiguousarray(axes[singular > _LEAST_PART * singular[0]].T)
