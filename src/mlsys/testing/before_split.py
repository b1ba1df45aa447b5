"""Promises of the steps before the split: masks, labels, parts and folds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsys.dataset import check_frame
from mlsys.steps import Label, Reshape, Select, Split
from mlsys.steps.answers import kept_rows
from mlsys.testing.comparing import difference
from mlsys.testing.trial import NotAssessed, Trial
from mlsys.values import with_columns

FOLDS = 4
_NOTHING = {"", "none", "nan", "null", "<na>", "nat"}
"""Part names that betray a null turned into text."""


def reshaped_rows(trial: Trial) -> None:
    """Reshaping returns a frame with rows and unique columns."""
    step = trial.step_of(Reshape)
    made = step.reshape(trial.rows("reshape", trial.frame))
    assert isinstance(made, pd.DataFrame), f"reshape() returned {type(made).__name__}, not a DataFrame"
    check_frame(pd.DataFrame(made).reset_index(drop=True), step.title)


def returns_mask(trial: Trial) -> None:
    """Selecting returns True or False for each row, optionally with a weight, and nothing else."""
    step, frame = trial.step_of(Select), trial.frame
    answer = step.keep(trial.shown("keep", frame), trial.rng())
    kept = kept_rows(step, frame, answer, "the weight")
    mask, weights = answer if isinstance(answer, tuple) else (answer, None)
    for given in (mask, weights):
        aligned = not isinstance(given, pd.Series) or given.index.equals(frame.index)
        assert aligned, "keep() returned a Series in a different order from the rows"
    assert len(kept), "keep() kept none of the rows"
    if weights is not None:
        values = kept["the weight"].to_numpy()
        assert np.isfinite(values).all() and values.min() > 0, "a kept row has a weight that is not above 0"


def unknown_stays_unknown(trial: Trial) -> None:
    """If the columns that a label is made of are null, the label is null."""
    step, frame = trial.step_of(Label), trial.frame
    named = {*step.withholds(), *(step.columns_read(tuple(frame.columns)) or ())}
    columns = [name for name in frame if name in named]
    if not columns:
        raise NotAssessed("the step neither withholds() columns nor declares what it reads")
    empty = with_columns(frame, {name: frame[name].where(np.zeros(len(frame), dtype=bool)) for name in columns})
    known = pd.concat([each.dropna() for each in trial.labels(empty).values()])
    assert known.empty, (
        f"row {known.index[0]} is labelled {known.iloc[0]}, though {', '.join(map(repr, columns))} is null; "
        "a comparison with null gives False, so label only rows that are not null"
    )


def names_parts(trial: Trial) -> None:
    """A split assigns each row to a named part, including ``train``, or to none with null."""
    step, frame = trial.step_of(Split), trial.frame
    keys = trial.keys(frame)
    assigned = step.assign(trial.shown("assign", keys))
    assert isinstance(assigned, pd.Series), f"assign() returned {type(assigned).__name__}, not a Series"
    assert assigned.index.equals(keys.index), "assign() returned an index different from that of the keys"
    names = assigned.dropna().unique().tolist()
    wrong = [name for name in names if not isinstance(name, str) or name.strip().lower() in _NOTHING]
    assert not wrong, f"{wrong[:1]!r} is not a part name; use text, and null for rows in no part"
    assert "train" in names, f"no row is in 'train' (parts: {', '.join(names) or 'none'})"


def keys_decide(trial: Trial) -> None:
    """The part of a row depends on the keys, not on the order of the rows."""
    step = trial.step_of(Split)
    keys = trial.keys(trial.frame)
    whole = pd.DataFrame({"part": step.assign(keys)})
    for places in (np.random.default_rng(trial.seed).permutation(len(keys)), np.arange(len(keys))[::-1]):
        other = pd.DataFrame({"part": step.assign(trial.shown("assign", keys.iloc[places]))})
        what = difference(whole.iloc[places], other)
        assert not what, f"with the rows in a different order, {what}; use ids, groups or times, never positions"


def folds_cover(trial: Trial) -> None:
    """Folds validate each row at most once: over time on later rows only, otherwise each row that may be judged."""
    step, frame = trial.step_of(Split), trial.frame
    keys = trial.keys(frame)
    folds = step.folds(trial.shown("folds", keys), FOLDS)
    assert folds, "folds() returned none"
    for fold in folds:
        assert isinstance(fold, pd.Series) and fold.index.equals(keys.index), (
            "a fold has an index different from that of the keys"
        )
        strange = set(fold.dropna().unique()) - {"train", "validation"}
        assert not strange, f"a fold names {sorted(map(str, strange))[0]!r}, not 'train' or 'validation'"
        assert {"train", "validation"} <= set(fold.dropna().unique()), "a fold lacks training or validation rows"
    validated = np.sum([(fold == "validation").to_numpy(dtype=bool, na_value=False) for fold in folds], axis=0)
    twice = validated > 1
    assert not twice.any(), f"row {keys.index[twice.argmax()]} is validated in more than one fold"
    if (validated == 1).all() or not step.judges_every_row:
        return
    if "time" in keys.columns and all(_in_time(fold, keys["time"]) for fold in folds):
        return
    raise AssertionError(f"row {keys.index[(validated == 0).argmax()]} is validated in no fold")


def _in_time(fold: pd.Series, times: pd.Series) -> bool:
    """Whether all training rows of a fold come before its validation rows."""
    train, validation = (times[(fold == part).to_numpy(dtype=bool, na_value=False)] for part in ("train", "validation"))
    return bool(train.max() < validation.min())
