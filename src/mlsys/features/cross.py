"""Cross: combine the levels of several columns into one category."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.features._columns import LEVELS, refuse_taken, replaced, require, require_kinds
from mlsys.features._levels import by_place, check_levels, looked_up, numbered, refuse_alike
from mlsys.steps import Field, Transform
from mlsys.summaries import Counts, SummaryMap, coded_values
from mlsys.tables import column_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_TOP = 1_000
_MOST_KEPT, _MOST_COLUMNS = 1_000_000, 3
"""Three codes below a million make a number of 64 bits; a cross of more columns is known from few rows."""
_MOST_COUNTED = 1 << 18
"""Up to so many combinations that could occur, each has a place in a table: 2 MiB, looked up in one go."""
_OTHER = "other"
_BETWEEN = " & "


class Cross(Transform):
    """Add the combination of levels of several columns as a category: ``origin_x_carrier``.

    Parameters
    ----------
    pairs : list of list of str
        Columns to cross, two or three each: text, categories, integers or truth values.
    top : int
        Maximum number of combinations per pair, the most frequent first.
    min_count : int
        Minimum number of training rows of a combination.

    Raises
    ------
    DataError
        If a column holds lists, times or other values that are not levels.

    Notes
    -----
    A linear model of both columns cannot express an effect of their combination (a carrier that is late at only one
    airport). Levels have names such as ``"JFK & UA"``; encode the category with a later `OneHot`, `TargetEncode` or
    `HashEncode`, or use an estimator that accepts categories. A combination that is rare, or absent from the training
    rows, is ``"other"``; if one of the columns is null, the combination is null. Combinations are ordered by count,
    then by text, so the state does not depend on the partitions or the order of the rows. One pass.

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
        encoded = {name: coded_values(part[name]) for name in self.columns_read(())}
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
                looked_up(column_of(frame, name), look_up, table)
                for name, look_up, table in zip(each["columns"], each["look_ups"], each["tables"], strict=True)
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


def _together(encoded: Sequence[tuple[NDArray[Any], Sequence[Any]]]) -> Counts:
    """Count combinations of codes, and name those that occur."""
    sizes = [len(distinct) + 1 for _, distinct in encoded]  # the last place is that of null
    keys, counts = _counted(_keys([codes for codes, _ in encoded], sizes), math.prod(sizes))
    found = np.array(np.unravel_index(keys, sizes))
    null = (found == np.array(sizes)[:, None] - 1).any(axis=0)
    levels = [
        [distinct[place] for place in places[~null].tolist()]
        for places, (_, distinct) in zip(found, encoded, strict=True)
    ]
    named = zip(zip(*levels, strict=True), counts[~null].tolist(), strict=True)
    return Counts(dict(named), int(counts[null].sum()))


def _keys(codes: Sequence[NDArray[Any]], sizes: Sequence[int]) -> NDArray[np.int64]:
    """Return one number for the codes of each row; -1, of null, counts as the last of its size."""
    keys = np.zeros(len(codes[0]), np.int64)
    for each, size in zip(codes, sizes, strict=True):
        keys *= size
        keys += each
        keys[each < 0] += size
    return keys


def _counted(keys: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the keys that occur, in order, and how often; ``size``: they are below."""
    if size > _MOST_COUNTED:
        return np.unique(keys, return_counts=True)
    counts = np.bincount(keys, minlength=size)
    used = np.flatnonzero(counts)
    return used, counts[used]


def _prepared(known: dict[str, Any]) -> dict[str, Any]:
    sizes = [len(levels) + 2 for levels in known["levels"]]  # behind the levels those that are unseen, then null
    keys = np.ravel_multi_index(tuple(known["combinations"].T), sizes)
    order = np.argsort(keys)
    own = [[known["levels"][place][code] for place, code in enumerate(row)] for row in known["combinations"].tolist()]
    names = [*(_BETWEEN.join(map(str, levels)) for levels in own), _OTHER]
    look_ups = [numbered(levels) for levels in known["levels"]]
    return {
        **known,
        "look_ups": look_ups,
        "tables": [np.arange(size, dtype=np.min_scalar_type(size)) for size in sizes],
        "sizes": sizes,
        "keys": keys[order],
        "order": order,
        "table": _table(keys, sizes),
        "type": pd.CategoricalDtype(pd.Index(names, dtype="str")),
    }


def _table(keys: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[Any] | None:
    """Return the place of each key that there can be, -1 for null, the last for others; none where there are many."""
    if math.prod(sizes) > _MOST_COUNTED:
        return None
    table = np.full(sizes, len(keys), np.min_scalar_type(-len(keys) - 1))
    table.ravel()[keys] = np.arange(len(keys))
    for axis, size in enumerate(sizes):
        np.moveaxis(table, axis, 0)[size - 1] = -1
    return table.ravel()


def _places(codes: Sequence[NDArray[Any]], known: dict[str, Any]) -> NDArray[Any]:
    """Return the place of each row's combination among the levels: -1 for null, the last for others."""
    keys = _keys(codes, known["sizes"])
    if known["table"] is not None:
        return by_place(known["table"], keys)
    other = len(known["keys"])
    null = np.logical_or.reduce([each == size - 1 for each, size in zip(codes, known["sizes"], strict=True)])
    at = np.minimum(np.searchsorted(known["keys"], keys), max(other - 1, 0))
    found = np.where(known["keys"][at] == keys, known["order"][at], other) if other else np.full(len(keys), other)
    return np.where(null, -1, found)
