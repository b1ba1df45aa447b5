"""find_label_errors: which labels to look at again, by probabilities of models that did not learn from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling._classifier import Coded, coded
from mlsys.labeling.errors.confident import joint, off_diagonal, pruned_by_class, pruned_by_noise_rate
from mlsys.labeling.errors.scores import BY_SCORE, self_confidence
from mlsys.pages import drawing
from mlsys.steps import Result
from mlsys.steps.result import OF_ROWS
from mlsys.values import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

Method = Literal[
    "self_confidence", "normalized_margin", "entropy", "confident_learning", "noise_rate", "by_class"
]  # fmt: skip
_WHO = "find_label_errors"
_MASKS: dict[str, Callable[[Any, Any], NDArray[np.bool_]]] = {
    "confident_learning": off_diagonal,
    "noise_rate": pruned_by_noise_rate,
    "by_class": pruned_by_class,
}
_SHOWN = 12
_ROUNDING = 1e-3


@dataclass(frozen=True, repr=False)
class LabelErrors(Result):
    """Labels that are likely to be wrong.

    Parameters
    ----------
    suspects : DataFrame
        One row each, worst first: ``id``, ``label``, ``suggested`` (the likeliest class), ``probability`` of the label
        and ``score`` (low: likely wrong). It stays on the machine of the run.

    Examples
    --------
    >>> from mlsys import find_label_errors
    >>> labels = pd.Series(["cat", "cat", "dog", "dog", "cat"], index=list("pqrst"))
    >>> cat = np.array([0.9, 0.8, 0.3, 0.1, 0.05])
    >>> shares = pd.DataFrame({"cat": cat, "dog": 1 - cat}, index=labels.index)
    >>> found = find_label_errors(labels, shares, folds="held out")
    >>> found.ids
    ['t']
    >>> found.suspects[["id", "label", "suggested", "probability"]]
      id label suggested  probability
    0  t   cat       dog         0.05
    """

    suspects: pd.DataFrame = field(default_factory=pd.DataFrame, metadata=OF_ROWS)

    @property
    def ids(self) -> list[Any]:
        """Ids of the suspects, worst first."""
        found: list[Any] = self.suspects["id"].tolist() if len(self.suspects) else []
        return found


def find_label_errors(
    labels: pd.Series,
    shares: pd.DataFrame,
    *,
    folds: Any,
    groups: pd.Series | None = None,
    method: Method = "self_confidence",
) -> LabelErrors:
    """Find labels that are likely to be wrong.

    Parameters
    ----------
    labels : Series
        One label for each row, null where unknown; its index identifies rows.
    shares : DataFrame of shape (rows, classes)
        Probability of each class, a column each, by a model that did not learn from the row.
    folds : Series or array of int, or "held out"
        The fold of each row: the model that says its probabilities learned from other folds only. ``"held out"`` if
        one model says all of them and learned from none of these rows. A model that learned from a wrong label agrees
        with it.
    groups : Series, optional
        Rows of one group share what tells them apart, so they must lie in one fold.
    method : str
        How suspects are chosen. ``"self_confidence"``, ``"normalized_margin"`` and ``"entropy"`` (confidence-weighted)
        rank all labels and take as many of the worst as confident learning counts; ``"confident_learning"`` takes the
        labels that it counts; ``"noise_rate"`` and ``"by_class"`` take as many as its joint distribution says, of each
        pair of classes or of each class.

    Returns
    -------
    LabelErrors
        ``suspects``, worst first, with ``ids``; ``table``: ``label``, ``suggested`` and ``rows`` by pair;
        ``tables["classes"]``: labels of each class and the share that is estimated to be wrong.

    Raises
    ------
    DataError
        If the folds are not said or do not fit, a group lies in several, or the shares are no probabilities.

    Notes
    -----
    Confident learning (Northcutt, Jiang and Chuang 2021); the scores are those of Kuan and Mueller (2022). A suspect is
    a row to look at, not an error: rare but right labels are among them, and labels that are wrong in a way that the
    model cannot see are not. Where models predict few of the labels, suspects tell more of the models than of the
    labels. Cost: rows times classes.

    Examples
    --------
    >>> labels = pd.Series(["cat", "cat", "dog", "dog", "cat"], index=list("pqrst"))
    >>> cat = np.array([0.9, 0.8, 0.3, 0.1, 0.05])
    >>> shares = pd.DataFrame({"cat": cat, "dog": 1 - cat}, index=labels.index)
    >>> find_label_errors(labels, shares, folds=[0, 1, 0, 1, 0]).ids
    ['t']
    """
    _refuse_folds(labels, folds, groups)
    known = labels.notna().to_numpy()
    target, values = _checked(labels[known], shares[known] if len(shares) == len(labels) else shares)
    return label_errors(labels.index[known], target, values, method, "held out" if isinstance(folds, str) else "folds")


def label_errors(
    ids: pd.Index, target: Coded, shares: NDArray[np.float64], method: str, learned: str, who: str = _WHO
) -> LabelErrors:
    """Return the suspects among coded labels."""
    codes = target.codes
    score = BY_SCORE.get(method, BY_SCORE["self_confidence"])(codes, shares)
    if method in _MASKS:
        chosen = np.flatnonzero(_MASKS[method](codes, shares))
        chosen = chosen[np.argsort(score[chosen], kind="stable")]
    else:
        chosen = np.argsort(score, kind="stable")[: int(off_diagonal(codes, shares).sum())]
    others = shares.copy()
    others[np.arange(len(codes)), codes] = -1.0
    names = np.array(target.names, dtype=object)
    suspects = pd.DataFrame(
        {
            "id": ids[chosen],
            "label": pd.Series(names[codes[chosen]].tolist(), dtype=None),
            "suggested": pd.Series(names[others.argmax(axis=1)[chosen]].tolist(), dtype=None),
            "probability": self_confidence(codes, shares)[chosen],
            "score": score[chosen],
        }
    )
    counts = joint(codes, shares)
    labelled = np.bincount(codes, minlength=len(target))
    wrong = 1 - counts.diagonal() / np.where(labelled > 0, labelled, 1)
    agreed = float((shares.argmax(axis=1) == codes).mean())
    estimated = float((counts.sum() - counts.diagonal().sum()) / len(codes))
    pairs = suspects.groupby(["label", "suggested"], sort=False, observed=True).size().rename("rows")
    table = pairs.sort_values(ascending=False, kind="stable").reset_index()
    return LabelErrors(
        "label errors",
        table,
        scalars={
            "suspects": float(len(chosen)),
            "rows": float(len(codes)),
            "estimated_share": estimated,
            "agreed": agreed,
        },
        summary=f"{len(chosen):,} of {len(codes):,} labels ({len(chosen) / len(codes):.1%}) are worth a second look, "
        f"by {method.replace('_', ' ')} of probabilities {_LEARNED[learned]}; about {estimated:.1%} are estimated "
        f"to be wrong; the models predict {agreed:.1%} of the labels",
        tables={"classes": pd.DataFrame({"label": names, "rows": labelled, "estimated_wrong": wrong})},
        draw=draw_pairs,
        suspects=suspects,
    )


_LEARNED = {"held out": "of held-out rows", "folds": "out of fold"}


def _refuse_folds(labels: pd.Series, folds: Any, groups: pd.Series | None) -> None:
    if isinstance(folds, str) and folds == "held out":
        return
    given = np.asarray(folds)
    if given.shape != (len(labels),) or len(np.unique(given)) < 2 or pd.isna(given).any():
        raise DataError(
            f"{_WHO}: folds= must say the fold of each of {len(labels):,} rows, of two or more",
            'give the folds that the probabilities were made by, or folds="held out" if the model learned from none of '
            "these rows; FindLabelErrors(estimator) makes both",
        )
    if groups is not None:
        spread = pd.Series(given).groupby(pd.factorize(groups)[0]).nunique()
        if (spread > 1).any():
            group = pd.factorize(groups)[1][spread[spread > 1].index[0]]
            raise DataError(
                f"{_WHO}: rows of the group {group!r} lie in several folds, so a model learned from rows like its own",
                "make the folds by group: FindLabelErrors(estimator).of(train=frame, target=..., group=...)",
            )


def _checked(labels: pd.Series, shares: pd.DataFrame) -> tuple[Coded, NDArray[np.float64]]:
    """Return labels as codes among the columns of the shares, and these as numbers."""
    if len(shares) != len(labels) or not labels.index.equals(shares.index):
        raise DataError(f"{_WHO}: labels and probabilities are not of the same rows", "give both with one index")
    odd = [name for name in shares.columns if plain(shares[name]).dtype.kind not in "biuf"]
    if odd:
        raise DataError(f"{_WHO}: the probabilities of {odd[0]!r} are no numbers", "give those of predict_proba")
    values = shares.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all() or (values < 0).any() or (np.abs(values.sum(axis=1) - 1) > _ROUNDING).any():
        raise DataError(f"{_WHO}: some rows of probabilities do not add up to 1", "give those of predict_proba")
    found, classes = coded(labels, _WHO), shares.columns.tolist()
    strange = [name for name in found.names if name not in classes]
    if strange:
        raise DataError(f"{_WHO}: there is no column of probabilities for the label {strange[0]!r}", "name it so")
    places = np.array([classes.index(name) for name in found.names], dtype=np.int64)
    return Coded(places[found.codes], np.array(classes, dtype=object)), values


def draw_pairs(result: Result, ax: Axes) -> None:
    """Draw how many suspects each pair of label and suggestion has."""
    table = result.table.head(_SHOWN)[::-1]
    said = [f"{label} → {other}" for label, other in zip(table["label"], table["suggested"], strict=True)]
    ax.barh(said, table["rows"], color=drawing.MINE)
    for place, count in enumerate(table["rows"]):
        drawing.beside(ax, count, place, f"{count:,}", drawing.DIM)
    drawing.as_high_as(ax, len(table))
    ax.set(xlabel="labels worth a second look")
    ax.set_title("Label → what the model suggests", loc="left")
    drawing.bare(ax)
