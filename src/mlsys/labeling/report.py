"""The loop in which labeling functions are mended: what each is worth, where they differ, where nobody votes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import DataError, listed
from mlsys.labeling.casting import CastResult, cast_votes
from mlsys.labeling.judged_labels import credit
from mlsys.labeling.label_model import LabelModel
from mlsys.labeling.statistics import VoteMatrix, VoteStats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlsys.labeling.learned_labels import LearnedLabels

LARGEST_HOLE, VALUES = 20, 12
"""Holes that are shown, and values of a column up to which it is looked at as it is; numbers are cut into quarters."""


def lf_report(
    functions: Sequence[Any] | CastResult | pd.DataFrame | VoteMatrix,
    frame: pd.DataFrame | None = None,
    gold: pd.Series | None = None,
    method: str = "auto",
) -> pd.DataFrame:
    """Return one row for each labeling function: what it covers, where it differs, how often it is right.

    Parameters
    ----------
    functions : sequence of LabelingFunction, CastResult, DataFrame or VoteMatrix
        The functions, or votes that were cast already.
    frame : DataFrame, optional
        The rows that functions vote on.
    gold : Series, optional
        True classes by the ids of the rows, null where not known.
    method : str
        Label model that estimates accuracy; see :class:`~mlsys.LabelModel`.

    Returns
    -------
    DataFrame
        ``function``, ``votes``, ``coverage``, ``overlap`` (another one votes too) and ``conflict`` (another one votes
        otherwise) as shares of all rows; ``accuracy`` as the label model estimates it with ``lower`` and ``upper``,
        ``weight``; with gold ``gold_accuracy`` with its interval; ``changes``, the share of labels that are others
        without the function, and with gold ``gain``, how many points of accuracy it adds.

    Notes
    -----
    Votes are kept by the code of each function, so that after an edit one function runs. All figures are read from
    distinct rows of votes; without a function, what was learned of the others stays.

    Examples
    --------
    >>> from mlsys.labeling import keyword
    >>> mail = pd.DataFrame({"text": ["free prize", "prize", "see you", "free to see you"]})
    >>> rules = [keyword("text", "free", "spam"), keyword("text", "prize", "spam"), keyword("text", "see", "ham")]
    >>> lf_report(rules, mail)[["function", "votes", "overlap", "conflict"]]
        function  votes  overlap  conflict
    0   has_free      2     0.50      0.25
    1  has_prize      2     0.25      0.00
    2    has_see      2     0.25      0.25
    """
    matrix = votes_of(functions, frame)
    model = LabelModel(method).fit(matrix, gold)  # type: ignore[arg-type]  # the model refuses other names
    stats = VoteStats.of(matrix, gold)
    table = model.table.rename(columns={"source": "function"})
    spoken, counts, rows = stats.patterns >= 0, stats.counts, max(stats.rows, 1)
    several = spoken.sum(axis=1) > 1
    differ = np.zeros_like(spoken)
    for place in range(len(stats.sources)):
        others = (stats.patterns != stats.patterns[:, [place]]) & spoken
        differ[:, place] = spoken[:, place] & others.any(axis=1)
    at = table.columns.tolist().index("coverage") + 1
    table.insert(at, "overlap", ((spoken & several[:, None]) * counts[:, None]).sum(axis=0) / rows)
    table.insert(at + 1, "conflict", (differ * counts[:, None]).sum(axis=0) / rows)
    table["changes"], table["gain"] = _left_out(model, stats)
    return table if stats.gold.any() else table.drop(columns="gain")


def show_conflicts(
    functions: Sequence[Any] | CastResult | pd.DataFrame | VoteMatrix, frame: pd.DataFrame, name: str, n: int = 10
) -> pd.DataFrame:
    """Return rows on which a function votes otherwise than another, with all votes beside them.

    Parameters
    ----------
    functions : sequence of LabelingFunction, CastResult, DataFrame or VoteMatrix
        The functions, or their votes.
    frame : DataFrame
        The rows.
    name : str
        The function.
    n : int
        At most so many rows, those with the most contradicting votes first.
    """
    matrix = votes_of(functions, frame)
    place = _place(matrix, name)
    mine = matrix.codes[:, [place]]
    against = ((matrix.codes >= 0) & (matrix.codes != mine)).sum(axis=1)
    against[mine[:, 0] < 0] = 0
    return _shown(frame, matrix, np.argsort(-against, kind="stable")[: min(n, int((against > 0).sum()))])


def show_errors(
    functions: Sequence[Any] | CastResult | pd.DataFrame | VoteMatrix, frame: pd.DataFrame, gold: pd.Series,
    name: str = "", n: int = 10,
) -> pd.DataFrame:  # fmt: skip
    """Return rows whose truth is known, and on which a function, or else the label model, is wrong.

    Parameters
    ----------
    functions : sequence of LabelingFunction, CastResult, DataFrame or VoteMatrix
        The functions, or their votes.
    frame : DataFrame
        The rows.
    gold : Series
        True classes by the ids of the rows, null where not known.
    name : str
        The function; without one the labels of the label model, which learned without gold, surest first.
    n : int
        At most so many rows.
    """
    matrix = votes_of(functions, frame)
    truth = gold.reindex(matrix.items)
    if name:
        said = pd.Series(matrix.frame()[name] if name in matrix.sources else _place(matrix, name))
        sure = np.zeros(len(said))
    else:
        found = LabelModel().fit(matrix).predict(matrix)
        said = found["prediction"]
        sure = found.filter(regex="^probability_").max(axis=1).fillna(0).to_numpy()
    wrong = (truth.notna() & said.notna()).to_numpy() & (truth.astype(object) != said.astype(object)).to_numpy()
    order = np.argsort(np.where(wrong, -sure, 2), kind="stable")[: min(n, int(wrong.sum()))]
    shown = _shown(frame, matrix, order)
    shown.insert(0, "said", said.to_numpy()[order])
    shown.insert(0, "truth", truth.to_numpy()[order])
    return shown


def show_holes(
    functions: Sequence[Any] | CastResult | pd.DataFrame | VoteMatrix, frame: pd.DataFrame,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return slices of the rows on which nobody votes, those with the most such rows beyond the average first.

    Parameters
    ----------
    functions : sequence of LabelingFunction, CastResult, DataFrame or VoteMatrix
        The functions, or their votes.
    frame : DataFrame
        The rows.
    columns : list of str, optional
        By default all with few values, and all numbers, which are cut into quarters.

    Returns
    -------
    DataFrame
        ``column``, ``value``, ``rows``, ``without_votes`` and ``share`` of them, ``beyond``: how many more than at the
        share of all rows.
    """
    bare = ~votes_of(functions, frame).covered
    share, found = float(bare.mean()) if len(bare) else 0.0, []
    for name in frame.columns if columns is None else columns:
        values = _slices(frame[name])
        if values is None:
            continue
        for value, place in values.groupby(values, observed=True, dropna=False).indices.items():
            missing = int(bare[place].sum())
            found.append({"column": name, "value": str(value), "rows": len(place), "without_votes": missing,
                          "share": missing / len(place), "beyond": missing - share * len(place)})  # fmt: skip
    table = pd.DataFrame(found, columns=["column", "value", "rows", "without_votes", "share", "beyond"])
    table = table[table["beyond"] > 0].sort_values("beyond", ascending=False, kind="stable")
    return table.head(LARGEST_HOLE).reset_index(drop=True)


