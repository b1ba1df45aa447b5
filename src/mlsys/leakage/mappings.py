"""Columns that number the levels of another in the order of their targets, including those of held-out rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts, Grouping
from mlsys.leakage.by_sums import follows_sums
from mlsys.leakage.levels import Levels, numbers_of, some_rows, targets_of
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.shrunk import are_log_odds, are_rounded_means, is_shrunk
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

FEWEST, MOST = 5, 600
"""Levels that are compared, in pairs."""
SLIPS = 10
"""Pairs of levels that training rows put the other way round, from which on they do not explain an order. Where a true
rate is known without noise, all rows agree with it and training rows slip so often in none of 300 simulations."""
OUT_OF_PLACE = 4
"""The same for a set: levels on the wrong side of its bound (.25 % of simulations of a true set)."""
STRICT = 0.5
"""Share of the pairs whose targets differ: levels with equal targets have any order."""
NOISE, FEWER = 0.005, 0.1
"""Of a mapping with noise: pairs that slip over all rows, of all pairs, and of those that slip in training rows."""
CHANCE = 1e-6
"""Of the same order by accident."""
PRIORS = (0.0, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 300.0)
"""Rows by which a mean is drawn to that of all rows."""
ADDED = (0.5, 1.0)
"""Rows of each class that are added to a level before a rate, a logit or a weight of evidence is taken."""
COMPARED = 3
"""Ways to smooth, those that go best with the numbers, that are compared pair by pair."""
ALIKE = 0.9
"""Rank correlation below which no order is followed, noise or not."""
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Targets:
    """Targets by level: of all rows, and of training rows.

    Parameters
    ----------
    sums, counts, own_sums, own_counts : array of float
        By level.
    """

    sums: Numbers
    counts: Numbers
    own_sums: Numbers
    own_counts: Numbers

    def at(self, places: NDArray[np.int64]) -> Targets:
        """Return those of some levels."""
        return Targets(*(each[places] for each in (self.sums, self.counts, self.own_sums, self.own_counts)))

    def of_all(self) -> list[Numbers]:
        """Return the means over all rows, plain and smoothed."""
        return _means(self.sums, self.counts)

    def of_training(self) -> list[Numbers]:
        """Return the means over training rows, plain and smoothed."""
        return _means(self.own_sums, self.own_counts)


def _means(sums: Numbers, counts: Numbers) -> list[Numbers]:
    mean = float(sums.sum() / max(counts.sum(), 1.0))
    plain_ones = [(sums + prior * mean) / np.maximum(counts + prior, TOLERANCE) for prior in PRIORS]
    return plain_ones + [(sums + added) / (counts + 2 * added) for added in ADDED]


def follows_held_out(numbers: Numbers, targets: Targets) -> str:
    """Return how numbers of levels follow the targets of all rows but not those of training rows.

    Parameters
    ----------
    numbers : array of float
        Of each level: a mean, a rank, a logit, a weight; 1 for the members of a set and 0 for others.
    targets : Targets
        Of the same levels.

    Returns
    -------
    str
        ``"order"``, ``"set"``, ``"noisy"``, or nothing. ``"order"`` is beyond chance.

    Notes
    -----
    Any code computed from the target by level preserves the order of the levels' means, plain or smoothed, over its
    rows, or at least that of sums among levels with equally many rows (:func:`~mlsys.leakage.by_sums.follows_sums`). So
    no pair of levels may contradict the order over all rows, and at least ten must
    contradict that over training rows, however these are smoothed.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> own, others = (generator.binomial(5, 0.5, 40).astype(float) for _ in range(2))
    >>> targets = Targets(own + others, np.full(40, 10.0), own, np.full(40, 5.0))
    >>> follows_held_out(own + others, targets), follows_held_out(own, targets)
    ('order', '')
    """
    known = np.flatnonzero(np.isfinite(numbers) & (targets.own_counts > 0))
    if len(known) > MOST:
        known = known[np.linspace(0, len(known) - 1, MOST).astype(np.int64)]
    values, there = numbers[known], targets.at(known)
    if len(known) < FEWEST or len(np.unique(values)) < 2 or _accident(values) > CHANCE:  # noqa: PLR2004
        return ""
    if follows_sums(values, there.sums, there.counts, there.own_sums, there.own_counts):
        return "order"
    if abs(_rank_correlations(values, there.of_all()[:1])[0]) < _bar(values) / 2:
        return ""
    of_all, of_training = (_nearest(values, means) for means in (there.of_all(), there.of_training()))
    if abs(_rank_correlations(values, of_all[:1])[0]) < _bar(values):
        return ""
    if len(np.unique(values)) == 2:  # noqa: PLR2004  a set and the rest
        placed = any(_parted(values, each) for each in of_all)
        return "set" if placed and min(_out_of_place(values, each) for each in of_training) >= OUT_OF_PLACE else ""
    here = min((_slips(values, each) for each in of_all), key=lambda each: each.slipped)
    apart = min(_slips(values, each).slipped for each in of_training)
    if apart < SLIPS or here.strict < STRICT * here.pairs:
        return ""
    if here.slipped == 0:
        return "order"
    return "noisy" if here.slipped <= min(NOISE * here.pairs, FEWER * apart) else ""


@dataclass(frozen=True)
class _Slips:
    pairs: int
    slipped: int
    strict: int


def _slips(values: Numbers, means: Numbers) -> _Slips:
    """Count pairs of levels, those that run against each other, those that run together; the way that fits better."""
    above = values[:, None] > values[None, :] + TOLERANCE * np.abs(values).max()
    scale = TOLERANCE * max(float(np.abs(means).max()), TOLERANCE)
    higher, lower = ((sign * means)[:, None] > (sign * means)[None, :] + scale for sign in (1, -1))
    up, down = int((above & higher).sum()), int((above & lower).sum())
    return _Slips(int(above.sum()), min(up, down), max(up, down))


def _parted(values: Numbers, means: Numbers) -> bool:
    """Whether all members of a set have higher means than others, or all have lower ones; equal ones decide nothing."""
    inside = values == values.max()
    one, other = means[inside], means[~inside]
    return bool(one.min() > other.max() + TOLERANCE or one.max() < other.min() - TOLERANCE)


def _out_of_place(values: Numbers, means: Numbers) -> int:
    """Count the members of a set that would have to change places with others, whichever side of a bound it is."""
    inside = values == values.max()
    size = int(inside.sum())
    found = []
    for sign in (1, -1):
        signed = sign * means
        bound = np.sort(signed)[len(signed) - size]  # what stands on the bound may be on either side
        found.append(int((inside & (signed < bound - TOLERANCE)).sum()))
    return min(found)


def _nearest(values: Numbers, means: list[Numbers]) -> list[Numbers]:
    """Return the means that go with values best."""
    found = np.abs(_rank_correlations(values, means))
    return [means[place] for place in np.argsort(-found, kind="stable")[:COMPARED].tolist()]


def _bar(values: Numbers) -> float:
    """Return the rank correlation that what follows means exceeds; two values alone tie too much for a high one."""
    return ALIKE if len(np.unique(values)) > len(values) // 4 else ALIKE / 2


def _rank_correlations(values: Numbers, means: Sequence[Numbers]) -> list[float]:
    """Return the rank correlation of values with each of several means."""
    one, *others = (pd.Series(each).rank().to_numpy() for each in (values, *means))
    varies = np.ptp(one) > 0
    return [float(np.corrcoef(one, each)[0, 1]) if varies and np.ptp(each) > 0 else 0.0 for each in others]


def _accident(values: Numbers) -> float:
    """Return the probability that levels in random order have one given order: one of all arrangements."""
    ties = np.unique(values, return_counts=True)[1]
    return math.exp(sum(math.lgamma(each + 1.0) for each in ties) - math.lgamma(len(values) + 1.0))


def mapping_findings(together: AllParts) -> list[Finding]:
    """Return findings for features that number the levels of another column in the order of all rows' targets.

    Notes
    -----
    See :func:`follows_held_out`; numbers and texts of two values are checked. A number whose values come again is asked
    by itself as well: each value stands for the level that it replaced. A column in the order of the levels themselves,
    such as the decade of a year, is not asked: trends of balanced panels are in that order too. Targets of held-out
    rows are used only for this comparison. None of 47 public tables with such pairs of columns is accused.
    """
    table = {**together.numbers, **_texts_of_two(together)}
    found: dict[str, tuple[str, str]] = {}
    rescaled: set[str] = set()
    for each in together.groupings:
        constant = each.constant_among({name: values for name, values in table.items() if name != each.name})
        asked = {}
        for name, values in constant:
            own = _own_steps(together, each, values)
            if own is None or not ((own >= 0).all() or (own <= 0).all()):
                asked[name] = values
            elif each.ordered and _is_line(together.rows[each.name].iloc[each.places], values):
                rescaled.add(name)
        _ask(together, each, asked, found)
    for each in together.values_as_levels:
        if each.name not in found and each.name not in rescaled:
            _ask(together, each, {each.name: table[each.name][each.places]}, found)
    return [_finding(name, group, how) for name, (group, how) in found.items()]


def _own_steps(together: AllParts, each: Grouping, values: Numbers) -> Numbers | None:
    """Return the steps of a column from level to level in the order of the levels themselves; none if they have none.

    A column that only rises or only falls, as decades do with years, was chosen by no target.
    """
    first = np.zeros(each.levels.count, dtype=np.int64)
    known = each.levels.codes >= 0
    first[each.levels.codes[known]] = each.places[known]
    try:
        order = np.argsort(plain(together.rows[each.name]).iloc[first].to_numpy())
    except TypeError:
        return None
    steps = np.diff(each.levels.per_level(values)[order])
    return np.asarray(steps[~np.isnan(steps)])


def _is_line(column: pd.Series, values: Numbers) -> bool:
    """Whether values are those of a column in another unit, or centred, or scaled."""
    numbers = numbers_of(column)
    known = np.isfinite(numbers) & np.isfinite(values)
    if not known.any() or np.ptp(numbers[known]) == 0:
        return False
    slope, start = np.polyfit(numbers[known] - numbers[known].mean(), values[known], 1)
    left = values[known] - start - slope * (numbers[known] - numbers[known].mean())
    return bool(np.abs(left).max() <= TOLERANCE * max(np.abs(values[known]).max(), TOLERANCE))


def _ask(together: AllParts, each: Grouping, table: dict[str, Numbers], found: dict[str, tuple[str, str]]) -> None:
    """Add the columns that follow the targets of the levels of one."""
    training = together.training[each.places]
    for goal in targets_of(together.rows[together.target].iloc[each.places]) if table else ():
        targets = _targets(each.levels, goal, training)
        for name, values in table.items():
            how = follows_held_out(each.levels.per_level(values), targets)
            if not how and _follows_a_formula(together, each, values, targets):
                how = "order"
            if how and (name not in found or found[name][1] != "order"):
                found[name] = (each.name, how)


def _follows_a_formula(together: AllParts, each: Grouping, values: Numbers, targets: Targets) -> bool:
    """Whether numbers of levels are rounded means, log odds, or means drawn to those of all rows or coarser levels."""
    numbers = each.levels.per_level(values)
    told = numbers, targets.sums, targets.counts, targets.own_sums, targets.own_counts
    if are_log_odds(*told) or are_rounded_means(*told):
        return True
    coarser = [np.zeros(each.levels.count, dtype=np.int64)]
    for other in together.groupings:
        if other.levels.count < each.levels.count and np.array_equal(other.places, each.places):
            codes = other.levels.codes.astype(np.float64)
            if each.levels.constant(codes):
                coarser.append(np.nan_to_num(each.levels.per_level(codes), nan=-1).astype(np.int64))
    return any(is_shrunk(*told, parents) for parents in coarser)


def _targets(levels: Levels, goal: Numbers, training: NDArray[np.bool_]) -> Targets:
    known = np.isfinite(goal)
    filled = np.where(known, goal, 0.0)
    own = known & training
    return Targets(*(part for rows in (known, own) for part in (levels.totals(filled, rows), levels.counts(rows))))


def _texts_of_two(together: AllParts) -> dict[str, Numbers]:
    """Return the features of two texts as numbers."""
    found = {}
    for name in together.features:
        if name in together.rows.columns and values_of(together.rows[name]).kind in {Kind.TEXT, Kind.CATEGORY}:
            column = plain(together.rows[name])
            if some_rows(column).nunique() == 2:  # noqa: PLR2004
                codes, levels = pd.factorize(column)
                if len(levels) == 2:  # noqa: PLR2004
                    found[name] = np.where(codes < 0, np.nan, codes)
    return found


def _finding(name: str, group: str, how: str) -> Finding:
    said = {
        "order": "follows exactly the order of the target's means over all rows, including held-out ones",
        "set": "marks levels by the target's means over all rows, including held-out ones",
        "noisy": "nearly follows the order of the target's means over all rows, including held-out ones",
    }[how]
    given = f"{name!r} gives each {group!r} one value" if name != group else f"{name!r} has values that come again"
    said = said if name != group else said.replace("follows", "follow").replace("marks", "mark")
    return Finding(
        "LK229",
        f"{given}, which {said}, and not in that of training rows; {REMEDIES['encoded beforehand']}",
        "error" if how == "order" else "warning",
        columns=(name,),
    )
