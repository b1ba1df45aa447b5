"""How much each column alone says about the target, and what is kept of columns by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlsys.features._cells import Cells, Target
from mlsys.features._columns import LEVELS, kinds_of, numbers
from mlsys.features._edges import places_between
from mlsys.features._levels import codes_of, numbered
from mlsys.summaries import Counts, Quantiles, SummaryMap
from mlsys.values import NUMERIC, TIMES, Kind, moments_of, nanoseconds, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mlsys.dataset import Rows

    Floats = NDArray[np.float64]

CELLS = 64
"""Cells of about equally many rows that a number is looked at in."""
_LEVELS = (LEVELS | {Kind.CATEGORY}) - NUMERIC


def first_look(part: Rows, names: Sequence[str], zooms: Mapping[Any, Any], who: str) -> SummaryMap:
    """Summarize columns: rows, nulls, quantiles of numbers and times, counts of levels."""
    found = SummaryMap(nulls=SummaryMap(), numbers=SummaryMap(), levels=SummaryMap(), rows=len(part))
    kinds = kinds_of(part, names)
    for name in names:
        column = part[name]
        found["nulls"][name] = int(column.isna().sum())
        if kinds[name] in NUMERIC | TIMES:
            found["numbers"][name] = Quantiles.of(as_numbers(column, kinds[name], who), zooms.get(name))
        elif kinds[name] in _LEVELS:
            found["levels"][name] = Counts.of(column)
    return found


def as_numbers(column: pd.Series, kind: Kind, who: str) -> Floats:
    """Return numbers, or times as nanoseconds, as floats; null is NaN."""
    if kind not in TIMES:
        return numbers(column, who)
    times = moments_of(column, who)
    return np.where(times.isna(), np.nan, nanoseconds(times).astype(np.float64))


def edges_of(quantiles: Floats) -> list[float]:
    """Return the ends of cells: distinct quantiles above the smallest value."""
    known = quantiles[np.isfinite(quantiles)]
    return np.unique(known[known > known[0]] + 0.0).tolist() if len(known) else []


def second_look(part: Rows, known: Mapping[str, Any], who: str) -> SummaryMap:
    """Summarize the target by cell of each column; nulls are a cell of their own."""
    target, found = Target(plain(part.y)), SummaryMap()
    kinds = kinds_of(part, [*known["edges"], *known["levels"]])
    for name, edges in known["edges"].items():
        values = as_numbers(part[name], kinds[name], who)
        places = places_between(values, edges).astype(np.int64)
        cells = np.where(places < 0, len(edges) + 1, places)
        found[name] = target.by_cell(cells, len(edges) + 2)
    for name, levels in known["levels"].items():
        codes = codes_of(part[name], numbered(levels))
        found[name] = target.by_cell(np.where(codes < 0, len(levels), codes), len(levels) + 1)
    return found


def powers(found: Mapping[Any, Any], known: Mapping[str, Any]) -> dict[str, float]:
    """Return the share of the target's variance that each column explains, chance taken off; 0 for none."""
    sizes = {name: len(edges) + 2 for name, edges in known["edges"].items()}
    sizes |= {name: len(levels) + 1 for name, levels in known["levels"].items()}
    explained = {str(name): Cells.of(summary, sizes[name]).explained() for name, summary in found.items()}
    return {name: max(float(np.nan_to_num(each)), 0.0) for name, each in explained.items()}


@dataclass(frozen=True)
class Rule:
    """What a column must come up to.

    Parameters
    ----------
    coverage : float
        Least share of rows with a value.
    least : float, optional
        Least score.
    top : int, optional
        Most columns that are kept of those with a score.
    word : str
        What a score is, in words that a number follows.
    """

    coverage: float
    least: float | None
    top: int | None
    word: str

    def dropped(
        self, covered: Mapping[str, float], scores: Mapping[str, float], pairs: Sequence[tuple[str, str]]
    ) -> dict[str, str]:
        """Return the columns that are dropped, each with the reason, in the order of the columns."""
        found = dict(self._one_by_one(covered, scores))
        left = [name for name in covered if name not in found]
        ranked = sorted(left, key=lambda name: -scores.get(name, 0.0))
        twins: dict[str, set[str]] = {}
        for one, other in pairs:
            twins.setdefault(one, set()).add(other)
            twins.setdefault(other, set()).add(one)
        kept: list[str] = []
        for name in ranked:
            related = twins.get(name, ())
            better = next((each for each in kept if each in related), None) if related else None
            if better is None:
                kept.append(name)
            else:
                found[name] = f"goes with {better!r}, {self._beside(better, name, scores)}"
        judged = [name for name in kept if name in scores]
        for rank, name in enumerate(judged[self.top :] if self.top is not None else [], (self.top or 0) + 1):
            found[name] = f"{self.word} {scores[name]:.3g}, rank {rank} of {len(judged)}; the first {self.top} are kept"
        return {name: found[name] for name in covered if name in found}

    def _one_by_one(self, covered: Mapping[str, float], scores: Mapping[str, float]) -> Iterator[tuple[str, str]]:
        for name, share in covered.items():
            if share < self.coverage:
                yield name, f"has a value in {share:.1%} of training rows, below {self.coverage:.4g}"
            elif self.least is not None and scores.get(name, np.inf) < self.least:
                yield name, f"{self.word} {scores[name]:.3g}, below {self.least:.4g}"

    def _beside(self, better: str, name: str, scores: Mapping[str, float]) -> str:
        if better in scores and name in scores and scores[better] > scores[name]:
            return f"whose score is {scores[better]:.3g}, not {scores[name]:.3g}"
        return "which stands before it"
