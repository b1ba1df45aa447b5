"""Cross-validation: the steps after the split run again for each fold; what stands before it runs once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from mlsys.engines import AnyEngine
from mlsys.errors import ConfigurationError, Finding
from mlsys.evaluation import Evaluation, evaluation_in
from mlsys.execution.crossing import Judged, Prepared, judged_windows, prepared, windows_of
from mlsys.execution.opening import Data
from mlsys.execution.progress import progress_bar
from mlsys.execution.session import start, working
from mlsys.execution.windows import Window
from mlsys.outcome.findings import marked
from mlsys.pages import Findings
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import AnyPipeline, PipelineType
from mlsys.run.estimates.cross_validation import CrossValidation
from mlsys.run.estimates.recorded import write_estimate
from mlsys.sampling import GroupFolds, KFolds, TimeFolds, TimeSplit
from mlsys.steps import Split, Step
from mlsys.steps.questions import divides
from mlsys.values import with_columns
from mlsys.warned import once_a_run

FOLDS = 5
"""The usual number; ten cost twice as much and change the interval little."""


@once_a_run()
def cross_validate(
    pipeline: PipelineType,
    folds: Split | int | None,
    data: Data,
    n_jobs: int,
    track: bool | str,
    cache: bool,
    verbose: bool | None,
    engine: AnyEngine | None,
) -> CrossValidation[PipelineType]:
    """Judge a pipeline by folds; see ``Pipeline.cross_validate``."""
    if Plan(pipeline.planned).model is None:
        raise ConfigurationError("cross_validate() needs a pipeline with a model", "add Train(...)")
    divide, why = chosen_folds(pipeline, folds)
    with working(pipeline, verbose, cache=cache, engine=engine) as work, work.caching():
        ready = prepared(Plan(pipeline.planned), data, start(pipeline), work)
        windows = windows_of(divide, ready)
        with progress_bar(f"{pipeline.name}, {len(windows)} folds", len(windows), verbose) as one_more:
            judged_in = []
            for judged in judged_windows(ready, windows, n_jobs):
                judged_in.append(judged)
                one_more(f"judged {judged.window}")
    found = _put_together(pipeline, ready, windows, judged_in, f"{divide!r}, {why}")
    if track:
        write_estimate(found, judged_in)
    return found


def chosen_folds(pipeline: AnyPipeline, folds: Split | int | None) -> tuple[Split, str]:
    """Return the step that makes folds, and why it is this one."""
    if isinstance(folds, Step) and divides(folds):
        return folds, "as requested"
    if folds is not None and (isinstance(folds, bool) or not isinstance(folds, int)):
        raise ConfigurationError(
            f"folds={folds!r} is not a way to make folds",
            "give a number, or a step such as KFolds(5), GroupFolds(5), TimeFolds(5)",
        )
    own = next((each.step for each in pipeline.planned if isinstance(each.step, (KFolds, GroupFolds, TimeFolds))), None)
    if own is not None and folds is None:
        return own, "as the pipeline divides its rows"
    number = FOLDS if folds is None else folds
    if pipeline.roles.time is not None:
        split = next((each.step for each in pipeline.planned if isinstance(each.step, TimeSplit)), TimeSplit())
        return time_folds(split, number), "because there is a time role"
    if pipeline.roles.group is not None:
        return GroupFolds(number), "because there is a group role"
    return KFolds(number), "because there is neither a time nor a group role"


def time_folds(split: TimeSplit, number: int) -> TimeFolds:
    """Return windows in time with the embargo and the care for groups of a split."""
    return TimeFolds(number, embargo=split.embargo, keep_groups_together=split.keep_groups_together)


def _put_together(
    pipeline: PipelineType, ready: Prepared, windows: Sequence[Window], judged_in: Sequence[Judged], how: str
) -> CrossValidation[PipelineType]:
    evaluation = _evaluation(judged_in[0])
    return CrossValidation(
        pipeline,
        pd.concat([_scores(judged) for judged in judged_in], ignore_index=True),
        {judged.window: judged.results for judged in judged_in},
        how,
        evaluation.task,
        evaluation.headline,
        Findings(_findings(pipeline, ready, judged_in)),
        ready.sealed,
        [window.sides for window in windows],
        _in_time(judged_in),
        {judged.window: judged.states for judged in judged_in},
    )


def _evaluation(judged: Judged) -> Evaluation:
    evaluation = evaluation_in(judged.results)
    assert evaluation is not None  # a pipeline with a model is supplied one
    return evaluation


def _scores(judged: Judged) -> pd.DataFrame:
    """Return the scores of one fold, with its rows, its moments and how long it took."""
    evaluation = _evaluation(judged)
    found = [_of_all_rows(evaluation)]
    for target, each in evaluation.targets.items():
        alone = _of_all_rows(each)
        found.append(alone.assign(metric=f"{target}/" + alone["metric"]))
    frame: pd.DataFrame = pd.concat(found, ignore_index=True) if len(found) > 1 else found[0]
    frame.insert(0, "fold", judged.window)
    frame = frame.assign(learned=judged.rows["train"], judged=judged.rows["validation"], seconds=judged.seconds)
    if judged.spans:
        moments = {"learned until": judged.spans["train"][1]}
        moments |= dict(zip(("judged from", "judged until"), judged.spans["validation"], strict=True))
        frame = with_columns(frame, moments)
    return frame


def _of_all_rows(evaluation: Evaluation) -> pd.DataFrame:
    table = evaluation.table
    mine = table[(table["part"] == evaluation.part) & (table["slice"] == "all")]
    found: pd.DataFrame = mine[["model", "metric", "value"]].reset_index(drop=True)
    return found


def _findings(pipeline: AnyPipeline, ready: Prepared, judged_in: Sequence[Judged]) -> tuple[Finding, ...]:
    """Return the remarks on rows before the split, and those of folds once each, with how many folds they are of."""
    first: dict[tuple[Any, ...], Finding] = {}
    counted: Counter[tuple[Any, ...]] = Counter()
    for judged in judged_in:
        said = [*judged.findings, *(finding for result in judged.results.values() for finding in result.findings)]
        for finding in {_same(each): each for each in said}.values():
            first.setdefault(_same(finding), finding)
            counted[_same(finding)] += 1
    total = len(judged_in)
    found = [
        replace(finding, message=f"{finding.message} (in {counted[key]} of {total} folds)")
        for key, finding in first.items()
    ]
    return marked([*ready.parts.findings, *found], pipeline.waive)


def _same(finding: Finding) -> tuple[Any, ...]:
    """Return what makes remarks of two folds one: what they say, and of which columns where that is an accusation."""
    columns = () if finding.severity == "information" else finding.columns
    return finding.code, finding.severity, columns, finding.step


def _in_time(judged_in: Sequence[Judged]) -> bool:
    """Whether every fold is judged by rows that come after those it learned from."""
    return all(each.spans and each.spans["train"][1] <= each.spans["validation"][0] for each in judged_in)
