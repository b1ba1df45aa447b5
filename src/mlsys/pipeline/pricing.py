"""The price of leakage: a leaky and the honest order of work on a sample, scored side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import Evaluate
from mlsys.evaluation.differing import difference
from mlsys.evaluation.intervals import Interval
from mlsys.evaluation.judging import Judge, judge_for
from mlsys.evaluation.resampled import judged_per_learned, resampled_mean, unpaired_gap
from mlsys.execution.opening import Data
from mlsys.execution.orders import Order, learned_from_all
from mlsys.execution.progress import progress_bar
from mlsys.execution.runner import execute
from mlsys.execution.session import start, work_of, working
from mlsys.pipeline.rehearsing import Leak, Rehearsal, dealt_singly, leaks_for, rehearse
from mlsys.plan import Plan, Planned
from mlsys.plan.any_pipeline import AnyPipeline, PipelineType
from mlsys.plan.refusals import learns
from mlsys.run.estimates.price import PriceOfLeakage
from mlsys.sampling import TimeFolds
from mlsys.steps import Step
from mlsys.steps.questions import aim_of, divides, minimized_by
from mlsys.warned import once_a_run

ROWS, FOLDS, REPEATS = 20_000, 5, 2
"""Enough rows for a second decimal, and folds whose intervals are not mostly the t distribution's."""


@once_a_run()
def price_of_pipeline(
    pipeline: PipelineType, data: Data, rows: int, folds: int, repeats: int, n_jobs: int, verbose: bool | None
) -> PriceOfLeakage[PipelineType]:
    """Score an honest pipeline beside itself with each leak put in; see ``Pipeline.price_of_leakage``."""
    refuse_without_model(pipeline)
    with working(pipeline, verbose, steps=pipeline.steps) as work:
        found = rehearse(pipeline, data, work, rows, folds, repeats)
    leaks = list(leaks_for(found))
    if not leaks:
        raise ConfigurationError(
            f"{pipeline.name} has no place for a leak: nothing learns before the model, no column is late, and rows "
            "are split at random",
            "use pipeline.audit_leakage() to check its functions",
        )
    return priced(pipeline, found, leaks, n_jobs, verbose)


def as_written(
    plan: Sequence[Planned], early: Sequence[Step], found: Rehearsal, data: Data, pipeline: AnyPipeline
) -> Leak:
    """Return the order as it was written: what stands before the split is shown all rows."""
    at = next(i for i, each in enumerate(plan) if divides(each.step))
    first = next(i for i, each in enumerate(plan) if learns(each.step) and not each.step.allow_all_rows)
    opened = execute(Plan(tuple(plan[:first])), data, start(pipeline), work_of(pipeline))
    frame, honest = opened.rows["all"].frame(), found.honest
    if not honest.rows.index.isin(frame.index).all():
        raise DataError(
            "rows before and after the early steps cannot be matched, because a step between them makes new rows",
            "put Reshape before the steps that learn",
        )
    early_rows = frame.loc[honest.rows.index]
    rows, predicted, known = learned_from_all(plan[first:at], early_rows, honest.parts, honest.work)
    named = " and ".join(step.title for step in early)
    what = f"{named} before {plan[at].name}, shown all rows"
    if predicted is not None:
        return Leak("as written", what, Order(honest.rows, (), honest.windows, known, honest.work, predicted))
    same = rows.index.equals(honest.rows.index)
    windows = honest.windows if same else dealt_singly(found, rows)
    return Leak("as written", what, Order(rows, Plan(tuple(plan)).working, windows, known, honest.work))


def priced(
    pipeline: PipelineType, found: Rehearsal, leaks: Sequence[Leak], n_jobs: int, verbose: bool | None
) -> PriceOfLeakage[PipelineType]:
    """Score the honest order and each leak side by side."""
    total = len(found.honest.windows) + sum(len(leak.order.windows) for leak in leaks)
    with progress_bar(f"{pipeline.name}, {len(leaks)} leaks", total, verbose) as advance:
        scored = list(found.honest.scored(n_jobs, advance))
        asked = next((each.step for each in pipeline.steps if isinstance(each.step, Evaluate)), Evaluate())
        events, after = found.ready.parts.roles.all_events, pipeline.steps
        judge = judge_for(scored[0], asked.metrics, 0.95, events, aim_of(after), minimized_by(after))
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
        found.ready.sealed,
        isinstance(found.folds, TimeFolds),
    )


def _values(judge: Judge, scored: Sequence[pd.DataFrame]) -> list[float]:
    return [judge.headline(judge.sample_anew(frame)) for frame in scored]


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


def refuse_without_model(pipeline: AnyPipeline) -> None:
    """Raise for a pipeline that has nothing to score."""
    if Plan(pipeline.steps).model is None:
        raise ConfigurationError("price_of_leakage() needs a model to score", "add Train(...)")
