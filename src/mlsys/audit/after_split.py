"""Probes after the split: a row's own target, its batch, and labels of judged rows must not matter."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.audit.moved import moved, unequal
from mlsys.audit.recipe import Recipe
from mlsys.audit.replacing import mirrored
from mlsys.audit.result import NOT_ASSESSED, NOT_OBSERVED, VIOLATED, Trace
from mlsys.errors import LeakageError, MlsysError, StateError
from mlsys.execution.changed import changed_columns
from mlsys.execution.divided import Divided
from mlsys.execution.kinds.row_transform import guarded
from mlsys.execution.parts import Learned, Parts
from mlsys.execution.runner import run
from mlsys.leakage.rounding import Rounding
from mlsys.leakage.row_check import row_local_finding, telling_rows
from mlsys.plan import Planned
from mlsys.states import digest
from mlsys.steps import Fitted, Model, Postprocess, RowTransform, TrainOnly

if TYPE_CHECKING:
    from collections.abc import Callable

FLIPPED = 6
"""Training rows whose target is flipped, one at a time; chosen where one row weighs most."""
INFLUENCE = 0.05
"""Standard deviations of a column. One row of a thousand moves what is learned from all of them by less (a linear
discriminant of 3,000 rows by .001); a mean over the one to ten rows of a category by more."""


@dataclass
class Rehearsed:
    """The steps after the split as they ran on the sample.

    Parameters
    ----------
    parts : Parts
        As the last step left them, with the states.
    train : list of DataFrame
        Training rows after each step, in order.
    failed : Trace or None
        Why a step could not be run on the sample.
    """

    parts: Parts
    train: list[pd.DataFrame] = field(default_factory=list)
    failed: Trace | None = None


def probes_after_split(recipe: Recipe) -> Iterator[Trace]:
    """Run the steps that learn, and ask each what it must not depend on."""
    yield from _alone_before(recipe)
    first = _run(recipe, recipe.rest, recipe.train)
    if first.failed is not None:
        yield first.failed
    unstable = yield from _run_twice(recipe, first)
    held = _held_out(recipe)
    if not held.empty:
        yield from _flipped_labels(recipe, first, held, unstable)
        yield from _alone(first, held, unstable)
    yield from _self_influence(recipe, first, unstable)


def _run(recipe: Recipe, steps: Sequence[Planned], train: pd.DataFrame) -> Rehearsed:
    """Run steps over training rows, keeping these as each step leaves them."""
    work = recipe.work.detached()
    rows = {"train": work.engine.hold(None, train)}
    divided = Divided(rows, rows={"train": len(train)})
    done = Rehearsed(replace(recipe.parts, rows=rows, divided=divided, learned=Learned(), ran=()))
    for planned in steps:
        try:
            done.parts = run([planned], done.parts, work)
        except LeakageError:  # a run refuses it too
            raise
        except Exception as error:  # few rows may be too few for it
            said = error.problem if isinstance(error, MlsysError) else f"{type(error).__name__}: {error}"
            text = f"it fails on the sample ({said}); give audit_leakage() more rows"
            done.failed = Trace(planned.name, "run twice", NOT_ASSESSED, (), text)
            break
        done.train.append(done.parts.rows["train"].frame())
    return done


def _run_twice(recipe: Recipe, first: Rehearsed) -> Generator[Trace, None, set[str]]:
    """Run the same steps again; yields what differs and returns the names of the steps it differs from on.

    Our own postprocessing draws nothing and trains the model once a fold, so it is not run again.
    """
    ran = [e for e in recipe.rest[: len(first.train)] if not (isinstance(e.step, Postprocess) and e.step.is_ours)]
    again = _run(recipe, ran, recipe.train)
    for place, planned in enumerate(ran):
        one, other = (each.parts.learned.after.get(planned.name) for each in (first, again))
        difference = moved(first.train[place], again.train[place])
        if _state(one) == _state(other) and not difference:
            yield Trace(planned.name, "run twice", NOT_OBSERVED)
            continue
        said = "two runs on the same rows learn different states; seed its randomness (hooks that name rng get one)"
        yield Trace(planned.name, "run twice", NOT_ASSESSED, difference.columns, said)
        return {each.name for each in ran[place:]}
    return set()


def _state(fitted: Fitted | None) -> str:
    """Return the digest of a state; empty where it has no content that can be compared."""
    try:
        return "" if fitted is None else digest(fitted.state)
    except StateError:
        return ""


def _held_out(recipe: Recipe) -> pd.DataFrame:
    others = [part.frame() for name, part in recipe.divided.parts.items() if name != "train"]
    return pd.concat(others) if others else recipe.train.iloc[:0]


def _alone_before(recipe: Recipe) -> Iterator[Trace]:
    """Ask each row transform before the split for rows alone."""
    for stage in recipe.stages:
        step = stage.planned.step
        if isinstance(step, RowTransform):
            yield _alone_trace(stage.planned.name, guarded(step), stage.given, stage.made)


def _alone_trace(
    name: str, apply: Callable[[pd.DataFrame], pd.DataFrame], given: pd.DataFrame, made: pd.DataFrame
) -> Trace:
    written = sorted(changed_columns(given, made)) if set(given.columns) & set(made.columns) else list(made.columns)
    finding = row_local_finding(apply, given, made, written, name)
    if finding is None:
        return Trace(name, "each row alone", NOT_OBSERVED, concerns="alone")
    return Trace(name, "each row alone", VIOLATED, finding.columns, finding.message, "alone")


def _alone(done: Rehearsed, held: pd.DataFrame, unstable: set[str]) -> Iterator[Trace]:
    """Ask each step for held-out rows alone, and the model for their predictions."""
    for name, fitted, given, made in _applied(done, held):
        if name in unstable:
            continue
        yield _alone_trace(name, _answer_of(fitted), given, made)


def _answer_of(fitted: Fitted) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return fitted.predict if isinstance(fitted.step, (Model, Postprocess)) else fitted.transform


def _applied(done: Rehearsed, rows: pd.DataFrame) -> Iterator[tuple[str, Fitted, pd.DataFrame, pd.DataFrame]]:
    """Yield each step that serves with the rows, or predictions, it is given and those it makes."""
    predictions: pd.DataFrame | None = None
    for name, fitted in done.parts.learned.after.items():
        if isinstance(fitted.step, Model):
            predictions = fitted.predict(rows)
            yield name, fitted, rows, predictions
        elif isinstance(fitted.step, Postprocess):
            assert predictions is not None
            given, predictions = predictions, fitted.predict(predictions)
            yield name, fitted, given, predictions
        else:
            given, rows = rows, fitted.transform(rows)
            yield name, fitted, given, rows


def _flipped_labels(recipe: Recipe, done: Rehearsed, held: pd.DataFrame, unstable: set[str]) -> Iterator[Trace]:
    """Turn the targets of held-out rows around: nothing that is said of them may move."""
    target = recipe.parts.roles.target
    turned = None if target is None or target not in held.columns else mirrored(held[target])
    if target is None or turned is None:
        return
    other = held.assign(**{target: turned})
    for (name, fitted, given, made), (_, _, _, flipped) in zip(
        _applied(done, held), _applied(done, other), strict=True
    ):
        if name in unstable:
            continue
        rounding = Rounding(_answer_of(fitted), given, made)
        one, two = (each.drop(columns=target, errors="ignore") for each in (made, flipped))
        difference = moved(one, two, rounding)
        if difference:
            said = f"{difference.rows:,} of {len(held):,} rows moved when their own labels were turned around"
            yield Trace(name, "flipped labels", VIOLATED, difference.columns, f"{said}, {difference.example}", "label")
            return
        yield Trace(name, "flipped labels", NOT_OBSERVED, concerns="label")


def _self_influence(recipe: Recipe, done: Rehearsed, unstable: set[str]) -> Iterator[Trace]:
    """Flip one training row's target at a time: its own features must not move."""
    target, train = recipe.parts.roles.target, recipe.train
    ran = [each for each in recipe.rest[: len(done.train)] if each.name not in unstable]
    steps = list(itertools.takewhile(lambda each: not isinstance(each.step, (Model, TrainOnly)), ran))
    if target is None or target not in train.columns:
        return
    for planned in itertools.takewhile(lambda each: not isinstance(each.step, Model), ran[len(steps) :]):
        said = "which training rows there are depends on targets, as its kind may"
        if not isinstance(planned.step, TrainOnly):
            said = "it stands after a step that makes training rows by their targets"
        yield Trace(planned.name, "own target flipped", NOT_ASSESSED, (), said, "itself")
    if not steps:
        return
    flipped = _other_values(train[target])
    worst: dict[str, Trace] = {}
    for place in _weighty_rows(train, recipe.parts.catalog.features(train.columns)):
        row = train.index[place]
        other = train.assign(**{target: train[target].where(train.index != row, flipped.loc[row])})
        again = _run(recipe, steps, other)
        for planned, before, after in zip(steps, done.train, again.train, strict=False):
            columns = influenced(before, after, row, target)
            if columns:
                said = f"row {row} gets other values when its own target is flipped"
                worst.setdefault(
                    planned.name, Trace(planned.name, "own target flipped", VIOLATED, columns, said, "itself")
                )
                break
    for planned in steps:
        yield worst.get(planned.name, Trace(planned.name, "own target flipped", NOT_OBSERVED, concerns="itself"))
        if planned.name in worst:
            return


