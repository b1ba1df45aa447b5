"""LabelingFunction: a rule that votes for a class where it has an opinion, and abstains elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import asking, require_columns
from mlsys.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class LabelingFunction:
    """Function of columns that votes for a class; created by :func:`labeling_function`, and still callable.

    Parameters
    ----------
    function : callable
        Takes a Series or a frame and returns one value per row: True to vote for ``votes``, or the class itself; False
        or null to abstain.
    name : str
        For tables and messages.
    on : str or tuple of str, optional
        Columns it receives: one as a Series, several as a frame; by default the whole frame.
    votes : object, optional
        The class it votes for when it returns True.
    rows : bool
        Whether the function receives one row at a time: the value of a single column, else a mapping of columns to
        values. Far slower than a function of columns; :func:`~mlsys.labeling.cast_votes` says what it costs.

    Notes
    -----
    It must treat each row independently, and receives all rows, including those with nulls.

    Examples
    --------
    >>> storm = LabelingFunction(lambda wind: wind > 40, "storm", on="wind_speed", votes=True)
    >>> storm.vote(pd.DataFrame({"wind_speed": [50.0, 10.0, None]})).tolist()
    [True, None, None]
    """

    function: Callable[..., Any]
    name: str
    on: str | tuple[str, ...] | list[str] | None = None
    votes: Any = None
    rows: bool = False

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call the function as it was written."""
        return self.function(*given, **named)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it receives; empty for the whole frame."""
        return (self.on,) if isinstance(self.on, str) else tuple(self.on or ())

    def vote(self, frame: pd.DataFrame) -> pd.Series:
        """Return the class voted for in each row, as objects; ``None`` if it abstains."""
        answers = self._answers(frame)
        if pd.api.types.is_bool_dtype(answers.dtype) and not getattr(self.function, "answers_classes", False):
            votes = True if self.votes is None else self.votes
            spoken = answers.fillna(False).to_numpy(dtype=bool)
            return pd.Series(_filled(spoken, votes), index=frame.index, dtype=object)
        if self.votes is not None:
            raise ContractError(
                f"labeling function {self.name!r} votes for {self.votes!r}, but returned {answers.dtype}, "
                "not True or False",
                "return a boolean Series, or leave votes= out and return the class of each row",
            )
        return answers.astype(object).where(answers.notna(), None)

    def _answers(self, frame: pd.DataFrame) -> pd.Series:
        remedy = "correct on=, or create the column with a Derive step first"
        require_columns(frame.columns, self.columns, f"labeling function {self.name!r}", remedy)
        shown = frame if self.on is None else frame[self.on] if isinstance(self.on, str) else frame[list(self.on)]
        try:
            with asking(shown, f"labeling function {self.name!r}"):
                answers = self._row_by_row(shown) if self.rows else self.function(shown.copy(deep=False))
        except Exception as error:
            error.add_note(f"while the labeling function {self.name!r} read {', '.join(self.columns) or 'the frame'}")
            raise
        if isinstance(answers, np.ndarray) and answers.shape == (len(frame),):
            return pd.Series(answers, index=frame.index).infer_objects()
        if not isinstance(answers, pd.Series) or not answers.index.equals(frame.index):
            raise ContractError(
                f"labeling function {self.name!r} returned {type(answers).__name__}, not a Series with one "
                "answer a row",
                "return a Series made from its input, with True or a class where it votes and False or null elsewhere",
            )
        return answers.infer_objects()

    def _row_by_row(self, shown: pd.Series | pd.DataFrame) -> pd.Series:
        """Return the answer for each row alone."""
        values = shown.tolist() if isinstance(shown, pd.Series) else shown.to_dict("records")
        return pd.Series([self.function(value) for value in values], index=shown.index, dtype=object)


def labeling_function(
    on: str | Sequence[str] | Callable[..., Any] | None = None,
    votes: Any = None,
    name: str | None = None,
    rows: bool = False,
) -> Any:
    """Turn a function into a labeling function; use it as a decorator.

    Parameters
    ----------
    on : str or list of str, optional
        Columns the function receives: one as a Series, several as a frame; by default the whole frame.
    votes : object, optional
        The class it votes for when it returns True; if not given, the function returns the class of each row.
    name : str, optional
        By default the name of the function.
    rows : bool
        Whether the function receives one row at a time: the value of a single column, else a mapping.

    Returns
    -------
    LabelingFunction
        Or a decorator that creates one.

    Examples
    --------
    >>> @labeling_function(on="text", votes="spam")
    ... def prize(text):
    ...     return text.str.contains("prize|winner")
    >>> prize.vote(pd.DataFrame({"text": ["you are a winner", "see you at six"]})).tolist()
    ['spam', None]
    """
    if callable(on):
        return LabelingFunction(on, name or _name(on))
    shown = on if on is None or isinstance(on, str) else tuple(on)

    def make(function: Callable[..., Any]) -> LabelingFunction:
        return LabelingFunction(function, name or _name(function), shown, votes, rows)

    return make


def as_labeling_function(rule: Any) -> LabelingFunction:
    """Return a labeling function for one, or for a plain function of the whole frame."""
    return rule if isinstance(rule, LabelingFunction) else LabelingFunction(rule, _name(rule))


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _filled(spoken: np.ndarray[Any, np.dtype[np.bool_]], votes: Any) -> list[Any]:
    return [votes if each else None for each in spoken.tolist()]
