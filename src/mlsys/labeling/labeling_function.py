"""LabelingFunction: a rule that votes for a class where it has an opinion, and abstains elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class LabelingFunction:
    """A function of columns that votes; made by :func:`labeling_function`, and callable as before.

    Parameters
    ----------
    function : callable
        From a Series, or a frame, to one answer a row: True to vote for ``votes``, or the class itself; False or
        null to abstain.
    name : str
        For tables and messages.
    on : str or tuple of str, optional
        Columns it sees: one as a Series, several as a frame, the whole frame when not given.
    votes : object, optional
        The class it votes for where it says True.

    Notes
    -----
    It must treat each row alone, and sees all rows, also those with nulls.

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

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Call the function as it was written."""
        return self.function(*given, **named)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns it is shown; empty for the whole frame."""
        return (self.on,) if isinstance(self.on, str) else tuple(self.on or ())

    def vote(self, frame: pd.DataFrame) -> pd.Series:
        """Return the class each row is voted for, as objects, ``None`` where it abstains."""
        answers = self._answers(frame)
        if pd.api.types.is_bool_dtype(answers.dtype):
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
        remedy = "correct on=, or make the column with Derive before"
        require_columns(frame.columns, self.columns, f"labeling function {self.name!r}", remedy)
        shown = frame if self.on is None else frame[self.on] if isinstance(self.on, str) else frame[list(self.on)]
        try:
            answers = self.function(shown.copy(deep=False))
        except Exception as error:
            error.add_note(f"while the labeling function {self.name!r} read {', '.join(self.columns) or 'the frame'}")
            raise
        if isinstance(answers, np.ndarray) and answers.shape == (len(frame),):
            return pd.Series(answers, index=frame.index).infer_objects()
        if not isinstance(answers, pd.Series) or not answers.index.equals(frame.index):
            raise ContractError(
                f"labeling function {self.name!r} returned {type(answers).__name__}, not a Series with one "
                "answer a row",
                "return a Series made from what it is shown, True or a class where it votes, False or null elsewhere",
            )
        return answers.infer_objects()


def labeling_function(
    on: str | Sequence[str] | Callable[..., Any] | None = None, votes: Any = None, name: str | None = None
) -> Any:
    """Make a labeling function out of a function; a decorator.

    Parameters
    ----------
    on : str or list of str, optional
        What the function is shown: one column as a Series, several as a frame, or the whole frame.
    votes : object, optional
        The class it votes for where it returns True; without it the function returns the class of each row.
    name : str, optional
        The function's own name when not given.

    Returns
    -------
    LabelingFunction
        Or a decorator that makes one.

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
        return LabelingFunction(function, name or _name(function), shown, votes)

    return make


def as_labeling_function(rule: Any) -> LabelingFunction:
    """Return a labeling function for one, or for a plain function of the whole frame."""
    return rule if isinstance(rule, LabelingFunction) else LabelingFunction(rule, _name(rule))


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _filled(spoken: np.ndarray[Any, np.dtype[np.bool_]], votes: Any) -> list[Any]:
    return [votes if each else None for each in spoken.tolist()]
