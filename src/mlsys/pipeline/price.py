"""The price of leakage: a leaky and the honest order of work on a sample, scored side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import Evaluate
from mlsys.evaluation.differing import difference
from mlsys.evaluation.intervals import Interval
from mlsys.evaluation.judging import Judge, judge_for
from mlsys.evaluation.resampled import judged_per_learned, resampled_mean, unpaired_gap
from mlsys.evaluation.sample import Sample, class_names
from mlsys.execution.execute import Data, execute
from mlsys.execution.orders import Order, learned_from_all, working
from mlsys.execution.planned import Planned
from mlsys.execution.progress import progress_bar
from mlsys.pipeline.coercion import as_step
from mlsys.pipeline.given import as_rows
from mlsys.pipeline.refusals import learns
from mlsys.pipeline.rehearsing import Leak, Rehearsal, dealt_singly, leaks_for, rehearse
from mlsys.sampling import TimeFolds
from mlsys.steps import Model, Split, Step
from mlsys.warned import once_a_run

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline
    from mlsys.run import PriceOfLeakage

ROWS, FOLDS, REPEATS = 20_000, 5, 2
"""Enough rows for a second decimal, and folds whose intervals are not mostly the t distribution's."""


@once_a_run()
def price_of_leakage(
    steps: Sequence[Any],
    data: Any = None,
    *,
    rows: int = ROWS,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    n_jobs: int = 1,
    verbose: bool | None = None,
    **arguments: Any,
) -> PriceOfLeakage:
    """Score an order of steps that ``Pipeline`` refuses beside the corrected one.

    Parameters
    ----------
    steps : sequence
        As for ``Pipeline``: with steps that learn or resample before the split.
    data : DataFrame, optional
        Rows, in any form that ``pipeline.run`` takes; what the source reads if not given.
    rows : int
        Rows of the sample, about, chosen by hash of their ids; groups are taken whole.
    folds, repeats : int
        Windows that judge both orders; repeats for splits by rows.
    n_jobs : int
        Processes.
    verbose : bool, optional
        Show a progress bar; by default in a terminal and in a notebook.
    **arguments
        Roles and other arguments of ``Pipeline``.

    Returns
    -------
    PriceOfLeakage
        Optimistic and honest score, and the gap with its interval. For steps in an honest order: what each leak
        would add that could be put in, as ``pipeline.price_of_leakage()`` says.

    Notes
    -----
    As written, the early steps see all rows that are not test rows, those that judge included; the test rows stay
    sealed. The gap is paired fold by fold where both orders have the same rows (Nadeau and Bengio 2003).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.feature_selection import SelectKBest
    >>> from sklearn.linear_model import LogisticRegression
    >>> import mlsys
    >>> rng = np.random.default_rng(0)
    >>> noise = pd.DataFrame(rng.normal(size=(100, 500))).rename(columns="x{}".format)
    >>> noise["y"] = rng.permutation([0, 1] * 50)
    >>> steps = [SelectKBest(k=20), mlsys.StratifiedSplit(test=0), LogisticRegression()]
    >>> price = mlsys.price_of_leakage(steps, noise, target="y")
    >>> row = price.table.iloc[0]
    >>> bool(row["optimistic"] > 0.8), bool(row["honest"] < 0.65), row["verdict"]
    (True, True, 'flatters')
    """
    from mlsys.pipeline.pipeline import Pipeline

    data = as_rows(data, arguments.get("target"), "price_of_leakage()")
    given = [as_step(step) for step in steps]
    at = next((i for i, step in enumerate(given) if isinstance(step, Split)), len(given))
    early = [step for step in given[:at] if learns(step) and not step.allow_all_rows] if at < len(given) else []
    if not early:
        return price_of_pipeline(Pipeline(steps, **arguments), data, rows, folds, repeats, n_jobs, verbose)
    moved = set(map(id, early))
    others = [step for step in given[:at] if id(step) not in moved]
    corrected = Pipeline([*others, given[at], *early, *given[at + 1 :]], **arguments)
    _refuse_without_model(corrected)
    with progress_bar(corrected.name, len(corrected.steps), verbose) as advance:
        context = corrected.context(advance)
        found = rehearse(corrected, data, context, rows, folds, repeats)
        named = dict(zip(map(id, [*others, given[at], *early, *given[at + 1 :]]),
                         [each for each in corrected.planned if not each.supplied], strict=True))  # fmt: skip
        leak = _as_written([named[id(step)] for step in given], early, found, data, corrected)
    return _priced(corrected, found, [leak], n_jobs, verbose)


@once_a_run()
def price_of_pipeline(
    pipeline: Pipeline, data: Data, rows: int, folds: int, repeats: int, n_jobs: int, verbose: bool | None
) -> PriceOfLeakage:
    """Score an honest pipeline beside itself with each leak put in; see ``Pipeline.price_of_leakage``."""
    _refuse_without_model(pipeline)
    with progress_bar(pipeline.name, len(pipeline.steps), verbose) as advance:
        found = rehearse(pipeline, data, pipeline.context(advance), rows, folds, repeats)
    leaks = list(leaks_for(found))
    if not leaks:
        raise ConfigurationError(
            f"{pipeline.name} has no place for a leak: nothing learns before the model, no column is late, and rows "
            "are divided at random",
            "see pipeline.audit_leakage() for what its functions might do",
        )
    return _priced(pipeline, found, leaks, n_jobs, verbose)


