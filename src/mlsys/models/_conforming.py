"""Quantiles of conformity scores, over all rows and by group, with the guarantee of finite samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.steps.keys import NO_KEY, numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]


def fewest_rows(coverage: float) -> int:
    """Return how many rows a quantile needs, so that the truth of one more lies below it often enough.

    Examples
    --------
    >>> fewest_rows(0.9), fewest_rows(0.95)
    (9, 19)
    """
    return int(np.ceil(coverage / (1 - coverage) - 1e-9))


def conformal_quantile(scores: Numbers, weights: Numbers, coverage: float) -> float:
    """Return the smallest score that a further row of the same kind is below with at least this probability.

    Parameters
    ----------
    scores : ndarray of shape (rows,)
        Higher for rows whose truth conforms less with what is said of them.
    weights : ndarray
        One a row; a further row weighs as much as these on average.
    coverage : float
        Between 0 and 1.

    Returns
    -------
    float
        Infinite where there are fewer than :func:`fewest_rows`.

    Examples
    --------
    >>> conformal_quantile(np.arange(1.0, 20.0), np.ones(19), 0.9), conformal_quantile(np.ones(8), np.ones(8), 0.9)
    (18.0, inf)
    """
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order]) / (weights.sum() + weights.mean())
    place = int(np.searchsorted(reached, coverage - 1e-12))
    return float(scores[order][place]) if place < len(scores) else float("inf")


def refuse_few(rows: int, coverage: float, who: str, what: str = "rows to learn from") -> None:
    """Raise where rows are too few for a coverage."""
    needed = fewest_rows(coverage)
    if rows < needed:
        raise DataError(
            f"{who}: coverage={coverage:g} needs at least {needed:,} {what}, and there are {rows:,}",
            "ask for less coverage, or learn it from more rows",
        )


def quantiles_by_group(
    scores: Numbers, weights: Numbers, frame: pd.DataFrame, by: tuple[str, ...], coverage: float
) -> dict[str, Any]:
    """Return the quantile of each group that has enough rows, as plain data.

    Parameters
    ----------
    scores, weights : ndarray of shape (rows,)
        As in :func:`conformal_quantile`.
    frame : DataFrame
        The columns that name the groups.
    by : tuple of str
        Their names.
    coverage : float
        Between 0 and 1.
    """
    places = numbered(by, frame)[0]
    sizes = np.bincount(places[places != NO_KEY], minlength=1)
    enough = np.flatnonzero(sizes >= fewest_rows(coverage))
    first = [int(np.flatnonzero(places == place)[0]) for place in enough]
    found = [conformal_quantile(scores[places == place], weights[places == place], coverage) for place in enough]
    keys = pd.DataFrame(frame)[list(by)].iloc[first].reset_index(drop=True)
    return {"keys": keys, "quantiles": np.array(found), "few": int((sizes > 0).sum() - len(enough))}


def quantile_of_rows(frame: pd.DataFrame, by: tuple[str, ...], groups: dict[str, Any], others: float) -> Numbers:
    """Return the quantile of each row's group; that of all rows where a group was not there, or too small."""
    keys: pd.DataFrame = groups["keys"]
    if not len(keys):
        return np.full(len(frame), others)
    known, asked = numbered(by, keys, frame)
    table = np.full(int(max(known.max(initial=0), asked.max(initial=0))) + 1, others)
    table[known] = groups["quantiles"]
    return np.where(asked == NO_KEY, others, table[asked])
