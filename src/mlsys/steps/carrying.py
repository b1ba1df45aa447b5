"""Which steps put rows of the data into a served model, and which rows."""

from __future__ import annotations

from typing import Any

from mlsys.steps.base import Step
from mlsys.steps.capabilities import LooksUp
from mlsys.steps.cloning import has_parameters
from mlsys.steps.forms import absorbs
from mlsys.steps.kinds import History

_KEEP_ROWS = frozenset(
    "NeighborsBase BaseLibSVM KNNImputer KernelRidge KernelPCA GaussianProcessRegressor GaussianProcessClassifier "
    "BaseLabelPropagation".split()
)
"""Classes of scikit-learn, parents included, whose fitted objects hold rows that they were trained on."""


def rows_carried(step: Step) -> str:
    """Return which rows a served model holds because of a step; empty where it holds none.

    Levels of categories, means, trees and coefficients are not rows.

    Examples
    --------
    >>> from mlsys import Train
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> rows_carried(Train(KNeighborsClassifier()))
    'training rows, which KNeighborsClassifier keeps'
    """
    if isinstance(step, History):
        key = " and ".join(step.key_columns)
        reach = f"the rows of {step.reach} before the latest decision" if step.reach else ""
        rows = f"up to {step.kept_rows} earlier rows of each {key}" if step.kept_rows or not reach else ""
        return " and ".join(filter(None, (reach, rows))) + (", and its state before them" if absorbs(step) else "")
    if isinstance(step, LooksUp):
        return "the rows of its table" if step.at_serving == "stored" else ""
    for value in step.configuration().values():
        keeper = _keeper(value)
        if keeper:
            return f"training rows, which {keeper} keeps"
    return ""


def _keeper(value: Any) -> str:
    """Return the class of an estimator, or of one inside it, that keeps rows."""
    if not has_parameters(value):
        return ""
    kinds = [type(each) for each in (value, *value.get_params(deep=True).values())]
    return next((kind.__name__ for kind in kinds if _KEEP_ROWS & {base.__name__ for base in kind.__mro__}), "")
