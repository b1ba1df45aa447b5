"""Columns of plain numbers as arrays of many columns: a Series made of each takes longer than what is done to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_ROWS = 1 << 14
"""In longer frames each column is handed over as it lies, since there a copy costs more than a Series."""
MOST_VALUES = 1 << 21
"""Numbers of one block: 16 MiB."""


def is_plain(dtype: Any) -> bool:
    """Whether values are numpy's own numbers or truth values."""
    return isinstance(dtype, np.dtype) and dtype.kind in "iufb"


def dtypes_of(frame: pd.DataFrame) -> dict[Any, Any]:
    """Return the dtype of each column by name.

    Examples
    --------
    >>> dtypes_of(pd.DataFrame({"x": [1.5], "n": [1]}))
    {'x': dtype('float64'), 'n': dtype('int64')}
    """
    return dict(zip(frame.columns.tolist(), frame.dtypes.tolist(), strict=True))


def number_blocks(frame: pd.DataFrame, names: Sequence[Any]) -> Iterator[tuple[Sequence[Any], NDArray[np.float64]]]:
    """Yield columns of plain numbers, some at a time, as floats.

    Parameters
    ----------
    frame : DataFrame
        Column names are unique.
    names : sequence
        Columns of numpy's numbers or truth values (:func:`is_plain`), in the order wanted.

    Yields
    ------
    sequence, ndarray of shape (columns, rows)
        Some of the names, and their values: not to be written to, they may be the frame's own.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1.5, 2.5], "n": [1, 2]})
    >>> [(names, block.tolist()) for names, block in number_blocks(frame, ["n", "x"])]
    [(['n', 'x'], [[1.0, 2.0], [1.5, 2.5]])]
    """
    if not len(names):
        return
    if len(frame) > MOST_ROWS:
        for name in names:
            yield [name], frame[name].to_numpy(dtype=np.float64)[None]
        return
    width = max(1, MOST_VALUES // max(1, len(frame)))
    whole = len(names) <= width and frame.columns.tolist() == list(names)
    place_of = {} if whole else {name: place for place, name in enumerate(frame.columns.tolist())}
    places = None if whole else [place_of[name] for name in names]
    for start in range(0, len(names), width):
        piece = frame if places is None else frame.iloc[:, places[start : start + width]]
        yield names[start : start + width], np.ascontiguousarray(piece.to_numpy(dtype=np.float64).T)
