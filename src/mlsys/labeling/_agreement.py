"""Agreement of annotators beyond chance, with intervals by resampling items."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling.statistics import VoteMatrix
from mlsys.labeling.votes import matrix_of
from mlsys.steps import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlsys.labeling.votes import Votes

    Counts = NDArray[np.float64]

DRAWS = 1_000
"""Resamples of the items: their quantiles at .025 and .975 are the interval."""


def agreement(votes: pd.DataFrame | VoteMatrix | Votes, seed: int = 0) -> Result:
    """Return how far annotators agree beyond chance.

    Parameters
    ----------
    votes : DataFrame, VoteMatrix or Votes
        One row an item and one column an annotator, null where the annotator did not see the item.
    seed : int
        Of the resamples.

    Returns
    -------
    Result
        ``table``: Krippendorff's alpha (nominal; nulls allowed), and Fleiss' kappa where all items with several votes
        have the same number of them, each with a 95 % interval. ``tables["pairs"]``: Cohen's kappa of each two
        annotators with ``both``, the items that both saw, and an interval. ``tables["items"]``: the items on which
        annotators differ, those with the most disagreement first.

    Raises
    ------
    DataError
        If no item has two votes.

    Notes
    -----
    Krippendorff (2011), Fleiss (1971), Cohen (1960). Intervals: percentiles of 1,000 resamples of items, which
    takes items to be independent. A measure is NaN where everybody votes for one class: chance explains everything.

    Examples
    --------
    >>> votes = pd.DataFrame({"ann": ["x", "x", "y", "y"], "ben": ["x", "y", "y", "y"]})
    >>> round(float(agreement(votes).table["value"][0]), 3)
    0.533
    """
    matrix = matrix_of(votes)
    counts = _counts(matrix.codes, len(matrix.classes))
    several = counts[counts.sum(axis=1) >= 2]
    if not len(several):
        raise DataError("no item has votes of two annotators", "let some items be labelled twice: HandLabels(overlap=)")
    rng = np.random.default_rng(seed)
    rows = [_row("Krippendorff's alpha", several, _alpha, rng)]
    if len(set(several.sum(axis=1))) == 1:
        rows.append(_row("Fleiss' kappa", several, _fleiss, rng))
    pairs = _pairs(matrix, rng)
    table = pd.DataFrame(rows)
    first = table.iloc[0]
    torn = _torn(matrix, counts)
    summary = (
        f"All {len(several):,} items with several votes have the same class: chance explains it."
        if np.isnan(first["value"])
        else (
            f"Annotators agree beyond chance by {first['value']:.2f} ({first['lower']:.2f} to {first['upper']:.2f}, "
            f"Krippendorff's alpha) on {len(several):,} items with several votes; they differ on {len(torn):,}."
        )
    )
    scalars = {"alpha": float(first["value"]), "items": float(len(several)), "differ": float(len(torn))}
    return Result("agreement", table, scalars, summary=summary, tables={"pairs": pairs, "items": torn})


def annotator_report(votes: pd.DataFrame | VoteMatrix | Votes, gold: pd.Series | None = None) -> pd.DataFrame:
    """Return one row an annotator: votes, agreement with the others, and accuracy, estimated and on gold.

    Parameters
    ----------
    votes : DataFrame, VoteMatrix or Votes
        The votes.
    gold : Series, optional
        True classes by the ids of the items; by default those that ``Votes`` flag as gold.

    Returns
    -------
    DataFrame
        ``source``, ``votes``, ``with_others`` (share of votes on which the majority of the others agrees, where there
        is one), and what a label model says: ``accuracy`` with interval and ``weight``; with gold also
        ``gold_accuracy``.
    """
    from mlsys.labeling.label_model import LabelModel

    learned = LabelModel().fit(votes, gold)
    matrix = matrix_of(votes)
    counts = _counts(matrix.codes, len(matrix.classes))
    shares = []
    for place in range(len(matrix.sources)):
        said = matrix.codes[:, place]
        rows = np.flatnonzero(said >= 0)
        others = counts[rows].copy()
        others[np.arange(len(rows)), said[rows]] -= 1
        most = others.max(axis=1)
        clear = (most > 0) & ((others == most[:, None]).sum(axis=1) == 1)
        shares.append(float((others.argmax(axis=1) == said[rows])[clear].mean()) if clear.any() else math.nan)
    table = learned.table.copy()
    table.insert(table.columns.tolist().index("coverage") + 1, "with_others", shares)
    return table


def _counts(codes: NDArray[np.int8], classes: int) -> Counts:
    """Return how many voted for each class, items x classes."""
    return np.column_stack([(codes == place).sum(axis=1) for place in range(classes)]).astype(np.float64)


def _alpha(times: Counts, counts: Counts) -> Counts:
    """Return Krippendorff's alpha for classes: 1 less observed over expected disagreement of pairs.

    Parameters
    ----------
    times : array, draws x items
        How often each item was drawn.
    counts : array, items x classes
        Votes of each item.
    """
    votes = counts.sum(axis=1)
    total, of_class = times @ votes, times @ counts
    within = times @ ((votes**2 - (counts**2).sum(axis=1)) / (votes - 1)) / total
    chance = (total**2 - (of_class**2).sum(axis=1)) / (total * (total - 1))
    return np.where(chance > 0, 1 - within / np.where(chance > 0, chance, 1), math.nan)


def _fleiss(times: Counts, counts: Counts) -> Counts:
    """Return Fleiss' kappa: every item has the same number of votes."""
    votes = counts.sum(axis=1)[0]
    agreed = times @ (((counts**2).sum(axis=1) - votes) / (votes * (votes - 1))) / times.sum(axis=1)
    of_class = times @ counts
    chance = ((of_class / of_class.sum(axis=1, keepdims=True)) ** 2).sum(axis=1)
    return np.where(chance < 1, (agreed - chance) / np.where(chance < 1, 1 - chance, 1), math.nan)


