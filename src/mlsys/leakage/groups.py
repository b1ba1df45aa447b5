"""Groups that nobody declared: rows of one patient, window or tile on both sides of a split by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.levels import Levels, auc, levels_of_column, may_be_levels, numbers_of, some_rows, targets_of
from mlsys.leakage.separation import in_hash_order
from mlsys.summaries import hash_ids
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

FEWEST_LEVELS, LARGEST = 20, 0.1
"""Levels below which a column is rather a feature, and the share of rows that none of them exceeds."""
FEWEST_ROWS, MOST_ROWS = 2, 100
"""Of the median row's level: with fewer nothing is learned of others, with more it is an ordinary category."""
SAMPLE, FOLDS = 20_000, 5
TELLS = 0.7
"""AUC, less three standard errors, with which a level's other rows tell the target of a row."""
ABOVE = 0.2
"""How much less its neighbours in value tell: those of an age or a price tell as well, those of an id do not."""
NEIGHBOURS = 5
"""Levels to either side."""
FEWEST_JUDGED = 30
FEWEST_OF_A_CLASS = 10
MATTERS, PRICED, PRICE_FOLDS = 0.05, 5_000, 3
"""How much better a model must seem to be, rows that tell it, and folds of them."""
MOST = 2
"""Columns that are priced, those first that tell most."""


@dataclass(frozen=True)
class Telling:
    """How well the other rows of a level tell the target of a row.

    Parameters
    ----------
    column : str
        The column.
    auc, error, neighbours : float
        By rows of the same level, with standard error; by those of the neighbouring levels, .5 where values have no
        order.
    """

    column: str
    auc: float
    error: float
    neighbours: float

    @property
    def tells(self) -> bool:
        """Whether they do so beyond chance, and better than neighbours."""
        return self.auc - 3 * self.error > TELLS and self.auc - self.neighbours > ABOVE


@dataclass(frozen=True)
class _Price:
    """AUC of a small model by a split by chance and by levels, and the standard error of the difference."""

    chance: float
    together: float
    error: float


def group_findings(
    train: pd.DataFrame,
    judged: Sequence[pd.DataFrame],
    target: str,
    features: Sequence[str],
    asked: Collection[str],
) -> list[Finding]:
    """Return a finding for each column whose levels carry the target over to judged rows.

    Parameters
    ----------
    train : DataFrame
        Training rows, dealt out by chance.
    judged : sequence of DataFrame
        The parts that judge; their targets are not read.
    target : str
        The target column.
    features : sequence of str
        Columns that the model may see.
    asked : collection of str
        Columns looked at: features, those that were left out, ids.

    Notes
    -----
    Rows of one patient are alike beyond what is measured of them, so a model that has seen some of them knows the
    others. Each training row is told by the mean target of its level, worked out on the other four of five folds. It is
    a warning where a small model loses by a split that keeps levels together, and where the column is kept from the
    model, since then it was known not to be a property of rows, unless such a model surely loses nothing; a question
    otherwise. Of 275 public tables 39 have such
    a column: 35 groups of 47, 7 categories such as the league of a team.
    """
    kept = [name for name in asked if name != target and name in train.columns and _many(train[name])]
    found = [telling for name in kept if (telling := _telling(train, judged, target, name)) is not None]
    found = sorted((each for each in found if each.tells), key=lambda each: -each.auc)
    return [_finding(each, train, target, features, place < MOST) for place, each in enumerate(_once(found, train))]


def _many(column: pd.Series) -> bool:
    """Whether a column may have as many levels as groups do, none of them large."""
    if not may_be_levels(column, FEWEST_LEVELS):
        return False
    some = plain(some_rows(column)).dropna()
    return bool(some.value_counts().iloc[0] <= max(LARGEST * len(some), FEWEST_ROWS))


def _once(found: Sequence[Telling], train: pd.DataFrame) -> Iterator[Telling]:
    """Yield one of several columns that name the same groups."""
    seen: list[pd.Series] = []
    for each in found:
        column = some_rows(train[each.column])
        codes = pd.Series(pd.factorize(plain(column))[0], index=column.index)
        if not any(codes.equals(other) for other in seen):
            seen.append(codes)
            yield each


