"""Columns that were scaled, ranked, filled or binned over all rows beforehand; the original columns may be missing."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from mlsys.errors import Finding
from mlsys.leakage.all_parts import AllParts
from mlsys.leakage.binned import binned_columns
from mlsys.leakage.components import components
from mlsys.leakage.filled import cut_off, filled_by_level, filled_with
from mlsys.leakage.imputed import imputed_columns
from mlsys.leakage.one_end import cut_at_one_end
from mlsys.leakage.read_once import Number
from mlsys.leakage.remedies import REMEDIES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

FEWEST = 30
"""Rows, and distinct values."""
EXACT = 1e-9
MOST_DECIMALS, FEWEST_DECIMALS = 12, 4
"""Minimum number of decimals: with fewer, a sample around 0 has the moments of a scaled one too often."""
FEWEST_DECIMALS_OF_BOTH = 2
"""The same where mean and standard deviation must both be right."""
MOST_AT_AN_END = 5
"""Rows at 0 or 1: shares and probabilities have many there."""
ROUNDED = 2.0
"""Standard errors that rounding alone gives a mean."""
SMALLEST_DENOMINATOR, LARGEST_DENOMINATOR = 100, 10_000_000
"""Largest values by which others may have been divided, in units of their last digit: shares of few rows or questions
have small ones, and larger ones are lost in rounding."""
OF_THE_LARGEST = "divided by its largest value"
MOST_NAMED = 3
NORMAL = 0.9999
"""Correlation with the quantiles of a normal distribution."""
UNIFORM = 3.0
"""Largest distance from a uniform distribution, times the root of the number of rows, of values that may be the places
of rows in another sample: these reach from 0 to 1 as well."""


def scaled_findings(together: AllParts, made_by: Mapping[str, str], told: Collection[str] = ()) -> list[Finding]:
    """Return findings for features whose values show a statistic over all rows, but not over training rows.

    Parameters
    ----------
    together : AllParts
        All rows.
    made_by : mapping of str to str
        Columns to the steps that made them.
    told : collection of str
        Columns that are already reported, such as those centred by level, which are centred as a whole too.

    Notes
    -----
    Over the rows from which it was computed, a z-score has mean 0 and standard deviation 1, a robust score has median 0
    and interquartile range 1, a range of 0 to 1 or -1 to 1 has both ends, and a rank is a row's place divided by the
    number of rows. No sample has these properties to nine digits by accident. Gaps that were filled equal the mean or
    median of the other rows, ends that were cut off hold as many rows as a quantile leaves, and bins are those of
    quantiles of another column. All rows must have the property, and training rows must not.

    Examples
    --------
    >>> import pandas as pd
    >>> x = np.random.default_rng(0).gamma(2, size=100)
    >>> rows = pd.DataFrame({"x": x, "z": (x - x.mean()) / x.std(), "y": x > 1})
    >>> [each.columns for each in scaled_findings(AllParts.of(rows[:60], rows[60:], "y", ["x", "z"], []), {})]
    [('z',)]
    """
    found: dict[str, dict[str, str]] = {}
    for name, column in together.columns.items():
        how = "" if name in told else _how(column)
        if how:
            found.setdefault(made_by.get(name, ""), {})[name] = how
    scaled = [_finding(step, columns) for step, columns in found.items()]
    made: dict[str, dict[str, str]] = {}
    for name in components(together, {*told, *(name for columns in found.values() for name in columns)}):
        made.setdefault(made_by.get(name, ""), {})[name] = "is a component, orthogonal to the next,"
    scaled += [_told(step, columns, "components beforehand") for step, columns in made.items()]
    return scaled + _filled(together, {*told, *(name for each in scaled for name in each.columns)}, made_by)


def _filled(together: AllParts, told: Collection[str], made_by: Mapping[str, str]) -> list[Finding]:
    """Return findings for columns that were filled, cut off or cut into bins."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for name, column in together.columns.items():
        if name in told:
            continue
        step = made_by.get(name, "")
        word, by = filled_with(column), ""
        if not word:
            by = filled_by_level(column, together.groupings)
        cut = cut_off(column) or cut_at_one_end(column)
        if word or by:
            said = f"{word}" if word else f"its means by {by!r}"
            found.setdefault((step, "filled beforehand"), {})[name] = f"was filled with {said}"
        elif cut:
            found.setdefault((step, "cut beforehand"), {})[name] = f"was cut off at its {cut}"
    reported = {*told, *(name for each in found.values() for name in each)}
    for name, how in imputed_columns(together, reported):
        found.setdefault((made_by.get(name, ""), "filled beforehand"), {})[name] = f"was filled {how}"
    for name, source in binned_columns(together):
        said = f"has the bins of equal size of {repr(source) if source else 'a column that is gone'}"
        found.setdefault((made_by.get(name, ""), "cut beforehand"), {})[name] = said
    return [_told(step, columns, cause) for (step, cause), columns in found.items()]


