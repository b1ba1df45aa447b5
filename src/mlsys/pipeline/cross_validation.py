"""Cross-validation: the steps after the split run again for each fold; what stands before it runs once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, Finding
from mlsys.execution.crossing import Outcome, Ready, Window, make_ready, run_windows, windows_of
from mlsys.execution.execute import Data
from mlsys.execution.progress import progress_bar
from mlsys.steps import Model, Split
from mlsys.warned import once_a_run

if TYPE_CHECKING:
    from mlsys.pipeline.pipeline import Pipeline
    from mlsys.run import CrossValidation
    from mlsys.sampling import TimeFolds, TimeSplit

FOLDS = 5
"""The usual number; ten cost twice as much and change the interval little."""


@once_a_run()
def cross_validate(
    pipeline: Pipeline,
    folds: Split | int | None,
    data: Data,
    n_jobs: int,
    track: bool | str,
    cache: bool,
    verbose: bool | None,
) -> CrossValidation:
    """Judge a pipeline by folds; see ``Pipeline.cross_validate``."""
    from mlsys.run.estimates.recorded import write_estimate

    if not any(isinstance(each.step, Model) for each in pipeline.planned):
        raise ConfigurationError("cross_validate() needs a pipeline with a model", "add Train(...)")
    divide, why = chosen_folds(pipeline, folds)
    kept = pipeline.cache_for(pipeline.planned, cache)
    with progress_bar(pipeline.name, len(pipeline.planned), verbose) as advance:
        context = pipeline.context(advance, kept)
        with context.caching():
            ready = make_ready(pipeline.planned, data, context, LocalEngine())
            windows = windows_of(divide, ready)
            with progress_bar(f"{pipeline.name}, {len(windows)} folds", len(windows), verbose) as one_more:
                outcomes = []
                for outcome in run_windows(ready, windows, n_jobs):
                    outcomes.append(outcome)
                    one_more(f"judged {outcome.window}")
    found = _put_together(pipeline, ready, windows, outcomes, f"{divide!r}, {why}")
    if track:
        write_estimate(found, outcomes)
    return found


def chosen_folds(pipeline: Pipeline, folds: Split | int | None) -> tuple[Split, str]:
    """Return the step that makes folds, and why it is this one."""
    from mlsys.sampling import GroupFolds, KFolds, TimeFolds, TimeSplit

    if isinstance(folds, Split):
        return folds, "as asked for"
    if folds is not None and (isinstance(folds, bool) or not isinstance(folds, int)):
        raise ConfigurationError(
            f"folds={folds!r} makes no folds", "give a number, or a step such as KFolds(5), GroupFolds(5), TimeFolds(5)"
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
    from mlsys.sampling import TimeFolds

    return TimeFolds(number, embargo=split.embargo, keep_groups_together=split.keep_groups_together)


def _put_together(
    pipeline: Pipeline, ready: Ready, windows: Sequence[Window], outcomes: Sequence[Outcome], how: str
) -> CrossValidation:
    from mlsys.run import CrossValidation

    facts = outcomes[0].results["evaluate"].facts
    return CrossValidation(
        pipeline,
        pd.concat([_scores(outcome) for outcome in outcomes], ignore_index=True),
        {outcome.window: outcome.results for outcome in outcomes},
        how,
        str(facts["task"]),
        str(facts["headline"]),
        _findings(pipeline, ready, outcomes),
        ready.divided.rows.get("test", 0),
        [window.sides for window in windows],
        _in_time(outcomes),
        {outcome.window: outcome.states for outcome in outcomes},
    )


def _scores(outcome: Outcome) -> pd.DataFrame:
    """Return the scores of one fold, with its rows, its moments and how long it took."""
    result = outcome.results["evaluate"]
    table = result.table
    mine = table[(table["part"] == result.facts["part"]) & (table["slice"] == "all")]
    frame: pd.DataFrame = mine[["model", "metric", "value"]].reset_index(drop=True)
    frame.insert(0, "fold", outcome.window)
    frame = frame.assign(learned=outcome.rows["train"], judged=outcome.rows["validation"], seconds=outcome.seconds)
    if outcome.spans:
        moments = {"learned until": outcome.spans["train"][1]}
        moments |= dict(zip(("judged from", "judged until"), outcome.spans["validation"], strict=True))
        frame = frame.assign(**moments)
    return frame


def _findings(pipeline: Pipeline, ready: Ready, outcomes: Sequence[Outcome]) -> tuple[Finding, ...]:
    """Return the remarks on rows before the split, and those of folds once each, with how many folds they are of."""
    from mlsys.run.findings import marked

    first: dict[tuple[Any, ...], Finding] = {}
    counted: Counter[tuple[Any, ...]] = Counter()
    for outcome in outcomes:
        said = [*outcome.findings, *(finding for result in outcome.results.values() for finding in result.findings)]
        for finding in {_same(each): each for each in said}.values():
            first.setdefault(_same(finding), finding)
            counted[_same(finding)] += 1
    total = len(outcomes)
    found = [
        replace(finding, message=f"{finding.message} (in {counted[key]} of {total} folds)")
        for key, finding in first.items()
    ]
    return marked([*ready.context.findings, *found], pipeline.waive)


def _same(finding: Finding) -> tuple[Any, ...]:
    """Return what makes remarks of two folds one: what they say, and of which columns where that is an accusation."""
    columns = () if finding.severity == "information" else finding.columns
    return finding.code, finding.severity, columns, finding.step


def _in_time(outcomes: Sequence[Outcome]) -> bool:
    """Whether every fold is judged by rows that come after those it learned from."""
    return all(each.spans and each.spans["train"][1] <= each.spans["validation"][0] for each in outcomes)
