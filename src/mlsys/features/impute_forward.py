"""ImputeForward: fill nulls with the last value that was known of the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.features._columns import refuse_taken, require
from mlsys.steps import Field, History, Past
from mlsys.steps.keys import names_of
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable


class ImputeForward(History):
    """Fill nulls with the last value of the same key that was known before each row's decision.

    Parameters
    ----------
    by : str or tuple of str
        Key columns: whose values are carried forward.
    columns : str or list of str
        Columns to fill, in place.
    limit : int
        How many rows of the key it looks back for a value.
    indicator : bool
        Whether to add ``<column>_carried``, 1 where a value was carried forward.
    late_by : str or Timedelta
        How long before the latest decision a request of a served model may still be decided.
    tail : int
        Rows per key that a served model keeps beyond those it needs.

    Raises
    ------
    ConfigurationError
        When there are no columns.
    DataError
        If a column is missing, or a name is taken.

    Notes
    -----
    Last observation carried forward. pandas' ``ffill`` also carries values that were not known yet, or of another
    split, into a row; here a row counts as past once it was known, strictly before the decision, and a value that waits
    for a known-at is not carried before. What no row of the key has had in the last ``limit`` rows stays null: follow
    with `Impute`. The first rows of a key have no past. The served model keeps ``limit`` rows of each key, and answers
    as in training. A carried value grows old, which biases where values drift (Lachin 2016): give the model the
    indicator, or the time since with `Lag`.

    References
    ----------
    Lachin, J. (2016). Fallacies of last observation carried forward analyses. Clinical Trials 13(2).

    Examples
    --------
    >>> visits = pd.DataFrame({"patient": ["a", "a", "b", "a"], "weight": [70.0, None, None, None],
    ...                        "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"])})
    >>> ImputeForward("patient", "weight").over(visits, time="day")[["weight", "weight_carried"]]
       weight  weight_carried
    0    70.0               0
    1    70.0               1
    2     NaN               0
    3    70.0               1
    """

    columns: str | tuple[str, ...] | list[str]
    limit: int = Field(default=5, ge=1)
    indicator: bool = True
    late_by: str | pd.Timedelta = Field(default="0s", kw_only=True)
    tail: int = Field(default=0, ge=0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse no columns, keys as columns, and a delay that is none."""
        super().__post_init__()
        both = [name for name in self.filled if name in self.key_columns]
        if not self.filled or both:
            raise ConfigurationError(
                f"{self.title} got {f'the key {both[0]!r} among its columns' if both else 'no columns'}",
                f'write {type(self).__name__}("patient", ["weight"])',
            )
        if pd.isna(self.slack) or self.slack < pd.Timedelta(0):
            raise ConfigurationError(f"{self.title} got late_by={self.late_by!r}", 'give a duration such as "1h"')

    @property
    def filled(self) -> tuple[str, ...]:
        """The columns that are filled."""
        return names_of(self.columns) if isinstance(self.columns, str) else tuple(self.columns)

    @property
    def kept_rows(self) -> int:
        """Rows of each key that a served model keeps."""
        return max(self.tail, self.limit)

    @property
    def reach(self) -> pd.Timedelta:
        """How long before the latest decision all rows are kept."""
        return self.slack

    @property
    def slack(self) -> pd.Timedelta:
        """How much earlier than the latest decision a request may be decided."""
        return pd.Timedelta(self.late_by)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of the past that it reads."""
        return (*self.key_columns, *self.filled)

    def apply(self, frame: pd.DataFrame, past: Past, /) -> pd.DataFrame:
        """Return the frame with nulls filled from the past."""
        require(frame, self.filled, self.title)
        refuse_taken(frame, [f"{name}_carried" for name in self.filled] if self.indicator else [], (), self.title)
        made: dict[str, Any] = {}
        for name in self.filled:
            column = found = frame[name]
            for back in range(1, self.limit + 1):
                if not found.isna().any():
                    break
                found = found.where(found.notna(), past.lag(name, back))
            made[name] = found
            if self.indicator:
                made[f"{name}_carried"] = (column.isna() & found.notna()).astype("uint8")
        return with_columns(frame, made)
