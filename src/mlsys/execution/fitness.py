"""Whether parts can be used: none empty, none of one class, training rows not after evaluated rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class TargetDealt:
    """A target in parts; adds over pieces.

    Parameters
    ----------
    labels : Series
        Its different values in rows of any part; of numbers no more than tell that they are no classes.
    parts : mapping of str to (int, object, bool)
        Of parts that need several classes: rows that count, the first value, and whether there is another.
    """

    labels: pd.Series
    parts: Mapping[str, tuple[int, Any, bool]]

    @classmethod
    def of(cls, assigned: pd.Series, target: pd.Series, counts: NDArray[np.bool_]) -> TargetDealt:
        """Return what is known of a target, row by row beside the parts."""
        known, parts = target.notna().to_numpy(), {}
        for name in WITH_CLASSES:
            inside = _inside(assigned, name) & counts & known
            values = target[inside].unique()
            if len(values):
                parts[name] = (int(inside.sum()), values[0], len(values) > 1)
        return cls(_few(target[known & assigned.notna().to_numpy()]), parts)

    def __add__(self, other: TargetDealt) -> TargetDealt:
        parts = dict(self.parts)
        for name, (rows, value, several) in other.parts.items():
            before, first, already = parts.get(name, (0, value, False))
            parts[name] = (before + rows, first, already or several or first != value)
        return TargetDealt(_few(pd.concat([self.labels, other.labels])), parts)


@dataclass(frozen=True)
class Dealt:
    """What is known of rows that were dealt to parts; adds over pieces in plan order.

    Parameters
    ----------
    rows : int
        All rows.
    named : mapping of str to int
        Rows of each part, in the order in which parts come first.
    counting : mapping of str to int
        Of these the rows that count; see :func:`counting_rows`.
    unknown : int
        Rows without a known label, which are in no part.
    targets : mapping of str to TargetDealt
        Targets by name.
    times : mapping of str to (int, object, object)
        Rows with a time that count, the first time and the last, of parts that are compared by time.
    """

    rows: int
    named: Mapping[str, int]
    counting: Mapping[str, int]
    unknown: int
    targets: Mapping[str, TargetDealt]
    times: Mapping[str, tuple[int, Any, Any]]

    @classmethod
    def of(
        cls, assigned: pd.Series, keys: pd.DataFrame, counts: NDArray[np.bool_], targets: Mapping[str, pd.Series]
    ) -> Dealt:
        """Return what is known of rows.

        Parameters
        ----------
        assigned : Series
            The part of each row, null for rows in none and rows without a label.
        keys : DataFrame
            ``time`` and ``target`` of the same rows, where they exist.
        counts : array of bool
            Whether each row counts; see :func:`counting_rows`.
        targets : mapping of str to Series
            Targets of the same rows, by name.
        """
        times: dict[str, tuple[int, Any, Any]] = {}
        for name in ("train", *LATER) if "time" in keys.columns else ():
            own = keys["time"][_inside(assigned, name) & counts].dropna()
            if len(own):
                times[name] = (len(own), own.min(), own.max())
        return cls(
            len(assigned),
            _counted(assigned),
            _counted(assigned[counts]),
            int(keys["target"].isna().sum()) if "target" in keys.columns else 0,
            {name: TargetDealt.of(assigned, target, counts) for name, target in targets.items()},
            times,
        )

    def __add__(self, other: Dealt) -> Dealt:
        times = dict(self.times)
        for name, (rows, first, last) in other.times.items():
            before, earliest, latest = times.get(name, (0, first, last))
            times[name] = (before + rows, min(earliest, first), max(latest, last))
        return Dealt(
            self.rows + other.rows,
            _summed(self.named, other.named),
            _summed(self.counting, other.counting),
            self.unknown + other.unknown,
            {name: each + other.targets[name] for name, each in self.targets.items()},
            times,
        )

    @property
    def weightless(self) -> int:
        """Rows of a part that do not count."""
        return sum(self.named.values()) - sum(self.counting.values())


def refuse_unfit(who: str, dealt: Dealt, asked: Sequence[str]) -> None:
    """Raise where a part cannot be used.

    Parameters
    ----------
    who : str
        The step that made the parts, for messages.
    dealt : Dealt
        What is known of the rows.
    asked : sequence of str
        Requested parts other than ``train``.
    """
    _refuse_empty(who, dealt, asked)
    for name, target in dealt.targets.items():
        _refuse_one_class(who, target, not dealt.weightless, f"target {name!r}" if len(dealt.targets) > 1 else "target")
    _refuse_future(who, dealt.times)


def _inside(assigned: pd.Series, name: str) -> NDArray[np.bool_]:
    return (assigned == name).to_numpy(dtype=bool, na_value=False)


def _counted(assigned: pd.Series) -> dict[str, int]:
    """Return the rows of each part, in the order in which they come first."""
    codes, names = pd.factorize(assigned)
    counts = np.bincount(codes[codes >= 0], minlength=len(names)).tolist()
    return {str(name): count for name, count in zip(names, counts, strict=True)}


def _summed(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {
        name: one.get(name, 0) + other.get(name, 0) for name in (*one, *(each for each in other if each not in one))
    }


def _few(labels: pd.Series) -> pd.Series:
    """Return the different values; of numbers the smallest, one more than there can be classes."""
    different = pd.Series(labels.unique())
    return different.nsmallest(MOST_STRATA + 1) if _counts_or_measures(different) else different


def _counts_or_measures(target: pd.Series) -> bool:
    return target.dtype.kind in "iuf" and not isinstance(target.dtype, pd.CategoricalDtype)


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


def _refuse_empty(who: str, dealt: Dealt, asked: Sequence[str]) -> None:
    names = list(dealt.counting)
    empty = [name for name in ("train", *asked) if name not in names]
    if not empty:
        return
    none = f"; ignored rows of weight 0: {dealt.weightless:,}" if dealt.weightless else ""
    parts = ", ".join(f"{name} {count:,}" for name, count in dealt.counting.items()) or "none"
    rows = "training" if "train" in empty else " and ".join(empty)
    raise DataError(
        f"{who} left no {rows} rows (parts: {parts}; rows without a known label: {dealt.unknown:,} of "
        f"{dealt.rows:,}{none})",
        "change its boundaries or shares, use more rows, or check that the target is filled"
        + (" and the weights are above 0" if dealt.weightless else ""),
    )


def _refuse_one_class(who: str, target: TargetDealt, all_count: bool, called: str) -> None:
    if not is_of_classes(target.labels) or len(target.labels) < 2:
        return
    for name, (rows, value, several) in target.parts.items():
        if not several:
            use = "learned" if name == "train" else "judged" if name in LATER else "calibrated"
            raise DataError(
                f"{who}: all {rows:,} {'training' if name == 'train' else name} rows"
                f"{'' if all_count else ' of a weight above 0'} have the same class of the "
                f"{called}, {value!s}, of {len(target.labels)} classes in the data, so nothing can be {use} there",
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
    if not _counts_or_measures(target):
        return target.dtype.kind not in "mM"
    values = target.dropna().unique()
    return len(values) <= MOST_STRATA and all(float(value).is_integer() for value in values)


def _refuse_future(who: str, times: Mapping[str, tuple[int, Any, Any]]) -> None:
    for name in LATER:
        if "train" in times and name in times and times["train"][1] > times[name][2]:
            (training, start, _), (later, _, end) = times["train"], times[name]
            raise DataError(
                f"{who}: all {training:,} training rows, the first at {start}, are later than all "
                f"{later:,} {name} rows, the last at {end}, so a model of the future "
                "would be evaluated on the past",
                "use TimeSplit, or swap the names of the parts",
            )
