"""Probes after the split: a row's batch, its own target, and labels of evaluated rows must not matter."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.audit.moved import moved
from mlsys.audit.own_target import probes_of_own_target
from mlsys.audit.recipe import Recipe
from mlsys.audit.rehearsed import Rehearsed, ran_on
from mlsys.audit.replacing import mirrored
from mlsys.audit.result import NOT_ASSESSED, NOT_OBSERVED, VIOLATED, Trace
from mlsys.errors import StateError
from mlsys.execution.changed import changed_columns
from mlsys.execution.kinds.row_transform import guarded
from mlsys.leakage.among_rows import cause_among_rows
from mlsys.leakage.rounding import Rounding
from mlsys.leakage.row_check import row_local_finding
from mlsys.states import digest
from mlsys.steps import Fitted, Model, Postprocess, RowTransform
from mlsys.steps.capabilities import AnswersTogether
from mlsys.values import with_columns

if TYPE_CHECKING:
    from collections.abc import Callable


def probes_after_split(recipe: Recipe) -> Iterator[Trace]:
    """Run the steps that learn, and ask each what it must not depend on."""
    yield from _alone_before(recipe)
    first = ran_on(recipe, recipe.rest, recipe.train)
    if first.failed is not None:
        yield first.failed
    unstable = yield from _run_twice(recipe, first)
    held = _held_out(recipe)
    if not held.empty:
        yield from _flipped_labels(recipe, first, held, unstable)
        yield from _alone(first, held, unstable)
    yield from probes_of_own_target(recipe, first, unstable)


def _run_twice(recipe: Recipe, first: Rehearsed) -> Generator[Trace, None, set[str]]:
    """Run the same steps again; yields what differs and returns the names of the steps it differs from on.

    Our own postprocessing draws nothing and trains the model once a fold, so it is not run again.
    """
    ran = [e for e in recipe.rest[: len(first.train)] if not (isinstance(e.step, Postprocess) and e.step.is_ours)]
    again = ran_on(recipe, ran, recipe.train)
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
    for stage in (*recipe.unfollowed, *recipe.stages):
        step = stage.planned.step
        if isinstance(step, RowTransform):
            yield _alone_trace(stage.planned.name, guarded(step), stage.given, stage.made, "")


def _alone_trace(
    name: str, apply: Callable[[pd.DataFrame], pd.DataFrame], given: pd.DataFrame, made: pd.DataFrame, cause: str
) -> Trace:
    written = sorted(changed_columns(given, made)) if set(given.columns) & set(made.columns) else list(made.columns)
    finding = row_local_finding(apply, given, made, written, name)
    if finding is None:
        return Trace(name, "each row alone", NOT_OBSERVED, concerns="alone")
    if finding.code == "LK202":
        cause = "alone"
    cause = cause or cause_among_rows(apply, given, made, finding.columns)
    return Trace(name, "each row alone", VIOLATED, finding.columns, finding.message, "alone", cause)


def _alone(done: Rehearsed, held: pd.DataFrame, unstable: set[str]) -> Iterator[Trace]:
    """Ask each step for held-out rows alone, and the model for their predictions."""
    for name, fitted, given, made in _applied(done, held):
        if name in unstable:
            continue
        answer = _answer_of(fitted)
        if isinstance(fitted.step, AnswersTogether) and fitted.step.answered_together is not None:
            answer = _among_its_own(answer, given, fitted.step.answered_together)
        yield _alone_trace(name, answer, given, made, "batch")


def _among_its_own(
    answer: Callable[[pd.DataFrame], pd.DataFrame], given: pd.DataFrame, named_by: str
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return what answers rows with those that belong to them beside them, and no others."""

    def answered(rows: pd.DataFrame) -> pd.DataFrame:
        others = given[given[named_by].isin(rows[named_by])].drop(index=rows.index, errors="ignore")
        return answer(pd.concat([rows, others])).loc[rows.index]

    return answered


def _answer_of(fitted: Fitted) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return fitted.predict if isinstance(fitted.step, (Model, Postprocess)) else fitted.transform


def _applied(done: Rehearsed, rows: pd.DataFrame) -> Iterator[tuple[str, Fitted, pd.DataFrame, pd.DataFrame]]:
    """Yield each step that serves with the rows, or predictions, it is given and those it makes."""
    predictions, at_split = None, rows
    for name, fitted in done.parts.learned.after.items():
        if isinstance(fitted.step, Model):
            predictions = fitted.predict(rows)
            yield name, fitted, rows, predictions
        elif isinstance(fitted.step, Postprocess):
            assert predictions is not None
            given = fitted.beside(predictions, at_split)
            predictions = fitted.predict(given)
            yield name, fitted, given, predictions
        else:
            given, rows = rows, fitted.transform(rows)
            yield name, fitted, given, rows


def _flipped_labels(recipe: Recipe, done: Rehearsed, held: pd.DataFrame, unstable: set[str]) -> Iterator[Trace]:
    """Turn the targets of held-out rows around: nothing that is said of them may move."""
    targets = [name for name in recipe.parts.roles.targets if name in held.columns]
    turned = {name: mirrored(held[name]) for name in targets}
    others = [with_columns(held, {name: each}) for name, each in turned.items() if each is not None]
    if not others:
        return
    told = set[str]()
    for (name, fitted, given, made), (_, _, _, flipped) in itertools.chain.from_iterable(
        zip(_applied(done, held), _applied(done, other), strict=True) for other in others
    ):
        if name in unstable:
            continue
        rounding = Rounding(_answer_of(fitted), given, made)
        one, two = (each.drop(columns=targets, errors="ignore") for each in (made, flipped))
        difference = moved(one, two, rounding)
        if difference:
            said = f"{difference.rows:,} of {len(held):,} rows changed when their own labels were flipped"
            detail = f"{said}, {difference.example}"
            yield Trace(name, "flipped labels", VIOLATED, difference.columns, detail, "label", "own label", said)
            return
        if name not in told:
            told.add(name)
            yield Trace(name, "flipped labels", NOT_OBSERVED, concerns="label")
