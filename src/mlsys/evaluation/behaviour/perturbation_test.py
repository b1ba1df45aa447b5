"""PerturbationTest: noise, nulls and typing errors must not move predictions much."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np

from mlsys.evaluation.behaviour.behavioural_test import BehaviouralTest, Shown
from mlsys.evaluation.behaviour.changes import Change, as_names, column_of
from mlsys.evaluation.behaviour.rules import Rule
from mlsys.values import mistyped, noisy, nulled, takes_damage

_SIZES = {"noise": 0.05, "typos": 1}
"""Noise as a share of the standard deviation; typing errors in each text."""


class PerturbationTest(BehaviouralTest):
    """Test whether small damage to values moves predictions: noise in numbers, nulls, typing errors in texts.

    Each column is damaged alone, in all rows, as it comes in a request; the whole served pipeline then predicts, with
    joins, derived columns, imputation and encoders. Columns that a ``History`` made of earlier rows are changed only by
    their own name.

    Parameters
    ----------
    change : {"noise", "nulls", "typos"}
        ``"noise"`` adds normal noise to numbers, within their range; whole numbers stay whole. ``"nulls"`` removes the
        value. ``"typos"`` swaps, drops, doubles or mistypes letters of texts and categories.
    columns : list of str or str, optional
        By default all columns that the model reads, have no role, and can be changed in this way.
    size : float, optional
        Standard deviation of the noise as a share of the column's (default .05), or number of typing errors in
        each text (default 1).
    tolerance : float, optional
        Largest move of the prediction that does not count: by default .05 of a probability, or .05 standard deviations
        of the predicted numbers.
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
    Rows pass if the interval of their failing share (Wilson; with groups or weights, at the number of independent rows)
    is below ``most`` for every column, and fail if it is above for any; otherwise there is not enough data. The
    intervals hold simultaneously (Sidak). A model that raises for the changed rows fails. Cost:
    one prediction of the rows for each column.

    References
    ----------
    Ribeiro, M. T., Wu, T., Guestrin, C. and Singh, S. (2020). Beyond accuracy: behavioral testing of NLP models with
    CheckList. ACL, 4902-4912.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LinearRegression
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"area": rng.normal(80, 20, 400), "age": rng.normal(30, 9, 400)})
    >>> model = LinearRegression().fit(frame, 3 * frame["area"] + 0.2 * frame["age"])
    >>> found = PerturbationTest("noise", size=0.1).check(model, frame)
    >>> found.verdict, found.table[["change", "verdict"]].values.tolist()
    ('fail', [['area +noise', 'fail'], ['age +noise', 'pass']])
    """

    change: Literal["noise", "nulls", "typos"] = "noise"
    columns: tuple[str, ...] | list[str] | str | None = None
    size: float | int | None = None
    tolerance: float | int | None = None
    called = "perturbation"

    def __post_init__(self) -> None:
        """Refuse sizes that mean nothing."""
        problems = []
        if self.size is not None and self.change == "nulls":
            problems.append((f"size={self.size}", "leave size= out: a value is null or not"))
        elif self.size is not None and self.size <= 0:
            problems.append((f"size={self.size}", "give a size above 0"))
        elif self.change == "typos" and self.size is not None and self.size != int(self.size):
            problems.append((f"size={self.size}", "give a whole number of typing errors"))
        self._refuse(problems)

    @property
    def rule(self) -> Rule:
        """The prediction must stay."""
        return Rule(tolerance=self.tolerance)

    def changes(self, shown: Shown, rng: np.random.Generator) -> Iterable[Change]:
        """Return each column with damage."""
        frame, size = shown.frame, self.size or _SIZES.get(self.change, 0)
        named = as_names(self.columns)
        for name in named or [each for each in shown.usual if takes_damage(frame[each], self.change)]:
            column = column_of(frame, name, self.title)
            if self.change == "noise":
                yield Change(f"{name} +noise", name, noisy(column, size, rng))
            elif self.change == "nulls":
                yield Change(f"{name} null", name, nulled(column))
            else:
                yield Change(f"{name} mistyped", name, mistyped(column, int(size), rng))
