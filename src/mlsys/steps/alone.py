"""Steps without a Pipeline: fit, split, select, label, resample and report on plain frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.dataset import Dataset, Roles, Rows
from mlsys.errors import ContractError, DataError
from mlsys.steps.fitted import Fitted, roles_from
from mlsys.steps.learning import call_hook, learn
from mlsys.steps.learning_kinds import Model, TrainOnly, Transform
from mlsys.steps.repeats import find_repeats
from mlsys.steps.seeds import generator
from mlsys.steps.splitting import split_keys
from mlsys.summaries import fold_of
from mlsys.tables import Table
from mlsys.values import told_apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.steps.base import Step
    from mlsys.steps.kinds import Label, Select, Split
    from mlsys.steps.learning_kinds import Report
    from mlsys.steps.result import Result


def fit_step(step: Step, data: pd.DataFrame, seed: int, **named: Any) -> Fitted:
    """Learn from a frame as a pipeline with that seed would from training rows."""
    features = named.pop("features", None)
    roles = roles_from(**named)
    check_frame(data, step.title)
    if isinstance(step, Model) and roles.target is None:
        raise DataError(f"{step.title} needs to know what to predict", 'name the column: fit(frame, target="...")')
    chosen = tuple(features or (name for name in data.columns if name not in roles.columns()))

    def wrap(frame: pd.DataFrame) -> Rows:
        folds = folds_of_rows(step, frame, roles, seed) if isinstance(step, Transform) else None
        return Rows.of(frame, roles, chosen, folds)

    if not isinstance(step, (Transform, Model)):
        return Fitted(step)
    learned = learn(step, Table.of(data), wrap, generator(seed, step), fold_states=False)
    used = step.columns_learned(chosen, lambda: learned.state) if isinstance(step, Model) else tuple(chosen)
    return Fitted(step, learned.state, used)


def folds_of_rows(step: Transform, frame: pd.DataFrame, roles: Roles, seed: int) -> NDArray[np.int64] | None:
    """Return the fold of each row for a step that cross-fits: rows of one group share it."""
    if not step.cross_fits:
        return None
    units = frame[roles.group] if roles.group is not None and roles.group in frame.columns else frame.index
    return fold_of(units, step.cross_fit_folds, seed)


def check_frame(data: Any, who: str) -> None:
    """Raise unless ``data`` is a frame with rows, unique columns and a unique index."""
    if not isinstance(data, pd.DataFrame):
        raise DataError(f"{who} got {type(data).__name__}, not a DataFrame", "wrap it: pd.DataFrame(...)")
    if data.empty:
        raise DataError(f"{who} got a frame of {len(data)} rows and {data.shape[1]} columns", "give it rows")
    if not data.columns.is_unique:
        raise DataError(
            f"{who} got two columns named {data.columns[data.columns.duplicated()][0]!r}", "rename one of them"
        )
    _check_index(data.index, f"{who} got a frame")


def _check_index(index: pd.Index, who: str) -> None:
    """Raise unless an index tells rows apart."""
    named = ", ".join(repr(name) for name in index.names if name is not None)
    made = f"frame.reset_index(), which makes a column of {named}" if named else "frame.reset_index(drop=True)"
    remedy = f"call {made}, or keep ids in a column and name it with id="
    if isinstance(index, pd.MultiIndex):
        raise DataError(f"{who} whose index has {index.nlevels} levels; the index identifies rows by one value", remedy)
    told_apart(index.to_series(), f"{who} whose index", remedy)
    if index.hasnans:
        place = int(np.flatnonzero(index.isna())[0])
        raise DataError(f"{who} whose index is null at position {place}; the index identifies rows", remedy)
    if not index.is_unique:
        raise DataError(
            f"{who} in which the index value {index[index.duplicated()][0]} stands twice; the index identifies rows",
            remedy,
        )


def select_rows(step: Select, data: pd.DataFrame, seed: int, **named: Any) -> pd.DataFrame:
    """Return the rows that a Select keeps."""
    check_frame(data, step.title)
    return kept_rows(step, data, step.keep(data.copy(deep=False), generator(seed, step)), named.get("weight"))


def kept_rows(step: Select, frame: pd.DataFrame, answer: Any, weight: str | None) -> pd.DataFrame:
    """Apply what ``keep`` returned: a mask, or a mask and weights."""
    mask, weights = answer if isinstance(answer, tuple) else (answer, None)
    if isinstance(mask, pd.Series) and not mask.index.equals(frame.index):
        raise ContractError(
            f"keep() of {step.title} returned a Series in another order than its rows",
            "return one value a row in the order of the rows; do not sort the mask",
        )
    mask = np.asarray(mask)
    if mask.dtype != bool or mask.shape != (len(frame),):
        raise ContractError(
            f"keep() of {step.title} returned {mask.dtype} of shape {mask.shape}, not one True or False a row",
            "return a boolean Series or array with one value for each row",
        )
    kept = frame[mask]
    if weights is None:
        return kept
    column, values = weight or "weight", np.asarray(weights, dtype=np.float64)
    if column in frame.columns:  # a sample of a sample: the chances multiply
        values = values * frame[column].to_numpy(dtype=np.float64)
    return kept.assign(**{column: values[mask]})


def label_rows(step: Label, data: pd.DataFrame) -> pd.Series:
    """Return what a Label says of each row."""
    check_frame(data, step.title)
    return checked_labels(step, data, step.label(data.copy(deep=False)))


def checked_labels(step: Label, frame: pd.DataFrame, labels: Any) -> pd.Series:
    """Return labels if they are one Series with a value a row."""
    if not isinstance(labels, pd.Series) or len(labels) != len(frame) or not labels.index.equals(frame.index):
        raise ContractError(
            f"label() of {step.title} returned {type(labels).__name__}, not a Series with the rows' index",
            "return a Series made from the frame's own columns; null where the label is not known",
        )
    return labels.rename(step.column)


def split_rows(step: Split, data: pd.DataFrame, seed: int, **named: Any) -> dict[str, pd.DataFrame]:
    """Return a frame's parts by name."""
    check_frame(data, step.title)
    roles = roles_from(**named)
    keys = split_keys(data, roles, **{name: data[name] for name in step.key_columns if name in data})
    features = [name for name in data.columns if name not in {*roles.columns(), *step.withholds()}]
    if features and step.keeps_repeats(roles.group is not None):
        repeats = find_repeats(data[features], keys)
        keys = keys if repeats.unit is None else keys.assign(duplicate=repeats.unit)
    assigned = step.assign(keys)
    return {str(name): data[(assigned == name).to_numpy()] for name in assigned.dropna().unique()}


