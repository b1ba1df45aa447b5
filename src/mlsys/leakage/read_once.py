"""Columns of numbers, read once for all checks: what is asked of all their rows, and what a few rows tell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.blocks import dtypes_of, is_plain, number_blocks
from mlsys.leakage.levels import PEEK, numbers_of
from mlsys.values import EXACT_IN_FLOAT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FIRST = 1_000
"""Numbers that are looked at before all are: most columns of fractions have one among them."""
SURE = 50.0
"""Exponent of the probability that a column of few distinct values is taken for one of many: ``exp(-50)``."""


@dataclass(frozen=True)
class Number:
    """A feature of numbers over all rows; each answer is worked out when it is first asked for.

    Parameters
    ----------
    values : array of float
        NaN for null and for infinite numbers.
    training : array of bool
        Which of the rows are training rows.
    """

    values: Numbers
    training: NDArray[np.bool_]

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a number."""
        return np.isfinite(self.values)

    @cached_property
    def everywhere(self) -> Numbers:
        """The numbers of all rows that have one."""
        return self.values if self.known.all() else self.values[self.known]

    @cached_property
    def own(self) -> Numbers:
        """The numbers of training rows that have one."""
        return self.values[self.known & self.training]

    @cached_property
    def low(self) -> float:
        """The smallest number; infinite where there is none."""
        return float(self.everywhere.min(initial=np.inf))

    @cached_property
    def high(self) -> float:
        """The largest number; minus infinity where there is none."""
        return float(self.everywhere.max(initial=-np.inf))

    @cached_property
    def repeated(self) -> tuple[Numbers, NDArray[np.int64]]:
        """Distinct numbers among a few rows, and how often each comes there."""
        some = self.values[:: max(1, len(self.values) // PEEK)]
        return np.unique(some[np.isfinite(some)], return_counts=True)

    @cached_property
    def has_fractions(self) -> bool:
        """Whether a number is not whole.

        Examples
        --------
        >>> [Number(np.array(each), np.ones(2, dtype=bool)).has_fractions for each in ([1.0, np.nan], [1.0, -0.5])]
        [False, True]
        """
        return has_fractions(self.values[:FIRST]) or has_fractions(self.everywhere)


def has_fractions(numbers: Numbers) -> bool:
    """Whether a finite number is not whole."""
    known = numbers[np.isfinite(numbers)]
    return bool((known != np.floor(known)).any())


@dataclass(frozen=True)
class Look:
    """What a few rows tell of a column of numbers.

    Parameters
    ----------
    distinct : int
        Distinct values, nulls apart.
    levels, alone, counted : int
        Distinct finite numbers, those that come once, and all finite numbers.
    whole : bool
        Whether all finite numbers are whole.
    """

    distinct: int
    levels: int
    alone: int
    counted: int
    whole: bool


def looks_of(some: pd.DataFrame, names: Sequence[str]) -> dict[str, Look]:
    """Return what a few rows tell of columns of numbers or truth values, many columns at once.

    Examples
    --------
    >>> import pandas as pd
    >>> looks_of(pd.DataFrame({"x": [1.0, 1.0, 2.5, None]}), ["x"])["x"]
    Look(distinct=2, levels=2, alone=1, counted=3, whole=False)
    """
    kinds, found = dtypes_of(some), dict[str, Look]()
    for there, block in number_blocks(some, [name for name in names if is_plain(kinds[name])]):
        exact = ~(np.isinf(block) | (np.abs(block) >= EXACT_IN_FLOAT)).any(axis=1)
        places = np.flatnonzero(exact).tolist()
        found.update(zip([there[place] for place in places], _looks_of_block(block[places]), strict=True))
    return {name: found[name] if name in found else look_of(some[name]) for name in names}


def _looks_of_block(block: Numbers) -> list[Look]:
    """Return what is told by rows of finite numbers and nulls, each a column."""
    if not block.size:
        return [Look(0, 0, 0, 0, whole=True)] * len(block)
    there = np.sort(block, axis=1)
    filled = ~np.isnan(there)
    other = there[:, 1:] != there[:, :-1]  # nulls are last, and differ from all
    edge = np.ones((len(block), 1), dtype=bool)
    first, last = np.hstack([edge, other]) & filled, np.hstack([other, edge])
    whole = ((there == np.floor(there)) | ~filled).all(axis=1)
    levels = first.sum(axis=1)
    told: list[list[Any]] = [
        each.tolist() for each in (levels, levels, (first & last).sum(axis=1), filled.sum(axis=1), whole)
    ]
    return [Look(*each) for each in zip(*told, strict=True)]


def look_of(some: pd.Series) -> Look:
    """Return what a few rows tell of one column of numbers, whatever type holds them."""
    numbers = numbers_of(some)
    numbers = numbers[np.isfinite(numbers)]
    counts = np.unique(numbers, return_counts=True)[1]
    whole = bool((numbers == np.floor(numbers)).all())
    return Look(int(some.nunique()), len(counts), int((counts == 1).sum()), len(numbers), whole)


def of_few_values(some: pd.DataFrame, names: Sequence[str], most: int) -> list[str]:
    """Return the columns without those of numbers that have more distinct values than so many among a few rows.

    Examples
    --------
    >>> import pandas as pd
    >>> of_few_values(pd.DataFrame({"x": [1.0, 2.5, 3.5], "n": [1, 1, 2], "t": ["a", "b", "c"]}), ["x", "n", "t"], 2)
    ['n', 't']
    """
    kinds = dtypes_of(some)
    looks = looks_of(some, [name for name in names if is_plain(kinds[name])])
    return [name for name in names if name not in looks or looks[name].distinct <= most]


def surely_has_more(numbers: Numbers, most: float) -> bool:
    """Whether numbers surely have more than so many distinct values, by some of them drawn at random.

    Parameters
    ----------
    numbers : array of float
        Finite.
    most : float
        Number of distinct values.

    Notes
    -----
    Of ``n`` numbers with at most ``k < n`` distinct values, ``m`` drawn without replacement are all different with a
    probability of at most ``exp(-m (m - 1) / 2 * (1 / k - 1 / n))``, which equally frequent values reach (birthday
    problem; elementary symmetric polynomials are Schur-concave). So many are drawn that this is below ``exp(-50)``; if
    no two of them are equal, there are more distinct values. Otherwise, and where that takes a quarter of all numbers,
    nothing is said.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> surely_has_more(generator.normal(size=9_000), 4_500), surely_has_more(generator.normal(size=9_000).round(2), 9)
    (True, False)
    """
    rows = len(numbers)
    if not 0 < most < rows:
        return False
    asked = int(np.ceil(np.sqrt(2 * SURE / (1 / most - 1 / rows)))) + 1
    if 4 * asked > rows:
        return False
    there = np.sort(numbers[_drawn(rows, asked)])
    return bool((there[1:] != there[:-1]).all())


@lru_cache(maxsize=16)
def _drawn(rows: int, asked: int) -> NDArray[np.int64]:
    """Return positions drawn at random, in order; the same for every column of a frame."""
    return np.sort(np.random.default_rng(rows).choice(rows, asked, replace=False, shuffle=False))
