"""DirectionalTest: more of something must move predictions one way, or at least not the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

import numpy as np
import pandas as pd

from mlsys.evaluation.behaviour.behavioural_test import BehaviouralTest, Shown
from mlsys.evaluation.behaviour.changes import Change
from mlsys.evaluation.behaviour.raising import raised
from mlsys.evaluation.behaviour.rules import Rule


class DirectionalTest(BehaviouralTest):
    """Test whether predictions move the right way when a column is raised: more debt must not lower the risk.

    Parameters
    ----------
    column : str
        The column to raise, as it comes in a request: numbers, times, truth values (to true), ordered categories (to
        the next level).
    direction : {"up", "down", "not down", "not up"}
        Where the prediction must go. ``"up"`` and ``"down"`` require a move of every row; trees move in steps, so
        ``"not down"`` and ``"not up"`` suit them better.
    by : number, str or callable, optional
        How much to add: a number, a share (``"10%"``), a duration for times (``"7D"``, default one day), a number of
        levels (default 1), or a function from the column to the raised one. For numbers, the default is half the
        distance of the quartiles. A negative number lowers the column.
    tolerance : float
        For ``"up"`` and ``"down"``, the move that is required; for the others, the wrong move that does not count.
    most : float
        Share of rows that may move otherwise.
    slices : list of str or dict, optional
        As in ``Evaluate``; sensitive columns are always slices.
    event : str, number or bool, optional
        Class whose probability must move; by default that of the pipeline. Required with more than two classes.
    target : str, optional
        The one of several targets whose prediction is tested; required if there are several.
    most_rows : int
        Maximum number of rows to ask about, chosen by the hash of their id.

    Notes
    -----
    Rows whose value is null, or cannot be raised, are not counted. Verdict and intervals as in
    ``PerturbationTest``. A raised value may lie outside the range that the model has seen. Cost: two predictions of the
    rows.

    References
    ----------
    Ribeiro, M. T., Wu, T., Guestrin, C. and Singh, S. (2020). Beyond accuracy: behavioral testing of NLP models with
    CheckList. ACL, 4902-4912.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"debt": rng.gamma(2, 1, 500), "income": rng.normal(3, 1, 500)})
    >>> late = frame["debt"] - frame["income"] + rng.normal(size=500) > 0
    >>> model = LogisticRegression().fit(frame, late)
    >>> found = DirectionalTest("income", "down").check(model, frame)
    >>> found.verdict, found.unit
    ('pass', "probability of 'True'")
    """

    column: str
    direction: Literal["up", "down", "not down", "not up"]
    by: float | int | str | Callable[[pd.Series], Any] | None = None
    tolerance: float | int = 0.0
    called = "direction"

    def __post_init__(self) -> None:
        """Refuse steps that move nothing."""
        problems = []
        if isinstance(self.by, (int, float)) and (not np.isfinite(self.by) or self.by == 0):
            problems.append((f"by={self.by}", "give a number other than 0"))
        self._refuse(problems)

    @property
    def rule(self) -> Rule:
        """The prediction must go one way."""
        return Rule(self.direction, float(self.tolerance))

    def changes(self, shown: Shown, rng: np.random.Generator) -> Iterable[Change]:
        """Return the rows with more of the column."""
        return [raised(shown.frame, self.column, self.by, self.title)]
