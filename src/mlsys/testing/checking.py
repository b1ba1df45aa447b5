"""check_step: every promise of a step's kind, tried on data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mlsys.steps import (
    History,
    Label,
    Model,
    Postprocess,
    Report,
    Reshape,
    RowTransform,
    Select,
    Sink,
    Source,
    Split,
    Step,
    TrainOnly,
    Transform,
)
from mlsys.testing import any_kind, before_split, histories, learning, outside, serving
from mlsys.testing.outcomes import Check, CheckReport, StepCheckFailed
from mlsys.testing.trial import Data, Trial

Function = Callable[[Trial], None]

_EVERY_STEP: tuple[Function, ...] = (
    any_kind.configuration,
    any_kind.travels,
    any_kind.deterministic,
    any_kind.input_unchanged,
    any_kind.learns_nothing_aside,
)
_ROW_BY_ROW: tuple[Function, ...] = (serving.keeps_rows, serving.row_local, serving.row_order)
_STATE: tuple[Function, ...] = (learning.state_reloads, learning.state_unchanged)
_OF_KIND: dict[type[Step], tuple[Function, ...]] = {
    Source: (outside.source_rows, outside.source_pieces),
    RowTransform: (*_ROW_BY_ROW, serving.reads_as_declared, serving.unseen_values),
    History: (
        serving.keeps_rows,
        histories.history_before,
        histories.history_alone,
        histories.absorbs_in_blocks,
        histories.history_served,
        serving.reads_as_declared,
    ),
    Reshape: (before_split.reshaped_rows,),
    Select: (before_split.returns_mask, serving.reads_as_declared),
    Label: (*_ROW_BY_ROW, before_split.unknown_stays_unknown, serving.reads_as_declared),
    Split: (before_split.names_parts, before_split.keys_decide, before_split.folds_cover),
    Transform: (
        *_ROW_BY_ROW,
        *_STATE,
        learning.partition_invariant,
        learning.cross_fitted,
        serving.reads_as_declared,
        serving.unseen_values,
    ),
    TrainOnly: (learning.changed_rows_have_ids,),
    Model: (*_ROW_BY_ROW, *_STATE, serving.predictions),
    Postprocess: (*_ROW_BY_ROW, *_STATE, serving.predictions),
    Report: (outside.returns_result,),
    Sink: (outside.writes_atomically,),
}


def checks(step: Step) -> list[Check]:
    """Return the named checks of a step's kind, each a function of the data.

    Parameters
    ----------
    step : Step
        Any step.

    Returns
    -------
    list of Check
        Call one with a frame and roles by name; it raises StepCheckFailed when the promise is broken.

    Examples
    --------
    In a test-suite, one test a promise::

        @pytest.mark.parametrize("check", checks(Clip(["price"])), ids=str)
        def test_clip(check, orders):
            check(orders)

    >>> from mlsys.features import CyclicEncode
    >>> [check.name for check in checks(CyclicEncode({"hour": 24}))][:3]
    ['configuration', 'travels', 'deterministic']
    """
    own = next((functions for kind, functions in _OF_KIND.items() if isinstance(step, kind)), ())
    return [
        Check(function.__name__, (function.__doc__ or "").splitlines()[0], step, function)
        for function in (*_EVERY_STEP, *own)
    ]


def check_step(
    step: Step,
    data: Data = None,
    /,
    *,
    features: Sequence[str] | None = None,
    seed: int = 0,
    raise_on_failure: bool = True,
    **roles: Any,
) -> CheckReport:
    """Try everything that the kind of a step promises.

    Parameters
    ----------
    step : Step
        The step, configured for the data.
    data : DataFrame or dict of str to DataFrame
        Rows the step is made for: with prediction columns for a Postprocess, by part for a Report or Sink that wants
        parts of its own; nothing for a Source. A few hundred rows with nulls and text are most informative.
    features : list of str, optional
        Columns a model may use; all but roles when not given.
    seed : int
        Root of the random numbers.
    raise_on_failure : bool
        Whether to raise an error for a broken promise; the report shows it in any case.
    **roles : str
        ``target=``, ``time=``, ``group=`` and the others, as on a Pipeline.

    Returns
    -------
    CheckReport
        How each check ended: passed, failed, warning, or not assessed.

    Raises
    ------
    StepCheckFailed
        An AssertionError that lists every broken promise.

    Notes
    -----
    The step learns and is applied some twenty times. Checks falsify; they do not prove.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys import Transform
    >>> class Center(Transform):
    ...     def learn(self, train):
    ...         return float(train["x"].mean())
    ...     def apply(self, frame, mean):
    ...         return frame.assign(x=frame["x"] - frame["x"].mean())
    >>> report = check_step(Center(), pd.DataFrame({"x": [1.0, 2.0, 6.0]}), raise_on_failure=False)
    >>> report.failed
    ('row_local', 'row_order')
    """
    found = checks(step)
    outcomes = []
    for check in found:  # a trial each, so that a check stands alone, as it does in a test-suite
        outcomes.append(check.outcome(Trial.of(step, data, features, seed, roles)))
    report = CheckReport(step, tuple(outcomes), {check.name: check.promise for check in found})
    if report.failed and raise_on_failure:
        broken = "".join(f"\n  - {each.check}: {each.message}" for each in outcomes if each.ending == "failed")
        error = StepCheckFailed(
            f"{step.title} ({step.kind}) breaks what its kind promises:{broken}",
            "correct the step; docs/own_step.html explains each check",
            report,
        )
        raise error from next(each.error for each in outcomes if each.ending == "failed")
    return report