def _cohen(table: Counts) -> float:
    """Return Cohen's kappa of a table of pairs."""
    total = table.sum()
    chance = float(table.sum(axis=0) @ table.sum(axis=1)) / total**2
    return (float(np.trace(table)) / total - chance) / (1 - chance) if chance < 1 else math.nan


def _row(
    name: str, counts: Counts, measure: Callable[[Counts, Counts], Counts], rng: np.random.Generator
) -> dict[str, Any]:
    """Return a measure with its interval; items with the same counts are drawn together."""
    kinds, times = np.unique(counts, axis=0, return_counts=True)
    drawn = rng.multinomial(len(counts), times / len(counts), size=DRAWS).astype(np.float64)
    value = float(measure(times[None].astype(np.float64), kinds)[0])
    return {"measure": name, "items": len(counts), "value": value, **_interval(measure(drawn, kinds))}


def _pairs(matrix: VoteMatrix, rng: np.random.Generator) -> pd.DataFrame:
    """Return Cohen's kappa of each two annotators that saw the same items."""
    classes, rows = len(matrix.classes), []
    for one in range(len(matrix.sources)):
        for other in range(one + 1, len(matrix.sources)):
            pair = matrix.codes[:, [one, other]]
            pair = pair[(pair >= 0).all(axis=1)].astype(np.int64)
            if not len(pair):
                continue
            table = np.bincount(pair[:, 0] * classes + pair[:, 1], minlength=classes**2).astype(np.float64)
            drawn = rng.multinomial(len(pair), table / len(pair), size=DRAWS // 5).reshape(-1, classes, classes)
            values = np.array([_cohen(each.astype(np.float64)) for each in drawn])
            rows.append({
                "one": matrix.sources[one], "other": matrix.sources[other], "both": len(pair),
                "agree": float(np.trace(table.reshape(classes, classes)) / len(pair)),
                "kappa": _cohen(table.reshape(classes, classes)), **_interval(values),
            })  # fmt: skip
    return pd.DataFrame(rows, columns=["one", "other", "both", "agree", "kappa", "lower", "upper"])


def _interval(values: Counts) -> dict[str, float]:
    known = values[~np.isnan(values)]
    lower, upper = np.quantile(known, [0.025, 0.975]) if len(known) else (math.nan, math.nan)
    return {"lower": float(lower), "upper": float(upper)}


def _torn(matrix: VoteMatrix, counts: Counts) -> pd.DataFrame:
    """Return the items on which annotators differ, by the entropy of their votes."""
    votes = counts.sum(axis=1)
    rows = np.flatnonzero((votes >= 2) & (counts.max(axis=1) < votes))
    shares = counts[rows] / votes[rows, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(shares > 0, shares * np.log2(shares), 0).sum(axis=1)
    said = [", ".join(f"{matrix.classes[p]}: {int(n)}" for p, n in enumerate(counts[row]) if n) for row in rows]
    table = pd.DataFrame(
        {"item": matrix.items[rows], "votes": votes[rows].astype(int), "said": said, "entropy": entropy}
    )
    return table.sort_values(["entropy", "votes"], ascending=False, kind="stable").reset_index(drop=True)
