"""Tune: search fields of steps by training and validation rows; test rows stay sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from mlsys.engines import AnyEngine, Engine, engine_of
from mlsys.engines import opened as opened_engine
from mlsys.errors import ConfigurationError
from mlsys.evaluation.choosing import chosen_score
from mlsys.evaluation.intervals import metric_interval
from mlsys.execution.opening import Data
from mlsys.execution.processes import number_of_processes
from mlsys.execution.progress import progress_bar
from mlsys.execution.session import working
from mlsys.execution.work import silent
from mlsys.pipeline.tuning.bench import Bench
from mlsys.pipeline.tuning.recorded import write_tuned
from mlsys.pipeline.tuning.search import LEVEL, Plain, Search, as_it_is
from mlsys.pipeline.tuning.space import Space, space_of
from mlsys.pipeline.tuning.study import need_optuna, opened, path_of, usual_pruner
from mlsys.pipeline.tuning.tried import Tried, recalled
from mlsys.pipeline.tuning.tuned import Tuned
from mlsys.plan import Plan
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.peeking import note_choice
from mlsys.states import digest_frame
from mlsys.warned import hushed, once_a_run

HOPELESS = 10
"""Trials from the first on that may all fail before the search is given up."""


@dataclass(frozen=True)
class Asked:
    """How to search; fields as the arguments of ``Pipeline.tune``."""

    trials: int
    metric: Any
    seconds: float | None
    seed: int
    sampler: Any
    pruner: Any
    n_jobs: int
    resume: str | None
    track: bool | str
    cache: bool
    verbose: bool | None
    engine: AnyEngine | None

    def check(self) -> None:
        """Raise for a budget that is none, before anything is read."""
        if isinstance(self.trials, bool) or not isinstance(self.trials, int) or self.trials < 1:
            raise ConfigurationError(
                f"trials={self.trials!r} is not a number of trials", "give 1 or more, such as trials=50"
            )
        numeric = isinstance(self.seconds, (int, float)) and not isinstance(self.seconds, bool)
        if self.seconds is not None and not (numeric and self.seconds > 0):
            raise ConfigurationError(f"seconds={self.seconds!r} is not a time", "give seconds above 0, or leave it out")
        number_of_processes(self.n_jobs)


@once_a_run()
def tune(pipeline: PipelineType, space: Any, data: Data, asked: Asked) -> Tuned[PipelineType]:
    """Return what a search found."""
    need_optuna()
    _check(pipeline)
    asked.check()
    with opened_engine(engine_of(asked.engine)) as place:  # the workers that read the rows do the trials
        return _tuned(pipeline, space, data, asked, place)


def _tuned(pipeline: PipelineType, space: Any, data: Data, asked: Asked, engine: Engine) -> Tuned[PipelineType]:
    searched = space_of(pipeline, space)
    if asked.resume is not None:
        path_of(asked.resume)  # a wrong name is told before anything runs
    plan, began = Plan(pipeline.planned), perf_counter()
    assert plan.split is not None
    shared = plan.until(plan.split.name).steps
    with working(pipeline, asked.verbose, steps=shared, cache=asked.cache, engine=engine) as work:
        bench = Bench(data, work, set(searched.changed), asked.n_jobs)
        plain = as_it_is(pipeline, bench, asked.metric, asked.seed)
    bench.work = replace(bench.work, progress=silent)
    study = opened(
        name=pipeline.name,
        greater_is_better=plain.judge.headline.greater_is_better,
        seed=asked.seed,
        sampler=asked.sampler,
        pruner=usual_pruner(len(plain.places)) if asked.pruner is None else asked.pruner,
        resume=asked.resume,
        about=_about(searched, plain),
    )
    search = Search(searched, bench, plain, study, recalled(study))
    earlier = len(search.tried)
    stopped = _run(search, pipeline.name, asked)
    _refuse_nothing(search.tried)
    found = _put_together(pipeline, search, data, stopped, perf_counter() - began)
    said = {each.said for each in search.tried if each.state == "complete"} - {digest_frame(plain.scored)}
    note_choice(plain.scored, sorted(said), len(search.tried), keep=bool(asked.track))
    if asked.track:
        write_tuned(found, search.tried[earlier:], earlier)
    return found


def _check(pipeline: PipelineType) -> None:
    """Raise for a pipeline that cannot be tuned."""
    plan = Plan(pipeline.planned)
    if plan.model is None or plan.split is None:
        raise ConfigurationError("tune() needs a pipeline with a model", "add Train(...)")
    if not pipeline.roles.targets:
        raise ConfigurationError(
            "tune() needs a metric of predictions, but the pipeline has no target", "name it: Pipeline(..., target=...)"
        )


def _about(searched: Space, plain: Plain) -> dict[str, str]:
    """Return what a study that is resumed must have in common with this one."""
    truth = plain.scored[[name for name in plain.scored.columns if str(name).partition("_")[0] == "y"]]
    return {
        "space": searched.digest,
        "pipeline": searched.pipeline.digest,
        "rows": digest_frame(truth),
        "metric": plain.judge.headline.name,
    }


def _run(search: Search, name: str, asked: Asked) -> str:
    """Run trials until the budget is used up; return why it stopped before, empty if it did not."""
    began, sign = perf_counter(), 1 if search.plain.judge.headline.greater_is_better else -1
    trials, seconds, at_once = asked.trials, asked.seconds, number_of_processes(asked.n_jobs)
    with progress_bar(f"{name}, {trials} trials", trials, asked.verbose) as one_more:

        def done(tried: Tried) -> None:
            complete = [each.value for each in search.tried if each.state == "complete"]
            best = f", best {sign * max(sign * each for each in complete):.4f}" if complete else ""
            one_more(f"{tried.state} trial {tried.number}{best}")

        for earlier in search.tried:
            done(earlier)
        try:
            while len(search.tried) < trials:
                if seconds is not None and perf_counter() - began >= seconds:
                    return f"after {seconds:g} seconds"
                with hushed():
                    search.batch(min(at_once, trials - len(search.tried)), done)
                if search.exhausted:
                    return "because all choices were tried"
                if len(search.tried) >= HOPELESS and all(each.state == "failed" for each in search.tried):
                    break
        except KeyboardInterrupt:
            if not any(each.state == "complete" for each in search.tried):
                raise
            return "interrupted"
    return ""


def _refuse_nothing(tried: list[Tried]) -> None:
    """Raise if no trial has a score."""
    if any(each.state == "complete" for each in tried):
        return
    failed = [each for each in tried if each.state == "failed"]
    if not failed:
        raise ConfigurationError(
            f"tune() stopped without a score: all of {len(tried)} trials were pruned"
            if tried
            else "tune() stopped before the first trial",
            "give another pruner=, or more seconds=",
        )
    errors = dict.fromkeys(each.error for each in failed)
    raise ConfigurationError(
        f"all of {len(tried)} trials failed, with {len(errors)} different errors; the first, of trial "
        f"{failed[0].number} with {dict(failed[0].params)}: {failed[0].error}",
        "take what cannot work out of the space",
    )


def _put_together(
    pipeline: PipelineType, search: Search, data: Data, stopped: str, seconds: float
) -> Tuned[PipelineType]:
    """Return the best pipeline with its score, corrected for the choice."""
    plain, metric = search.plain, search.plain.judge.headline
    sign = 1 if metric.greater_is_better else -1
    complete = [each for each in search.tried if each.state == "complete"]
    best = max(complete, key=lambda each: (sign * each.value, -each.number))
    better = sign * (best.value - plain.value) > 0
    drawn = [plain.drawn, *(each.drawn for each in complete if each.drawn is not None)]
    corrected = chosen_score(
        [plain.value, *(each.value for each in complete)], drawn, plain.drawn, metric.greater_is_better, LEVEL,
        metric.bounds,
    )  # fmt: skip
    judged = plain.judge.read(plain.scored)
    before = metric_interval(metric, judged.sample, LEVEL, group=judged.group)
    folds = len(plain.places)
    rows = f"{len(plain.scored):,} "
    return Tuned(
        pipeline=pipeline,
        best=_pipeline_of(search.space, best.params) if better else pipeline,
        trial=best.number if better else None,
        value=best.value if better else plain.value,
        before=before,
        corrected=corrected,
        metric=metric.name,
        greater_is_better=metric.greater_is_better,
        tried=tuple(search.tried),
        judged=f"{rows}validation rows" if folds == 1 else f"{rows}training rows, out of {folds} folds",
        sealed=search.bench.sealed(pipeline),
        seconds=seconds,
        stopped=stopped,
        data=data,
        study=search.study,
    )


def _pipeline_of(space: Space, params: Mapping[str, Any]) -> Any:
    """Return the pipeline of a trial from what was tried."""
    from optuna.trial import FixedTrial

    return space.suggested(FixedTrial(dict(params)))
