"""Pairs of texts that are nearly the same: found by MinHash, confirmed exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SHINGLE = 5
"""Characters of a shingle; Leskovec, Rajaraman and Ullman (2020), section 3.2, take five for short texts."""
BANDS, BAND_ROWS = 8, 4
"""Texts alike by .8 meet in a band with probability .985, by .5 with .4, by .2 with .01."""
LARGEST_BUCKET = 1_000
"""Texts of one band that are all compared with each other; of more, each with the first."""

Pairs = NDArray[np.int64]


def near_texts(texts: pd.Series, alike: float, groups: NDArray[np.int64], among: Pairs | None = None) -> Pairs:
    """Return pairs of places whose texts are alike, within groups, or among some pairs.

    Parameters
    ----------
    texts : Series
        Texts; null is near nothing.
    alike : float
        Least Jaccard similarity of the sets of shingles; case and white space are evened out.
    groups : array of int
        Only texts of one group are compared.
    among : array of shape (pairs, 2), optional
        Where given, only these are looked at.

    Examples
    --------
    >>> texts = pd.Series(["A flat in the old town", "a flat in the  old town!", "A house by the sea"])
    >>> near_texts(texts, 0.8, np.zeros(3, dtype=np.int64)).tolist()
    [[0, 1]]
    """
    codes, distinct = pd.factorize(texts)
    shingles = [_shingles(str(text)) for text in distinct]
    if among is not None:
        pairs = among[(codes[among] >= 0).all(axis=1)]
    else:
        pairs = _candidates(codes, shingles, groups)
    found = {}
    for one, other in {tuple(sorted(pair)) for pair in codes[pairs].tolist()}:
        found[one, other] = _similarity(shingles[one], shingles[other]) >= alike
    near = [found[min(a, b), max(a, b)] for a, b in codes[pairs].tolist()]
    return np.asarray(pairs[np.array(near, dtype=bool)])


def _shingles(text: str) -> NDArray[np.uint64]:
    evened = " ".join(text.casefold().split())
    pieces = sorted({evened[at : at + SHINGLE] for at in range(max(1, len(evened) - SHINGLE + 1))})
    return np.sort(pd.util.hash_array(np.array(pieces, dtype=object)))


def _similarity(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def _candidates(codes: NDArray[np.int64], shingles: list[NDArray[np.uint64]], groups: NDArray[np.int64]) -> Pairs:
    """Return pairs of places that meet in a band, and those of equal texts."""
    rng = np.random.default_rng(0)
    factors = rng.integers(1, 2**63, BANDS * BAND_ROWS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    marks = np.array([(each[:, None] * factors).min(axis=0) for each in shingles]).reshape(len(shingles), BANDS, -1)
    known = np.flatnonzero(codes >= 0)
    pairs: list[tuple[int, int]] = []
    for band in range(BANDS):
        bands = pd.DataFrame(marks[:, band]).groupby(list(range(BAND_ROWS))).ngroup().to_numpy()
        met = pd.Series(known).groupby([bands[codes[known]], groups[known]]).agg(list)
        for places in met[met.map(len) > 1]:
            pairs += _all_pairs(places) if len(places) <= LARGEST_BUCKET else [(places[0], each) for each in places[1:]]
    return np.unique(np.array(pairs, dtype=np.int64).reshape(-1, 2), axis=0)


def _all_pairs(places: list[int]) -> list[tuple[int, int]]:
    return [(one, other) for at, one in enumerate(places) for other in places[at + 1 :]]
