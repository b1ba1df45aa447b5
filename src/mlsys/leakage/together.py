"""Two columns that together predict a target of classes, while neither does alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.power import COPY, FEWEST, SURE, events_of, is_measured
from mlsys.leakage.read_once import of_few_values
from mlsys.leakage.remedies import NOBODY, advised
from mlsys.leakage.separation import SHARES, auc_of, aucs_of_numbers, in_hash_order
from mlsys.summaries import is_hashable
from mlsys.values import Kind, plain, values_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS, MOST_LEVELS, MOST_COLUMNS = 4_000, 12, 24
"""Rows looked at, levels of a column that is paired with others, and such columns, those with fewest levels first."""
PEEK = 100
"""Rows that tell of most numbers that they have more levels."""
MOST_NUMBERS, ROWS_OF_NUMBERS = 6, 2_000
"""Numbers that are added, subtracted, multiplied and divided, those that predict best alone first; rows looked at."""
ABOVE = 0.05
"""By which two together exceed each alone."""


@dataclass(frozen=True)
class _Pair:
    """Two columns, their common name in messages, and the AUC of the class that they predict worst."""

    columns: tuple[str, str]
    called: str
    auc: float


def together_findings(
    train: pd.DataFrame, features: Sequence[str], target: str, power: pd.DataFrame, made_by: Mapping[str, str] = NOBODY
) -> list[Finding]:
    """Return findings about pairs of columns that together predict every class.

    Parameters
    ----------
    train : DataFrame
        Training rows; at most 4,000 are used.
    features : sequence of str
        Columns to check.
    target : str
        The target column, of classes.
    power : DataFrame
        From :func:`mlsys.leakage.power.feature_power`.
    made_by : mapping of str to str
        Columns to the steps that made them.

    Notes
    -----
    A pair is reported if its AUC, learned on one half and computed on the other, is at least .995 for every class, at
    least .95 less three standard errors, and .05 above that of each column alone. All pairs of the 24 columns with the
    fewest levels (at most twelve) are tried, as a warning: two coins whose difference is the outcome, or all but one of
    several indicators. Sums, differences, products and ratios of the six numbers that predict best alone are a
    question, as information: they may define a class, and easy problems have such pairs.
    """
    if len(train) < FEWEST or is_measured(train[target]):
        return []
    rows = in_hash_order(train[[*features, target]], MOST_ROWS)
    events = events_of(rows[target])
    if not events:
        return []
    alone = power[power["copy"] == ""].set_index("column")["auc"]
    names = [name for name in features if name in alone.index and alone[name] <= 1 - ABOVE]
    coded = _best_first(_of_levels(rows, names, events, alone))
    found = [_finding(coded, "warning", made_by)] if coded else []
    told = {name for pair in coded for name in pair.columns}
    left = [name for name in names if name not in told]
    some = [event[:ROWS_OF_NUMBERS] for event in events]
    made = _best_first(_of_numbers(rows.head(ROWS_OF_NUMBERS), left, some, alone))
    return [*found, _finding(made, "information", made_by)] if made else found


def _best_first(pairs: Iterator[_Pair]) -> list[_Pair]:
    return sorted(pairs, key=lambda pair: -pair.auc)


def _finding(pairs: Sequence[_Pair], severity: str, made_by: Mapping[str, str]) -> Finding:
    best = pairs[0]
    columns = tuple(dict.fromkeys(name for pair in pairs for name in pair.columns))
    more = f"; so do {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""
    asked = severity == "information"
    said = f"{best.called} predict{'s' * asked} the target (AUC {best.auc:.3f}), while neither does alone{more}"
    if asked:
        said += ", as if they defined the class"
    return Finding("LK223", advised(said, "LK223", columns, made_by, asked=asked), severity, columns=columns)


def _of_levels(
    rows: pd.DataFrame, names: Sequence[str], events: Sequence[NDArray[np.bool_]], alone: pd.Series
) -> Iterator[_Pair]:
    """Yield pairs of columns of few levels."""
    half = len(rows) // 2
    codes: dict[str, NDArray[np.int64]] = {}
    for name in of_few_values(rows.head(PEEK), names, MOST_LEVELS):
        if is_hashable(rows[name]):
            found = np.asarray(pd.factorize(plain(rows[name]), use_na_sentinel=False)[0], dtype=np.int64)
            if 0 < found.max(initial=0) < MOST_LEVELS:
                codes[name] = found
    few = sorted(codes, key=lambda name: int(codes[name].max()))[:MOST_COLUMNS]
    for one, other in combinations(few, 2):
        joint = codes[one] * MOST_LEVELS + codes[other]
        auc = _least(joint, events, half)
        if auc >= COPY and auc >= ABOVE + max(alone[one], alone[other]):
            yield _Pair((one, other), f"{one!r} and {other!r} together", auc)


def _of_numbers(
    rows: pd.DataFrame, names: Sequence[str], events: Sequence[NDArray[np.bool_]], alone: pd.Series
) -> Iterator[_Pair]:
    """Yield pairs of numbers that are put together by arithmetic."""
    half = len(rows) // 2
    numbers = [name for name in alone.index if name in names and values_of(rows[name]).kind is Kind.NUMBER]
    made: dict[str, NDArray[np.float64]] = {}
    of: dict[str, tuple[str, str]] = {}
    values = {name: plain(rows[name]).to_numpy(dtype=np.float64, na_value=np.nan) for name in numbers[:MOST_NUMBERS]}
    for one, other in combinations(values, 2):
        a, b = values[one], values[other]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            ways = {f"{one} + {other}": a + b, f"{one} - {other}": a - b, f"{one} * {other}": a * b}
            ways |= {f"{one} / {other}": a / b, f"{other} / {one}": b / a}
        for called, each in ways.items():
            made[called], of[called] = np.where(np.isfinite(each), each, 0.0), (one, other)
    for key, (auc, error) in aucs_of_numbers(pd.DataFrame(made), events, half).items():
        called = str(key)
        one, other = of[called]
        if auc >= COPY and auc - 3 * error > SURE and auc >= ABOVE + max(alone[one], alone[other]):
            cuts = np.unique(np.quantile(made[called][:half], SHARES))
            least = _least(np.searchsorted(cuts, made[called], "right"), events, half)
            if least >= COPY:
                yield _Pair((one, other), called, least)


def _least(levels: NDArray[np.int64], events: Sequence[NDArray[np.bool_]], half: int) -> float:
    """Return the AUC of the class that is predicted worst, 0 if one of them is uncertain."""
    found = 1.0
    for event in events:
        auc, error = auc_of(levels, event, half)
        if auc < COPY or auc - 3 * error <= SURE:
            return 0.0
        found = min(found, auc)
    return found