def _how(column: Number) -> str:
    """Return how a column was scaled over all rows; empty if it was not, or if training rows alone are scaled."""
    own = int((column.known & column.training).sum())
    if own < FEWEST or own == len(column.everywhere) or not column.has_fractions:
        return ""
    how = _scaled(column.everywhere)
    mine = _scaled(column.own) if how else ""
    return how if not mine or mine == OF_THE_LARGEST != how else ""  # places among all rows have one denominator


def _scaled(values: NDArray[np.float64]) -> str:
    if len(np.unique(values[: 10 * FEWEST])) < FEWEST:
        return ""
    slack, mean = _slack(values), float(values.mean())
    if _is_z_score(values, mean):
        return "a z-score"
    if _is_robust_score(values, slack):
        return "a robust score"
    if abs(mean - 1) <= slack and values.min() >= 0:
        return "divided by its mean"
    if abs(float(values.sum()) - 1) <= EXACT and values.min() >= 0:
        return "divided by its sum"
    if _fills_a_range(values):
        return "scaled to its range"
    if _are_normal_scores(values):
        return "normal scores of its ranks"
    if abs(mean) <= max(slack * (slack > EXACT), EXACT * float(values.std())) and not _mirrors(values):
        return "centred"
    if values.max() == 1 and _are_ranks(values):
        return "a rank"
    return OF_THE_LARGEST if _are_shares_of_the_largest(values) else ""


def _are_ranks(values: NDArray[np.float64]) -> bool:
    """Whether values are the places of rows, divided by their number, whichever place equal rows get.

    Examples
    --------
    >>> x = np.random.default_rng(0).integers(0, 9, 100)
    >>> _are_ranks(np.searchsorted(np.sort(x), x, side="right") / 100), _are_ranks((x + 1) / 9)
    (True, False)
    """
    places = values * len(values)
    if np.abs(places * 2 - (places * 2).round()).max() >= EXACT:
        return False
    there = np.sort(values)
    lowest, highest = np.searchsorted(there, values, side="left") + 1, np.searchsorted(there, values, side="right")
    found = (lowest, highest, (lowest + highest) / 2)
    in_turn = (np.diff(values) >= 0).all() or (np.diff(values) <= 0).all()  # the places of sorted rows
    return bool(not in_turn and any(np.abs(places - each).max() <= EXACT * len(values) for each in found))


def _are_shares_of_the_largest(values: NDArray[np.float64]) -> bool:
    """Whether numbers with few decimals were divided by the largest of them: one denominator makes all whole again.

    Examples
    --------
    >>> x = np.random.default_rng(0).integers(0, 9_999, 100)
    >>> _are_shares_of_the_largest(x / x.max()), _are_shares_of_the_largest(np.sqrt(x / x.max()))
    (True, False)
    """
    largest = float(np.abs(values).max())
    ends = int((np.abs(values) == 1).sum()) if largest == 1 else 0
    some = values[: 10 * FEWEST]
    if not 0 < ends <= MOST_AT_AN_END or (some.round(FEWEST_DECIMALS) == some).mean() > 0.5:  # noqa: PLR2004
        return False
    whole = 1
    for value in some[some != 0][:FEWEST].tolist():
        share = Fraction(value).limit_denominator(LARGEST_DENOMINATOR)
        whole = math.lcm(whole, share.denominator)
        if abs(float(share) - value) > np.spacing(abs(value)) or whole > LARGEST_DENOMINATOR:
            return False
    scaled = values * whole
    return bool(whole >= SMALLEST_DENOMINATOR and np.abs(scaled - scaled.round()).max() <= 1 / LARGEST_DENOMINATOR)


