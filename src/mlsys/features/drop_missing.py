"""DropMissing and DropMissingRows: drop columns or training rows with too many nulls, and report what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.errors import DataError
from mlsys.features._columns import TakesColumns, replaced, require, taken, there
from mlsys.steps import ColumnChoice, Field, TrainOnly
from mlsys.steps.column_choice import names_or
from mlsys.summaries import SummaryMap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlsys.dataset import Rows
    from mlsys.values import Values


class DropMissing(TakesColumns):
    """Drop columns with too many nulls in the training rows.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns that may be dropped; by default all features.
    most : float
        Maximum share of nulls; 0 drops every column with a null.

    Notes
    -----
    The state names the dropped columns, with their share of nulls (:meth:`lost` shows it). Whether a value is missing
    may be more informative than the value: ``Impute(indicator=True)`` keeps this information. One pass.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, 30.0, 40.0], "fax": [None, None, 5.0]})
    >>> fitted = DropMissing().fit(frame)
    >>> fitted.transform(frame).columns.tolist()
    ['age']
    >>> fitted.step.lost(fitted.state)["missing"].round(2).to_dict()
    {'fax': 0.67}
    """

    columns: ColumnChoice = None
    most: float = Field(default=0.5, ge=0, lt=1)
    serves_columns: ClassVar[bool] = True
    takes_all: ClassVar[str] = "any kind"

    def summarize(self, part: Rows, partial: Any = None, /) -> SummaryMap:
        """Return rows and nulls of each column."""
        names = self.taken(part)
        require(part, names, self.title)
        return SummaryMap({name: np.array([len(part), int(part[name].isna().sum())], dtype=np.int64) for name in names})

    def finish(self, summary: SummaryMap, /) -> list[dict[str, Any]]:
        """Return what is dropped, with its share of nulls."""
        shares = {name: nulls / rows if rows else 0.0 for name, (rows, nulls) in summary.items()}
        return [{"column": name, "missing": float(each)} for name, each in shares.items() if each > self.most]

    def apply(self, frame: pd.DataFrame, state: Any, /) -> pd.DataFrame:
        """Return the frame without the dropped columns."""
        return replaced(frame, {}, None, there(frame, self.columns_taken(state)))

    def takes(self, values: Values, /) -> bool:
        """Whether nulls may stand among these."""
        return True

    def columns_taken(self, state: Any, /) -> tuple[str, ...]:
        """Return the dropped columns."""
        return tuple(each["column"] for each in state)

    def left_out(self, state: Any) -> dict[str, str]:
        """Return the dropped columns, each with the reason."""
        return {each["column"]: f"null in {each['missing']:.0%} of training rows" for each in state}

    def lost(self, state: Any) -> pd.DataFrame:
        """Return the dropped columns with the share of nulls that they had."""
        return pd.DataFrame(state, columns=["column", "missing"]).set_index("column")


class DropMissingRows(TrainOnly):
    """Drop training rows with nulls; evaluated and served rows are kept.

    Parameters
    ----------
    columns : list of str, str, dtype or callable, optional
        Columns that must have a value; by default all features.
    least : float
        Minimum share of training rows that must remain.

    Raises
    ------
    DataError
        If fewer remain.

    Notes
    -----
    A model trained on complete rows only is biased unless nulls are completely at random (Little and Rubin 2019,
    chapter 3), which `DiagnoseMissing` cannot prove. Held-out rows keep their nulls, because served rows have them
    too. The card reports how many rows were dropped.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, None, 40.0], "late": [0, 1, 1]})
    >>> DropMissingRows().resample(frame, target="late")["age"].tolist()
    [20.0, 40.0]
    """

    before_preparation: ClassVar[bool] = True  # which would fill the nulls
    columns: ColumnChoice = None
    least: float = Field(default=0.1, ge=0, le=1)

    def change(self, train: Rows, rng: np.random.Generator, /) -> pd.DataFrame:
        """Return the training rows that have every value."""
        names = taken(train, self.columns, self.title)
        require(train, names, self.title)
        frame = pd.DataFrame(train)
        holed = frame[names].isna()
        whole = ~holed.any(axis=1)
        if whole.sum() < max(self.least * len(frame), 1):
            shares = holed.mean().sort_values(ascending=False)
            raise DataError(
                f"{self.title}: {int(whole.sum()):,} of {len(frame):,} training rows are complete; the most nulls are "
                f"in {shares.index[0]!r} ({shares.iloc[0]:.0%})",
                "drop such columns first with DropMissing(), name the columns that must have a value, or use Impute(); "
                f"or allow it with least={int(whole.sum()) / max(len(frame), 1):.2g}",
            )
        return frame[whole]

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that must have a value."""
        return names_or(self.columns, columns)
