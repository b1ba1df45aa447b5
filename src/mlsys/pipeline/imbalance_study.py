"""Studies of rare classes: threshold, weights, focal loss and resampling beside the plain model, on the same folds."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.evaluation import Cost, Evaluate, Metric
from mlsys.models import Train, TrainInPhases, TuneThreshold, weight_argument
from mlsys.sampling import Resample, WeighClasses
from mlsys.steps import Postprocess, Result, Split
from mlsys.steps.learning_kinds import Report, TrainOnly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.pipeline.pipeline import Pipeline
    from mlsys.run.estimates.cross_validation import CrossValidation

RANKING, CALIBRATION, COST = "average_precision", "log_loss", "cost"


def imbalance_study(
    pipeline: Pipeline,
    data: Any = None,
    *,
    cost: Cost,
    sampler: Any = None,
    focal: float | None = None,
    phases: bool = False,
    folds: Split | int = 5,
    n_jobs: int = 1,
    verbose: bool | None = None,
) -> Result:
    """Evaluate what may help with a rare class beside doing nothing, by folds, paired: ranking, calibration and cost.

    Parameters
    ----------
    pipeline : Pipeline
        One with a classifier of two classes, without thresholds, weights of classes and resampling.
    data : DataFrame, optional
        Rows, in any form that ``pipeline.run`` accepts; by default those of the source.
    cost : Cost
        What a missed event and a false alarm cost.
    sampler : object, optional
        A sampler of imbalanced-learn to try.
    focal : float, optional
        The power of a focal loss to try, with LightGBM or XGBoost.
    phases : bool
        Try two-phase learning and dynamic sampling (:class:`TrainInPhases`), with an estimator that can go on from what
        it learned.
    folds : Split or int
        Folds, the same for all; test rows stay sealed.
    n_jobs : int
        Processes for the folds.
    verbose : bool, optional
        Show a progress bar; by default in a terminal and in a notebook.

    Returns
    -------
    Result
        ``table``: a row for each way and metric (``average_precision``, ``log_loss``, ``cost`` of 1,000 rows by the
        model's decisions), with ``lower`` and ``upper``. ``tables["differences"]``: what each way has more than the
        plain model, and than the threshold, with the corrected interval of the pairs of folds and a verdict.
        ``facts["advice"]``: the threshold only if it costs less than the plain model, and another way only if it costs
        less than both, each time with an interval that excludes 0; otherwise the plain model.

    Raises
    ------
    ConfigurationError
        If the pipeline has no ``Train``, or already changes classes or thresholds.

    Notes
    -----
    All ways but the plain one decide at the threshold of least cost (``TuneThreshold``), so that a way that merely
    moves the threshold does not look better than moving it. ``weights`` are those of ``WeighClasses()``,
    left out if the estimator accepts none. Of several
    ways that win, the one of least cost is advised: its cost is then a little optimistic. Cost in time: for each way
    and fold six fits of the model.

    Examples
    --------
    >>> import mlsys
    >>> from sklearn.naive_bayes import GaussianNB
    >>> frame = pd.DataFrame({"x": np.arange(300) % 23, "y": np.arange(300) % 10 == 0})
    >>> pipeline = mlsys.Pipeline([mlsys.RandomSplit(), mlsys.Train(GaussianNB())], target="y")
    >>> cost = mlsys.Cost(missed=3, false_alarm=1)
    >>> mlsys.imbalance_study(pipeline, frame, cost=cost, folds=2).facts["advice"]  # doctest: +SKIP
    'plain'
    """
    judged = {
        name: each.cross_validate(folds, data, n_jobs=n_jobs, track=False, verbose=verbose)
        for name, each in _ways(pipeline, cost, sampler, focal, phases).items()
    }
    rows = [_of(each, metric) | {"way": name, "metric": metric} for name, each in judged.items() for metric in _METRICS]
    pairs = [(name, other) for other in ("plain", "threshold") for name in judged if name not in ("plain", other)]
    beside = [_beside(judged, name, other, metric) for name, other in pairs for metric in _METRICS]
    table = pd.DataFrame(rows)[["way", "metric", "value", "lower", "upper"]]
    differences = pd.DataFrame(beside)
    advice = _advice(table, differences)
    return Result(
        "imbalance study",
        table,
        scalars={f"{row['way']}/{row['metric']}": float(row["value"]) for row in rows},
        summary=_said(advice, table),
        tables={"differences": differences},
        facts={"advice": advice},
    )


_METRICS = (RANKING, CALIBRATION, COST)


def _ways(pipeline: Pipeline, cost: Cost, sampler: Any, focal: float | None, phases: bool) -> dict[str, Pipeline]:
    """Return the pipelines to compare, by name."""
    given = [step for step in pipeline.given if not (isinstance(step, Report) and step.judges)]
    places = [place for place, step in enumerate(given) if isinstance(step, Train)]
    changing = [
        step
        for step in given
        if isinstance(step, TuneThreshold) or (isinstance(step, TrainOnly) and step.changes_shares)
    ]
    if len(places) != 1 or changing:
        what = f"has {changing[0].title}" if changing else "has no Train"
        raise ConfigurationError(
            f"imbalance_study() got a pipeline that {what}", "give the plain pipeline, with Train(classifier) in it"
        )
    place, model = places[0], given[places[0]]
    assert isinstance(model, Train)
    after = next((n for n in range(place + 1, len(given)) if not isinstance(given[n], Postprocess)), len(given))
    judge = Evaluate(metrics=[RANKING, CALIBRATION, Metric(COST, functools.partial(_costs, cost=cost), False)])
    cut = TuneThreshold(missed=cost.missed - cost.caught, false_alarm=cost.false_alarm - cost.correct_rejection)

    def made(before: list[Any], taught: Any, decide: list[Any]) -> Pipeline:
        steps = [*given[:place], *before, taught, *given[place + 1 : after], *decide, *given[after:], judge]
        built: Pipeline = pipeline.rebuilt(steps)
        return built

    ways = {"plain": made([], model, []), "threshold": made([], model, [cut])}
    if weight_argument(model.estimator) is not None:
        ways["weights"] = made([WeighClasses()], model, [cut])
    if focal is not None:
        ways["focal"] = made([], model.with_(focal=focal), [cut])
    if sampler is not None:
        ways["resampled"] = made([Resample(sampler)], model, [cut])
    if phases:
        for method in ("two_phase", "dynamic"):
            ways[method] = made([], TrainInPhases(method=method, **model.chosen()), [cut])
    return ways


def _costs(y: NDArray[Any], prediction: NDArray[Any], event: Any, cost: Cost) -> float:
    """Return the cost of the decisions on 1,000 rows."""
    happened, acted = y == event, prediction == event
    each = np.where(
        happened,
        np.where(acted, cost.caught, cost.missed),
        np.where(acted, cost.false_alarm, cost.correct_rejection),
    )
    return 1_000 * float(each.mean())


def _of(judged: CrossValidation[Any], metric: str) -> dict[str, Any]:
    table = judged.table
    row = table[(table["metric"] == metric) & (table["model"] == "model")].iloc[0]
    return {name: float(row[name]) for name in ("value", "lower", "upper")}


def _beside(judged: dict[str, CrossValidation[Any]], name: str, other: str, metric: str) -> dict[str, Any]:
    table = judged[name].against(judged[other])
    row = table[table["metric"] == metric].iloc[0]
    kept = {each: row[each] for each in ("difference", "lower", "upper", "verdict")}
    return {"way": name, "against": other, "metric": metric, **kept}


def _advice(table: pd.DataFrame, differences: pd.DataFrame) -> str:
    """Return the way to take: one that wins over the simpler ones, otherwise the simplest."""
    won = differences[(differences["metric"] == COST) & (differences["verdict"] == "better")]
    over = won.groupby("way")["against"].agg(set)
    costs = table[table["metric"] == COST].set_index("way")["value"]
    others = [str(name) for name, against in over.items() if against == {"plain", "threshold"}]
    return min(
        others, key=lambda name: float(costs[name]), default="threshold" if "threshold" in over.index else "plain"
    )


def _said(advice: str, table: pd.DataFrame) -> str:
    costs = table[table["metric"] == COST].set_index("way")["value"]
    each = ", ".join(f"{name} {value:,.0f}" for name, value in costs.items())
    return f"cost of 1,000 rows: {each}; advised: {advice}"