def _telling(train: pd.DataFrame, judged: Sequence[pd.DataFrame], target: str, name: str) -> Telling | None:
    rows = _some_levels(train[[name, target]], name)
    rows = rows[rows[name].notna().to_numpy() & rows[target].notna().to_numpy()]
    if len(rows) < FEWEST_JUDGED:
        return None
    levels = levels_of_column(rows[name])
    counts = levels.counts()
    typical = float(np.median(counts[levels.codes]))
    if levels.count < FEWEST_LEVELS or not FEWEST_ROWS <= typical <= MOST_ROWS or counts.max() > LARGEST * len(rows):
        return None
    if not _shared(train[name], [part[name] for part in judged if name in part.columns]):
        return None
    ordered = values_of(rows[name]).kind is Kind.NUMBER
    told = [_told(levels, each, ordered) for each in targets_of(rows[target], cut=True)]
    best = max((each for each in told if each is not None), default=None)
    return None if best is None else Telling(name, *best)


def _told(levels: Levels, target: NDArray[np.float64], ordered: bool) -> tuple[float, float, float] | None:
    """Return AUC and error by rows of the same level in other folds, and the AUC by neighbouring levels."""
    fold = np.arange(len(target)) % FOLDS  # rows are in order of a hash
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


def _some_levels(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return rows in an order by chance; of many rows those of some levels, neighbours in value with them."""
    if len(rows) > SAMPLE:
        column = rows[name]
        if values_of(column).kind is Kind.NUMBER:
            values = numbers_of(column)
            span = float(np.nanmax(values) - np.nanmin(values))
            width = max(span / max(len(np.unique(values)), 1) * 4 * NEIGHBOURS, 1.0)
            column = pd.Series(np.floor(values / width), index=column.index)
        drawn = hash_ids(column) <= np.uint64(SAMPLE / len(rows) * 2.0**64)
        rows = rows[drawn]
    return in_hash_order(rows, len(rows))


def _shared(known: pd.Series, parts: Sequence[pd.Series]) -> bool:
    """Whether rows of a part are mostly of levels that training rows have."""
    there = pd.Index(plain(known).dropna().unique())
    return any(float(plain(some_rows(part)).isin(there).mean()) >= 0.5 for part in parts if len(part))


def _finding(each: Telling, train: pd.DataFrame, target: str, features: Sequence[str], priced: bool) -> Finding:
    inside = each.column in features
    others = [name for name in features if name not in {each.column, target}]
    price = _price(train, target, each.column, others) if priced else None
    matters = price is not None and price.chance - price.together > max(MATTERS, 3 * price.error)
    spared = price is not None and price.chance - price.together + 2 * price.error < MATTERS
    warns = matters or (not inside and not spared)
    costs = ""
    if price is not None and matters:
        costs = f"; a small model seems to reach {price.chance:.2f}, and reaches {price.together:.2f} where they do not"
    asks = "" if warns else "if they are of one patient, window or place, "
    return Finding(
        "LK227",
        f"rows of one {each.column!r} stand on both sides of the split, and tell each other's target (AUC "
        f"{each.auc:.3f} ± {each.error:.3f}){costs}; {asks}name it with group= in the Pipeline, so that they stay "
        "together",
        "warning" if warns else "information",
        columns=(each.column,),
    )


def _price(train: pd.DataFrame, target: str, group: str, features: Sequence[str]) -> _Price | None:
    """Return the AUC of a small model by a split by chance and by one that keeps levels together."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = in_hash_order(_whole_levels(train, group), 2 * PRICED)
    rows = rows[rows[target].notna().to_numpy() & rows[group].notna().to_numpy()]
    levels, targets = levels_of_column(rows[group]), targets_of(rows[target], cut=True)
    columns = [levels_of_column(rows[name]).codes for name in features if _can_be_coded(rows[name])]
    if not targets or not columns or levels.count < FEWEST_LEVELS:
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
    """Return some of many rows, all of a level or none."""
    if len(train) <= PRICED:
        return train
    return train[hash_ids(train[group]) <= np.uint64(PRICED / len(train) * 2.0**64)]
