"""Cross: levels of several columns that occur together, as one category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.features._columns import LEVELS, refuse_taken, replaced, require, require_kinds
from mlsys.features._levels import NULL, check_levels, codes_of, numbered, refuse_alike
from mlsys.steps import Field, Transform
from mlsys.summaries import Counts, SummaryMap, distinct_values
from mlsys.tables import column_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_TOP = 1_000
_MOST_KEPT, _MOST_COLUMNS = 1_000_000, 3
"""Three codes below a million make a number of 64 bits; a cross of more columns is known from few rows."""
_OTHER = "other"
_BETWEEN = " & "


class Cross(Transform):
    """Add a category for the levels of several columns that occur together: ``origin_x_carrier``.

    Parameters
    ----------
    pairs : list of list of str
        Columns to cross, two or three each: texts, categories, whole numbers or truth values.
    top : int
        Most combinations kept of each pair, the most frequent first.
    min_count : int
        Training rows that a combination must have.

    Raises
    ------
    DataError
        When a column holds lists, times or other values that are not levels.

    Notes
    -----
    What only the combination tells (a carrier that is late at one airport) no sum of both columns can say. Levels are
    such as ``"JFK & UA"``; encode the category with `OneHot`, `TargetEncode` or `HashEncode` behind, or give it to an
    estimator that takes categories. A combination that is rare, or that training rows lack, is ``"other"``; where one
    of the columns is null, the combination is null. Combinations are ordered by count, then by text, so the state does
    not depend on partitions or order of the rows. One pass.

    Examples
    --------
    >>> train = pd.DataFrame({"origin": ["JFK", "JFK", "EWR"], "carrier": ["UA", "UA", "DL"]})
    >>> fitted = Cross([["origin", "carrier"]]).fit(train)
    >>> later = pd.DataFrame({"origin": ["JFK", "EWR", None], "carrier": ["UA", "UA", "DL"]})
    >>> fitted.transform(later)["origin_x_carrier"].tolist()
    ['JFK & UA', 'other', nan]
    """

    pairs: tuple[tuple[str, ...] | list[str], ...] | list[tuple[str, ...] | list[str]]
    top: int = Field(default=_TOP, ge=1, le=_MOST_KEPT)
    min_count: int = Field(default=1, ge=1)
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse what is no pair."""
        odd = next((pair for pair in self.pairs if not 2 <= len(set(pair)) == len(pair) <= _MOST_COLUMNS), None)
        if not self.pairs or odd is not None:
            said = "no columns" if odd is None else f"{list(odd)!r}"
            raise ConfigurationError(
                f"Cross got {said}", 'give two or three columns for each pair: Cross([["origin", "carrier"]])'
            )

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return how often each combination occurs."""
        require_kinds(part, self.columns_read(()), LEVELS, self.title)
        encoded = {name: distinct_values(part[name]) for name in self.columns_read(())}
        return SummaryMap({tuple(pair): _together([encoded[name] for name in pair]) for pair in self.pairs})

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return the combinations that are kept of each pair, each level by its place among those of its column."""
        return [self._of_pair(list(pair), summary[tuple(pair)]) for pair in self.pairs]

    def prepare(self, state: Any, /) -> list[dict[str, Any]]:
        """Return the state with look-ups of levels and combinations, and the type of the category."""
        return [_prepared(each) for each in state]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with the categories added."""
        known = state if "keys" in state[0] else self.prepare(state)
        require(frame, self.columns_read(()), self.title)
        added: dict[str, Any] = {}
        for each in known:
            codes = [
                codes_of(column_of(frame, name), look_up)
                for name, look_up in zip(each["columns"], each["look_ups"], strict=True)
            ]
            added[each["name"]] = pd.Categorical.from_codes(_places(codes, each), dtype=each["type"])
        refuse_taken(frame, list(added), (), self.title)
        return replaced(frame, {}, added)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the crossed columns."""
        return tuple(dict.fromkeys(name for pair in self.pairs for name in pair))

    def _of_pair(self, columns: list[str], counts: Counts) -> dict[str, Any]:
        kept: list[tuple[Any, ...]] = [levels for levels, count in counts.ordered(self.top) if count >= self.min_count]
        own = [list(dict.fromkeys(levels[place] for levels in kept)) for place in range(len(columns))]
        for name, levels in zip(columns, own, strict=True):
            check_levels(levels, name, self.title)
        codes = [numbered(levels) for levels in own]
        places = [[look_up[level] for look_up, level in zip(codes, levels, strict=True)] for levels in kept]
        names = [*(_BETWEEN.join(map(str, levels)) for levels in kept), _OTHER]
        name = "_x_".join(columns)
        refuse_alike(names, name, self.title)
        table = np.array(places, dtype=np.int64).reshape(len(kept), len(columns))
        return {"name": name, "columns": columns, "levels": own, "combinations": table}


def _together(encoded: Sequence[tuple[NDArray[np.int64], list[Any]]]) -> Counts:
    """Count combinations of codes, and name those that occur."""
    codes = [each for each, _ in encoded]
    known = np.logical_and.reduce([each >= 0 for each in codes])
    table = np.column_stack([each[known] for each in codes])
    sizes = [max(1, len(distinct)) for _, distinct in encoded]
    keys, counts = np.unique(np.ravel_multi_index(tuple(table.T), sizes), return_counts=True)
    found = [place.tolist() for place in np.unravel_index(keys, sizes)]
    levels = [[distinct[place] for place in places] for places, (_, distinct) in zip(found, encoded, strict=True)]
    return Counts(dict(zip(zip(*levels, strict=True), counts.tolist(), strict=True)), int((~known).sum()))


def _prepared(known: dict[str, Any]) -> dict[str, Any]:
    sizes = [max(1, len(levels)) for levels in known["levels"]]
    keys = np.ravel_multi_index(tuple(known["combinations"].T), sizes)
    order = np.argsort(keys)
    own = [[known["levels"][place][code] for place, code in enumerate(row)] for row in known["combinations"].tolist()]
    names = [*(_BETWEEN.join(map(str, levels)) for levels in own), _OTHER]
    return {
        **known,
        "look_ups": [numbered(levels) for levels in known["levels"]],
        "sizes": sizes,
        "keys": keys[order],
        "order": order,
        "type": pd.CategoricalDtype(pd.Index(names, dtype="str")),
    }


def _places(codes: Sequence[NDArray[np.int64]], known: dict[str, Any]) -> NDArray[np.int64]:
    """Return the place of each row's combination among the levels: -1 for null, the last for others."""
    other = len(known["keys"])
    null = np.logical_or.reduce([each == NULL for each in codes])
    inside = np.logical_and.reduce([each >= 0 for each in codes])
    places = np.where(null, -1, other)
    if other and inside.any():
        keys = np.ravel_multi_index(tuple(each[inside] for each in codes), known["sizes"])
        at = np.minimum(np.searchsorted(known["keys"], keys), other - 1)
        places[inside] = np.where(known["keys"][at] == keys, known["order"][at], other)
    return places
