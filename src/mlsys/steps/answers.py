"""Check what hooks return, and bring it into the form that the runner continues with."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import SAMPLING_WEIGHT, Rows, known_weights
from mlsys.errors import ContractError
from mlsys.steps.drawn import Drawn
from mlsys.steps.kinds import Label, Select
from mlsys.steps.labels import Labels
from mlsys.steps.learning import call_hook
from mlsys.steps.learning_kinds import TrainOnly
from mlsys.values import with_columns


def drawn(answer: Any) -> Drawn:
    """Return what ``keep`` returned, a mask or a mask and weights, as what a sample kept."""
    if isinstance(answer, Drawn):
        return answer
    return Drawn(*answer) if isinstance(answer, tuple) else Drawn(answer)


def kept_rows(step: Select, frame: pd.DataFrame, answer: Any, weight: str | None) -> pd.DataFrame:
    """Apply what ``keep`` returned: a mask, or a mask and weights."""
    kept = drawn(answer)
    mask, weights = kept.mask, kept.weights
    if isinstance(mask, pd.Series) and not mask.index.equals(frame.index):
        raise ContractError(
            f"keep() of {step.title} returned a Series in a different order from its rows",
            "return one value per row in the order of the rows; do not sort the mask",
        )
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != (len(frame),):
        raise ContractError(
            f"keep() of {step.title} returned {mask.dtype} of shape {mask.shape}, not True or False for each row",
            "return a boolean Series or array with one value for each row",
        )
    places = np.flatnonzero(mask)  # of a small sample: places are found faster than a mask is followed column by column
    if weights is None:
        return frame.iloc[places]
    weights = np.asarray(weights)
    if weights.shape not in ((len(frame),), (len(places),)):
        raise ContractError(
            f"keep() of {step.title} returned weights of shape {weights.shape} for {len(places):,} kept of "
            f"{len(frame):,} rows",
            "return one weight for each row, or one for each kept row in their order",
        )
    kept_weights = weights if len(weights) == len(places) else weights[places]
    return weighed(frame.iloc[places], kept_weights, weight, step.title)


def weighed(kept: pd.DataFrame, weights: Any, role: str | None, who: str) -> pd.DataFrame:
    """Return kept rows with their weights, in the column of the weight role if there is one."""
    column, values = role or SAMPLING_WEIGHT, np.asarray(weights, dtype=np.float64)
    if column in kept.columns:  # a sample of a sample, or weights of the user's own: they multiply
        values = values * known_weights(kept[column], who)
    return with_columns(kept, {column: values})


def labels_by_column(step: Label, frame: pd.DataFrame, labels: Any) -> dict[str, pd.Series]:
    """Return each column that a label writes, checked to have one value per row."""
    written, labels = step.columns_written, Labels.of(labels).values
    if not isinstance(labels, pd.DataFrame):
        return {written[0]: checked_labels(step, frame, labels)}
    if labels.columns.tolist() != [*written] or not labels.index.equals(frame.index):
        raise ContractError(
            f"label() of {step.title} returned a frame with other columns or rows than it declares",
            f"return the columns {', '.join(written)}, with the rows' index",
        )
    return {name: labels[name] for name in written}


def checked_labels(step: Label, frame: pd.DataFrame, labels: Any) -> pd.Series:
    """Return the labels, checked to be one Series with one value per row."""
    labels = Labels.of(labels).values
    if not isinstance(labels, pd.Series) or len(labels) != len(frame) or not labels.index.equals(frame.index):
        raise ContractError(
            f"label() of {step.title} returned {type(labels).__name__}, not a Series with the rows' index",
            "return a Series made from the frame's own columns; null if the label is not known",
        )
    return labels.rename(step.column)


def learned_first(step: TrainOnly, rows: Rows, rng: np.random.Generator) -> Any:
    """Return what a step learns before it changes rows; ``None`` if it changes them at once."""
    return call_hook(step.learn, rows, rng=rng) if step.learns_first else None


def changed_rows(step: TrainOnly, rows: Rows, rng: np.random.Generator, state: Any) -> pd.DataFrame:
    """Call ``change`` with what was learned first, and give repeated or made rows ids of their own."""
    if step.learns_first:
        changed = step.change(rows, rng, state)
    else:
        changed = call_hook(step.change, rows, rng=rng)
    if not isinstance(changed, pd.DataFrame):
        raise ContractError(f"change() of {step.title} returned {type(changed).__name__}", "return a DataFrame")
    changed = pd.DataFrame(changed)
    lost = [name for name in rows.roles.targets if name in rows.columns and name not in changed.columns]
    if lost:
        raise ContractError(
            f"change() of {step.title} lost the target {lost[0]!r}",
            "return whole rows: `train` itself with rows added, changed or dropped",
        )
    if changed.index.is_unique:
        return changed
    first = ~changed.index.duplicated()
    ids = new_ids(rows.index, int((~first).sum()), "repeated")
    return pd.concat([changed[first], changed[~first].set_axis(ids, axis=0)])


def new_ids(taken: pd.Index, count: int, called: str) -> pd.Index:
    """Return ids that no row has: numbers after the largest, or texts such as ``made-0``."""
    if pd.api.types.is_integer_dtype(taken.dtype):
        start = int(taken.max()) + 1
        return pd.RangeIndex(start, start + count)
    texts = set(map(str, taken))
    names = (name for number in itertools.count() if (name := f"{called}-{number}") not in texts)
    return pd.Index(list(itertools.islice(names, count)))
