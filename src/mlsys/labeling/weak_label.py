"""WeakLabel: a target from the votes of several imperfect rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from mlsys.errors import ConfigurationError
from mlsys.labeling._dtypes import class_series
from mlsys.labeling._labeling_function import LabelingFunction, as_labeling_function
from mlsys.labeling.rules import apply_labeling_functions, vote_places
from mlsys.steps import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


class WeakLabel(Label):
    """Label rows by a vote of labeling functions; rows without votes stay unknown.

    Parameters
    ----------
    column : str
        The column it writes.
    rules : list of LabelingFunction or callable
        Created with :func:`labeling_function`; a plain function receives the frame.
    classes : list
        All classes; by default those named by ``votes=`` of the rules.
    method : {"majority"}
        The class with the most votes wins.
    ties : {"abstain", "first"}
        How to resolve ties: unknown, or the class that comes first in ``classes``.
    known_at : str
        Time column, or delay, after which the label is known; if empty, it is known with the row.

    Raises
    ------
    ConfigurationError
        If two rules have the same name, a rule votes for no class, or the classes are unknown.
    DataError
        If a rule votes for something that is not among the classes; the message names it.

    Notes
    -----
    All votes count equally, so rules that copy each other outvote the rest: see ``rule_report``. The columns that the
    rules read stay features; a model trained on them may merely learn the rules. Cost: rules x rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys.labeling import labeling_function
    >>> @labeling_function(on="wind", votes=True)
    ... def storm(wind):
    ...     return wind > 40
    >>> @labeling_function(on="wind", votes=False)
    ... def calm(wind):
    ...     return wind < 10
    >>> WeakLabel("late", [storm, calm]).labels(pd.DataFrame({"wind": [50, 5, 20]})).tolist()
    [True, False, <NA>]
    """

    runs_user_code: ClassVar[bool] = True
    of_votes: ClassVar[bool] = True
    rules: tuple[Any, ...] | list[Any]
    classes: tuple[Any, ...] | list[Any] = ()
    method: Literal["majority"] = "majority"
    ties: Literal["abstain", "first"] = "abstain"

    def __post_init__(self) -> None:
        """Check the rules against each other and against the classes."""
        wrong = [repr(rule) for rule in self.rules if not callable(rule)]
        if wrong or not self.rules:
            raise ConfigurationError(
                f"WeakLabel({self.column!r}) has "
                + (f"a rule that is not a function: {wrong[0]}" if wrong else "no rules"),
                "give functions, best made with @labeling_function(on=..., votes=...)",
            )
        names = [function.name for function in self.functions]
        problems = [f"two rules are named {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
        if not self.classes and any(function.votes is None for function in self.functions):
            problems.append("classes= is not given, and not every rule says what it votes for")
        problems += [
            f"the rule {function.name!r} votes for {function.votes!r}, which is not among classes={list(self.classes)}"
            for function in self.functions
            if self.classes and function.votes is not None and function.votes not in self.classes
        ]
        if problems:
            raise ConfigurationError(
                f"WeakLabel({self.column!r}): {'; '.join(problems)}",
                "give every rule its own name and votes= among the classes, and give classes= if votes= is left out",
            )

    @property
    def functions(self) -> tuple[LabelingFunction, ...]:
        """The rules as labeling functions."""
        return tuple(as_labeling_function(rule) for rule in self.rules)

    @property
    def class_values(self) -> tuple[Any, ...]:
        """All classes; by default those that the rules vote for."""
        voted = dict.fromkeys(function.votes for function in self.functions if function.votes is not None)
        return tuple(self.classes) or tuple(sorted(voted, key=str))

    @property
    def rule_columns(self) -> tuple[str, ...]:
        """Columns that the rules declare to read; a rule without ``on=`` declares none."""
        return tuple(dict.fromkeys(name for function in self.functions for name in function.columns))

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns the rules declare to read, or all columns if a rule declares none."""
        silent = any(function.on is None for function in self.functions)
        return tuple(columns) if silent else self.rule_columns

    def votes(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the vote of each rule on each row, null if it abstains."""
        return apply_labeling_functions(self.rules, frame)

    def label(self, frame: pd.DataFrame, /) -> pd.Series:
        """Return the class with the most votes; null without votes or without a winner."""
        places = vote_places(self.votes(frame), self.class_values)
        counts = np.column_stack([(places == place).sum(axis=1) for place in range(len(self.class_values))])
        most = counts.max(axis=1)
        winner = np.where(most > 0, counts.argmax(axis=1), -1)
        if self.ties == "abstain":
            winner[(counts == most[:, None]).sum(axis=1) > 1] = -1
        return class_series(winner, self.class_values, frame.index, f"WeakLabel({self.column!r})")
