"""Impute: fill nulls with what training rows say, and mark where they were."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.blocks import dtypes_of, is_plain
from mlsys.errors import DataError
from mlsys.features._columns import (
    TakesColumns,
    blocks_of_numbers,
    kinds_of,
    refuse_taken,
    replaced,
    require,
    require_kinds,
    taken,
)
from mlsys.summaries import Again, Moments, Quantiles, SummaryMap, finish_quantiles
from mlsys.tables import column_of
from mlsys.values import Kind, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlsys.dataset import Rows
    from mlsys.values import Values

_MEDIAN = (0.5,)


_FILLED = frozenset({Kind.NUMBER, Kind.TRUTH, Kind.TEXT, Kind.CATEGORY})
_AS_LEVELS = frozenset({Kind.TEXT, Kind.CATEGORY})


class Impute(TakesColumns):
    """Fill nulls, and add ``<column>_missing`` if training rows had nulls.

    Parameters
    ----------
    columns : list of str, optional
        Columns to fill; by default all features with numbers, nullable truth values, text or categories.
    numeric : {"median", "mean"} or float
        Fill value for numbers.
    categorical : str
        Fill value for text and categories.
    indicator : bool
        Whether to add ``<column>_missing`` (0 or 1). Text and categories need none, because their fill is a separate
        level for OneHot and TargetEncode. They get one if training rows also hold the fill as a value.

    Raises
    ------
    DataError
        If a number column is null in every training row, so that there is no value to fill with; if a named column
        holds times, lists or values of several kinds.

    Notes
    -----
    Medians are exact (radix selection; two passes over the rows, at most four) and equal ``numpy.quantile``; means are
    exact sums rounded once. Neither depends on partitions or order, and sample weights are not used. Every
    fill assumes that values are missing at random given the other columns; the indicator keeps the information if
    they are not. Nullable numbers and truth values become floats. A pass costs a few milliseconds per column for
    300,000 rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, None, 40.0, 60.0], "city": ["a", None, "b", "b"]})
    >>> Impute().fit(frame).transform(frame)
        age     city  age_missing
    0  20.0        a            0
    1  40.0  missing            1
    2  40.0        b            0
    3  60.0        b            0
    """

    columns: tuple[str, ...] | list[str] | None = None
    numeric: Literal["median", "mean"] | float = "median"
    categorical: str = "missing"
    indicator: bool = True
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers, nullable truth values, text or categories"

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return the summary of a part for each column."""
        found = SummaryMap(numbers=SummaryMap(), texts=SummaryMap(), filled=SummaryMap(), nothing=SummaryMap())
        names = taken(part, self.columns)
        require_kinds(part, names, _FILLED, self.title)
        kinds = kinds_of(part, names)
        for name in names:
            if kinds[name] in _AS_LEVELS:
                found["texts"][name] = int(part[name].isna().sum())
                found["filled"][name] = int((plain(part[name]) == self.categorical).sum())
        of_numbers = [name for name in names if name not in found["texts"]]
        for some, block in blocks_of_numbers(part, of_numbers, self.title):
            for name, values in zip(some, block, strict=True):
                zoom = None if partial is None else partial.get(name)
                place = "nothing" if kinds[name] is Kind.NOTHING else "numbers"
                found[place][name] = Quantiles.of(values, zoom) if self.numeric == "median" else Moments.of(values)
        return found

    def finish(self, summary: SummaryMap, /) -> dict[str, Any] | Again:
        """Return the fills, or ask for another pass to find medians."""
        of_numbers, of_texts = self._told_apart(summary)
        empty = [name for name, each in of_numbers.items() if not each.n]
        if empty and not isinstance(self.numeric, (int, float)):
            raise DataError(
                f"{self.title}: the column{'s' if len(empty) > 1 else ''} {', '.join(map(repr, empty))} "
                f"{'are' if len(empty) > 1 else 'is'} null in every training row, so there is no {self.numeric}",
                f"leave it out with Pipeline(..., exclude={empty!r}) or columns=, or fill with a number: numeric=0",
            )
        if self.numeric == "median":
            medians = finish_quantiles(of_numbers, _MEDIAN)
            if isinstance(medians, Again):
                return medians
            fills = {name: float(each[0]) for name, each in medians.items()}
        elif self.numeric == "mean":
            fills = {name: each.mean for name, each in of_numbers.items()}
        else:
            fills = dict.fromkeys(of_numbers, float(self.numeric))
        infinite = [name for name, value in fills.items() if not math.isfinite(value)]
        if infinite:
            raise DataError(
                f"{self.title}: the {self.numeric} of {infinite[0]!r} is {fills[infinite[0]]}",
                "replace infinite values first, or use numeric='median'",
            )
        hidden = {name: nulls for name, nulls in of_texts.items() if summary["filled"][name]}
        nulls = {**{name: each.nulls for name, each in of_numbers.items()}, **hidden}
        marked = [name for name, count in nulls.items() if count] if self.indicator else []
        return {
            "numbers": {"columns": list(fills), "fills": list(fills.values())},
            "texts": list(of_texts),
            "marked": marked,
        }

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with nulls filled and indicators added."""
        columns: list[str] = state["numbers"]["columns"]
        texts: list[str] = state["texts"]
        require(frame, [*columns, *texts], self.title)
        refuse_taken(frame, [f"{name}_missing" for name in state["marked"]], (), self.title)
        changed: dict[str, Any] = {}
        nulls: dict[str, NDArray[np.bool_]] = {}
        none = np.zeros(len(frame), dtype=bool)
        kinds = dtypes_of(frame)
        fills = dict(zip(columns, state["numbers"]["fills"], strict=True))
        may_miss = [name for name in columns if not is_plain(kinds[name]) or kinds[name].kind == "f"]
        for some, block in blocks_of_numbers(frame, may_miss, self.title):
            missing, to_float = np.isnan(block), not is_plain(kinds[some[0]])
            for place in np.flatnonzero(missing.any(axis=1) | to_float).tolist():
                name = some[place]
                changed[name], nulls[name] = np.where(missing[place], fills[name], block[place]), missing[place]
        for name in texts:
            texts_apart = column_of(frame, name)
            if isinstance(texts_apart, list):
                nulls[name] = np.array([value is None for value in texts_apart])
                changed[name] = [self.categorical if value is None else value for value in texts_apart]
                continue
            column = frame[name]
            nulls[name] = np.asarray(column.array.isna())
            filled = self._filled_text(column, nulls[name])
            if filled is not column:
                changed[name] = filled
        indicators = {f"{name}_missing": nulls.get(name, none).astype(np.uint8) for name in state["marked"]}
        return replaced(frame, changed, indicators)

    def takes(self, values: Values, /) -> bool:
        """Whether these values may contain nulls that can be filled; columns of only nulls are refused by name."""
        return values.kind in _FILLED | {Kind.NOTHING} and values.held != "bool"  # a numpy type without nulls

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the filled columns."""
        return (*state["numbers"]["columns"], *state["texts"])

    def _told_apart(self, summary: SummaryMap) -> tuple[Mapping[Any, Any], Mapping[Any, int]]:
        """Return the summaries of numbers, and nulls of texts; pieces of nulls alone are of the kind of the others."""
        texts, nothing = summary["texts"], summary["nothing"]
        of_numbers = summary["numbers"] + {name: each for name, each in nothing.items() if name not in texts}
        both = next((name for name in texts if name in of_numbers), None)
        if both is not None:
            raise DataError(
                f"{self.title}: the column {both!r} holds text in some rows and numbers in others",
                f"convert the values of {both!r} to one type in a Derive step, or leave it out of columns=",
            )
        return of_numbers, {
            name: nulls + (nothing[name].nulls if name in nothing else 0) for name, nulls in texts.items()
        }

    def _filled_text(self, column: pd.Series, missing: NDArray[np.bool_]) -> pd.Series:
        filled = plain(column)
        if missing.all() and not isinstance(filled.dtype, (pd.CategoricalDtype, pd.StringDtype)):
            filled = filled.astype(object)  # a request of a few rows may hold nulls alone, in any type
        if isinstance(filled.dtype, pd.CategoricalDtype):
            known = self.categorical in filled.cat.categories
            filled = filled if known else filled.cat.add_categories([self.categorical])
        return filled.fillna(self.categorical) if missing.any() else filled
