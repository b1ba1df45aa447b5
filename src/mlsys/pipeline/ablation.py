"""Ablation: the pipeline again without each feature, judged on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mlsys.dataset import Rows
from mlsys.engines import AnyEngine, Engine, LocalEngine, engine_of, opened
from mlsys.errors import ConfigurationError, how_many
from mlsys.evaluation import Evaluate
from mlsys.evaluation.comparison import paired_difference
from mlsys.evaluation.intervals import at_once
from mlsys.evaluation.judging import Judge, judge_for
from mlsys.evaluation.scored import scored_rows
from mlsys.execution.constant_columns import WithoutColumns
from mlsys.execution.execution import executed
from mlsys.execution.opening import Data
from mlsys.execution.parts import SEALED, Parts
from mlsys.execution.processes import apart
from mlsys.execution.progress import progress_bar
from mlsys.execution.session import start, working
from mlsys.plan import Plan, Planned
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.estimates.ablation import Ablation
from mlsys.steps.questions import aim_of, minimized_by
from mlsys.warned import once_a_run

LEVEL = 0.95
Groups = Sequence[str] | Mapping[str, Sequence[str]]


@once_a_run()
def ablate(
    pipeline: PipelineType,
    features: Groups | None,
    data: Data,
    n_jobs: int,
    cache: bool,
    verbose: bool | None,
    engine: AnyEngine | None,
) -> Ablation[PipelineType]:
    """Refit a pipeline without each feature; see ``Pipeline.ablate``."""
    plan = Plan(pipeline.planned)
    if plan.model is None or plan.split is None:
        raise ConfigurationError("ablate() needs a pipeline with a model", "add Train(...)")
    with opened(engine_of(engine)) as place:  # the workers that read the rows refit as well
        return _ablated(pipeline, plan, features, data, n_jobs, cache, verbose, place)


def _ablated(
    pipeline: PipelineType,
    plan: Plan,
    features: Groups | None,
    data: Data,
    n_jobs: int,
    cache: bool,
    verbose: bool | None,
    engine: Engine,
) -> Ablation[PipelineType]:
    assert plan.split is not None
    divides = plan.until(plan.split.name)
    with working(pipeline, verbose, steps=divides.steps, cache=cache, engine=engine) as work:
        base = executed(divides, data, start(pipeline), work)
    parts, divided = base.parts, base.divided
    assert divided is not None
    frames = {name: part.frame() for name, part in divided.parts.items() if name != SEALED}
    alone = replace(base.work.detached(), engine=LocalEngine())  # a refit is one piece of work
    without = WithoutColumns(plan.working, frames, parts.known, divided.folds, alone)
    groups = _groups(features, parts.features)
    with progress_bar(f"{pipeline.name}, without each of {len(groups)}", len(groups) + 1, verbose) as one_more:
        predicted = {}
        for name, frame in zip(["", *groups], apart(without, [(), *groups.values()], n_jobs, engine), strict=True):
            predicted[name] = frame
            one_more(f"without {name}" if name else "with all")
    table, judge = _table(plan.steps, parts, frames, groups, predicted)
    judged = (
        "validation rows" if "validation" in frames else f"training rows, out of {how_many(len(divided.folds), 'fold')}"
    )
    return Ablation(pipeline, table, judge.headline.name, judged, divided.rows.get(SEALED, 0))


def _groups(features: Groups | None, there: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the columns to leave out together, by name."""
    if isinstance(features, str):
        raise ConfigurationError(f"features={features!r} is a string, not a list", f"write features=[{features!r}]")
    named: dict[str, tuple[str, ...]]
    if features is None:
        named = {name: (name,) for name in there}
    elif isinstance(features, Mapping):
        named = {name: (given,) if isinstance(given, str) else tuple(given) for name, given in features.items()}
    else:
        named = {name: (name,) for name in features}
    wrong = [column for columns in named.values() for column in columns if column not in there]
    empty = [name for name, columns in named.items() if not columns]
    if wrong or empty or not named:
        problem = (
            f"{wrong[0]!r} is not a feature" if wrong else f"{empty[0]!r} names no column" if empty else "no feature"
        )
        raise ConfigurationError(f"ablate() cannot leave out: {problem}", f"features are {', '.join(there)}")
    return named


def _table(
    steps: Sequence[Planned],
    parts: Parts,
    frames: Mapping[str, pd.DataFrame],
    groups: Mapping[str, tuple[str, ...]],
    predicted: Mapping[str, pd.DataFrame],
) -> tuple[pd.DataFrame, Judge]:
    roles, features = parts.roles, parts.features
    full = predicted[""]
    rows = Rows.of(frames.get("validation", frames["train"]).loc[full.index], roles, features)
    scored = {name: scored_rows(rows, frame) for name, frame in predicted.items()}
    asked = next((each.step for each in steps if isinstance(each.step, Evaluate)), Evaluate())
    judge = judge_for(scored[""], asked.metrics, LEVEL, roles.all_events, aim_of(steps), minimized_by(steps))
    metric = judge.headline
    sign, perfect = (1, 1.0) if metric.greater_is_better else (-1, 0.0)
    table = []
    for name, columns in groups.items():
        gap = paired_difference(metric, scored[name], scored[""], at_once(LEVEL, len(groups)), event=judge.event)
        value = metric(judge.sample(scored[name]))
        table.append(
            {
                "without": name,
                "columns": columns,
                "value": value,
                "change": gap.value,
                "lower": gap.lower,
                "upper": gap.upper,
                "error removed": -gap.value / (perfect - value) if value != perfect else 0.0,
                "verdict": _verdict(sign, gap.lower, gap.upper),
            }
        )
    frame = pd.DataFrame(table).sort_values("change", ascending=sign > 0, kind="stable", ignore_index=True)
    frame.attrs = {"with all": metric(judge.sample(scored[""]))}
    return frame, judge


def _verdict(sign: int, lower: Any, upper: Any) -> str:
    """Say whether the score without a feature is surely another one, and on which side."""
    if lower != lower:  # noqa: PLR0124  NaN: there is no interval
        return "not enough data"
    low, high = sorted((sign * lower, sign * upper))
    if high < 0:
        return "helps"
    return "hurts" if low > 0 else "not told apart"
