"""Undeclared groups: rows of one patient, window or tile on both sides of a random split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts, Grouping
from mlsys.leakage.crossed import AND, withheld_pairs
from mlsys.leakage.levels import Levels, auc, levels_of_column, targets_of
from mlsys.leakage.name_parts import groupings_of_names, groupings_of_numbers
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.separation import in_hash_order
from mlsys.summaries import fold_of, hash_ids
from mlsys.values import Kind, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

FEWEST_LEVELS, LARGEST = 20, 0.1
"""Levels below which a column is rather a feature, and the share of rows that none of them exceeds."""
FEWEST_WITHHELD, LARGEST_WITHHELD = 5, 0.4
"""The same for a column that the model is not given, such as the number of one of twelve test persons."""
NESTED, COARSER = 0.95, 0.5
"""Of the declared groups, those that lie in one level of a coarser column; and its levels for each group, at most."""
FEWEST_ROWS, MOST_ROWS = 2, 100
"""Of the median row's level: with fewer nothing is learned of others, with more it is an ordinary category."""
FOLDS = 5
TELLS = 0.7
"""AUC, less three standard errors, with which a level's other rows predict the target of a row."""
ABOVE = 0.2
"""Minimum advantage over neighbouring values: they predict equally well for an age or a price, but not for an id."""
NEIGHBOURS = 5
"""Levels to either side."""
SHARED = 0.5
"""Of the evaluated rows, whose level training rows have."""
FEWEST_JUDGED = 30
FEWEST_OF_A_CLASS = 10
MATTERS, PRICED, PRICE_FOLDS = 0.05, 5_000, 3
"""How much better a model must seem to be, rows that tell it, and folds of them."""
MOST = 2
"""Columns that are priced, those first that tell most."""


@dataclass(frozen=True)
class Telling:
    """How well the other rows of a level predict the target of a row.

    Parameters
    ----------
    column : str
        The column.
    auc, error, neighbours : float
        By rows of the same level, with standard error; by those of the neighbouring levels, .5 where values have no
        order.
    part : str
        Which part of the column names the level; empty where the whole does.
    few : bool
        Whether there are so few levels that only a model can tell whether they matter.
    """

    column: str
    auc: float
    error: float
    neighbours: float
    part: str = ""
    few: bool = False

    @property
    def tells(self) -> bool:
        """Whether they do so beyond chance, and better than neighbours."""
        return self.auc - 3 * self.error > TELLS and self.auc - self.neighbours > ABOVE


@dataclass(frozen=True)
class _Price:
    """AUC of a small model under a random split and a split by levels, and the standard error of the difference."""

    chance: float
    together: float
    error: float

    @property
    def matters(self) -> bool:
        """Whether a model that predicts something under a random split loses under the other."""
        lost = self.chance - self.together
        return self.chance - 3 * self.error > 0.5 and lost > max(MATTERS, 3 * self.error)  # noqa: PLR2004  chance


def group_findings(together: AllParts, group: str | None = None) -> list[Finding]:
    """Return a finding for each column whose levels predict the target of evaluated rows, after a random split.

    Parameters
    ----------
    together : AllParts
        All rows.
    group : str, optional
        The declared group, which the split kept together: only columns of which a level holds several groups are
        asked, such as the patient of recordings.

    Notes
    -----
    Rows of one patient are alike beyond what is measured, so a model that has seen some of them recognizes the others.
    Each training row is predicted by the mean target of its level in the other four of five folds; targets of evaluated
    rows are not read. It is a warning if a small model loses under a split that keeps levels together, or if the column
    is withheld from the model (it was known not to be a property of rows) and such a model does not surely lose
    nothing; otherwise it is a question. A withheld column of fewer than twenty levels is reported if such a model
    loses. Parts of names, such as ``P007`` in ``P007_3.png`` or 1031 in 103107, are levels too, and so
    are fractions and times that recur, such as coordinates and days of birth.
    """
    asked = [(each, "", None) for each in [*together.groupings, *together.fine_groupings]]
    every = [*asked, *groupings_of_names(together), *groupings_of_numbers(together)]
    told = [(each, _telling(together, each, part, group), parts) for each, part, parts in every]
    found = [(each, telling, parts) for each, telling, parts in told if telling is not None and telling.tells]
    if not found and group is None:
        pairs = ((each, _telling(together, each, "", None), parts) for each, parts in withheld_pairs(together))
        found = [(each, telling, parts) for each, telling, parts in pairs if telling is not None and telling.tells]
    found.sort(key=lambda each: (bool(each[1].part), -round(each[1].auc, 2), each[0].levels.count))
    made = (_finding(telling, together, parts, place < MOST) for place, (telling, parts) in enumerate(_once(found)))
    return [each for each in made if each is not None]


