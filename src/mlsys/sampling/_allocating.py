"""How many rows each stratum gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def allocated(
    wanted: NDArray[np.float64], sizes: NDArray[np.int64], rows: int, *, evenly: bool = False, fewest: int = 1
) -> NDArray[np.int64]:
    """Return whole numbers near those wanted that add up to ``rows``, with some of every stratum.

    Parameters
    ----------
    wanted : ndarray of shape (strata,)
        What each would give if rows could be divided.
    sizes : ndarray of shape (strata,)
        Of which none gives more.
    rows : int
        At least one a stratum, at most all.
    evenly : bool
        Whether what small strata lack is given by the others evenly, rather than where most is still owed.
    fewest : int
        That each stratum gives if it has so many and ``rows`` allow; of two the spread can be estimated.

    Examples
    --------
    >>> allocated(np.array([0.4, 9.6]), np.array([4, 96]), 10).tolist()
    [1, 9]
    """
    least = np.minimum(fewest if fewest * len(sizes) <= rows else 1, sizes)
    kept: NDArray[np.int64] = np.minimum(np.maximum(np.floor(wanted), least), sizes).astype(np.int64)
    while kept.sum() > rows:  # strata lifted to the fewest take it from the largest
        kept[np.argmax(np.where(kept > least, kept, 0))] -= 1
    while kept.sum() < rows:  # one more where most is still owed, as long as there are rows
        lacking = np.flatnonzero(kept < sizes)
        if evenly:
            more = (rows - int(kept.sum())) // len(lacking)
            kept[lacking] = np.minimum(kept[lacking] + more, sizes[lacking])
            if more:
                continue
        kept[lacking[np.argmax((wanted - kept)[lacking])]] += 1
    return kept


def rounded(wanted: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """Return whole rows, at least one of every stratum."""
    return np.asarray(np.maximum(np.round(wanted), 1), dtype=np.int64)
