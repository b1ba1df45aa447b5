"""Arrow and NumPy by hand: each text is numbered once, every encoder looks its codes up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from table import BINNED, BINS, CROSSED, FEW, FOLDS, HASHED, MANY, NUMBERS, TARGET, TOP, WIDE


class Codes:
    """Codes of the texts of a table, made once."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame, self.found = frame, dict[str, tuple[Any, Any]]()

    def of(self, name: str) -> tuple[Any, Any]:
        if name not in self.found:
            coded = pa.array(self.frame[name]).dictionary_encode()
            coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
            self.found[name] = (coded.indices.to_numpy(zero_copy_only=False), coded.dictionary)
        return self.found[name]


def _imputed(frame: pd.DataFrame) -> tuple[Any, Any]:
    values, missing = frame[NUMBERS].to_numpy().T.copy(), []
    for row in values:
        null = np.isnan(row)
        row[null] = np.median(row[~null])
        missing.append(null)
    return values, missing


def impute(frame: pd.DataFrame) -> int:
    values, missing = _imputed(frame)
    return len(values) + len(missing)


def _scaled(values: Any) -> Any:
    for place in range(len(values)):
        values[place] -= np.nanmean(values[place])
        values[place] /= np.nanstd(values[place])
    return values


def standardize(frame: pd.DataFrame) -> int:
    return len(_scaled(frame[NUMBERS].to_numpy().T.copy()))


def one_hot(frame: pd.DataFrame, codes: Codes | None = None) -> int:
    codes, made = codes or Codes(frame), 0
    for name in FEW:
        places, levels = codes.of(name)
        kept = np.argsort(-np.bincount(places, minlength=len(levels)), kind="stable")[:TOP]
        target = np.full(len(levels), -1)
        target[kept] = np.arange(len(kept))
        out = np.zeros((len(kept), len(places)), dtype=np.uint8)
        where = target[places]
        rows = np.flatnonzero(where >= 0)
        out[where[rows], rows] = 1
        made += len(out)
    return made


def hashed(frame: pd.DataFrame, codes: Codes | None = None) -> int:
    places, levels = (codes or Codes(frame)).of(WIDE)
    buckets = pd.util.hash_array(levels.to_numpy(zero_copy_only=False)) % HASHED
    return 1 + 0 * len(buckets[places].astype(np.int32))


def target(frame: pd.DataFrame, codes: Codes | None = None) -> int:
    codes = codes or Codes(frame)
    y = frame[TARGET].to_numpy().astype(float)
    folds = np.random.default_rng(0).integers(0, FOLDS, len(y))
    for name in MANY:
        places, levels = codes.of(name)
        keys = places.astype(np.int64) * FOLDS + folds
        rows = np.bincount(keys, minlength=len(levels) * FOLDS).reshape(-1, FOLDS)
        sums = np.bincount(keys, weights=y, minlength=len(levels) * FOLDS).reshape(-1, FOLDS)
        others, other_sums = rows.sum(1, keepdims=True) - rows, sums.sum(1, keepdims=True) - sums
        prior = (y.sum() - sums.sum(0)) / (len(y) - rows.sum(0))
        table = (other_sums + 20 * prior) / (others + 20)
        table[places, folds]
    return len(MANY)


def bins(frame: pd.DataFrame) -> int:
    for name in BINNED:
        values = frame[name].to_numpy()
        edges = np.nanquantile(values, np.arange(1, BINS) / BINS)
        np.searchsorted(edges, values, side="right").astype(np.int8)
    return len(BINNED)


def cross(frame: pd.DataFrame, codes: Codes | None = None) -> int:
    codes = codes or Codes(frame)
    (one, levels_one), (other, levels_other) = (codes.of(name) for name in FEW)
    pairs = one.astype(np.int64) * len(levels_other) + other
    counts = np.bincount(pairs, minlength=len(levels_one) * len(levels_other))
    kept = np.argsort(-counts, kind="stable")[:CROSSED]
    table = np.full(len(counts), len(kept))
    table[kept] = np.arange(len(kept))
    names = pc.binary_join_element_wise(
        levels_one.take(pa.array(kept // len(levels_other))),
        levels_other.take(pa.array(kept % len(levels_other))),
        pa.scalar("_", levels_one.type),
    )
    pd.Categorical.from_codes(table[pairs], [*names.to_pylist(), "other"])
    return 1


def together(frame: pd.DataFrame) -> int:
    codes = Codes(frame)
    values, missing = _imputed(frame)
    made = len(_scaled(values)) + len(missing)
    return (
        made + one_hot(frame, codes) + hashed(frame, codes) + target(frame, codes) + bins(frame) + cross(frame, codes)
    )


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {
    "impute": impute, "standardize": standardize, "one-hot": one_hot, "hash": hashed, "target": target, "bins": bins,
    "cross": cross, "all": together,
}  # fmt: skip
