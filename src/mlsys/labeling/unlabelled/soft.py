"""Soft labels as weighted rows, the rows whose labels are trusted, and whether a model beats the labels it learned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling._dtypes import class_series
from mlsys.steps import Result
from mlsys.summaries.wilson import quantile_of, share_interval
from mlsys.values import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHO = "soft labels"
_ROUNDING = 1e-6


def soft_rows(
    frame: pd.DataFrame, shares: pd.DataFrame, *, target: str, weight: str = "weight", least: float = 0.01
) -> pd.DataFrame:
    """Return each row once for each class that it may have, with the share of that class as its weight.

    Parameters
    ----------
    frame : DataFrame
        Rows.
    shares : DataFrame of shape (rows, classes)
        Probability of each class, named by column, with the index of ``frame``; null throughout where nothing is known.
    target : str
        Column that gets the class.
    weight : str
        Column that gets the share, times the weight that stands there.
    least : float
        Classes of a smaller share are left out, and the others get their share.

    Returns
    -------
    DataFrame
        Rows of unknown label are left out. A row comes as often as it has classes, under the same index.

    Raises
    ------
    DataError
        If shares belong to other rows, are negative, or do not add up to 1.

    Notes
    -----
    An estimator that takes ``sample_weight`` and minimizes a sum of losses then minimizes the loss expected under the
    soft labels: of the logarithmic loss, the cross-entropy. Cost: rows times classes.

    Examples
    --------
    >>> frame = pd.DataFrame({"text": ["win a prize", "hi", "?"]})
    >>> shares = pd.DataFrame({"ham": [0.2, 1.0, None], "spam": [0.8, 0.0, None]})
    >>> soft_rows(frame, shares, target="topic")
              text topic  weight
    0  win a prize   ham     0.2
    0  win a prize  spam     0.8
    1           hi   ham     1.0
    """
    values = checked_shares(frame, shares)
    values = np.where(values >= least, values, 0.0)
    total = values.sum(axis=1)
    rows, classes = np.nonzero((values > 0) & (total > 0)[:, None])
    made = frame.iloc[rows]
    own = made[weight].to_numpy(dtype=np.float64) if weight in frame.columns else 1.0
    label = class_series(classes, shares.columns.tolist(), made.index, _WHO)
    given = pd.Series(values[rows, classes] / total[rows] * own, made.index)
    return pd.DataFrame({**dict(made.items()), target: label.array, weight: given.array}, index=made.index)


def checked_shares(frame: pd.DataFrame, shares: pd.DataFrame) -> NDArray[np.float64]:
    """Return shares of classes as numbers, 0 where nothing is known."""
    if not shares.index.equals(frame.index):
        raise DataError(f"{_WHO} have another index than the rows", "give one row of shares for each row")
    values: NDArray[np.float64] = np.nan_to_num(shares.to_numpy(dtype=np.float64, na_value=np.nan), nan=0.0)
    total = values.sum(axis=1)
    wrong = (values < 0).any(axis=1) | ((total > 0) & (np.abs(total - 1) > _ROUNDING))
    if wrong.any():
        first = shares.index[wrong].tolist()[0]
        raise DataError(
            f"{_WHO} of {int(wrong.sum()):,} rows are negative or do not add up to 1 (the first is row {first!r})",
            "divide each row by its sum; null in all classes where nothing is known",
        )
    return values


def trusted_rows(
    features: Any, labels: pd.Series, share: float = 0.5, *, neighbours: int = 20, scale: bool = True
) -> pd.Series:
    """Return which labels are trusted: those that agree most with the labels of near rows.

    Parameters
    ----------
    features : DataFrame or array of shape (rows, columns)
        Numbers without nulls, in the order of ``labels``: the rows as the model sees them, or an embedding.
    labels : Series
        One label for each row, null where unknown.
    share : float
        Share of the labelled rows to trust, of all classes together.
    neighbours : int
        Near rows that each row is compared with.
    scale : bool
        Whether columns are divided by their deviation first.

    Returns
    -------
    Series of bool
        With the index of ``labels``; never where the label is unknown.

    Notes
    -----
    The cut statistic: the weight of neighbours with another label, compared with what labels drawn at random would
    have (Muhlenbach et al. 2004). Training on the trusted half of weak labels is often better than on all (Lang et al.
    2022), and sometimes not: compare both on gold. Cost: a search of neighbours of all labelled rows.

    Examples
    --------
    >>> features = pd.DataFrame({"x": [0.0, 0.1, 0.2, 5.0, 5.1, 5.2]})
    >>> labels = pd.Series(["a", "a", "b", "b", "b", "b"])
    >>> trusted_rows(features, labels, share=0.5, neighbours=2).tolist()
    [False, False, False, True, True, True]
    """
    from sklearn.neighbors import NearestNeighbors

    if len(features) != len(labels) or not 0 < share <= 1:
        raise DataError(
            f"trusted_rows got {len(features):,} rows, {len(labels):,} labels and share={share}",
            "give one label for each row, and a share above 0 and at most 1",
        )
    frame = pd.DataFrame(features)
    odd = [name for name in frame.columns if frame[name].dtype.kind not in "biuf"]
    if odd:
        raise DataError(
            f"trusted_rows measures distances, but {odd[0]!r} is no number",
            "give numeric columns, encoded features or an embedding",
        )
    known, table = labels.notna().to_numpy(), np.asarray(features, dtype=np.float64)[labels.notna().to_numpy()]
    if len(table) < 2 or not np.isfinite(table).all():
        raise DataError("trusted_rows needs two labelled rows of finite numbers", "fill nulls first, with Impute()")
    deviation = table.std(axis=0)
    table = table / np.where(deviation > 0, deviation, 1.0) if scale else table
    found = NearestNeighbors(n_neighbors=min(neighbours, len(table) - 1)).fit(table).kneighbors()
    weights, codes = 1 / (1 + found[0]), pd.factorize(plain(labels[known]))[0]
    frequency = np.bincount(codes)[codes] / len(codes)
    cut = (weights * (codes[found[1]] != codes[:, None])).sum(axis=1)
    expected = (1 - frequency) * weights.sum(axis=1)
    spread = np.sqrt(frequency * (1 - frequency) * (weights**2).sum(axis=1))
    score = (cut - expected) / np.where(spread > 0, spread, 1.0)
    trusted = np.zeros(len(labels), dtype=bool)
    best = np.argsort(score, kind="stable")[: max(1, math.floor(share * len(score)))]
    trusted[np.flatnonzero(known)[best]] = True
    return pd.Series(trusted, index=labels.index, name="trusted")


def beats_its_labels(gold: pd.Series, predicted: pd.Series, labels: pd.Series) -> Result:
    """Say whether a model that learned from labels is better than these labels, on rows whose truth is known.

    Parameters
    ----------
    gold : Series
        True labels, null where unknown; of rows that neither was fitted or tuned on.
    predicted : Series
        What the model predicts of the same rows.
    labels : Series
        What the label model, the rules or the annotators say of them; null where they abstain.

    Returns
    -------
    Result
        ``table``: accuracy of both on all gold rows (an abstention is wrong) and on those that the labels cover, with
        95 % Wilson intervals, and the paired difference with the interval of Agresti and Min (2005). ``verdict``:
        ``"better"``, ``"worse"`` or ``"not shown"`` on all gold rows.

    Raises
    ------
    DataError
        If the three are not of the same rows, or no truth is known.

    Examples
    --------
    >>> gold, predicted = pd.Series([1, 0] * 20), pd.Series([1, 0] * 19 + [0, 0])
    >>> labels = pd.Series([1, None] * 20)
    >>> beats_its_labels(gold, predicted, labels).verdict
    'better'
    """
    if not (gold.index.equals(predicted.index) and gold.index.equals(labels.index)):
        raise DataError("gold, predictions and labels are not of the same rows", "give Series of one index")
    known = gold.notna().to_numpy()
    if not known.any():
        raise DataError("no gold label is known", "label some rows by hand, chosen at random, and keep them apart")
    right = _equal(predicted, gold)[known], _equal(labels, gold)[known]
    covered = labels.notna().to_numpy()[known]
    rows = [_paired("all gold rows", *right), _paired("covered by labels", *(each[covered] for each in right))]
    table = pd.DataFrame(rows)
    first = rows[0]
    verdict = "better" if first["lower"] > 0 else "worse" if first["upper"] < 0 else "not shown"
    return Result(
        "model and its labels",
        table,
        scalars={name: float(first[name]) for name in ("model", "labels", "difference", "lower", "upper")},
        verdict=verdict,
        summary=f"on {first['rows']:,} gold rows the model is right in {first['model']:.1%} and its labels in "
        f"{first['labels']:.1%}: {first['difference']:+.1%} [{first['lower']:+.1%}, {first['upper']:+.1%}]",
    )


def _equal(one: pd.Series, other: pd.Series) -> NDArray[np.bool_]:
    """Return where two labels are the same class, whatever types hold them; null is no class."""
    both = pd.concat([plain(one).astype(object), plain(other).astype(object)])
    codes = pd.factorize(both)[0]
    mine, theirs = np.split(codes, 2)
    return np.asarray((mine == theirs) & (mine >= 0))


def _paired(rows: str, model: NDArray[np.bool_], labels: NDArray[np.bool_]) -> dict[str, Any]:
    count, gained, lost = len(model), int((model & ~labels).sum()), int((~model & labels).sum())
    shares = share_interval(int(model.sum()), count), share_interval(int(labels.sum()), count)
    padded = count + 2
    middle = (gained - lost) / padded
    half = quantile_of(0.95) * math.sqrt(max(gained + lost + 1 - (gained - lost) ** 2 / padded, 0.0)) / padded
    return {
        "on": rows,
        "rows": count,
        "model": shares[0][0], "model_lower": shares[0][1], "model_upper": shares[0][2],
        "labels": shares[1][0], "labels_lower": shares[1][1], "labels_upper": shares[1][2],
        "difference": (gained - lost) / count if count else math.nan,
        "lower": middle - half if count else math.nan, "upper": middle + half if count else math.nan,
    }  # fmt: skip
