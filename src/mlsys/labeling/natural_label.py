"""NaturalLabel: a target that becomes known later."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  read when the class is made
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.dataset import asking, duration_of, require_columns
from mlsys.errors import ConfigurationError, ContractError
from mlsys.labeling._dtypes import label_dtype, nulls
from mlsys.labeling._feedback import feedback_loop
from mlsys.labeling._waited import Waited
from mlsys.steps import Field, Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlsys.steps import Result


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
        Time column, or delay after the row's time, at which the label is known; if empty, it is known with the row, or,
        where there is a ``window``, once this has passed. Such a column is itself known only then, and so no feature,
        unless ``known_at=`` of the Pipeline or a source says when it is known.
    event_at : str, optional
        In place of a rule: column of the moment at which what is waited for happened, null if it has not.
    since : str, optional
        With ``event_at``: column of the moment from which it is waited for, usually the row's time.
    window : str, optional
        With ``event_at``: how long it is waited for, such as ``"42D"``. What happens within it makes a row positive; a
        row whose window has passed without it is negative.
    until : str or Timestamp, optional
        With ``event_at``: when the data was drawn, or a column that says so. Rows whose window had not passed by then
        are not yet known, also those of which it had happened.

    Raises
    ------
    DataError
        If a column is missing, or something happened before it was waited for.
    ConfigurationError
        If a window is given without its moments.
    ContractError
        If the rule does not return one value per row.

    Notes
    -----
    Comparing null with a number gives False, so a flight that never arrived would count as on time. Therefore the rule
    receives only rows with values; all others stay null. Labels are ``boolean``, ``Int64``, ``float64`` or ``str``,
    all of which can be null. A rule must treat each row independently.

    With a window, a positive is known when it happens and a negative only once the window has passed. Quick positives
    beside no negatives of the same days would make positives look frequent, in training and in the rows that judge, so
    both count as known when the window has passed. How long that must be, and what a shorter window would miss, is
    said by :meth:`feedback_loop`.

    Examples
    --------
    >>> flights = pd.DataFrame({"arr_delay": [20.0, 3.0, None]})
    >>> NaturalLabel("late", from_column="arr_delay", rule=lambda minutes: minutes > 15).labels(flights).tolist()
    [True, False, <NA>]
    >>> parcels = pd.DataFrame({"sent": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-03-01", "2024-03-02"]),
    ...                         "back": pd.to_datetime(["2024-01-09", None, "2024-03-05", None])})
    >>> returned = NaturalLabel("returned", event_at="back", since="sent", window="42D", until="2024-03-15")
    >>> returned.labels(parcels).tolist()
    [True, False, <NA>, <NA>]
    """

    runs_user_code: ClassVar[bool] = True
    from_column: str | tuple[str, ...] | list[str] | None = None
    rule: Callable[..., Any] | None = None
    event_at: str | None = Field(default=None, kw_only=True)
    since: str | None = Field(default=None, kw_only=True)
    window: str | pd.Timedelta | None = Field(default=None, kw_only=True)
    until: str | pd.Timestamp | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse half a window, and a rule beside one."""
        given = {name: getattr(self, name) is not None for name in ("event_at", "since", "window", "until")}
        if any(given.values()) and not all(given.values()):
            missing = [f"{name}=" for name, there in given.items() if not there]
            raise ConfigurationError(
                f"{self._who} waits for something, but got no {' and '.join(missing)}",
                'give all four: event_at="came_back", since="sent", window="42D", until="2024-10-01"',
            )
        if self._waits and (self.rule is not None or self.from_column is not None):
            raise ConfigurationError(f"{self._who} got a rule beside event_at=", "give one of them")
        if self._waits and duration_of(self._window, f"{self._who}: window") <= pd.Timedelta(0):
            raise ConfigurationError(f"{self._who}: window={self.window!r}", "give a positive duration")

    @property
    def _waits(self) -> bool:
        return self.event_at is not None

    @property
    def _window(self) -> str | pd.Timedelta:
        assert self.window is not None
        return self.window

    @property
    def known_from(self) -> str:
        """Time column, or delay after the row's time, at which the label is known."""
        return self.known_at or (str(self.window) if self._waits else "")

    @property
    def rule_columns(self) -> tuple[str, ...]:
        """Columns the rule reads."""
        if self.event_at is not None:
            return (self.event_at,)
        if self.from_column is None:
            return (self.column,)
        return (self.from_column,) if isinstance(self.from_column, str) else tuple(self.from_column)

    def withholds(self) -> tuple[str, ...]:
        """Columns read by the rule, which must never be features."""
        return tuple(name for name in self.rule_columns if name != self.column)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns the rule reads."""
        until = [self.until] if isinstance(self.until, str) and self.until in columns else []
        return (*self.rule_columns, *([self.since] if self.since else []), *until)

    def label(self, frame: pd.DataFrame, /) -> pd.Series:
        """Return the label of each row, null if it is not known."""
        if self._waits:
            return self._waited(frame).labels()
        remedy = "correct from_column=, or create the column with a Derive step first"
        require_columns(frame.columns, self.rule_columns, self._who, remedy)
        read = frame[list(self.rule_columns)]
        known = read.notna().all(axis=1).to_numpy()
        values = self._answers(read[known])
        labels = nulls(label_dtype(values), frame.index)
        labels[known] = values.astype(labels.dtype).array
        return labels

    def feedback_loop(self, data: pd.DataFrame, /) -> Result:
        """Return how long it takes until labels are known, and what shorter windows would miss.

        Parameters
        ----------
        data : DataFrame
            Rows with the columns that the label reads.

        Returns
        -------
        Result
            ``table``: for windows up to the label's, the share of rows that are positive by then (Kaplan and Meier
            1958, with Greenwood's 95 % interval on the log-log scale), the share of all positives that is, and the bias
            of a label with that window. Rows that were not observed so long count as long as they were. ``plot()``
            draws it.
        """
        if not self._waits:
            raise ConfigurationError(
                f"{self._who} does not say when what it waits for happens",
                "write the label with event_at=, since=, window= and until=",
            )
        return feedback_loop(self._waited(data), self.column)

    def _waited(self, frame: pd.DataFrame) -> Waited:
        assert self.event_at is not None and self.since is not None and self.until is not None
        remedy = "correct event_at=, since= or until="
        require_columns(frame.columns, [self.event_at, self.since], self._who, remedy)
        return Waited.of(frame, self.event_at, self.since, duration_of(self._window, "window"), self.until, self._who)

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
            with asking(given, f"the rule of {self._who}"):
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
