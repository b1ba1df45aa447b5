"""Promises of steps that change or predict rows: the rows stay, and each is treated alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlsys.leakage.row_check import row_local_finding
from mlsys.steps import History, Label, RowTransform, Select, Transform
from mlsys.steps.questions import cross_fits, sees_history
from mlsys.testing.comparing import as_frame, difference
from mlsys.testing.trial import NotAssessed, Trial, Unsure
from mlsys.values import with_columns

NEVER_SEEN = "never seen before"
"""A level that no data set has."""


def keeps_rows(trial: Trial) -> None:
    """Each input row gives one output row, in the same order and with the same index."""
    for frame in (trial.inputs, trial.inputs.iloc[:1]):
        trial.apply(frame.set_axis([f"row {number}" for number in range(len(frame))], axis=0))
    if cross_fits(trial.step):
        rows = trial.rows("apply_cross_fitted", trial.frame)
        crossed = trial.step.apply_cross_fitted(rows, trial.learned.fold_states)
        assert len(crossed) == len(rows) and crossed.index.equals(rows.index), "apply_cross_fitted() lost rows"
        others = trial.apply(trial.frame)
        assert list(crossed.columns) == list(others.columns), (
            f"training rows get the columns {list(crossed.columns)}, other rows {list(others.columns)}"
        )


def row_local(trial: Trial) -> None:
    """A row alone gets the same result as among others (relative tolerance 1e-9)."""
    inputs = trial.inputs
    whole = trial.apply(inputs)
    finding = row_local_finding(trial.apply, inputs, whole, list(whole.columns), trial.step.title)
    assert finding is None, finding.message if finding else ""


def row_order(trial: Trial) -> None:
    """Rows get the same result in another order, or as a subset."""
    inputs = trial.inputs
    whole = trial.apply(inputs)
    shuffled = np.random.default_rng(trial.seed).permutation(len(inputs))
    for places, which in ((shuffled, "in another order"), (shuffled[::3], "among a third of the rows")):
        what = difference(whole.iloc[places], trial.apply(inputs.iloc[places]))
        assert not what, f"{which}, rows get a different result: {what}"


def reads_as_declared(trial: Trial) -> None:
    """With only the columns it declares to read, a step gives the same result."""
    step = trial.step
    there = trial.features if step.facts.fits_on == "train" else tuple(map(str, trial.frame.columns))
    declared = step.columns_read(there)
    if declared is None:
        raise NotAssessed("columns_read() is not implemented, so the pipeline detects the columns")
    missing = [name for name in declared if name not in trial.frame.columns]
    assert not missing, f"columns_read() names {missing[0]!r}, which is not a column"
    needed = [*declared, *step.key_columns] if sees_history(step) else list(declared)
    whole = as_frame(trial.outcome())
    with trial.only(needed) as narrow:
        try:
            answer = as_frame(narrow.outcome())
        except Exception as error:
            raise AssertionError(
                f"it says that it reads {', '.join(map(repr, declared)) or 'nothing'}, and fails on these alone "
                f"({type(error).__name__}: {str(error).splitlines()[0]})"
            ) from error
    written = _written(trial.frame, whole)
    kept = [name for name in whole if name in answer.columns]
    lost = [name for name in written if name not in answer.columns]
    assert not lost, f"with only the columns it declares to read, it does not make {lost[0]!r}"
    what = difference(whole[kept], answer[kept], relative=0.0)
    assert not what, f"with only the columns it declares to read, it gives a different result: {what}"


def unseen_values(trial: Trial) -> None:
    """Levels and nulls absent from the training rows do not stop a step."""
    inputs = trial.inputs
    columns = [name for name in inputs if name in trial.features]
    texts = [name for name in columns if _is_text(inputs[name])]
    with_nulls = [name for name in columns if inputs[name].isna().any()]
    others = [name for name in columns if name not in with_nulls and not _is_whole(inputs[name])]
    if not texts and not with_nulls and not others:
        raise NotAssessed("no feature can be null or hold an unseen level")
    _try(
        trial,
        with_columns(inputs, {name: _unseen(inputs[name]) for name in texts}),
        texts,
        "levels it never saw in",
        True,
    )
    _try(trial, _nulled(inputs, with_nulls), with_nulls, "only nulls in", True)
    _try(trial, _nulled(inputs, others), others, "only nulls (which the data has none of) in", False)


def predictions(trial: Trial) -> None:
    """Predictions are a column ``prediction`` and, for classes, probabilities that sum to 1."""
    made = trial.apply(trial.inputs)
    assert "prediction" in made.columns, f"there is no column 'prediction' among {list(made.columns)}"
    if trial.step.facts.acts_on == "predictions":
        lost = [name for name in trial.inputs if name not in made.columns]
        assert not lost, f"the column {lost[0]!r} is gone"
    shares = [name for name in made if str(name).startswith("probability_")]
    if not shares:
        return
    values = made[shares].to_numpy(dtype=np.float64)
    assert np.isfinite(values).all(), "a probability is null or infinite"
    assert values.min() >= 0 and values.max() <= 1, f"a probability is {values.min():g} or {values.max():g}"
    worst = int(np.abs(values.sum(axis=1) - 1).argmax())
    total = values[worst].sum()
    assert abs(total - 1) <= 1e-6, f"the probabilities of row {made.index[worst]} sum to {total:g}"


READERS = (RowTransform, History, Label, Select, Transform)
"""Kinds whose declared reads can be tried by leaving other columns out."""


def _written(before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    return [str(name) for name in after if name not in before.columns]


def _is_text(column: pd.Series) -> bool:
    return isinstance(column.dtype, (pd.StringDtype, pd.CategoricalDtype)) or column.dtype == object


def _is_whole(column: pd.Series) -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iub"


def _unseen(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = pd.Index([*column.cat.categories, NEVER_SEEN])
        return pd.Series(pd.Categorical([NEVER_SEEN] * len(column), categories=levels), index=column.index)
    return pd.Series(NEVER_SEEN, index=column.index, dtype=column.dtype)


def _nulled(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return with_columns(frame, {name: frame[name].where(np.zeros(len(frame), dtype=bool)) for name in columns})


def _try(trial: Trial, frame: pd.DataFrame, columns: Sequence[str], what: str, certain: bool) -> None:
    if not columns:
        return
    learned = trial.learned
    try:
        trial.apply(trial.inputs, learned.state)
    except Exception as error:
        raise NotAssessed("it fails on the rows as they are") from error
    try:
        trial.apply(frame, learned.state)
    except Exception as error:
        named = ", ".join(map(repr, columns[:5]))
        message = f"rows with {what} {named} stop it ({type(error).__name__}: {str(error).splitlines()[0]})"
        raise AssertionError(message) if certain else Unsure(message) from error
