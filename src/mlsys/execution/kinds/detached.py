"""Steps without a Pipeline: fit, split, select, label, resample and report on plain frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mlsys.dataset import Dataset, Roles, Rows, check_frame, require_columns
from mlsys.dataset.predictions import named_like_predictions
from mlsys.errors import ConfigurationError, DataError, listed, meant
from mlsys.execution.catalog import Catalog
from mlsys.execution.kinds import kind_of
from mlsys.execution.parts import Parts
from mlsys.execution.work import Task, Work
from mlsys.plan import Planned
from mlsys.steps import Fitted, Label, Model, Report, Result, Select, Split, Step, TrainOnly, Transform
from mlsys.steps.answers import changed_rows, checked_labels, kept_rows, learned_first
from mlsys.steps.capabilities import GivesRoles
from mlsys.steps.learning import call_hook
from mlsys.steps.questions import needs_target
from mlsys.steps.repeats import find_repeats
from mlsys.steps.seeds import generator
from mlsys.steps.splitting import split_keys


def fit(step: Step, data: pd.DataFrame, seed: int, **named: Any) -> Fitted:
    """Learn from a frame as a pipeline with that seed would from training rows."""
    check_frame(data, step.title)
    features = _features_named(step, data, named.pop("features", None))
    roles = _roles_of(step, named, data)
    if needs_target(step) and not roles.targets:
        raise DataError(f"{step.title} needs a target to predict", 'name the column: fit(frame, target="...")')
    chosen = tuple(features or (name for name in data.columns if name not in roles.columns()))
    if not isinstance(step, (Transform, Model)):
        return Fitted(step)
    work = Work(seed, quiet=True)
    parts = Parts({"train": work.engine.hold(None, data)}, roles, Catalog(roles, chosen))
    given = {"folds": False} if isinstance(step, Transform) else {}  # nobody is shown what folds learn
    task = Task(Planned(step, step.title, 1), "learn", kind_of(step).learn, parts.rows, given)
    held = work.do(task, parts).states["state"]
    used = step.columns_learned(parts.features, held.get) if isinstance(step, Model) else parts.features
    return Fitted(step, held, used)


def select(step: Select, data: pd.DataFrame, seed: int, **named: Any) -> pd.DataFrame:
    """Return the rows that a Select keeps."""
    check_frame(data, step.title)
    roles = Roles(weight=named.get("weight"))
    weight = step.roles_given(roles).weight if isinstance(step, GivesRoles) else roles.weight
    return kept_rows(step, data, step.keep(data.copy(deep=False), generator(seed, step)), weight)


def labels(step: Label, data: pd.DataFrame) -> pd.Series:
    """Return the label of each row."""
    check_frame(data, step.title)
    return checked_labels(step, data, step.label(data.copy(deep=False)))


def split(step: Split, data: pd.DataFrame, seed: int, **named: Any) -> dict[str, pd.DataFrame]:
    """Return a frame's parts by name."""
    check_frame(data, step.title)
    roles = _roles_of(step, named, data)
    keys = split_keys(data, roles, **{name: data[name] for name in step.key_columns if name in data})
    features = [name for name in data.columns if name not in {*roles.columns(), *step.withholds()}]
    if features and step.keeps_repeats(roles.group is not None):
        repeats = find_repeats(data[features], keys)
        keys = keys if repeats.unit is None else keys.assign(duplicate=repeats.unit)
    assigned = step.assign(keys)
    return {str(name): data[(assigned == name).to_numpy()] for name in assigned.dropna().unique()}


def resample(step: TrainOnly, data: pd.DataFrame, seed: int, **named: Any) -> pd.DataFrame:
    """Return rows as a TrainOnly changes training rows."""
    check_frame(data, step.title)
    roles = _roles_of(step, named, data)
    features = [name for name in data.columns if name not in roles.columns()]
    rows, rng = Rows.of(data, roles, features), generator(seed, step)
    return changed_rows(step, rows, rng, learned_first(step, rows, rng))


def report(step: Report, **named: Any) -> Result:
    """Report on frames by part name."""
    parts = {key: value for key, value in named.items() if isinstance(value, pd.DataFrame)}
    given = {key: value for key, value in named.items() if key not in parts}
    if not parts:
        raise DataError(f"{step.title} got no rows to report on", "pass frames by part: report.of(train=..., test=...)")
    roles = _roles_of(step, given, *parts.values())
    first = next(iter(parts.values()))
    others = {*roles.columns(), *named_like_predictions(first, roles.columns(), roles.target)}
    features = [name for name in first.columns if name not in others]
    result: Result = call_hook(step.report, Dataset(parts, roles, features), rng=generator(0, step))
    return result


def _roles_of(step: Step, named: Mapping[str, Any], *frames: pd.DataFrame) -> Roles:
    """Return roles by name, refusing a column that none of the frames has."""
    roles = Roles.named(**named)
    there = list(dict.fromkeys(name for frame in frames for name in frame.columns))
    for column, role in roles.columns().items():
        if column not in there:
            raise DataError(
                f"{step.title} was given {role}={column!r}, which is not in the data (columns: {listed(there)})",
                f"{meant(column, there)}name a column, or omit {role}=",
            )
    return roles


def _features_named(step: Step, data: pd.DataFrame, features: Any) -> Sequence[str]:
    """Return the columns in ``features=``, none where it was left out."""
    if isinstance(features, str):
        raise ConfigurationError(f"features={features!r} is a string, not a list", f"write features=[{features!r}]")
    require_columns(data.columns, features or (), step.title, "name columns of the data in features=")
    return features or ()
