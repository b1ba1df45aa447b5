"""Whether parts can be used: none empty, none of one class, training rows not after evaluated rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.steps.splitting import MOST_STRATA
from mlsys.values import Kind, plain, values_of

WITH_CLASSES = ("train", "validation", "calibration", "test")
"""Parts that need several classes; the user decides about other parts."""
LATER = ("validation", "test")
"""Parts on which a model is evaluated."""


def refuse_unfit(
    who: str,
    assigned: pd.Series,
    keys: pd.DataFrame,
    asked: Sequence[str],
    counts: NDArray[np.bool_],
    targets: Mapping[str, pd.Series],
) -> None:
    """Raise where a part cannot be used.

    Parameters
    ----------
    who : str
        The step that made the parts, for messages.
    assigned : Series
        The part of each row, null for rows in none and rows without a label.
    keys : DataFrame
        ``time`` and ``target`` of the same rows, where they exist.
    asked : sequence of str
        Requested parts other than ``train``.
    counts : array of bool
        Whether each row counts; see :func:`counting_rows`.
    targets : mapping of str to Series
        Targets of the same rows, by name.
    """
    _refuse_empty(who, assigned.where(counts), keys, asked, int((~counts & assigned.notna()).sum()))
    for name, target in targets.items():
        _refuse_one_class(who, assigned, target, counts, f"target {name!r}" if len(targets) > 1 else "target")
    if "time" in keys.columns:
        _refuse_future(who, assigned.where(counts), keys["time"])


def counting_rows(weight: pd.Series | None, rows: int) -> NDArray[np.bool_]:
    """Return which rows count: all but those of weight 0. A weight that is none is the model's to refuse.

    Examples
    --------
    >>> counting_rows(pd.Series([0.0, 1.0, None]), 3).tolist()
    [False, True, True]
    """
    return np.asarray(weighing(weight, rows) != 0)


def weighing(weight: pd.Series | None, rows: int) -> NDArray[np.float64]:
    """Return the weights as numbers; 1 for each row where there are none."""
    if weight is None or values_of(weight).kind not in {Kind.NUMBER, Kind.TRUTH}:
        return np.ones(rows)
    return plain(weight).to_numpy(dtype=np.float64, na_value=np.nan)


def _refuse_empty(who: str, assigned: pd.Series, keys: pd.DataFrame, asked: Sequence[str], weightless: int) -> None:
    names = [str(name) for name in assigned.dropna().unique()]
    empty = [name for name in ("train", *asked) if name not in names]
    if not empty:
        return
    unknown = int(keys["target"].isna().sum()) if "target" in keys.columns else 0
    none = f"; ignored rows of weight 0: {weightless:,}" if weightless else ""
    parts = ", ".join(f"{name} {int((assigned == name).sum()):,}" for name in names) or "none"
    rows = "training" if "train" in empty else " and ".join(empty)
    raise DataError(
        f"{who} left no {rows} rows (parts: {parts}; rows without a known label: {unknown:,} of "
        f"{len(assigned):,}{none})",
        "change its boundaries or shares, use more rows, or check that the target is filled"
        + (" and the weights are above 0" if weightless else ""),
    )


def _refuse_one_class(who: str, assigned: pd.Series, target: pd.Series, counts: NDArray[np.bool_], called: str) -> None:
    labels = target[assigned.notna().to_numpy()]
    if not is_of_classes(labels) or labels.nunique() < 2:
        return
    for name in WITH_CLASSES:
        part = target[(assigned == name).to_numpy(dtype=bool, na_value=False) & counts].dropna()
        if len(part) and part.nunique() == 1:
            use = "learned" if name == "train" else "judged" if name in LATER else "calibrated"
            raise DataError(
                f"{who}: all {len(part):,} {'training' if name == 'train' else name} rows"
                f"{'' if counts.all() else ' of a weight above 0'} have the same class of the "
                f"{called}, {part.iloc[0]!s}, of {labels.nunique()} classes in the data, so nothing can be {use} there",
                "give each part its share of every class (StratifiedSplit), move the boundaries, give more rows, or "
                "check the label's rule",
            )


def is_of_classes(target: pd.Series) -> bool:
    """Whether a target holds classes: texts, booleans, categories, or few whole numbers.

    Examples
    --------
    >>> is_of_classes(pd.Series([0, 1])), is_of_classes(pd.Series([0.5, 1.0])), is_of_classes(pd.Series(["a"]))
    (True, False, True)
    """
    if target.dtype.kind not in "iuf" or isinstance(target.dtype, pd.CategoricalDtype):
        return target.dtype.kind not in "mM"
    values = target.dropna().unique()
    return len(values) <= MOST_STRATA and all(float(value).is_integer() for value in values)


def _refuse_future(who: str, assigned: pd.Series, times: pd.Series) -> None:
    train = times[(assigned == "train").to_numpy(dtype=bool, na_value=False)].dropna()
    for name in LATER:
        part = times[(assigned == name).to_numpy(dtype=bool, na_value=False)].dropna()
        if len(train) and len(part) and train.min() > part.max():
            raise DataError(
                f"{who}: all {len(train):,} training rows, the first at {train.min()}, are later than all "
                f"{len(part):,} {name} rows, the last at {part.max()}, so a model of the future "
                "would be evaluated on the past",
                "use TimeSplit, or swap the names of the parts",
            )
