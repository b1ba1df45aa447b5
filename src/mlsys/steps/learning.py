"""Learning a state: summaries are added in plan order, or rows are gathered and passed to ``learn``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mlsys.dataset import Rows, require_columns
from mlsys.errors import ContractError, DataError
from mlsys.native_threads import threads_pinned
from mlsys.settings import settings
from mlsys.states import check_storable, settled
from mlsys.steps.across import why_here, workers_that_learn
from mlsys.steps.base import Step
from mlsys.steps.capabilities import LearnsAcross
from mlsys.steps.choosing import shown_what_fits
from mlsys.steps.learning_kinds import Model, Transform
from mlsys.steps.own_form import PLAIN, form_of_state
from mlsys.summaries import Again, CrossFitted, SummaryMap
from mlsys.tables import Table, add_in_order

Wrap = Callable[[pd.DataFrame], Rows]
Look = Callable[[], None]
MOST_PASSES = 20
"""Maximum number of passes over the data; a step that requests more does not end."""


@dataclass(frozen=True)
class Learned:
    """A state, and the states for the rows of each fold if the step cross-fits."""

    state: Any
    fold_states: tuple[Any, ...] = ()


def _nobody_looks() -> None:
    """Look at nothing."""


def learn(
    step: Step,
    train: Table,
    wrap: Wrap,
    rng: np.random.Generator,
    *,
    fold_states: bool = True,
    look: Look = _nobody_looks,
    hook: Callable[..., Any] | None = None,
) -> Learned:
    """Return the state that ``step`` learns from training rows.

    Parameters
    ----------
    step : Step
        A step with a ``learn`` or ``summarize`` hook.
    train : Table
        Training rows; nothing else is reachable from here.
    wrap : callable
        Gives a frame its roles, features and fold numbers.
    rng : numpy.random.Generator
        For hooks that name ``rng``.
    fold_states : bool
        Whether a step that cross-fits also learns the states for the rows of each fold.
    look : callable
        Called after each hook that was shown rows, in the process where it ran.
    hook : callable, optional
        In place of the ``learn`` of a step that gathers rows.

    Raises
    ------
    StateError
        If the state cannot be stored; the message contains the path inside it.
    """
    if isinstance(step, Transform) and step.chooses_columns:
        wrap = shown_what_fits(step, train, wrap)
    if isinstance(step, Transform) and step.scales:
        learned = _learn_scaled(step, train, wrap, fold_states, look)
    elif isinstance(step, Model) and step.learns_in_parts(train.in_memory):
        learned = Learned(_learn_in_parts(step, train, wrap, rng))
    elif isinstance(step, LearnsAcross) and hook is None and workers_that_learn(step, train, wrap):
        learned = Learned(step.learn_across(train, wrap, rng))
    else:
        rows = wrap(_gathered(step, train, wrap))
        with threads_pinned():
            state = call_hook(hook or step.learn, rows, rng=rng)  # type: ignore[attr-defined]
            if isinstance(state, CrossFitted):
                learned = Learned(state.state, state.fold_states)
            else:
                crossed = fold_states and isinstance(step, Transform) and step.cross_fits
                learned = Learned(state, _fold_states(step, rows, rng) if crossed else ())  # type: ignore[arg-type]
        look()
    return _kept(step, learned)


def _gathered(step: Step, train: Table, wrap: Wrap) -> pd.DataFrame:
    """Return all rows; where they do not fit, the error also says why workers do not learn from them."""
    try:
        return train.frame()
    except DataError as error:
        if why := why_here(step, train, wrap):
            error.add_note(f"{step.title} is not trained by the workers together: {why}")
        raise


def _kept(step: Step, learned: Learned) -> Learned:
    """Return the state in the form in which it is stored, or raise if it cannot be."""
    if learned.state is None:
        raise ContractError(f"learn() of {step.title} returned None", "end it with `return` and what was learned")
    if form_of_state(step) == PLAIN:
        check_storable(learned.state)
    return Learned(settled(learned.state), tuple(settled(each) for each in learned.fold_states))


def _fold_states(step: Transform, rows: Rows, rng: np.random.Generator) -> tuple[Any, ...]:
    assert rows.folds is not None
    return tuple(
        call_hook(step.learn, rows.take_rows(rows.folds != fold), rng=rng) for fold in range(step.cross_fit_folds)
    )


def learns_beside_others(step: Step) -> bool:
    """Whether what a step learns is finished from one summary of all rows, so that others can share its scans."""
    if not isinstance(step, Transform) or not step.scales:
        return False
    return (step.sums_by_fold or not step.cross_fits) and form_of_state(step) == PLAIN


def learn_together(steps: Mapping[str, tuple[Transform, Wrap]], train: Table) -> dict[str, Learned]:
    """Return what several steps learn from the same training rows, each as if it were alone: they share the scans.

    Parameters
    ----------
    steps : mapping of str to (Transform, callable)
        Steps that may learn beside others, with what gives a frame its roles, by name.
    train : Table
        Training rows.
    """
    shown = {name: _shown(step, wrap) for name, (step, wrap) in steps.items()}
    known: dict[str, tuple[Any, ...]] = dict.fromkeys(steps, ())
    found: dict[str, Learned] = {}
    for _ in range(MOST_PASSES):
        working = {name: partial(_summary, steps[name][0], shown[name], _nobody_looks) for name in known}
        summaries = train.reduce(partial(_summaries, working, dict(known)), _columns_of(known, steps, train))
        known = {}
        for name, summary in summaries.items():
            answer = steps[name][0].finish(summary)
            if isinstance(answer, Again):
                known[name] = (answer.partial,)
            elif isinstance(answer, CrossFitted):
                found[name] = _kept(steps[name][0], Learned(answer.state, answer.fold_states))
            else:
                found[name] = _kept(steps[name][0], Learned(answer))
        if not known:
            return found
    raise _too_many_passes(steps[next(iter(known))][0])


def _columns_of(names: Iterable[str], steps: Mapping[str, tuple[Transform, Wrap]], train: Table) -> list[Any] | None:
    """Return the columns that several steps read; ``None`` for all."""
    each = [_columns(steps[name][0], train, steps[name][1]) for name in names]
    if any(columns is None for columns in each):
        return None
    wanted = {name for columns in each for name in columns or ()}
    return [name for name in train.head(0).columns if name in wanted]


def _summaries(
    working: Mapping[str, Callable[..., Any]], known: Mapping[str, tuple[Any, ...]], frame: pd.DataFrame
) -> SummaryMap:
    """Return the summary of a partition for each step; done where the partition is."""
    return SummaryMap({name: summarize(frame, *known[name]) for name, summarize in working.items()})


class _PerFold:
    """One summary per fold; adds fold by fold."""

    def __init__(self, summaries: list[Any]) -> None:
        self.summaries = summaries

    def __add__(self, other: _PerFold) -> _PerFold:
        return _PerFold([mine + theirs for mine, theirs in zip(self.summaries, other.summaries, strict=True)])


def _learn_scaled(step: Transform, train: Table, wrap: Wrap, fold_states: bool, look: Look) -> Learned:
    shown, columns = _shown(step, wrap), _columns(step, train, wrap)
    train = train if columns is None else train.narrowed(columns)
    if step.sums_by_fold or not step.cross_fits:
        answer = _finish(step, train, shown, look, columns, train.reduce(partial(_summary, step, shown, look), columns))
        if isinstance(answer, CrossFitted):
            return Learned(answer.state, answer.fold_states if fold_states else ())
        return Learned(answer)
    folds = range(step.cross_fit_folds)
    summaries = train.reduce(partial(_summary_by_fold, step, shown, look), columns).summaries
    # Fold by fold, so that its last bits are the same.
    whole = _finish(step, train, shown, look, columns, add_in_order(summaries))
    if not fold_states:
        return Learned(whole)
    others = [
        _finish(
            step,
            train,
            partial(_fold, shown, fold, False),
            look,
            columns,
            add_in_order(summary for number, summary in enumerate(summaries) if number != fold),
        )
        for fold in folds
    ]
    return Learned(whole, tuple(others))


def _fold(shown: Wrap, fold: int, inside: bool, frame: pd.DataFrame) -> Rows:
    rows = shown(frame)
    assert rows.folds is not None
    return rows.take_rows((rows.folds == fold) == inside)


def _summary_by_fold(step: Transform, shown: Wrap, look: Look, frame: pd.DataFrame) -> _PerFold:
    folds = range(step.cross_fit_folds)
    return _PerFold([_summary(step, partial(_fold, shown, fold, True), look, frame) for fold in folds])


def _summary(step: Transform, shown: Wrap, look: Look, frame: pd.DataFrame, *known: Any) -> Any:
    """Return the summary of a partition; done where the partition is."""
    summary = step.summarize(shown(frame), *known)
    look()
    return summary


def _finish(step: Transform, train: Table, shown: Wrap, look: Look, columns: list[Any] | None, summary: Any) -> Any:
    """Finish a summary, making further passes over some columns while the step asks for them."""
    for _ in range(MOST_PASSES):
        answer = step.finish(summary)
        if not isinstance(answer, Again):
            return answer
        known = answer.partial
        summary = train.reduce(
            lambda frame, known=known: _summary(step, shown, look, frame, known),  # type: ignore[misc]
            columns,
        )
    raise _too_many_passes(step)


def _too_many_passes(step: Transform) -> ContractError:
    return ContractError(
        f"finish() of {step.title} requested more than {MOST_PASSES} passes", "return the state, not Again, at the end"
    )


def _shown(step: Transform, wrap: Wrap) -> Wrap:
    """Return a function that narrows a frame to the columns the step reads, and the roles."""

    def shown(frame: pd.DataFrame) -> Rows:
        rows = wrap(frame)
        needed = step.columns_read(rows.feature_names)
        if step.is_ours:
            remedy = "correct columns=, or create the column with a Derive step first"
            require_columns(rows.columns, needed or (), step.title, remedy)
        return rows if needed is None else rows.narrowed(needed)

    return shown


def _columns(step: Step, train: Table, wrap: Wrap) -> list[Any] | None:
    """Return the columns that a step reads and the roles, as far as they are there; ``None`` for all."""
    rows = wrap(train.head(0))
    needed = step.columns_read(rows.feature_names)
    if needed is None or not {*needed} <= {*rows.columns}:
        return None
    return [name for name in rows.columns if name in {*needed, *rows.roles.columns()}]


def _learn_in_parts(step: Model, train: Table, wrap: Wrap, rng: np.random.Generator) -> Any:
    state, columns = step.start(rng), None
    if step.is_ours:
        rows = wrap(train.head(0))
        columns = [name for name in rows.columns if name in {*rows.feature_names, *rows.roles.columns()}]
    with threads_pinned():
        for _ in range(step.epochs_wanted):
            # Blocks of one size, wherever the pieces of a source end: the same batches, and so the same model.
            for frame in train.blocks(settings().rows_per_partition, columns):
                state = step.learn_part(wrap(frame), state, rng)
    return state


def call_hook(hook: Callable[..., Any], *given: Any, rng: np.random.Generator) -> Any:
    """Call a hook, with ``rng`` if it names it."""
    return hook(*given, rng) if _names_rng(getattr(hook, "__func__", hook)) else hook(*given)


@functools.lru_cache(maxsize=512)
def _names_rng(function: Callable[..., Any]) -> bool:
    return "rng" in inspect.signature(function).parameters
