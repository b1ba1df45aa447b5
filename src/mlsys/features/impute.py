"""Impute: fill nulls with values learned from training rows, and mark them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BeforeValidator

from mlsys.blocks import dtypes_of, is_plain
from mlsys.errors import ConfigurationError, DataError
from mlsys.features._columns import (
    TakesColumns,
    blocks_of_numbers,
    kinds_of,
    refuse_taken,
    replaced,
    require,
    require_kinds,
)
from mlsys.features._fills import (
    fills_of,
    group_of,
    groups_in,
    predicted,
    regression,
    state_of_groups,
    summary_of,
    summary_of_models,
)
from mlsys.steps import ColumnChoice, Field
from mlsys.summaries import Again, Counts, Given, SummaryMap
from mlsys.tables import column_of
from mlsys.values import Kind, plain

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from mlsys.dataset import Rows
    from mlsys.values import Values

_FILLED = frozenset({Kind.NUMBER, Kind.TRUTH, Kind.TEXT, Kind.CATEGORY})
_AS_LEVELS = frozenset({Kind.TEXT, Kind.CATEGORY})


_FORWARD = {"forward", "ffill", "pad", "last", "locf", "previous"}


def _no_forward(how: Any) -> Any:
    """Refuse to fill forward: a transform sees each row alone."""
    if isinstance(how, str) and how in _FORWARD:
        raise ConfigurationError(
            f"numeric={how!r} fills from earlier rows, and this step sees each row alone",
            'put ImputeForward("customer", ["price"]) before the split: it knows which earlier rows were known',
        )
    return how


class Impute(TakesColumns):
    """Fill nulls, and add ``<column>_missing`` if training rows had nulls.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to fill; by default all features of numbers, nullable truth values, text and categories.
    numeric : {"median", "mean", "mode", "model"} or float
        Fill of numbers: a statistic of the training rows, a given number, or the prediction of a linear regression on
        the other numeric columns (``"model"``).
    categorical : str
        Fill of text and categories; ``"mode"`` is the most frequent level of the training rows.
    indicator : bool
        Whether to add ``<column>_missing`` (0 or 1). Text and categories need none, because their fill is a separate
        level for OneHot and TargetEncode. They get one if the fill also occurs as a value in the training rows.
    by : str or list of str, optional
        Columns that define groups with separate fills for numbers; they are not filled themselves. A row of a group
        that has no values, or does not occur in the training rows, gets the fill of all rows.

    Raises
    ------
    ConfigurationError
        If ``by`` is given with a number or a regression as the fill.
    DataError
        If a number column is null in every training row, so that there is no value to fill with; if a named column
        holds times, lists or values of several kinds.

    Notes
    -----
    Medians are exact (radix selection; two passes over the rows, at most four) and equal ``numpy.quantile``; means are
    exact sums rounded once; of equally frequent values the smallest number, or first text, is the mode. None of them
    depends on partitions or order, and sample weights are not used. A regression takes one more pass: least squares
    from exact sums of products over the rows that have the column, with nulls of others at their medians, limited to
    the range of the training rows. Every fill assumes that values are missing at random given the other columns; the
    indicator keeps the information if they are not: see `DiagnoseMissing`. To carry forward the last value of a key,
    use `ImputeForward`.
    Nullable numbers and truth values become floats. A pass costs a few milliseconds for 300,000 rows and column.

    References
    ----------
    Little and Rubin (2019), Statistical analysis with missing data, chapters 4 and 5.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, None, 40.0, 60.0], "city": ["a", None, "b", "b"]})
    >>> Impute().fit(frame).transform(frame)
        age     city  age_missing
    0  20.0        a            0
    1  40.0  missing            1
    2  40.0        b            0
    3  60.0        b            0
    >>> Impute(["age"], by="city", indicator=False).fit(frame).transform(frame.assign(age=None))["age"].tolist()
    [20.0, 40.0, 50.0, 50.0]
    """

    columns: ColumnChoice = None
    numeric: Annotated[Literal["median", "mean", "mode", "model"] | float, BeforeValidator(_no_forward)] = "median"
    categorical: str = "missing"
    indicator: bool = True
    by: str | tuple[str, ...] | list[str] | None = Field(default=None, kw_only=True)
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "numbers, nullable truth values, text or categories"

    def __post_init__(self) -> None:
        """Refuse groups where they decide nothing."""
        super().__post_init__()
        if self.by is not None and self.numeric not in ("median", "mean", "mode"):
            raise ConfigurationError(
                f"{self.title} got by={self.by!r}, but numeric={self.numeric!r} is the same for every group",
                "use numeric='median', 'mean' or 'mode', or omit by=",
            )

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return what a part says of each column."""
        if partial is not None and "wanted" in partial:
            names = list(partial["fills"])
            block = np.concatenate([block for _, block in blocks_of_numbers(part, names, self.title)])
            models = summary_of_models(block, names, partial["fills"], set(partial["wanted"]))
            return SummaryMap(known=Given(partial), models=models)
        found = SummaryMap({name: SummaryMap() for name in ("numbers", "groups", "texts", "filled", "nothing")})
        names = [name for name in self.taken(part) if name not in self.columns_beside]
        require_kinds(part, names, _FILLED, self.title)
        kinds = kinds_of(part, names)
        for name in names:
            if kinds[name] in _AS_LEVELS:
                column = plain(part[name])
                found["texts"][name] = Counts.of(column) if self._of_mode else Counts(nulls=int(column.isna().sum()))
                found["filled"][name] = int((column == self.categorical).sum())
        of_numbers = [name for name in names if name not in found["texts"]]
        groups = list(groups_in(part, self.columns_beside, self.title)) if self.by is not None else []
        zooms = partial or {}
        for some, block in blocks_of_numbers(part, of_numbers, self.title):
            for name, values in zip(some, block, strict=True):
                place = "nothing" if kinds[name] is Kind.NOTHING else "numbers"
                found[place][name] = summary_of(values, self._how, zooms.get((name, None)))
                for key, rows in groups:
                    found["groups"][name, key] = summary_of(values[rows], self._how, zooms.get((name, key)))
        return found

    def finish(self, summary: SummaryMap, /) -> dict[str, Any] | Again:
        """Return the fills, or ask for another pass to find medians or regressions."""
        if "models" in summary:
            models = [regression(str(name), each) for name, each in summary["models"].items()]
            return {**summary["known"]["state"], "models": models}
        of_numbers, of_texts = self._told_apart(summary)
        asked: dict[Hashable, Any] = {(name, None): each for name, each in of_numbers.items()}
        asked |= {key: each for key, each in summary["groups"].items() if key[0] in of_numbers and each.n}
        fills = fills_of(asked, self._how) if self._how != "number" else dict.fromkeys(asked, float(self.numeric))
        if isinstance(fills, Again):
            return fills
        whole = {name: fills[name, None] for name in of_numbers}
        self._refuse_unfit(of_numbers, whole)
        nulls = {name: each.nulls for name, each in of_numbers.items()}
        hidden = {name: each.nulls for name, each in of_texts.items() if self._of_mode or summary["filled"][name]}
        state: dict[str, Any] = {
            "numbers": {"columns": list(whole), "fills": list(whole.values())},
            "texts": list(of_texts),
            "marked": [name for name, count in {**nulls, **hidden}.items() if count] if self.indicator else [],
        }
        if self._of_mode:
            state["levels"] = [self._mode_of(str(name), each) for name, each in of_texts.items()]
        if self.by is not None:
            state["groups"] = state_of_groups(fills, list(whole))
        wanted = [name for name, count in nulls.items() if count]
        if self.numeric == "model" and wanted and len(whole) > 1:
            return Again({"wanted": wanted, "fills": whole, "state": state})
        return state

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with nulls filled and indicators added."""
        columns: list[str] = state["numbers"]["columns"]
        texts: list[str] = state["texts"]
        require(frame, [*columns, *texts, *self.columns_beside], self.title)
        refuse_taken(frame, [f"{name}_missing" for name in state["marked"]], (), self.title)
        changed, nulls = self._filled_numbers(frame, state)
        none = np.zeros(len(frame), dtype=bool)
        levels = state.get("levels") or [self.categorical] * len(texts)
        for name, level in zip(texts, levels, strict=True):
            texts_apart = column_of(frame, name)
            if isinstance(texts_apart, list):
                nulls[name] = np.array([value is None for value in texts_apart])
                changed[name] = [level if value is None else value for value in texts_apart]
                continue
            column = frame[name]
            nulls[name] = np.asarray(column.array.isna())
            filled = _filled_text(column, nulls[name], level)
            if filled is not column:
                changed[name] = filled
        indicators = {f"{name}_missing": nulls.get(name, none).view(np.uint8) for name in state["marked"]}
        return replaced(frame, changed, indicators)

    def takes(self, values: Values, /) -> bool:
        """Whether these values may contain nulls that can be filled; columns of only nulls are refused by name."""
        return values.kind in _FILLED | {Kind.NOTHING} and values.held != "bool"  # a numpy type without nulls

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the filled columns, and those of groups."""
        return (*state["numbers"]["columns"], *state["texts"], *self.columns_beside)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the chosen columns, or all there are, and those of groups."""
        return tuple(dict.fromkeys([*super().columns_read(columns), *self.columns_beside]))

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """The columns of groups."""
        return (self.by,) if isinstance(self.by, str) else tuple(self.by or ())

    @property
    def _how(self) -> str:
        """What is asked of a column; a regression begins with medians."""
        if not isinstance(self.numeric, str):
            return "number"
        return "median" if self.numeric == "model" else self.numeric

    @property
    def _of_mode(self) -> bool:
        return self.categorical == "mode"

    def _filled_numbers(self, frame: pd.DataFrame, state: Any) -> tuple[dict[str, Any], dict[str, NDArray[np.bool_]]]:
        """Return the columns of numbers that change, and where nulls were."""
        names: list[str] = state["numbers"]["columns"]
        kinds, fills = dtypes_of(frame), dict(zip(names, state["numbers"]["fills"], strict=True))
        changed: dict[str, Any] = {}
        nulls: dict[str, NDArray[np.bool_]] = {}
        group = group_of(frame, self.columns_beside, state["groups"]["keys"]) if state.get("groups") else None
        may_miss = [name for name in names if not is_plain(kinds[name]) or kinds[name].kind == "f"]
        for some, block in blocks_of_numbers(frame, may_miss, self.title):
            missing, to_float = np.isnan(block), not is_plain(kinds[some[0]])
            for place in np.flatnonzero(missing.any(axis=1) | to_float).tolist():
                name, fill, null = some[place], fills[some[place]], missing[place]
                if group is not None:
                    own = np.array([*state["groups"]["fills"][name], np.nan])[group]
                    fill = np.where(np.isnan(own), fill, own)[null]
                changed[name], nulls[name] = block[place].copy(), null
                changed[name][null] = fill
        return self._regressed(frame, state, changed, nulls) if state.get("models") else changed, nulls

    def _regressed(
        self, frame: pd.DataFrame, state: Any, filled: dict[str, Any], nulls: Mapping[str, NDArray[np.bool_]]
    ) -> dict[str, Any]:
        """Return filled columns with the answers of regressions in the place of medians."""
        models = [model for model in state["models"] if model["column"] in nulls and nulls[model["column"]].any()]
        if not models:
            return filled
        columns: dict[str, Any] = {}
        for some, block in blocks_of_numbers(frame, state["numbers"]["columns"], self.title):
            columns |= {name: filled.get(name, values) for name, values in zip(some, block, strict=True)}
        answers = {model["column"]: predicted(model, columns) for model in models}
        return filled | {name: np.where(nulls[name], said, filled[name]) for name, said in answers.items()}

    def _told_apart(self, summary: SummaryMap) -> tuple[Mapping[Any, Any], Mapping[Any, Counts]]:
        """Return the summaries of numbers, and counts of texts; pieces of nulls alone are of the kind of the others."""
        texts, nothing = summary["texts"], summary["nothing"]
        of_numbers = summary["numbers"] + {name: each for name, each in nothing.items() if name not in texts}
        both = next((name for name in texts if name in of_numbers), None)
        if both is not None:
            raise DataError(
                f"{self.title}: the column {both!r} holds text in some rows and numbers in others",
                f"convert the values of {both!r} to one type in a Derive step, or leave it out of columns=",
            )
        return of_numbers, {
            name: each + Counts(nulls=nothing[name].nulls if name in nothing else 0) for name, each in texts.items()
        }

    def _refuse_unfit(self, of_numbers: Mapping[Any, Any], fills: Mapping[Any, float]) -> None:
        """Raise for columns that have nothing to be filled with."""
        empty = [name for name, each in of_numbers.items() if not each.n]
        if empty and self._how != "number":
            raise DataError(
                f"{self.title}: the column{'s' if len(empty) > 1 else ''} {', '.join(map(repr, empty))} "
                f"{'are' if len(empty) > 1 else 'is'} null in every training row, so there is no {self._how}",
                f"leave it out with Pipeline(..., exclude={empty!r}) or columns=, or fill with a number: numeric=0",
            )
        infinite = [name for name, value in fills.items() if not math.isfinite(value)]
        if infinite:
            raise DataError(
                f"{self.title}: the {self.numeric} of {infinite[0]!r} is {fills[infinite[0]]}",
                "replace infinite values first, or use numeric='median'",
            )

    def _mode_of(self, name: str, counts: Counts) -> Any:
        if not len(counts):
            raise DataError(
                f"{self.title}: the column {name!r} is null in every training row, so there is no most frequent level",
                f"leave it out with Pipeline(..., exclude=[{name!r}]) or columns=, or fill with a text",
            )
        return counts.ordered(1)[0][0]


def _filled_text(column: pd.Series, missing: NDArray[np.bool_], level: Any) -> pd.Series:
    filled = plain(column)
    if missing.all() and not isinstance(filled.dtype, (pd.CategoricalDtype, pd.StringDtype)):
        filled = filled.astype(object)  # a request of a few rows may hold nulls alone, in any type
    if isinstance(filled.dtype, pd.CategoricalDtype):
        known = level in filled.cat.categories
        filled = filled if known else filled.cat.add_categories([level])
    return filled.fillna(level) if missing.any() else filled
