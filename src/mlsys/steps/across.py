"""Models that several workers learn together: when, and how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlsys.steps.capabilities import LearnsAcross
from mlsys.tables import Keeps

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from mlsys.dataset import Rows
    from mlsys.steps.base import Step
    from mlsys.tables import Table


def workers_that_learn(step: Step, train: Table, wrap: Callable[[pd.DataFrame], Rows]) -> int:
    """Return how many workers learn a model together; 0 where it is learned in this process.

    They do where rows come in partitions, the engine has workers, and the model is one that can be learned so.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys import Impute
    >>> from mlsys.engines import LocalEngine
    >>> workers_that_learn(Impute(), LocalEngine().hold(None, pd.DataFrame({"x": [1]})), lambda frame: frame)
    0
    """
    if train.in_memory or not isinstance(step, LearnsAcross) or not isinstance(train.engine, Keeps):
        return 0
    return 0 if step.not_across(wrap(train.head(0))) else train.engine.workers


def why_here(step: Step, train: Table, wrap: Callable[[pd.DataFrame], Rows]) -> str:
    """Return why the workers of an engine that has such do not learn a model, though they might; else empty."""
    if train.in_memory or not isinstance(step, LearnsAcross) or not isinstance(train.engine, Keeps):
        return ""
    return step.not_across(wrap(train.head(0)))
