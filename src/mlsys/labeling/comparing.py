"""compare_labels: agreement of weak labels with natural ones, once these are known."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.pages import drawing
from mlsys.steps import Result
from mlsys.summaries.wilson import share_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def compare_labels(weak: pd.Series, natural: pd.Series, name: str = "labels") -> Result:
    """Compare weak and natural labels of the same rows.

    Parameters
    ----------
    weak : Series
        Labels from rules, null where they abstain.
    natural : Series
        Labels from what happened, null if not known yet.
    name : str
        Name of the result.

    Returns
    -------
    Result
        ``table``: one row per pair of labels (``natural``, ``weak``, ``rows``), including null. ``tables["classes"]``:
        for each class ``precision`` (share of the rows given this class that have it) and ``recall`` (share of the
        labelled rows with this class that were given it), each with ``n`` and a 95 % Wilson interval. Scalars:
        ``coverage`` (share of rows the rules label), ``agreement`` with interval, ``kappa``, and counts of rows.

    Raises
    ------
    DataError
        If the labels do not belong to the same rows.

    Notes
    -----
    Agreement, kappa (Cohen 1960) and the table by class use rows where both labels are known. These may differ from
    the others: outcomes that mature early and rows that rules label are often the easy ones. Kappa is NaN if chance
    alone would agree on everything. Cost: one count of pairs.

    Examples
    --------
    >>> compare_labels(pd.Series([True, False, None]), pd.Series([True, True, False])).scalars["agreement"]
    0.5
    """
    if len(weak) != len(natural) or set(weak.index) != set(natural.index) or not weak.index.is_unique:
        raise DataError(
            f"{len(weak):,} weak and {len(natural):,} natural labels do not belong to the same rows",
            "give two Series with the same unique index, such as two columns of one frame",
        )
    weak = weak.loc[natural.index]
    classes, counts = _confusion(weak, natural)
    inside, both = counts[:-1, :-1], int(counts[:-1, :-1].sum())
    right = int(np.trace(inside))
    agreement, lower, upper = share_interval(right, both)
    scalars = {
        "coverage": float(counts[:, :-1].sum() / counts.sum()) if len(weak) else math.nan,
        "agreement": agreement,
        "agreement_lower": lower,
        "agreement_upper": upper,
        "kappa": _kappa(inside),
        "rows/all": float(counts.sum()),
        "rows/compared": float(both),
        "rows/weak_unknown": float(counts[:, -1].sum()),
        "rows/natural_unknown": float(counts[-1].sum()),
    }
    summary = (
        f"Rules label {scalars['coverage']:.0%} of {len(weak):,} rows; of {both:,} whose outcome is known, "
        f"{agreement:.1%} agree ({lower:.1%} to {upper:.1%}), kappa {scalars['kappa']:.2f}."
        if both
        else f"No row has both labels ({int(counts[-1].sum()):,} of {len(weak):,} outcomes are not known yet)."
    )
    tables = {"classes": _by_class(classes, inside)}
    return Result(name, _tidy(classes, counts), scalars, summary=summary, tables=tables, draw=_draw)


def _confusion(weak: pd.Series, natural: pd.Series) -> tuple[list[Any], np.ndarray[Any, np.dtype[np.int64]]]:
    """Count pairs: natural in rows, weak in columns, unknown last."""
    values = {value for labels in (weak, natural) for value in labels.dropna().unique().tolist()}
    classes = sorted(values, key=str)
    place = {value: number for number, value in enumerate(classes)}

    def places(labels: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
        codes, found = pd.factorize(labels)
        return np.append(np.array([place[value] for value in found], dtype=np.int64), len(classes))[codes]

    size = len(classes) + 1
    pairs = np.bincount(places(natural) * size + places(weak), minlength=size * size)
    return classes, pairs.reshape(size, size).astype(np.int64)


def _kappa(inside: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    total = inside.sum()
    if not total:
        return math.nan
    expected = float((inside.sum(axis=0) / total) @ (inside.sum(axis=1) / total))
    return math.nan if expected >= 1 else (float(np.trace(inside) / total) - expected) / (1 - expected)


def _by_class(classes: list[Any], inside: np.ndarray[Any, np.dtype[np.int64]]) -> pd.DataFrame:
    rows = []
    for number, value in enumerate(classes):
        row: dict[str, Any] = {"class": str(value)}
        for measure, trials in (("precision", inside[:, number].sum()), ("recall", inside[number].sum())):
            share, lower, upper = share_interval(int(inside[number, number]), int(trials))
            row |= {f"{measure}_n": int(trials), measure: share, f"{measure}_lower": lower, f"{measure}_upper": upper}
        rows.append(row)
    return pd.DataFrame(rows)


def _tidy(classes: list[Any], counts: np.ndarray[Any, np.dtype[np.int64]]) -> pd.DataFrame:
    names = [*map(str, classes), None]
    pairs = [(true, said, int(counts[i, j])) for i, true in enumerate(names) for j, said in enumerate(names)]
    table = pd.DataFrame(pairs, columns=["natural", "weak", "rows"])
    return table.astype({"natural": "str", "weak": "str"})


def _draw(result: Result, ax: Axes) -> None:
    """Draw how often each class is right when the rules give it."""
    table = result.tables["classes"].dropna(subset=["precision"])
    places = np.arange(len(table))
    below, above = table["precision"] - table["precision_lower"], table["precision_upper"] - table["precision"]
    ax.errorbar(table["precision"], places, xerr=np.array([below, above]), fmt="o", color=drawing.MINE, capsize=3)
    for place, (share, trials) in enumerate(zip(table["precision"], table["precision_n"], strict=True)):
        ax.annotate(
            f"{share:.0%} of {trials:,}", (share, place), xytext=(0, 9), textcoords="offset points", ha="center"
        )
    ax.set_yticks(places, [f"labelled {value}" for value in table["class"]])
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlim(0, 1.05)
    ax.set_xlabel("share of rows with this outcome (95 % interval)")
