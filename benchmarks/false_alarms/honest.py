"""Honest pipelines over clean tables: what they hold was computed from training rows, or from rows of another year."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from false_alarms.tables import Task
from mlsys import Derive, GroupSplit, Pipeline, PredefinedSplit, RandomSplit, Run
from mlsys.errors import MlsysError

FEWEST_LEVELS, MOST_LEVELS = 5, 200
FEWEST_GROUPS = 20
ROWS_A_GROUP = 2
SHARE_EARLIER, SHARE_OF_NEITHER = 0.3, 0.2
SEEDS = 5
MOST_ROWS = 1_500
"""Of a table, drawn by chance: a pipeline costs more than the table alone."""
MOST_ROWS_OF_SEEDS = 300
"""The same for ten runs of one table, of which only scores are compared."""
ASKED = ("LK220", "LK221", "LK222", "LK226", "LK227", "LK228", "LK229", "LK232", "LK234")
"""Codes that speak of what pipelines hold, of codes and of groups; others are asked of the tables as they are."""
Columns = Mapping[str, Callable[[pd.DataFrame], Any]]


def kinds() -> dict[str, Callable[[Task], Iterator[Run]]]:
    """Return the honest pipelines by name."""
    return {
        "held, of training rows": _of_training,
        "held, of other rows": _of_other_rows,
        "a group declared": _grouped,
        "seeds of a model, one after the other": _seeds,
    }


def said_of_honest(task: Task, kind: str) -> dict[str, Any]:
    """Return the findings of one kind of pipeline on a table; nothing where the table has no columns for it."""
    rows = task.frame
    rows = rows.sample(MOST_ROWS, random_state=0).reset_index(drop=True) if len(rows) > MOST_ROWS else rows
    task = replace(task, frame=rows)
    found: list[list[Any]] = []
    runs, refused = 0, ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for run in kinds()[kind](task):
                runs += 1
                found += [[each.code, each.severity, list(each.columns), each.message]
                          for each in run.findings if each.code in ASKED]  # fmt: skip
        except MlsysError as error:
            refused = " ".join(str(error).split())[:300]
    return {"kind": kind, "runs": runs, "findings": found, "refused": refused}


def _run(pipeline: Pipeline, frame: pd.DataFrame) -> Run:
    return pipeline.run(frame, track=False, cache=False, verbose=False)


def _tree(task: Task, **given: Any) -> Any:
    kind = DecisionTreeClassifier if task.kind == "classes" else DecisionTreeRegressor
    return kind(min_samples_leaf=5, **{"random_state": 0, **given})


def _dealt(rows: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).choice(["train", "validation", "test"], rows, p=[0.6, 0.2, 0.2])


def _of_training(task: Task) -> Iterator[Run]:
    frame = task.frame.assign(part=_dealt(len(task.frame)))
    train = frame[frame["part"] == "train"]
    given: dict[str, Any] = {}
    if task.kind == "classes":
        counts = train[task.target].value_counts()
        given["class_weight"] = {level: len(train) / (len(counts) * int(count)) for level, count in counts.items()}
    yield _run(_pipeline(task, train, PredefinedSplit("part"), given), frame)


def _of_other_rows(task: Task) -> Iterator[Run]:
    """Yield the run of a half of the rows, with what was computed from others: an earlier period.

    A fifth is in neither, or else the two would count one another's rows in a table of equally many for each level.
    """
    drawn = np.random.default_rng(1).random(len(task.frame))
    earlier, frame = task.frame[drawn < SHARE_EARLIER], task.frame[drawn >= SHARE_EARLIER + SHARE_OF_NEITHER]
    yield _run(_pipeline(task, earlier, RandomSplit(), {}, coded=True), frame.reset_index(drop=True))


def _pipeline(
    task: Task, known: pd.DataFrame, split: Any, given: Mapping[str, Any], *, coded: bool = False
) -> Pipeline:
    made = {**_thresholds(known, task.target), **_by_level(known, task.target, coded=coded)}
    return Pipeline([*([Derive(made)] if made else []), split, _tree(task, **given)], target=task.target)


def _thresholds(known: pd.DataFrame, target: str) -> Columns:
    """Return functions that hold quantiles, bounds of bins, a mean and a standard deviation, as pandas gives them."""
    numbers = [name for name in known.columns if name not in {target, "part"} and known[name].dtype.kind in "iuf"]
    made: dict[str, Callable[[pd.DataFrame], Any]] = {}
    for name in numbers[:2]:
        values = known[name].astype("float64")
        high, mean, wide = values.quantile(0.9), values.mean(), values.std()
        low, far = values.quantile(0.01), values.quantile(0.99)
        fifths = values.quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
        made[f"{name} is high"] = lambda rows, name=name, high=high: rows[name] > high
        made[f"{name} cut"] = lambda rows, name=name, low=low, far=far: rows[name].clip(low, far)
        made[f"{name} fifth"] = lambda rows, name=name, fifths=fifths: np.searchsorted(fifths, rows[name])
        if wide > 0:
            made[f"{name} scaled"] = lambda rows, name=name, mean=mean, wide=wide: (rows[name] - mean) / wide
    return made


def _by_level(known: pd.DataFrame, target: str, *, coded: bool) -> Columns:
    """Return functions that hold means and medians of a number, shares of rows, and means of the target by level."""
    texts = [name for name in known.columns if name not in {target, "part"} and _are_levels(known[name])]
    numbers = [name for name in known.columns if name not in {target, "part"} and known[name].dtype.kind == "f"]
    made: dict[str, Callable[[pd.DataFrame], Any]] = {}
    for name in texts[:2]:
        held = {"share": known[name].value_counts(normalize=True).to_dict()}
        if numbers:
            levels = known.groupby(name, observed=True)[numbers[0]]
            held |= {"usual": levels.mean().to_dict(), "middle": levels.median().to_dict()}
        if coded:
            goal = (
                known[target] if known[target].dtype.kind in "iuf" else pd.factorize(known[target], sort=True)[0] == 0
            )
            held["coded"] = pd.Series(goal, index=known.index).astype("float64").groupby(known[name]).mean().to_dict()
        for word, table in held.items():
            made[f"{name} {word}"] = lambda rows, name=name, table=table: rows[name].map(table).astype("float64")
    return made


def _are_levels(column: pd.Series) -> bool:
    levels = column.nunique()
    return column.dtype.kind not in "fmM" and FEWEST_LEVELS <= levels <= min(MOST_LEVELS, len(column) // 3)


def _grouped(task: Task) -> Iterator[Run]:
    """Yield the run of a table whose groups are declared: a column of many levels with a few rows each."""
    names = [
        name
        for name in task.frame.columns
        if name != task.target
        and task.frame[name].dtype.kind not in "fmM"
        and FEWEST_GROUPS <= task.frame[name].nunique() <= len(task.frame) // ROWS_A_GROUP
        and task.frame[name].notna().all()
    ]
    if names:
        group = max(names, key=lambda name: int(task.frame[name].nunique()))
        yield _run(Pipeline([GroupSplit(), _tree(task)], target=task.target, group=group), task.frame)


def _seeds(task: Task) -> Iterator[Run]:
    """Yield the last run of a loop over seeds that is run twice, as a notebook does whose cells are run again."""
    run, rows = None, task.frame.head(MOST_ROWS_OF_SEEDS)
    for seed in [*range(SEEDS), *range(SEEDS)]:
        pipeline = Pipeline([RandomSplit(), _tree(task, random_state=seed, max_features=0.5)], target=task.target)
        run = _run(pipeline, rows)
        if any(each.code == "LK234" and each.severity == "warning" for each in run.findings):
            break
    if run is not None:
        yield run
