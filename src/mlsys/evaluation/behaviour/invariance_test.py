"""InvarianceTest: another value in a column must not move predictions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mlsys.evaluation.behaviour.behavioural_test import BehaviouralTest, Shown
from mlsys.evaluation.behaviour.changes import Change
from mlsys.evaluation.behaviour.rules import Rule
from mlsys.evaluation.behaviour.swapping import swaps


class InvarianceTest(BehaviouralTest):
    """Test whether predictions stay when a column has another value: the same applicant, but of another sex.

    Parameters
    ----------
    column : str
        The column to change, as it comes in a request.
    values : dict or list, optional
        A mapping replaces values all at once: ``{"male": "female", "female": "male"}``; a list moves all rows to each
        of its values. By default rows move to each level (the ten most frequent), or to five quantiles of
        numbers and times.
    words : bool
        Whether a mapping replaces words inside texts rather than whole values.
    tolerance : float, optional
        As in ``PerturbationTest``.
    most : float
        Share of rows that may move more.
    slices : list of str or dict, optional
        As in ``Evaluate``; sensitive columns are always slices.
    event : str, number or bool, optional
        Class whose probability is read; by default that of the pipeline, with more than two classes all of them.
    target : str, optional
        The one of several targets whose prediction is tested; required if there are several.
    most_rows : int
        Maximum number of rows to ask about, chosen by the hash of their id.

    Notes
    -----
    Only rows whose value becomes another are counted. Verdict and intervals as in ``PerturbationTest``. A model that
    does not read the column passes, but it can know the value from other columns: compare slices of the
    evaluation too. What a request brings beside the column (``at_serving="input"``) is not looked up again.
    Cost: one prediction of the rows for each value.

    References
    ----------
    Ribeiro, M. T., Wu, T., Guestrin, C. and Singh, S. (2020). Beyond accuracy: behavioral testing of NLP models with
    CheckList. ACL, 4902-4912.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> frame = pd.DataFrame({"region": [0, 1] * 100, "income": list(range(200))})
    >>> model = DecisionTreeRegressor().fit(frame, frame["income"])
    >>> InvarianceTest("region").check(model, frame).verdict
    'pass'
    """

    column: str
    values: dict[Any, Any] | tuple[Any, ...] | list[Any] | None = None
    words: bool = False
    tolerance: float | int | None = None
    called = "invariance"

    def __post_init__(self) -> None:
        """Refuse values that swap nothing."""
        problems = []
        if self.values is not None and not len(self.values):
            problems.append(("values= is empty", "leave values= out, or give other values"))
        if self.words and not isinstance(self.values, dict):
            problems.append(("words=True without a mapping", 'give one, such as values={"Mary": "Aisha"}'))
        self._refuse(problems)

    @property
    def rule(self) -> Rule:
        """The prediction must stay."""
        return Rule(tolerance=self.tolerance)

    def changes(self, shown: Shown, rng: np.random.Generator) -> Iterable[Change]:
        """Return the rows with other values."""
        return swaps(shown.frame, self.column, self.values, self.words, self.title)
