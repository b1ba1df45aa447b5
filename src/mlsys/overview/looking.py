"""What an overview is made of: some of the rows, the power of columns alone, and whether they moved."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsys.overview.column import Alone, Moved

MOST_ROWS = 100_000
"""Rows looked at: a share is then known to a third of a percent."""
_SEED = int.from_bytes(b"columns", "big")


def some_rows(frame: pd.DataFrame, most: int = MOST_ROWS) -> pd.DataFrame:
    """Return at most so many rows, drawn evenly, the same ones each time, in the order they came in.

    Notes
    -----
    Drawn by place: ids of rows may be equal, or have no hash, in a frame that nothing was asked of.

    Examples
    --------
    >>> len(some_rows(pd.DataFrame({"x": range(50)}), 10))
    10
    """
    if len(frame) <= most:
        return frame
    drawn = np.random.default_rng(_SEED).choice(len(frame), most, replace=False, shuffle=False)
    return frame.iloc[np.sort(drawn)]


def rows_in_words(part: str, rows: int, looked_at: int) -> str:
    """Return how many rows a part has, and how many were looked at where these are fewer.

    Examples
    --------
    >>> rows_in_words("train", 600, 600), rows_in_words("train", 250_000, 100_000)
    ('train 600', 'train 250,000 (100,000 of them looked at)')
    """
    said = f"{part} {rows:,}".strip()
    return said if looked_at >= rows else f"{said} ({looked_at:,} of them looked at)"


def alone_of(power: pd.DataFrame | None) -> dict[str, Alone]:
    """Return how well each column alone predicts the target, from the scan for leakage."""
    if power is None:
        return {}
    lines = zip(power["column"], power["auc"], power["error"], power["copy"], strict=True)
    return {str(name): Alone(float(auc), float(error), str(copy)) for name, auc, error, copy in lines}


def moved_of(compared: pd.DataFrame) -> dict[str, Moved]:
    """Return whether each column moved, from the table of a comparison."""
    names = ("column", "verdict", "effect", "before", "after")
    lines = zip(*(compared[name] for name in names), strict=True)
    return {
        str(name): Moved(str(verdict), float(effect), str(before), str(after))
        for name, verdict, effect, before, after in lines
    }