def _once(
    found: Sequence[tuple[Grouping, Telling, pd.Series | None]],
) -> Iterator[tuple[Telling, pd.Series | None]]:
    """Yield one of several columns that name the same groups, and one part of a name: the largest groups."""
    seen: list[Grouping] = []
    for each, telling, parts in found:
        inside = telling.part and any(each.name == other.name for other in seen)
        if not inside and not any(_same(each, other) for other in seen):
            seen.append(each)
            yield telling, parts


def _same(one: Grouping, other: Grouping) -> bool:
    """Whether each level of one column is a level of the other, in the rows that both were asked in."""
    here, there = np.intersect1d(one.places, other.places, return_indices=True)[1:]
    if not len(here) or abs(len(one.places) - len(other.places)) > 0.5 * len(one.places):
        return False
    pairs = np.unique(np.column_stack([one.levels.codes[here], other.levels.codes[there]]), axis=0)
    return len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))


def _telling(together: AllParts, grouping: Grouping, part: str, group: str | None) -> Telling | None:
    judged = grouping.kept(~together.training)
    known = grouping.kept(together.training & together.labelled)
    known = known.kept_filled()
    levels, counts = known.levels, known.levels.counts()
    there, largest = int((counts > 0).sum()), float(counts.max(initial=0.0))
    few = not _are_many(there, largest, len(known.places))
    withheld = grouping.name not in together.features and not part
    if len(known.places) < FEWEST_JUDGED or (few and not (withheld and _are_some(there, largest, len(known.places)))):
        return None
    typical = float(np.median(counts[levels.codes]))
    if typical < FEWEST_ROWS or (typical > MOST_ROWS and not few):
        return None
    if not len(judged.places) or float((counts[judged.levels.codes] > 0)[judged.levels.codes >= 0].mean()) < SHARED:
        return None
    rows = together.rows.iloc[known.places]
    if group is not None and not _is_coarser(levels, levels_of_column(rows[group])):
        return None
    fold = fold_of(rows.index if group is None else rows[group], FOLDS)
    goals = targets_of(rows[together.target], cut=True)
    told = [_told(levels, each, fold, grouping.ordered and not few) for each in goals]
    best = max((each for each in told if each is not None), default=None)
    return None if best is None else Telling(grouping.name, *best, part, few)


def _are_many(levels: int, largest: float, rows: int) -> bool:
    return levels >= FEWEST_LEVELS and largest <= LARGEST * rows


def _are_some(levels: int, largest: float, rows: int) -> bool:
    return levels >= FEWEST_WITHHELD and largest <= LARGEST_WITHHELD * rows


def _is_coarser(levels: Levels, groups: Levels) -> bool:
    """Whether a level holds several of the declared groups, and a group lies in one level."""
    pairs = np.unique(np.column_stack([groups.codes, levels.codes]), axis=0)
    alone = np.unique(pairs[:, 0], return_counts=True)[1] == 1
    return bool(alone.mean() >= NESTED and len(np.unique(pairs[:, 1])) <= COARSER * len(alone))


