"""Codes that are filled in after the outcome for some rows: levels of one class each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import FEWEST, events_of, is_measured
from mlsys.leakage.read_once import of_few_values
from mlsys.leakage.remedies import NOBODY, advised
from mlsys.leakage.separation import in_hash_order
from mlsys.summaries import is_hashable
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_ROWS, MOST_LEVELS, MOST_ROWS = 50, 200, 20_000
"""Rows of a level that proves something, levels of a column, and rows looked at."""
PEEK = 1_000
"""Rows that tell whether a column has few levels."""
CHANCE = -6.0
"""Power of ten: maximum probability that a level of this size is of one class by chance."""
SHOWN = 2


def code_findings(
    train: pd.DataFrame,
    features: Sequence[str],
    target: str,
    told: Collection[str] = (),
    made_by: Mapping[str, str] = NOBODY,
) -> list[Finding]:
    """Return a finding about columns with levels of one class only, for more than one class.

    Parameters
    ----------
    train : DataFrame
        Training rows; at most 20,000 are used.
    features : sequence of str
        Features; those of at most 200 levels that are no quantities are checked.
    target : str
        The target column, of classes.
    told : collection of str
        Columns that are already suspected.
    made_by : mapping of str to str
        Columns to the steps that made them.

    Notes
    -----
    At least two levels, of fifty rows or more each, must be of one class without exception, in opposite classes, and
    chance must produce such a level in at most one of a million columns. It is a warning if all levels but one, such as
    null, are pure: a code that is filled in afterwards. Otherwise it is information, because legitimate classes may be
    pure in some regions. Levels of a single class prove nothing: 46 of 225 tables have them, mostly legitimate.
    """
    if len(train) < FEWEST or is_measured(train[target]):
        return []
    rows = in_hash_order(train[[*features, target]], MOST_ROWS)
    events = events_of(rows[target])
    found: dict[str, list[tuple[str, list[str]]]] = {"warning": [], "information": []}
    for name in of_few_values(rows.head(PEEK), features, MOST_LEVELS) if events else ():
        column = rows[name]
        kind = values_of(column).kind
        if name in told or not is_hashable(column) or (kind is Kind.NUMBER and is_measured(column)):
            continue
        if column.head(PEEK).nunique() > MOST_LEVELS:
            continue
        codes, levels = pd.factorize(plain(column), use_na_sentinel=False)
        if 2 < len(levels) <= MOST_LEVELS:  # noqa: PLR2004  of two, both pure, it is a copy
            for event in events:
                pure, rest = _pure(np.asarray(codes, dtype=np.int64), event)
                if pure:
                    severity = "warning" if rest <= 1 else "information"
                    found[severity].append((name, [str(levels[place]) for place in pure]))
                    break
    return [_finding(each, severity, made_by) for severity, each in found.items() if each]


def _pure(codes: NDArray[np.int64], event: NDArray[np.bool_]) -> tuple[list[int], int]:
    """Return one level of each class that is pure, the largest; and how many levels are not of that kind."""
    counts, hits = np.bincount(codes), np.bincount(codes, event)
    share, allowed = float(event.mean()), CHANCE - np.log10(len(counts))
    if not 0 < share < 1:
        return [], 0
    large = counts >= FEWEST_ROWS
    inside = large & (hits == counts) & (counts * np.log10(share) < allowed)
    outside = large & (hits == 0) & (counts * np.log10(1 - share) < allowed)
    if not inside.any() or not outside.any():
        return [], 0
    largest = [int(np.where(each, counts, 0).argmax()) for each in (inside, outside)]
    return largest, int(((hits > 0) & (hits < counts)).sum())


def _finding(found: Sequence[tuple[str, list[str]]], severity: str, made_by: Mapping[str, str]) -> Finding:
    names = [name for name, _ in found]
    shown = "; ".join(f"{name!r} ({', '.join(levels)})" for name, levels in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    said = f"{shown}{more} {'has' if len(found) == 1 else 'have'} levels of one class without exception, on both sides"
    return Finding("LK225", advised(said, "LK225", names, made_by, asked=True), severity, columns=tuple(names))
