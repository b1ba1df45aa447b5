"""Pictures of the rows that judged show what can be counted from them."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import Evaluate, Evaluation

RNG = np.random.default_rng(3)
SIZE = 400


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    mpl.use("agg")
    yield
    pyplot.close("all")


def binary(weight: bool = False) -> tuple[Evaluation, pd.DataFrame]:
    score = RNG.random(SIZE)
    y = RNG.random(SIZE) < score
    rows = pd.DataFrame({"y": y, "prediction": score > 0.5, "probability_False": 1 - score, "probability_True": score})
    if weight:
        rows["w"] = RNG.integers(1, 4, SIZE).astype(float)
    return Evaluate(slices=()).of(train=rows, validation=rows, target="y", **({"weight": "w"} if weight else {})), rows


def of_three() -> Evaluation:
    shares = RNG.dirichlet([1, 1, 1], SIZE)
    y = np.array(["a", "b", "c"])[[RNG.choice(3, p=each) for each in shares]]
    names = [f"probability_{name}" for name in "abc"]
    rows = pd.DataFrame(shares, columns=names).assign(y=y, prediction=np.array(["a", "b", "c"])[shares.argmax(axis=1)])
    return Evaluate(slices=()).of(train=rows, validation=rows, target="y")


def numbers() -> tuple[Evaluation, pd.DataFrame]:
    prediction = RNG.normal(size=SIZE)
    rows = pd.DataFrame({"y": prediction + RNG.normal(0.5, 1, SIZE), "prediction": prediction})
    return Evaluate(slices=()).of(train=rows, validation=rows, target="y"), rows


def value(evaluation: Evaluation, metric: str) -> float:
    table = evaluation.table
    mine = (table["model"] == "model") & (table["metric"] == metric) & (table["part"] == "validation")
    return float(table.loc[mine, "value"].iloc[0])


@pytest.mark.parametrize("weight", [False, True])
def test_the_roc_curve_passes_every_threshold_and_says_the_auc(weight: bool) -> None:
    evaluation, rows = binary(weight)
    axes = evaluation.plot(kind="roc")
    drawn = np.column_stack(axes.lines[-1].get_data())
    counts = rows["w"] if weight else pd.Series(1.0, rows.index)
    for threshold in (0.2, 0.5, 0.8):
        flagged = rows["probability_True"] >= rows.loc[rows["probability_True"] >= threshold, "probability_True"].min()
        point = [
            counts[flagged & (rows["y"] == truth)].sum() / counts[rows["y"] == truth].sum() for truth in (False, True)
        ]
        at = np.interp(point[0], drawn[:, 0], drawn[:, 1], left=0)
        assert at == pytest.approx(point[1], abs=0.03)
    said = axes.get_legend().get_texts()[0].get_text()
    assert said == f"True: AUC {value(evaluation, 'roc_auc'):.3f}"


def test_precision_and_recall_at_the_decision_lie_on_the_curve() -> None:
    evaluation, _ = binary()
    x, y = evaluation.plot(kind="precision_recall").lines[-1].get_data()
    recall, precision = value(evaluation, "recall"), value(evaluation, "precision")
    assert np.hypot(np.asarray(x) - recall, np.asarray(y) - precision).min() < 0.01


def test_reliability_shows_the_share_that_came_true_of_each_tenth() -> None:
    evaluation, rows = binary()
    x, y = evaluation.plot(kind="reliability").lines[-1].get_data()
    tenths = rows.sort_values("probability_True", kind="stable").groupby(np.arange(SIZE) // (SIZE // 10))
    assert np.asarray(x) == pytest.approx(tenths["probability_True"].mean().to_numpy())
    assert np.asarray(y) == pytest.approx(tenths["y"].mean().to_numpy())


def test_confusion_counts_every_pair() -> None:
    evaluation = of_three()
    axes = evaluation.plot(kind="confusion")
    texts = [each.get_text().split("\n")[0] for each in axes.texts]
    counted = pd.crosstab(evaluation.scored["y"], evaluation.scored["prediction"])
    assert texts == [str(count) for count in counted.to_numpy().ravel()]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]


def test_residuals_show_the_median_of_each_tenth() -> None:
    evaluation, rows = numbers()
    axes = evaluation.plot(kind="residuals")
    left = (rows["y"] - rows["prediction"])[rows["prediction"].sort_values().index]
    expected = left.groupby(np.arange(SIZE) // (SIZE // 10)).median()
    assert np.asarray(axes.lines[-1].get_ydata()) == pytest.approx(expected.to_numpy())


@pytest.mark.parametrize("kind", ["scores", "reliability", "roc", "precision_recall", "confusion"])
def test_each_kind_is_drawn_on_given_axes(kind: str) -> None:
    mine = pyplot.subplots()[1]
    assert of_three().plot(mine, kind=kind) is mine
    assert binary()[0].plot(kind=kind).get_xlabel()


def test_a_kind_that_does_not_fit_is_refused_with_those_that_do() -> None:
    with pytest.raises(ConfigurationError, match="does not fit a regression") as caught:
        numbers()[0].plot(kind="roc")
    assert "kinds that fit are scores, residuals" in caught.value.remedy
    with pytest.raises(ConfigurationError, match="no plot of kind='ROC'") as caught:
        binary()[0].plot(kind="ROC")
    assert "did you mean 'roc'?" in caught.value.remedy
    only = pd.DataFrame({"y": ["a", "b"] * 30, "prediction": ["a"] * 60})
    with pytest.raises(ConfigurationError, match="gives no probabilities") as caught:
        Evaluate(slices=()).of(train=only, validation=only, target="y").plot(kind="roc")
    assert "scores, confusion" in caught.value.remedy


def test_rows_that_stayed_elsewhere_are_said_to_be_missing() -> None:
    from dataclasses import replace

    with pytest.raises(DataError, match="not stored with this evaluation"):
        replace(binary()[0], scored=pd.DataFrame()).plot(kind="roc")


def test_an_evaluation_shows_metrics_of_all_models_side_by_side() -> None:
    evaluation, _ = binary()
    lines = repr(evaluation).splitlines()
    head = next(line.split() for line in lines if line.split()[:1] == ["metric"])
    assert head[:4] == ["metric", "model", "zero_rule", "random"]
    assert f"{value(evaluation, 'accuracy'):.3f} [" in next(line for line in lines if line.split()[:1] == ["accuracy"])
    assert "the model is better by +" in repr(evaluation)
    assert "training rows (no estimate)" in evaluation._repr_html_() or "train" not in set(evaluation.table["part"])
