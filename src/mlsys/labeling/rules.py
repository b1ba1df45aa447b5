"""Votes of labeling functions, and statistics of the functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed
from mlsys.labeling._labeling_function import as_labeling_function
from mlsys.summaries.wilson import share_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def apply_labeling_functions(rules: Sequence[Any], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the votes: one row per row and one column per function, with the class voted for or null.

    Parameters
    ----------
    rules : sequence of LabelingFunction or callable
        Rules with distinct names.
    frame : DataFrame
        Rows to vote on.

    Examples
    --------
    >>> def big(frame):
    ...     return frame["x"] > 1
    >>> apply_labeling_functions([big], pd.DataFrame({"x": [1, 2]}))["big"].tolist()
    [None, True]
    """
    functions = [as_labeling_function(rule) for rule in rules]
    names = [function.name for function in functions]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"two labeling functions are named {twice!r}", "give one of them another name")
    return pd.DataFrame({function.name: function.vote(frame) for function in functions}, index=frame.index)


def vote_places(votes: pd.DataFrame, classes: Sequence[Any]) -> NDArray[np.int64]:
    """Return the place among ``classes`` of each vote, -1 for none; refuse votes for anything else."""
    places = {value: place for place, value in enumerate(classes)}
    columns = []
    for name in votes.columns:
        codes, found = pd.factorize(votes[name])
        strange = [value for value in found if value not in places]
        if strange:
            raise DataError(
                f"labeling function {name!r} voted for {strange[0]!r}, which is not among the classes "
                f"({', '.join(map(repr, classes)) or 'none'})",
                "add it to classes=, or give the function votes=",
            )
        columns.append(np.append(np.array([places[value] for value in found], dtype=np.int64), -1)[codes])
    return np.column_stack(columns) if columns else np.empty((len(votes), 0), dtype=np.int64)


def classes_voted(votes: pd.DataFrame) -> list[Any]:
    """Return the classes that occur, in the order of their text."""
    found: dict[Any, None] = {}
    for name in votes.columns:
        found.update(dict.fromkeys(votes[name].dropna().unique().tolist()))
    return sorted(found, key=str)


def rule_report(frame: pd.DataFrame, rules: Sequence[Any], gold: pd.Series | str | None = None) -> pd.DataFrame:
    """Return one row per rule: coverage, overlap, conflicts and accuracy.

    Parameters
    ----------
    frame : DataFrame
        Rows to vote on.
    rules : sequence of LabelingFunction or callable
        The rules.
    gold : Series or str, optional
        True labels, or the column that holds them; null if not known.

    Returns
    -------
    DataFrame
        ``rule``, ``votes_for``, ``n`` (rows it voted on), ``coverage``, ``overlap`` (another rule also voted) and
        ``conflict`` (another rule voted differently) as shares of all rows; with ``gold`` also ``judged`` (its votes
        where the truth is known), ``accuracy`` and its 95 % Wilson interval.

    Notes
    -----
    Accuracy covers only rows where the rule voted. Cost: rules x rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [1, 2, 3], "truth": [False, True, None]})
    >>> def big(frame):
    ...     return frame["x"] > 1
    >>> rule_report(frame, [big], gold="truth")[["rule", "n", "judged", "accuracy"]]
      rule  n  judged  accuracy
    0  big  2       1       1.0
    """
    votes = apply_labeling_functions(rules, frame)
    classes = classes_voted(votes)
    places = vote_places(votes, classes)
    spoken = places >= 0
    truth = None if gold is None else _truth(gold, frame, classes)
    rows = []
    for number, name in enumerate(votes.columns):
        mine, others = spoken[:, number], np.delete(spoken, number, axis=1)
        against = np.delete(places, number, axis=1) != places[:, [number]]
        row = {
            "rule": name,
            "votes_for": ", ".join(str(classes[place]) for place in np.unique(places[mine, number])),
            "n": int(mine.sum()),
            "coverage": float(mine.mean()),
            "overlap": float((mine & others.any(axis=1)).mean()),
            "conflict": float((mine & (others & against).any(axis=1)).mean()),
        }
        if truth is not None:
            judged = mine & (truth != -1)
            hits = int((truth[judged] == places[judged, number]).sum())
            share, lower, upper = share_interval(hits, int(judged.sum()))
            row |= {"judged": int(judged.sum()), "accuracy": share, "accuracy_lower": lower, "accuracy_upper": upper}
        rows.append(row)
    return pd.DataFrame(rows)


def _truth(gold: pd.Series | str, frame: pd.DataFrame, classes: Sequence[Any]) -> NDArray[np.int64]:
    """Return the place of each true label, -1 where unknown, -2 for a class nobody votes for."""
    if isinstance(gold, str) and gold not in frame.columns:
        raise DataError(f"gold={gold!r} is not a column", f"columns are {listed(frame.columns)}")
    labels = frame[gold] if isinstance(gold, str) else gold
    if not labels.index.equals(frame.index):
        raise DataError("the gold labels have another index than the rows", "give one label for each row of the frame")
    places = {value: place for place, value in enumerate(classes)}
    codes, found = pd.factorize(labels)
    return np.append(np.array([places.get(value, -2) for value in found], dtype=np.int64), -1)[codes]