def _told(
    levels: Levels, target: NDArray[np.float64], fold: NDArray[np.int64], ordered: bool
) -> tuple[float, float, float] | None:
    """Return AUC and error by rows of the same level in other folds, and the AUC by neighbouring levels."""
    apart = Levels(levels.codes * FOLDS + fold, levels.count * FOLDS)
    hits, rows = (apart.totals(each).reshape(-1, FOLDS) for each in (target, np.ones(len(target))))
    all_hits, all_rows = hits.sum(axis=1), rows.sum(axis=1)
    own = levels.codes, fold
    others = all_rows[levels.codes] - rows[own]
    rates = (all_hits[levels.codes] - hits[own] + target.mean()) / (others + 1)
    seen, event = others > 0, target == 1
    if seen.sum() < FEWEST_JUDGED or min(event[seen].sum(), (~event[seen]).sum()) < FEWEST_OF_A_CLASS:
        return None
    area, error = auc(event[seen], rates[seen])
    if not ordered:
        return area, error, 0.5
    sums = [np.concatenate([[0.0], np.cumsum(each)]) for each in (all_hits, all_rows)]
    place = np.arange(levels.count)
    low, high = np.maximum(place - NEIGHBOURS, 0), np.minimum(place + NEIGHBOURS + 1, levels.count)
    near = [each[high] - each[low] - own_ for each, own_ in zip(sums, (all_hits, all_rows), strict=True)]
    around = (near[0] + target.mean()) / (near[1] + 1)
    return area, error, auc(event[seen], around[levels.codes][seen])[0]


def _finding(each: Telling, together: AllParts, parts: pd.Series | None, priced: bool) -> Finding | None:
    inside = each.column in together.features and not each.part
    others = [name for name in together.features if name not in {each.column, together.target}]
    train = together.train
    if parts is not None:
        train = with_columns(train, {each.column: parts[together.training]})
    price = _price(train, together.target, each.column, others) if priced else None
    matters = price is not None and price.matters
    spared = price is not None and price.chance - price.together + 2 * price.error < MATTERS
    if each.few and not matters:
        return None
    warns = matters or (not inside and not spared)
    costs = ""
    if price is not None and matters:
        costs = f"; a small model scores {price.chance:.2f}, and {price.together:.2f} with these rows kept together"
    asks = "" if warns else "if they belong to one patient, window or place, "
    crossed = tuple(each.column.split(AND)) if parts is not None and not each.part else ()
    made = "make a column of it with Derive, and " if parts is not None else ""
    what = " and ".join(map(repr, crossed)) or repr(each.column)
    what = f"part of {what} {each.part}" if each.part else what
    return Finding(
        "LK227",
        f"rows of one {what} are on both sides of the split and predict each other's target (AUC "
        f"{each.auc:.3f} ± {each.error:.3f}){costs}; {asks}{made}{REMEDIES['undeclared group']}",
        "warning" if warns else "information",
        columns=crossed or (each.column,),
    )


def _price(train: pd.DataFrame, target: str, group: str, features: Sequence[str]) -> _Price | None:
    """Return the AUC of a small model under a random split and under one that keeps levels together."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = in_hash_order(_whole_levels(train, group), 2 * PRICED)
    rows = rows[rows[target].notna().to_numpy() & rows[group].notna().to_numpy()]
    levels, targets = levels_of_column(rows[group]), targets_of(rows[target], cut=True)
    columns = [levels_of_column(rows[name]).codes for name in features if _can_be_coded(rows[name])]
    if not targets or not columns or levels.count < FEWEST_WITHHELD:
        return None
    event = min(targets, key=lambda each: abs(each.mean() - 0.5)) == 1
    table = np.column_stack(columns).astype(np.float64)
    table[table < 0] = np.nan
    found = []
    for fold in (np.arange(len(rows)) % PRICE_FOLDS, levels.codes % PRICE_FOLDS):
        said = np.zeros(len(rows))
        for out in (fold == each for each in range(PRICE_FOLDS)):
            if min(event[~out].sum(), (~event[~out]).sum()) < FEWEST_OF_A_CLASS:
                return None
            model = HistGradientBoostingClassifier(max_iter=40, min_samples_leaf=5, random_state=0)
            said[out] = model.fit(table[~out], event[~out]).predict_proba(table[out])[:, 1]
        found.append(auc(event, said))
    (chance, error), (together, _) = found
    return _Price(chance, together, error)  # the same rows are judged twice, so it is no larger


def _can_be_coded(column: pd.Series) -> bool:
    return values_of(column).kind not in {Kind.NESTED, Kind.MIXED, Kind.NOTHING}


def _whole_levels(train: pd.DataFrame, group: str) -> pd.DataFrame:
    """Return a sample of whole levels."""
    if len(train) <= PRICED:
        return train
    return train[hash_ids(train[group]) <= np.uint64(PRICED / len(train) * 2.0**64)]