def votes_of(given: Any, frame: pd.DataFrame | None) -> VoteMatrix:
    """Return votes that were cast, or that functions cast now."""
    if isinstance(given, CastResult):
        return given.matrix()
    if isinstance(given, (VoteMatrix, pd.DataFrame)):
        return VoteMatrix.of(given)
    if frame is None:
        raise DataError("functions came without rows to vote on", "give the frame")
    return cast_votes(given, frame).matrix()


def _left_out(model: LearnedLabels, stats: VoteStats) -> tuple[list[float], list[float]]:
    """Return the share of labels that change without the votes of each source, and what these add on gold."""
    covered, best = stats.covered, model.weighed.probabilities(stats.patterns)
    total, right = max(int(stats.counts[covered].sum()), 1), _right(best, stats)
    changes, gains = [], []
    for place in range(len(stats.sources)):
        rows = np.flatnonzero(stats.patterns[:, place] >= 0)
        less = stats.patterns[rows]
        less[:, place] = -1
        other = best.copy()
        other[rows] = model.weighed.probabilities(less)
        bare = covered.copy()
        bare[rows] = (less >= 0).any(axis=1)
        moved = (other.argmax(axis=1) != best.argmax(axis=1)) | ~bare
        changes.append(float((moved & covered) @ stats.counts / total))
        rest = VoteStats(stats.classes, stats.sources, np.where(bare, 0, -1)[:, None], stats.counts, stats.gold)
        gains.append(right - _right(other, rest))
    return changes, gains


def _right(likely: np.ndarray[Any, np.dtype[np.float64]], stats: VoteStats) -> float:
    """Return the share of gold rows with votes that are right."""
    patterns, places = np.nonzero(stats.gold * stats.covered[:, None])
    times = stats.gold[patterns, places]
    return float(credit(likely[patterns], places) @ times / max(int(times.sum()), 1))


def _place(matrix: VoteMatrix, name: str) -> int:
    if name not in matrix.sources:
        raise DataError(f"no function is named {name!r}", f"functions are {listed(matrix.sources)}")
    return matrix.sources.index(name)


def _shown(frame: pd.DataFrame, matrix: VoteMatrix, rows: Any) -> pd.DataFrame:
    """Return rows with the votes that were cast on them."""
    votes = VoteMatrix(matrix.codes[rows], matrix.classes, matrix.sources, matrix.items[rows]).frame()
    spoken = votes.loc[:, votes.notna().any(axis=0)]
    return pd.DataFrame(pd.concat([frame.iloc[rows], spoken.add_prefix("vote_")], axis=1))


def _slices(column: pd.Series) -> pd.Series | None:
    """Return a column as few values; ``None`` if it has too many."""
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > VALUES:
        return pd.qcut(column, 4, duplicates="drop")
    return column if column.nunique() <= VALUES else None