def change_rows(step: TrainOnly, data: pd.DataFrame, seed: int, **named: Any) -> pd.DataFrame:
    """Return rows as a TrainOnly changes training rows."""
    check_frame(data, step.title)
    roles = roles_from(**named)
    features = [name for name in data.columns if name not in roles.columns()]
    return changed_rows(step, Rows.of(data, roles, features), generator(seed, step))


def changed_rows(step: TrainOnly, rows: Rows, rng: np.random.Generator) -> pd.DataFrame:
    """Call ``change`` and give repeated or made rows ids of their own."""
    if type(step).learn is not TrainOnly.learn:
        changed = step.change(rows, rng, call_hook(step.learn, rows, rng=rng))
    else:
        changed = call_hook(step.change, rows, rng=rng)
    if not isinstance(changed, pd.DataFrame):
        raise ContractError(f"change() of {step.title} returned {type(changed).__name__}", "return a DataFrame")
    changed = pd.DataFrame(changed)
    if rows.has_target and rows.roles.target not in changed.columns:
        raise ContractError(
            f"change() of {step.title} lost the target {rows.roles.target!r}",
            "return whole rows: `train` itself with rows added, changed or left out",
        )
    if changed.index.is_unique:
        return changed
    first = ~changed.index.duplicated()
    return pd.concat([changed[first], changed[~first].set_axis(_new_ids(rows.index, int((~first).sum())), axis=0)])


def _new_ids(taken: pd.Index, count: int) -> pd.Index:
    if pd.api.types.is_integer_dtype(taken.dtype):
        start = int(taken.max()) + 1
        return pd.RangeIndex(start, start + count)
    texts, made, number = set(map(str, taken)), list[str](), 0
    while len(made) < count:
        name, number = f"repeated-{number}", number + 1
        if name not in texts:
            made.append(name)
    return pd.Index(made)


def report_on(step: Report, **named: Any) -> Result:
    """Report on frames by part name."""
    parts = {key: value for key, value in named.items() if isinstance(value, pd.DataFrame)}
    roles = roles_from(**{key: value for key, value in named.items() if key not in parts})
    if not parts:
        raise DataError(f"{step.title} got no rows to report on", "pass frames by part: report.of(train=..., test=...)")
    features = [name for name in next(iter(parts.values())).columns if name not in roles.columns()]
    return step.report(Dataset(parts, roles, features))
