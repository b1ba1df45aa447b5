"""Finding slices on some rows: search, and a list in which no slice repeats another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.errors import DataError
from mlsys.evaluation.cutting import Cut, cut_of
from mlsys.evaluation.finding.rates import Rate
from mlsys.evaluation.search import Evidence, Found, Items, Total, Trade, best_slices, items_of

FEWEST = 32
"""Rows of a slice at least, where a share is asked for (Sagadeeva and Boehm 2021)."""
POOL = 30
"""Slices found for each that is listed: many hold nearly the same rows."""
NEWS = 3.0
"""Standard errors by which rows must be worse to be news: those outside the slices listed so far beside all rows, or a
slice inside one that is listed beside that."""
SAME = 0.5
"""Two slices are the same to a reader from this share of common rows on, of the rows of either."""


@dataclass(frozen=True)
class Asked:
    """What is searched for.

    Parameters
    ----------
    conditions : int
        Of a slice at most.
    most : int
        Slices listed at most.
    smallest : float
        Rows of a slice at least: a share below 1, or a number.
    bins : int
        Ranges of a number.
    alpha : float, optional
        Weight of the rate in SliceLine's score; slices are ordered by evidence if there is none.
    level : float
        Confidence of all intervals together.
    """

    conditions: int = 3
    most: int = 10
    smallest: float = 0.01
    bins: int = 10
    alpha: float | None = None
    level: float = 0.95

    def fewest(self, rows: int) -> int:
        """Return how many rows a slice has at least."""
        return max(FEWEST, int(self.smallest * rows)) if self.smallest < 1 else int(self.smallest)


@dataclass(frozen=True)
class Listed:
    """A slice that is listed.

    Parameters
    ----------
    found : Found
        What the search says of it.
    name : str
        Its conditions.
    features : tuple of int
        Places of the cuts that it is made of.
    rows : ndarray of bool
        Which of all rows it has.
    like : list of (Found, str, float)
        Those that tell the same: with name and share of rows in common.
    """

    found: Found
    name: str
    features: tuple[int, ...]
    rows: NDArray[np.bool_]
    like: list[tuple[Found, str, float]] = field(default_factory=list)


def cuts_of(
    columns: Sequence[str], train: pd.DataFrame, rows: pd.DataFrame, who: str, asked: Asked, fewest: int, named: bool
) -> tuple[list[Cut], Mapping[str, str]]:
    """Return the columns as values, and why others are left out.

    Parameters
    ----------
    columns : sequence of str
        Of the rows.
    train, rows : DataFrame
        Rows that cut numbers, and that are cut.
    who : str
        For messages.
    asked : Asked
        Ranges of numbers.
    fewest : int
        Rows of a slice at least.
    named : bool
        Whether the user named the columns: one that cannot be cut is then an error.
    """
    cuts, left_out = [], {}
    for column in columns:
        try:
            cut = cut_of(column, train, rows, who, bins=asked.bins, most=len(rows) // fewest + 2)
        except DataError:
            if named:
                raise
            left_out[column] = "its values cannot be told apart"
            continue
        counts = np.bincount(cut.codes, minlength=len(cut.names))
        enough = [place for place in np.flatnonzero(counts >= fewest) if place != cut.pooled]
        if enough and counts.max() < len(rows):
            cuts.append(cut)
        else:
            left_out[column] = "one value" if counts.max() == len(rows) else f"no value has {fewest:,} rows"
    return cuts, left_out


def found_slices(cuts: Sequence[Cut], rate: Rate, where: NDArray[np.bool_], asked: Asked, fewest: int) -> list[Listed]:
    """Return the slices on which a rate is worst, among the rows ``where``, without those that repeat others.

    Notes
    -----
    From the best on, a slice is listed if it is news: if its rows outside all slices listed before are worse than all
    rows by 3 standard errors, or if it is worse than the listed slices that hold most of it. So neither a slice that is
    bad only for a part that is listed, nor a part that is as bad as the whole, is listed again. Nor is one that has
    half of the rows of either in common with one that is listed.
    """
    rows = where & rate.counted
    items = items_of([cut.codes[rows] for cut in cuts], fewest, [cut.pooled for cut in cuts])
    weight = rate.weight[rows]
    even = bool((weight == weight[:1]).all())
    losses, weights = (rate.losses[rows], None) if even else (rate.losses[rows] * weight, weight)
    make = Evidence if asked.alpha is None else partial(Trade, alpha=asked.alpha)
    found = best_slices(items, losses, weights, make, k=POOL * asked.most, level=asked.conditions, smallest=fewest)
    news = _News(Total.of(losses, weights, fewest), losses, np.ones(len(losses)) if even else weight)
    listed: list[Listed] = []
    for each in found:
        like = news.like(each, items.where(each.items))
        if like is not None:
            listed[like[0]].like.append((each, _name(each, items, cuts), like[1]))
        elif len(listed) < asked.most:
            news.add(each, items.where(each.items))
            listed.append(_listed(each, items, cuts))
    return listed


def _listed(found: Found, items: Items, cuts: Sequence[Cut]) -> Listed:
    features = tuple(int(items.feature[item]) for item in found.items)
    held = [cuts[items.feature[item]].codes == items.value[item] for item in found.items]
    return Listed(found, _name(found, items, cuts), features, np.logical_and.reduce(held))


def _name(found: Found, items: Items, cuts: Sequence[Cut]) -> str:
    return " & ".join(cuts[items.feature[item]].names[items.value[item]] for item in found.items)


@dataclass
class _News:
    """Slices listed so far, and whether another one adds to them."""

    total: Total
    losses: NDArray[np.float64]
    weight: NDArray[np.float64]
    listed: list[tuple[Found, NDArray[np.bool_]]] = field(default_factory=list)
    covered: NDArray[np.bool_] | None = None

    def add(self, found: Found, held: NDArray[np.bool_]) -> None:
        self.listed.append((found, held))
        self.covered = held if self.covered is None else self.covered | held

    def like(self, found: Found, held: NDArray[np.bool_]) -> tuple[int, float] | None:
        """Return place and share of common rows of the listed slice that tells the same; ``None`` for news."""
        if self.covered is None:
            return None
        common = np.array([(held & rows).sum() for _, rows in self.listed])
        shares = common / (found.rows + np.array([each.rows for each, _ in self.listed]) - common)
        holding = [each for (each, _), shared in zip(self.listed, common, strict=True) if 2 * shared > found.rows]
        news = self._is_worse(held & ~self.covered, self.total.rate)
        news = news or (bool(holding) and all(self._is_worse(held, each.loss / each.weight) for each in holding))
        place = int(shares.argmax())
        return None if news and shares[place] < SAME else (place, float(shares[place]))

    def _is_worse(self, rows: NDArray[np.bool_], rate: float) -> bool:
        count = int(rows.sum())
        if not count:
            return False
        above = self.losses[rows].sum() / self.weight[rows].sum() - rate
        return bool(above * np.sqrt(count) > NEWS * self.total.spread)
