"""Clean: columns as what they say: texts that are numbers or moments, nulls in disguise, what says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mlsys.blocks import dtypes_of, is_plain
from mlsys.errors import ConfigurationError
from mlsys.features._columns import blocks_of_numbers, replaced, require
from mlsys.features._meanings.meanings import Meaning, meanings
from mlsys.features._meanings.profile import as_floats, profiles, use_of
from mlsys.features._meanings.reading import NUMBERS, cleaned, moments, numbers, texts, truths
from mlsys.steps import ColumnChoice, Transform
from mlsys.steps.column_choice import names_or
from mlsys.summaries import SummaryMap
from mlsys.tables import Columns
from mlsys.values import BlockDtype, values_of

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.dataset import Rows


class Clean(Transform):
    """Convert columns to the types of their values, and leave out columns without information.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns to clean; by default all features.
    exclude : list of str
        Columns that stay unchanged.
    numbers : mapping of column to {".", ","}, optional
        Text columns of numbers, with their decimal mark; by default those whose values can all be read as numbers.
    moments : mapping of column to format, optional
        Text and integer columns of times, with their ``strptime`` format (or ``"ISO8601"``); by default those of
        which one format reads 95 % of the distinct values.
    truths : list of str, optional
        Text columns of yes and no; by default those that hold only such a pair.
    drop : bool or list of str
        Columns to leave out; if true, columns with one value, copies of another column, columns that number the rows (a
        name such as ``id``, and a different integer in each of at least 50 rows with few gaps), and text that is
        different in every row and shares no words.

    Notes
    -----
    Spaces around text are removed. Empty text, NA, N/A, NaN, null, ?, a point and dashes become null, in any case;
    infinite numbers become null. Numbers may have currency and percent signs, which are removed, and thousands
    separators. Truth values with nulls become 1, 0 and null. Categories of numbers stay levels unless they are ordered,
    durations become seconds, lists and mappings are left out. If there are more than 10,000 distinct texts, a sample
    of them decides. One pass, about 0.1 s per million rows and column of numbers or recurring text.

    State: ``columns`` with ``column``, ``use`` and ``form`` each, and ``dropped`` with ``column`` and ``why``.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"price": ["$1,200", "$80", "?"], "paid": ["yes", "no", "yes"], "unit": "EUR"})
    >>> fitted = Clean().fit(frame)
    >>> fitted.transform(frame)
        price  paid
    0  1200.0   1.0
    1    80.0   0.0
    2     NaN   1.0
    >>> fitted.state["dropped"]
    [{'column': 'unit', 'why': 'constant'}]
    """

    columns: ColumnChoice = None
    exclude: tuple[str, ...] | list[str] = ()
    numbers: Mapping[str, str] | None = None
    moments: Mapping[str, str] | None = None
    truths: tuple[str, ...] | list[str] | None = None
    drop: bool | tuple[str, ...] | list[str] = True
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse a decimal mark that there is not."""
        odd = [(name, mark) for name, mark in (self.numbers or {}).items() if mark not in NUMBERS]
        if odd:
            raise ConfigurationError(
                f"Clean got the decimal mark {odd[0][1]!r} for {odd[0][0]!r}", 'use "." or "," as the decimal mark'
            )

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return a profile of each column."""
        names = self.columns_read(part.feature_names)
        require(part, names, self.title)
        blocks = {name for name, dtype in dtypes_of(part).items() if isinstance(dtype, BlockDtype)}
        names = tuple(name for name in names if name not in blocks)  # these are numbers already, and have no nulls
        look = None in (self.numbers, self.moments, self.truths) or self.drop is True
        return SummaryMap(profiles(part, list(names), look))

    def finish(self, summary: SummaryMap, /) -> dict[str, Any]:
        """Return the meaning of each column, and the columns left out."""
        return state_of(self.meanings(summary))

    def meanings(self, summary: SummaryMap) -> dict[str, Meaning]:
        """Return the meaning of each column, with the counts it is based on."""
        return meanings(summary, self.configuration())

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame with converted columns."""
        require(frame, [each["column"] for each in state["columns"]], self.title)
        kinds = dtypes_of(frame)
        floats = [each["column"] for each in state["columns"] if each["use"] == "number"]
        floats = [name for name in floats if is_plain(kinds[name]) and kinds[name].kind == "f"]
        changed = _without_infinities(frame, floats, self.title)
        for each in state["columns"]:
            dtype = kinds[each["column"]]
            if each["use"] == "moment" and not each["form"]:
                continue
            if is_plain(dtype) and each["use"] in {"number", "truth"}:
                continue
            apart = isinstance(frame, Columns)
            if apart and each["use"] != "moment" and isinstance(frame.held[each["column"]], list):
                changed[each["column"]] = _read_texts(frame.held[each["column"]], each["use"], each["form"])
                continue
            column = frame[each["column"]]
            read = _read(column, each["use"], each["form"], apart)
            if read is not column:
                changed[each["column"]] = read
        return replaced(frame, changed, None, [each["column"] for each in state["dropped"]])

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that are cleaned."""
        excluded = set(self.exclude)
        return tuple(name for name in names_or(self.columns, columns) if name not in excluded)

    def left_out(self, state: Any) -> dict[str, str]:
        """Return the columns left out, each with the reason."""
        return {each["column"]: each["why"] for each in state["dropped"]}

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the cleaned columns, and those that are left out."""
        return tuple(each["column"] for each in (*state["columns"], *state["dropped"]))


def state_of(found: Mapping[str, Meaning]) -> dict[str, Any]:
    """Return meanings as the state of a Clean step."""
    return {
        "columns": [
            {"column": name, "use": each.use, "form": each.form} for name, each in found.items() if not each.why_dropped
        ],
        "dropped": [{"column": name, "why": each.why_dropped} for name, each in found.items() if each.why_dropped],
    }


def _without_infinities(frame: pd.DataFrame, names: list[str], who: str) -> dict[str, Any]:
    """Return those of the columns of plain numbers that hold infinite values, with null in their place."""
    changed = {}
    for some, block in blocks_of_numbers(frame, names, who):
        infinite = np.isinf(block)
        for place in np.flatnonzero(infinite.any(axis=1)).tolist():
            changed[some[place]] = np.where(infinite[place], np.nan, block[place])
    return changed


def _read(column: pd.Series, use: str, form: str, apart: bool) -> Any:
    """Return a column as what it is taken for, whatever type holds it here."""
    values = values_of(column)
    held = use_of(column, values)
    if use == "text":
        return cleaned(column) if apart else texts(column)
    if use == "moment":
        return column if held == "moment" else moments(column, form)
    if held in {"number", "truth", "nothing"}:
        return as_floats(column, values)
    return _read_texts(column, use, form)


def _read_texts(column: pd.Series | list[str | None], use: str, form: str) -> Any:
    """Return texts as what they are taken for: cleaned, as truth values, or as numbers."""
    if use == "text":
        return cleaned(column)
    return truths(column) if use == "truth" else numbers(column, form or ".")
