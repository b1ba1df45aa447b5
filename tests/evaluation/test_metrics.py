"""Every metric is scikit-learn's, with and without weights, ties, missing classes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from mlsys.dataset import Event
from mlsys.errors import ConfigurationError
from mlsys.evaluation import metric_named
from mlsys.evaluation.deviances import DEVIANCES
from mlsys.evaluation.metrics import METRICS, usual_metrics
from mlsys.evaluation.ranking import RANKING
from mlsys.evaluation.sample import Sample, class_names, task_of

BINARY: dict[str, Callable[..., float]] = {
    "roc_auc": lambda y, said, p, w: sk.roc_auc_score(y, p[:, 1], sample_weight=w),
    "average_precision": lambda y, said, p, w: sk.average_precision_score(y, p[:, 1], sample_weight=w),
    "log_loss": lambda y, said, p, w: sk.log_loss(y, p, labels=[0, 1], sample_weight=w),
    "brier": lambda y, said, p, w: sk.brier_score_loss(y, p[:, 1], sample_weight=w),
    "accuracy": lambda y, said, p, w: sk.accuracy_score(y, said, sample_weight=w),
    "balanced_accuracy": lambda y, said, p, w: sk.balanced_accuracy_score(y, said, sample_weight=w),
    "recall": lambda y, said, p, w: sk.recall_score(y, said, sample_weight=w),
    "precision": lambda y, said, p, w: sk.precision_score(y, said, sample_weight=w),
    "f0.5": lambda y, said, p, w: sk.fbeta_score(y, said, beta=0.5, sample_weight=w),
    "f1": lambda y, said, p, w: sk.f1_score(y, said, sample_weight=w),
    "f2": lambda y, said, p, w: sk.fbeta_score(y, said, beta=2, sample_weight=w),
    "f3": lambda y, said, p, w: sk.fbeta_score(y, said, beta=3, sample_weight=w),
    "mcc": lambda y, said, p, w: sk.matthews_corrcoef(y, said, sample_weight=w),
    "false_positive_rate": lambda y, said, p, w: 1 - sk.recall_score(y, said, pos_label=0, sample_weight=w),
}
CLASSES: dict[str, Callable[..., float]] = {
    "log_loss": lambda y, said, p, w: sk.log_loss(y, p, labels=[0, 1, 2], sample_weight=w),
    "accuracy": lambda y, said, p, w: sk.accuracy_score(y, said, sample_weight=w),
    "balanced_accuracy": lambda y, said, p, w: sk.balanced_accuracy_score(y, said, sample_weight=w),
    "mcc": lambda y, said, p, w: sk.matthews_corrcoef(y, said, sample_weight=w),
    "macro_f1": lambda y, said, p, w: sk.f1_score(y, said, average="macro", sample_weight=w),
    "top_2_accuracy": lambda y, said, p, w: sk.top_k_accuracy_score(y, p, k=2, labels=[0, 1, 2], sample_weight=w),
    "top_1_accuracy": lambda y, said, p, w: sk.top_k_accuracy_score(y, p, k=1, labels=[0, 1, 2], sample_weight=w),
    "macro_roc_auc": lambda y, said, p, w: float(
        np.mean([sk.roc_auc_score(y == code, p[:, code], sample_weight=w) for code in range(3)])
    ),
}
NUMBERS: dict[str, Callable[..., float]] = {
    "mape": lambda y, said, p, w: sk.mean_absolute_percentage_error(y, said, sample_weight=w),
    "pinball": lambda y, said, p, w: sk.mean_pinball_loss(y, said, sample_weight=w),
    "pinball_0.9": lambda y, said, p, w: sk.mean_pinball_loss(y, said, alpha=0.9, sample_weight=w),
    "pinball_0.05": lambda y, said, p, w: sk.mean_pinball_loss(y, said, alpha=0.05, sample_weight=w),
    "mae": lambda y, said, p, w: sk.mean_absolute_error(y, said, sample_weight=w),
    "rmse": lambda y, said, p, w: sk.root_mean_squared_error(y, said, sample_weight=w),
    "r2": lambda y, said, p, w: sk.r2_score(y, said, sample_weight=w),
}


def classified(rng: np.random.Generator, rows: int, classes: int, ties: bool) -> tuple[np.ndarray, np.ndarray]:
    """Targets with every class, and probabilities that know something of them."""
    y = np.concatenate([np.arange(classes), rng.integers(0, classes, rows - classes)])
    p = rng.dirichlet(np.ones(classes), rows) + 0.5 * np.eye(classes)[y]
    p = np.round(p, 1) + 0.05 if ties else p
    return y, p / p.sum(axis=1, keepdims=True)


def frame_of(y: np.ndarray, p: np.ndarray, weight: np.ndarray | None) -> pd.DataFrame:
    found = pd.DataFrame({"y": y, "prediction": p.argmax(axis=1)})
    for code in range(p.shape[1]):
        found[f"probability_{code}"] = p[:, code]
    return found if weight is None else found.assign(weight=weight)


def value(name: str, scored: pd.DataFrame) -> float:
    return metric_named(name)(Sample.of(scored, class_names(scored, task_of(scored))))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(5, 200), ties=st.booleans(), weighted=st.booleans())
def test_binary_metrics_are_those_of_scikit_learn(seed: int, rows: int, ties: bool, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y, p = classified(rng, rows, 2, ties)
    p[0], p[1] = (0.9, 0.1), (0.1, 0.9)  # both classes are predicted
    weight = rng.exponential(size=rows) if weighted else None
    scored = frame_of(y, p, weight)
    for name, reference in BINARY.items():
        expected = reference(y, scored["prediction"], p, weight)
        assert value(name, scored) == pytest.approx(expected, rel=1e-12, abs=1e-14), name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(10, 200), ties=st.booleans(), weighted=st.booleans())
def test_multi_class_metrics_are_those_of_scikit_learn(seed: int, rows: int, ties: bool, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y, p = classified(rng, rows, 3, ties)
    weight = rng.exponential(size=rows) if weighted else None
    scored = frame_of(y, p, weight)
    for name, reference in CLASSES.items():
        expected = reference(y, scored["prediction"], p, weight)
        assert value(name, scored) == pytest.approx(expected, rel=1e-12, abs=1e-14), name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(2, 200), weighted=st.booleans())
def test_regression_metrics_are_those_of_scikit_learn(seed: int, rows: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(50, 10, rows)
    said = y + rng.normal(0, 5, rows)
    weight = rng.exponential(size=rows) if weighted else None
    scored = pd.DataFrame({"y": y, "prediction": said})
    scored = scored if weight is None else scored.assign(weight=weight)
    for name, reference in NUMBERS.items():
        assert value(name, scored) == pytest.approx(reference(y, said, None, weight), rel=1e-12, abs=1e-14), name


@pytest.mark.parametrize("weighted", [False, True])
def test_scaled_errors_are_those_beside_a_naive_forecast_where_it_errs(weighted: bool) -> None:
    rng = np.random.default_rng(0)
    y, said, naive = rng.normal(50, 10, 40), rng.normal(50, 10, 40), rng.exponential(3, 40)
    naive[:5], weight = np.nan, rng.exponential(size=40) if weighted else None
    scored = pd.DataFrame({"y": y, "prediction": said, "naive_error": naive, "naive_squared_error": 2 * naive**2})
    scored = scored if weight is None else scored.assign(weight=weight)
    told, weights = slice(5, None), None if weight is None else weight[5:]
    error, scale = np.abs(y - said)[told], naive[told]
    assert value("mase", scored) == pytest.approx(np.average(error / scale, weights=weights))
    assert value("rmsse", scored) == pytest.approx(np.average(error**2 / (2 * scale**2), weights=weights) ** 0.5)
    assert np.isnan(value("mase", scored.drop(columns="naive_error")))


def test_every_metric_has_a_reference_here() -> None:
    elsewhere = {each.name for each in (*RANKING, *DEVIANCES)}  # each in the test of its own module
    others = elsewhere | {
        "median_absolute_error",
        "f3",
        "pinball_0.9",
        "pinball_0.05",
        "mase",
        "rmsse",
        "top_1_accuracy",
        "coverage",
        "interval_width",
        "set_size",
        "abstention_rate",
        "ece",
        "selective_accuracy",
    }
    assert set(METRICS) ^ {*BINARY, *CLASSES, *NUMBERS} == others


@pytest.mark.parametrize("rows", [1, 2, 7, 8])
def test_the_median_error_splits_the_weight_in_half(rows: int, rng: np.random.Generator) -> None:
    y, said, weight = rng.normal(size=(3, rows))
    weight = np.abs(weight)
    found = value("median_absolute_error", pd.DataFrame({"y": y, "prediction": said, "weight": weight}))
    errors = np.abs(said - y)
    assert weight[errors < found].sum() <= weight.sum() / 2 <= weight[errors <= found].sum() * (1 + 1e-12)


def test_weights_of_two_count_as_rows_that_come_twice(rng: np.random.Generator) -> None:
    y, p = classified(rng, 60, 2, ties=True)
    twice = rng.random(60) < 0.3
    weighted = frame_of(y, p, np.where(twice, 2.0, 1.0))
    repeated = pd.concat([frame_of(y, p, None), frame_of(y, p, None)[twice]])
    for name in BINARY:
        assert value(name, weighted) == pytest.approx(value(name, repeated)), name


def test_what_is_not_defined_is_nan_and_no_warning() -> None:
    one_class = pd.DataFrame(
        {"y": [1, 1, 1], "prediction": [0, 0, 0], "probability_0": [0.6, 0.7, 0.8], "probability_1": [0.4, 0.3, 0.2]}
    )
    assert math.isnan(value("roc_auc", one_class))
    assert math.isnan(value("precision", one_class))
    no_event = one_class.assign(y=0)
    assert math.isnan(value("recall", no_event))
    constant = pd.DataFrame({"y": [2.0, 2.0], "prediction": [1.0, 3.0]})
    assert not math.isfinite(value("r2", constant))


def test_a_probability_of_zero_for_what_happened_costs_much_and_not_everything() -> None:
    certain = pd.DataFrame(
        {"y": [1, 0], "prediction": [0, 0], "probability_0": [1.0, 1.0], "probability_1": [0.0, 0.0]}
    )
    assert value("log_loss", certain) == pytest.approx(sk.log_loss([1, 0], [[1, 0], [1, 0]]), rel=1e-6)


@pytest.mark.parametrize(
    ("y", "prediction", "probabilities", "task"),
    [
        ([0, 1], [1, 1], 2, "binary"),
        ([True, False], [True, True], 0, "binary"),
        (["a", "b"], ["a", "a"], 0, "binary"),
        (["a", "b", "c"], ["a", "a", "c"], 3, "multiclass"),
        ([1, 2, 3], [1, 2, 3], 0, "multiclass"),
        ([1.5, 2.5], [1.0, 2.0], 0, "regression"),
        ([1, 2, 3], [1.5, 2.5, 3.5], 0, "regression"),
    ],
)
def test_the_task_is_read_from_probabilities_or_values(
    y: list, prediction: list, probabilities: int, task: str
) -> None:
    scored = pd.DataFrame({"y": y, "prediction": prediction})
    for code in range(probabilities):
        scored[f"probability_{code}"] = 1 / probabilities
    assert task_of(scored) == task
    assert all(task in metric.tasks for metric in usual_metrics(task_of(scored), probabilities > 0))


def test_an_unknown_metric_lists_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="metrics are roc_auc, average_precision"):
        metric_named("auroc")


@pytest.mark.parametrize("name", ["f0", "f-1", "fbeta", "f1e3", "pinball_1", "pinball_0", "pinball_", "f.", "f"])
def test_a_number_that_makes_no_metric_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"f<beta>, .*pinball_<quantile>, .* and top_<k>_accuracy"):
        metric_named(name)


def test_matthews_correlation_of_a_constant_prediction_is_none(rng: np.random.Generator) -> None:
    constant = pd.DataFrame({"y": rng.integers(0, 3, 50), "prediction": 1})
    assert value("mcc", constant) == sk.matthews_corrcoef(constant["y"], constant["prediction"]) == 0


@pytest.mark.parametrize("event", [0, 1])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(10, 200), weighted=st.booleans())
def test_metrics_of_the_event_are_those_of_scikit_learn_with_its_label(
    event: int, seed: int, rows: int, weighted: bool
) -> None:
    rng = np.random.default_rng(seed)
    y, p = classified(rng, rows, 2, ties=True)
    p[0], p[1] = (0.9, 0.1), (0.1, 0.9)
    weight = rng.exponential(size=rows) if weighted else None
    scored = frame_of(y, p, weight)
    sample = Sample.of(scored, class_names(scored, "binary", Event(event)))
    said, truth = scored["prediction"], y == event
    references = {
        "recall": sk.recall_score(y, said, pos_label=event, sample_weight=weight),
        "precision": sk.precision_score(y, said, pos_label=event, sample_weight=weight),
        "f2": sk.fbeta_score(y, said, beta=2, pos_label=event, sample_weight=weight),
        "roc_auc": sk.roc_auc_score(truth, p[:, event], sample_weight=weight),
        "average_precision": sk.average_precision_score(truth, p[:, event], sample_weight=weight),
        "brier": sk.brier_score_loss(truth, p[:, event], sample_weight=weight),
        "log_loss": sk.log_loss(y, p, labels=[0, 1], sample_weight=weight),
    }
    for name, expected in references.items():
        assert metric_named(name)(sample) == pytest.approx(expected, rel=1e-12, abs=1e-14), name
