"""Ablation: the pipeline again without each feature, judged on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.dataset import Rows
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.evaluation import Evaluate
from mlsys.evaluation.comparison import paired_difference
from mlsys.evaluation.intervals import at_once
from mlsys.evaluation.judging import Judge, judge_for
from mlsys.evaluation.scored import scored_rows
from mlsys.execution.execute import Data, execute
from mlsys.execution.execution import Execution
from mlsys.execution.holding import HoldingWork
from mlsys.execution.planned import Planned
from mlsys.execution.processes import apart
from mlsys.execution.progress import progress_bar
from mlsys.steps import Model, Split
from mlsys.warned import once_a_run

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline
    from mlsys.run import Ablation

LEVEL = 0.95
Groups = Sequence[str] | Mapping[str, Sequence[str]]


@once_a_run()
def ablate(
    pipeline: Pipeline, features: Groups | None, data: Data, n_jobs: int, cache: bool, verbose: bool | None
) -> Ablation:
    """Refit a pipeline without each feature; see ``Pipeline.ablate``."""
    from mlsys.run import Ablation

    if not any(isinstance(each.step, Model) for each in pipeline.planned):
        raise ConfigurationError("ablate() needs a pipeline with a model", "add Train(...)")
    place = next(i for i, each in enumerate(pipeline.planned) if isinstance(each.step, Split))
    with progress_bar(pipeline.name, place + 1, verbose) as advance:
        kept = pipeline.cache_for(pipeline.planned, cache)
        base = execute(pipeline.planned[: place + 1], data, pipeline.context(advance, kept), LocalEngine())
    assert base.divided is not None
    parts = {name: part.frame() for name, part in base.divided.parts.items() if name != "test"}
    groups = _groups(features, base.context.catalog.features(parts["train"].columns))
    work = HoldingWork(pipeline.planned[place + 1 :], parts, base.divided.folds, base.context.detached())
    with progress_bar(f"{pipeline.name}, without each of {len(groups)}", len(groups) + 1, verbose) as one_more:
        predicted = {}
        for name, frame in zip(["", *groups], apart(work, [(), *groups.values()], n_jobs), strict=True):
            predicted[name] = frame
            one_more(f"without {name}" if name else "with all")
    table, judge = _table(pipeline.planned, base, parts, groups, predicted)
    judged = "validation rows" if "validation" in parts else f"training rows, out of {len(base.divided.folds)} folds"
    return Ablation(pipeline, table, judge.headline.name, judged, base.divided.rows.get("test", 0))


def _groups(features: Groups | None, there: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the columns to leave out together, by name."""
    if isinstance(features, str):
        raise ConfigurationError(f"features={features!r} is a text, not a list", f"write features=[{features!r}]")
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
        problem = f"{wrong[0]!r} is no feature" if wrong else f"{empty[0]!r} names no column" if empty else "no feature"
        raise ConfigurationError(
            f"ablate() cannot leave out what is not there: {problem}", f"features are {', '.join(there)}"
        )
    return named


def _table(
    steps: Sequence[Planned],
    base: Execution,
    parts: Mapping[str, pd.DataFrame],
    groups: Mapping[str, tuple[str, ...]],
    predicted: Mapping[str, pd.DataFrame],
) -> tuple[pd.DataFrame, Judge]:
    roles, features = base.context.roles, base.context.catalog.features(parts["train"].columns)
    full = predicted[""]
    rows = Rows.of(parts.get("validation", parts["train"]).loc[full.index], roles, features)
    scored = {name: scored_rows(rows, frame) for name, frame in predicted.items()}
    asked = next((each.step for each in steps if isinstance(each.step, Evaluate)), Evaluate())
    judge = judge_for(scored[""], asked.metrics, LEVEL, roles.event)
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
