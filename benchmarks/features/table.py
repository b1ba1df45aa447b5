"""A mixed table: numbers with nulls, whole numbers, texts of few and many levels, an id, a moment, a target."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

NUMBERS = [f"n{place}" for place in range(8)]
"""Imputed and standardized."""
WHOLE = [f"w{place}" for place in range(3)]
FEW = ["carrier", "state"]
"""Encoded as one column a level; 20 and 60 levels."""
MANY = ["tail", "product"]
"""Encoded by their target; 4,000 and 10,000 levels."""
WIDE = "user"
"""Hashed; 100,000 levels."""
BINNED = ["n0", "n1"]
TARGET = "label"
HASHED = 2**18
TOP, CROSSED, BINS, FOLDS = 20, 1_000, 10, 5


def levels(draw: np.random.Generator, rows: int, count: int, prefix: str) -> pd.Series:
    """Return texts, the first levels more frequent than the last."""
    places = np.minimum(draw.exponential(count / 5, rows).astype(np.int64), count - 1)
    names = np.array([f"{prefix}{place:06d}" for place in range(count)], dtype=object)
    return pd.Series(names[places], dtype="str")


def made(rows: int) -> pd.DataFrame:
    """Return the table."""
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(size=(rows, len(NUMBERS))) * np.arange(1, 9) + 3, columns=NUMBERS)
    frame = frame.mask(draw.random(frame.shape) < 0.05)
    for place, name in enumerate(WHOLE):
        frame[name] = draw.integers(0, 10 ** (place + 2), rows)
    sizes = {"carrier": 20, "state": 60, "tail": 4_000, "product": 10_000, "user": 100_000}
    for name, count in sizes.items():
        frame[name] = levels(draw, rows, count, name[0])
    frame["id"] = np.arange(rows)
    frame["moment"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 3 * 10**7, rows), unit="s")
    frame["known"] = draw.random(rows) < 0.3
    frame[TARGET] = (draw.random(rows) < 0.3).astype(np.int64)
    return frame


if __name__ == "__main__":
    made(int(sys.argv[1])).to_parquet(Path(sys.argv[2]))
