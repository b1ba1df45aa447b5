"""NaturalLabel: a target that becomes known later."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  read when the class is made
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ContractError
from mlsys.labeling._dtypes import label_dtype, nulls
from mlsys.steps import Label

if TYPE_CHECKING:
    from collections.abc import Iterable


class NaturalLabel(Label):
    """Derive the target from values that became known later; rows without them stay unknown.

    Parameters
    ----------
    column : str
        The column it writes.
    from_column : str or list of str, optional
        Columns the rule reads; they are never features. By default the column itself.
    rule : callable, optional
        Takes a Series (one column) or a frame (several) with the rows that are not null, and returns a label for each;
        by default the values themselves.
    known_at : str
        Time column, or delay after the row's time, at which the label is known; if empty, it is known with the row.

    Raises
    ------
    DataError
        If a column is missing.
    ContractError
        If the rule does not return one value per row.

    Notes
    -----
    Comparing null with a number gives False, so a flight that never arrived would count as on time. Therefore the rule
    receives only rows with values; all others stay null. Labels are ``boolean``, ``Int64``, ``float64`` or ``str``,
    all of which can be null. A rule must treat each row independently.

    Examples
    --------
    >>> flights = pd.DataFrame({"arr_delay": [20.0, 3.0, None]})
    >>> NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15).labels(flights).tolist()
    [True, False, <NA>]
    """

    runs_user_code: ClassVar[bool] = True
    from_column: str | tuple[str, ...] | list[str] | None = None
    rule: Callable[..., Any] | None = None

    @property
    def rule_columns(self) -> tuple[str, ...]:
        """Columns the rule reads."""
        if self.from_column is None:
            return (self.column,)
        return (self.from_column,) if isinstance(self.from_column, str) else tuple(self.from_column)

    def withholds(self) -> tuple[str, ...]:
        """Columns read by the rule, which must never be features."""
        return tuple(name for name in self.rule_columns if name != self.column)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns the rule reads."""
        return self.rule_columns

    def label(self, frame: pd.DataFrame, /) -> pd.Series:
        """Return the label of each row, null if it is not known."""
        remedy = "correct from_column=, or create the column with a Derive step first"
        require_columns(frame.columns, self.rule_columns, self._who, remedy)
        read = frame[list(self.rule_columns)]
        known = read.notna().all(axis=1).to_numpy()
        values = self._answers(read[known])
        labels = nulls(label_dtype(values), frame.index)
        labels[known] = values.astype(labels.dtype).array
        return labels

    @property
    def _who(self) -> str:
        """The step and what it labels, for messages."""
        return f"{self.name or type(self).__name__}({self.column!r})"

    def _answers(self, known: pd.DataFrame) -> pd.Series:
        """Apply the rule to rows in which all columns it reads are known."""
        given = known[self.rule_columns[0]] if len(self.rule_columns) == 1 else known
        if self.rule is None:
            return known[self.rule_columns[0]]
        try:
            answers = self.rule(given.copy(deep=False))
        except Exception as error:
            error.add_note(f"while the rule of {self._who} read {', '.join(self.rule_columns)}")
            raise
        if isinstance(answers, pd.Series) and answers.index.equals(known.index):
            return answers
        if isinstance(answers, (np.ndarray, pd.api.extensions.ExtensionArray)) and np.shape(answers) == (len(known),):
            return pd.Series(answers, index=known.index)
        shape = f" of shape {np.shape(answers)}" if np.ndim(answers) else ""
        raise ContractError(
            f"the rule of {self._who} returned {type(answers).__name__}{shape} for {len(known):,} rows",
            "return one value for each row it receives: a Series made from its input, or an array",
        )