def _other_values(target: pd.Series) -> pd.Series:
    found = mirrored(target)
    return target if found is None else found


def _weighty_rows(train: pd.DataFrame, features: Sequence[str]) -> list[int]:
    """Return places of rows in rare categories first, where one row weighs most, then of telling ones."""
    chosen: list[int] = []
    for name in features:
        column = train[name]
        if isinstance(column.dtype, pd.StringDtype) or column.nunique() * 2 < len(column):
            counts = column.map(column.value_counts()).to_numpy(dtype=np.float64, na_value=np.inf)
            chosen.append(int(np.argmin(np.where(counts < 2, 1e9, counts))))  # noqa: PLR2004  alone, no mean of others
    ordered = [*dict.fromkeys(chosen)][: FLIPPED // 2]
    return list(dict.fromkeys([*ordered, *map(int, telling_rows(train[list(features)], FLIPPED))]))[:FLIPPED]


def influenced(before: pd.DataFrame, after: pd.DataFrame, row: Any, target: str) -> tuple[str, ...]:
    """Return the columns of one row that moved by more than one row of many explains."""
    if row not in before.index or row not in after.index:
        return ()
    found = []
    for name in before.columns:
        if name == target or name not in after.columns:
            continue
        was, now = before[name].loc[pd.Index([row])], after[name].loc[pd.Index([row])]
        if pd.api.types.is_numeric_dtype(before[name]) and not pd.api.types.is_bool_dtype(before[name]):
            spread = float(before[name].std()) or 1.0
            far = bool(((now - was).abs() > INFLUENCE * spread).fillna(False).iloc[0])
        else:
            far = bool(unequal(was, now).any())
        if far:
            found.append(str(name))
    return tuple(found)