def _as_written(
    plan: Sequence[Planned], early: Sequence[Step], found: Rehearsal, data: Data, pipeline: Pipeline
) -> Leak:
    """Return the order as it was written: what stands before the split is shown all rows."""
    at = next(i for i, each in enumerate(plan) if isinstance(each.step, Split))
    first = next(i for i, each in enumerate(plan) if learns(each.step) and not each.step.allow_all_rows)
    table = execute(plan[:first], data, pipeline.context(), LocalEngine()).table
    assert table is not None
    frame, honest = table.frame(), found.honest
    if not honest.rows.index.isin(frame.index).all():
        raise DataError(
            "rows before and after the early steps cannot be matched, because a step between them makes other rows",
            "put Reshape before the steps that learn",
        )
    context = found.ready.context.detached()
    rows, predicted = learned_from_all(plan[first:at], frame.loc[honest.rows.index], context)
    named = " and ".join(step.title for step in early)
    what = f"{named} before {plan[at].name}, shown all rows"
    if predicted is not None:
        return Leak("as written", what, Order(honest.rows, (), honest.windows, context, predicted))
    same = rows.index.equals(honest.rows.index)
    windows = honest.windows if same else dealt_singly(found, rows)
    return Leak("as written", what, Order(rows, working(plan[at + 1 :]), windows, context))


def _priced(
    pipeline: Pipeline, found: Rehearsal, leaks: Sequence[Leak], n_jobs: int, verbose: bool | None
) -> PriceOfLeakage:
    from mlsys.run import PriceOfLeakage

    total = len(found.honest.windows) + sum(len(leak.order.windows) for leak in leaks)
    with progress_bar(f"{pipeline.name}, {len(leaks)} leaks", total, verbose) as advance:
        scored = list(found.honest.scored(n_jobs, advance))
        asked = next((each.step for each in pipeline.steps if isinstance(each.step, Evaluate)), Evaluate())
        judge = judge_for(scored[0], asked.metrics, 0.95, found.ready.context.roles.event)
        honest = _values(judge, scored)
        rows = []
        for leak in leaks:
            values = _values(judge, list(leak.order.scored(n_jobs, advance)))
            rows.append(_row(judge, found.honest, leak, honest, values))
    return PriceOfLeakage(
        pipeline,
        pd.DataFrame(rows),
        judge.headline.name,
        f"{found.folds!r}, {len(found.honest.windows)} folds of {len(found.honest.rows):,} rows",
        found.ready.divided.rows.get("test", 0),
        isinstance(found.folds, TimeFolds),
    )


def _values(judge: Judge, scored: Sequence[pd.DataFrame]) -> list[float]:
    return [judge.headline(Sample.of(frame, class_names(frame, judge.task, judge.event))) for frame in scored]


def _row(judge: Judge, order: Order, leak: Leak, honest: list[float], values: list[float]) -> dict[str, Any]:
    """Return the scores of a leak beside the honest ones, and the gap."""
    ratios = _ratio(leak.order), _ratio(order)
    paired = leak.order.windows is order.windows
    if paired:
        gap = resampled_mean([difference(one, other) for one, other in zip(values, honest, strict=True)], ratios[0])
    else:
        gap = unpaired_gap(values, honest, ratios)
    bounds = judge.headline.bounds
    ours, theirs = (
        resampled_mean(side, ratio, bounds=bounds) for side, ratio in zip((values, honest), ratios, strict=True)
    )
    return {
        "leak": leak.name, "what": leak.what, "metric": judge.headline.name,
        "optimistic": ours.value, "optimistic lower": ours.lower, "optimistic upper": ours.upper,
        "honest": theirs.value, "honest lower": theirs.lower, "honest upper": theirs.upper,
        "gap": gap.value, "gap lower": gap.lower, "gap upper": gap.upper,
        "compared": "paired by fold" if paired else "unpaired", "verdict": _verdict(judge, gap),
    }  # fmt: skip


def _ratio(order: Order) -> float:
    counts = [window.sides.value_counts() for window in order.windows]
    return judged_per_learned(
        pd.DataFrame({"learned": [each["train"] for each in counts], "judged": [each["validation"] for each in counts]})
    )


def _verdict(judge: Judge, gap: Interval) -> str:
    """Say whether the leak surely makes the score look better."""
    sign = 1 if judge.headline.greater_is_better else -1
    low, high = sorted((sign * gap.lower, sign * gap.upper))
    if low != low:  # noqa: PLR0124  NaN: there is no interval
        return "not enough folds"
    if low > 0:
        return "flatters"
    return "looks worse" if high < 0 else "not told apart"


def _refuse_without_model(pipeline: Pipeline) -> None:
    if not any(isinstance(each.step, Model) for each in pipeline.steps):
        raise ConfigurationError("price_of_leakage() needs a model to score", "add Train(...)")