def _fills_a_range(values: NDArray[np.float64]) -> bool:
    """Whether numbers that were not rounded reach from 0 or -1 to 1, with few rows at either end."""
    low, high = float(values.min()), float(values.max())
    if abs(high - 1) > EXACT or min(abs(low), abs(low + 1)) > EXACT:
        return False
    ends = max(int((np.abs(values - end) <= EXACT).sum()) for end in (low, high))
    if ends > MOST_AT_AN_END or bool((values.round(FEWEST_DECIMALS) == values).all()):
        return False
    places = (np.sort(values) - low) / (high - low)
    apart = np.abs(places - np.arange(len(values)) / (len(values) - 1)).max()
    return bool(apart * np.sqrt(len(values)) > UNIFORM)


def _mirrors(values: NDArray[np.float64]) -> bool:
    """Whether each value stands beside its negative: differences of two sides, one row for each."""
    low, high = values.min(initial=0.0), values.max(initial=0.0)
    if abs(low + high) > EXACT * max(-low, high):  # the first of the pairs below, for which nothing is sorted
        return False
    there = np.sort(values)
    return bool((np.abs(there + there[::-1]) <= EXACT * np.abs(there).max(initial=0.0)).all())


def _are_normal_scores(values: NDArray[np.float64]) -> bool:
    """Whether values are the quantiles of a normal distribution, one for each rank: those of another sample differ."""
    if not _mirrors(values):
        return False
    from scipy.special import ndtri

    places = (np.arange(1, len(values) + 1) - 0.5) / len(values)
    inner = slice(1, -1)
    return float(np.corrcoef(np.sort(values)[inner], ndtri(places)[inner])[0, 1]) > NORMAL


def _is_robust_score(values: NDArray[np.float64], slack: float) -> bool:
    """Whether the median is 0 and the interquartile range 1."""
    half = len(values) // 2
    around = 2 * slack  # the median is between the middle values, to rounding
    if int((values > around).sum()) > half or int((values < -around).sum()) > half:
        return False
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return abs(float(middle)) <= slack and abs(float(high - low) - 1) <= slack


def _is_z_score(values: NDArray[np.float64], mean: float) -> bool:
    """Whether the mean is 0 and the standard deviation 1, as far as rounding allows."""
    decimals = _decimals(values, FEWEST_DECIMALS_OF_BOTH)
    most = 10.0**-decimals if decimals else EXACT
    if abs(mean) > most:
        return False
    spread = [abs(float(values.std(ddof=each)) - 1) for each in (0, 1)]
    if min(spread) > most:
        return False
    counts = np.unique(values, return_counts=True)[1]  # equal values are rounded alike
    slack = EXACT
    if decimals:
        slack = max(EXACT, ROUNDED * most * float(np.sqrt((counts.astype(np.float64) ** 2).sum() / 12)) / len(values))
    return abs(mean) <= slack and min(spread) <= slack


def _slack(values: NDArray[np.float64]) -> float:
    """Return how far moments may be from 0 and 1, by how values were rounded."""
    decimals = _decimals(values, FEWEST_DECIMALS)
    return max(EXACT, ROUNDED * 10.0**-decimals / np.sqrt(12 * len(values))) if decimals else EXACT


def _decimals(values: NDArray[np.float64], fewest: int) -> int:
    """Return the number of decimals to which values were rounded; 0 where these are fewer, or values were not."""
    some = values[: 10 * FEWEST]
    if (some.round(fewest - 1) == some).all():
        return 0
    return next((each for each in range(fewest, MOST_DECIMALS) if (some.round(each) == some).all()), 0)


def _finding(step: str, columns: Mapping[str, str]) -> Finding:
    return _told(step, {name: f"is {how}" for name, how in columns.items()}, "scaled beforehand")


def _in_words(names: Sequence[str], how: str) -> str:
    """Return what holds for some columns, of which the first are named.

    Examples
    --------
    >>> _in_words(["a"], "is centred"), _in_words(["a", "b", "c", "d"], "is centred")
    ("'a' is centred", "'a', 'b', 'c' and 1 more: each is centred")
    """
    if len(names) == 1:
        return f"{names[0]!r} {how}"
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(map(repr, names[:MOST_NAMED]))}{more}: each {how}"


def _told(step: str, columns: Mapping[str, str], cause: str) -> Finding:
    said = ", ".join(_in_words([name for name, each in columns.items() if each == how], how) for how in
                     dict.fromkeys(columns.values()))  # fmt: skip
    mended = f"give {step} the original column" if step else "use the original column"
    return Finding(
        "LK226",
        f"{said} over all rows, including held-out ones, but not over training rows; {mended}, and "
        f'{REMEDIES[cause]}; if it was published like this, waive={{"LK226": "why"}}',
        "warning",
        columns=tuple(columns),
        step=step,
    )
