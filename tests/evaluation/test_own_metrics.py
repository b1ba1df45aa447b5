"""A metric of one's own is judged, compared, gated and recorded as built-in ones are."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression, Ridge

import mlsys
from mlsys import Evaluate, Gate, Metric, Pipeline, StratifiedSplit, Train, beats, gap, metric
from mlsys.errors import ConfigurationError, ContractError
from mlsys.evaluation import metric_of
from mlsys.evaluation.evaluation import Evaluation
from mlsys.run.recipe import read_pipeline, read_record, write_recipe


def net_benefit(y: Any, prediction: Any) -> float:
    """Caught cases less a third of the false alarms, a row."""
    caught, alarm = (y == "ill") & (prediction == "ill"), (y == "well") & (prediction == "ill")
    return float(caught.mean() - alarm.mean() / 3)


def weighted_gap(y: Any, prediction: Any, sample_weight: Any) -> float:
    return float(np.average(prediction - y, weights=sample_weight))


def f1(y: Any, prediction: Any, sample_weight: Any) -> float:
    hit, event, flagged = ((sample_weight * rows).sum() for rows in (y & prediction, y, prediction))
    return float(2 * hit / (event + flagged))


def patients(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, ward = rng.normal(size=rows), rng.choice(["east", "west"], rows)
    ill = rng.random(rows) < 1 / (1 + np.exp(1 - 2 * x))
    return pd.DataFrame({"x": x, "ward": ward, "state": np.where(ill, "ill", "well"), "w": rng.integers(1, 4, rows)})


def judged(metrics: list[Any], frame: pd.DataFrame | None = None, **roles: Any) -> mlsys.Run:
    steps = [StratifiedSplit(validation=0.4, test=0.2), LogisticRegression(), Evaluate(metrics, slices=["ward"])]
    roles = {"target": "state", "event": "ill", "exclude": ["w"], **roles}
    return Pipeline(steps, **roles).run(patients() if frame is None else frame, track=False, cache=False)


def seen(run: mlsys.Run, frame: pd.DataFrame) -> pd.DataFrame:
    """The evaluated rows beside what the model said of them."""
    return frame.join(run.predictions["validation"].drop(columns="id", errors="ignore"), how="right")


def values(run: mlsys.Run, model: str = "model") -> pd.Series:
    table = run.metrics[(run.metrics["part"] == "validation") & (run.metrics["model"] == model)]
    return table.set_index(["metric", "slice"])["value"]


def test_its_value_is_the_function_on_the_values_of_the_data_by_slice_and_for_baselines() -> None:
    frame = patients()
    run = judged([net_benefit, sk.cohen_kappa_score], frame)
    rows, found = seen(run, frame), values(run)
    assert found["net_benefit", "all"] == net_benefit(rows["state"], rows["prediction"])
    for ward, some in rows.groupby("ward"):
        assert found["net_benefit", f"ward={ward}"] == net_benefit(some["state"], some["prediction"])
        kappa = sk.cohen_kappa_score(some["state"], some["prediction"])
        assert found["cohen_kappa_score", f"ward={ward}"] == pytest.approx(kappa)
    commonest = np.full(len(rows), frame["state"].mode()[0])
    assert values(run, "zero_rule")["net_benefit", "all"] == net_benefit(rows["state"], commonest)
    ends = run.metrics.query("model == 'model' and part == 'validation' and metric == 'net_benefit'")
    assert (ends["lower"] < ends["value"]).all() and (ends["value"] < ends["upper"]).all()
    assert run.evaluation is not None and run.evaluation.headline == "net_benefit"
    assert repr(run).splitlines()[2].split()[:2] == ["net_benefit", "model:"]


@pytest.mark.quick("ill")
@pytest.mark.parametrize("event", ["ill", "well"])
def test_functions_of_scikit_learn_speak_of_the_event(event: str) -> None:
    frame = patients()
    functions = {
        "recall": sk.recall_score, "precision": sk.precision_score, "f1": sk.f1_score, "roc_auc": sk.roc_auc_score,
        "average_precision": sk.average_precision_score, "brier": sk.brier_score_loss,
        "log_loss": Metric("loss", sk.log_loss, greater_is_better=False, takes="probability"),
    }  # fmt: skip
    own = {ours: replace(metric_of(each), interval="none") for ours, each in functions.items()}
    found = values(judged([*own, *own.values()], frame, event=event))
    for ours, each in own.items():
        for some in ("all", "ward=east", "ward=west"):
            assert found[each.name, some] == pytest.approx(found[ours, some]), ours


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1_000), rows=st.integers(100, 300), weighted=st.booleans(), grouped=st.booleans())
def test_what_wraps_a_built_in_metric_has_its_value_and_interval(
    seed: int, rows: int, weighted: bool, grouped: bool
) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"y": rng.integers(0, 2, rows), "prediction": rng.integers(0, 2, rows)})
    roles = {"target": "y"}
    if weighted:
        frame["w"], roles = rng.random(rows) + 0.5, {**roles, "weight": "w"}
    if grouped:
        frame["g"], roles = rng.integers(0, rows // 3, rows), {**roles, "group": "g"}
    pairs = {
        "recall": Metric(
            "own_recall", lambda y, said: np.where(y == 1, said == 1, np.nan), interval="mean", bounds=(0, 1)
        ),
        "accuracy": Metric("own_accuracy", lambda y, said: y == said, interval="mean", bounds=(0, 1)),
        "f1": Metric("own_f1", f1),
    }
    result = Evaluate([*pairs, *pairs.values()], slices=()).of(train=frame, validation=frame, **roles)
    found = result.table.query("model == 'model' and part == 'validation'").set_index("metric")
    alike = ["value", "lower", "upper", "n"] if not (weighted and not grouped) else ["value"]
    for ours, own in pairs.items():
        expected, mine = (found.loc[name, alike].astype(float) for name in (ours, own.name))
        # One's own function is bootstrapped, where slopes tell the interval of a built-in metric: about the same ends.
        drawn = {"atol": 0.4 * float(found.loc[ours, "upper"] - found.loc[ours, "lower"])} if ours == "f1" else {}
        if np.isnan(found.loc[ours, "lower"]) and ours == "f1":
            continue  # the built-in metric knows how many rows of either class its interval needs
        pd.testing.assert_series_equal(mine, expected, check_names=False, **drawn)


@pytest.mark.quick("50")
@pytest.mark.parametrize("rows", [50, 25_000])
def test_weights_are_given_and_the_bootstrap_of_a_metric_without_weights_repeats_rows(rows: int) -> None:
    rng = np.random.default_rng(rows)
    y = rng.normal(size=rows)
    frame = pd.DataFrame({"y": y, "prediction": y + rng.normal(size=rows), "w": rng.integers(1, 5, rows)})
    plain = Metric("plain", lambda y, said: np.sqrt(((y - said) ** 2).mean()), greater_is_better=False)
    asked = ["rmse", plain, weighted_gap]
    alone = Evaluate(asked, slices=()).of(train=frame, validation=frame, target="y").table
    ends = alone.query("model == 'model' and part == 'validation'").set_index("metric")[["value", "lower", "upper"]]
    np.testing.assert_allclose(ends.loc["plain"], ends.loc["rmse"], rtol=0.06)  # bootstrap and delta method
    weighed = Evaluate(asked, slices=()).of(train=frame, validation=frame, target="y", weight="w")
    found = weighed.table.query("model == 'model' and part == 'validation'").set_index("metric")["value"]
    assert found["weighted_gap"] == pytest.approx(np.average(frame["prediction"] - y, weights=frame["w"]))
    assert found["plain"] == pytest.approx(ends.loc["plain", "value"]) != pytest.approx(found["rmse"])
    (finding,) = weighed.findings
    assert finding.code == "EV103" and finding.message.startswith("plain takes no weights")


def test_gates_read_it_and_refuse_its_name_alone() -> None:
    run = judged([net_benefit, "recall"])
    row = run.metrics.query("metric == 'net_benefit' and slice == 'all' and model == 'model' and part == 'validation'")
    (end,) = row["lower"]
    gate = Gate(
        metric(net_benefit).lower >= end, metric(net_benefit).lower > end, gap(net_benefit, by="ward").value >= 0,
        beats("zero_rule"),
    )  # fmt: skip
    assert [verdict for _, _, verdict in gate.check(run.reports)] == ["pass", "fail", "pass", "pass"]
    with pytest.raises(ConfigurationError, match="pass your own metric itself"):
        metric("net_benefit")


def test_runs_are_compared_by_it() -> None:
    frame = patients()
    pipeline = Pipeline(
        [StratifiedSplit(), Train(LogisticRegression()), Evaluate([net_benefit])], target="state", exclude=["w"]
    )
    runs = pipeline.variants(free={}, tied={"Train": Train(LogisticRegression(C=1e-4))}).run(
        frame, track=False, cache=False
    )
    found = mlsys.compare(runs)
    assert found.metric == "net_benefit" and found.best_name == "free"
    expected = {name: values(run)["net_benefit", "all"] for name, run in runs.items()}
    assert found.table.set_index("run")["value"].to_dict() == expected
    (row,) = found.table[found.table["run"] == "tied"].to_dict("records")
    assert row["difference"] == pytest.approx(expected["tied"] - expected["free"])
    assert row["difference lower"] < row["difference"] < row["difference upper"]
    kappa = mlsys.compare(runs, metric=sk.cohen_kappa_score)  # one that no run was judged by
    rows = seen(runs["free"], frame)
    assert kappa.table["value"][0] == pytest.approx(sk.cohen_kappa_score(rows["state"], rows["prediction"]))
    with pytest.raises(ConfigurationError, match="there is no metric 'net_benefi'"):
        mlsys.compare(runs, metric="net_benefi")


@pytest.mark.long
def test_folds_ablation_and_less_is_better() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "noise": rng.normal(size=300)})
    frame["y"] = 3 * frame["x"] + rng.normal(size=300)
    pipeline = Pipeline([Ridge(), Evaluate([sk.max_error, "rmse"])], target="y")
    found = pipeline.cross_validate(3, frame, track=False, cache=False)
    table = found.table.set_index(["metric", "model"])
    assert found.headline == "max_error" and table.loc[("max_error", "zero_rule"), "difference"] < 0
    assert "the model is better by" in repr(found)
    ablated = pipeline.ablate(data=frame, verbose=False, cache=False).table.set_index("without")
    assert ablated.loc["x", "change"] > 0


class Calls:
    """Counts its calls; one line of it is changed by the test."""

    def __init__(self) -> None:
        self.count = 0


def test_an_edit_of_the_metric_runs_the_report_again_and_nothing_else(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {}
    for number, factor in enumerate((1, 1, 2)):
        (tmp_path / f"mine_{number}.py").write_text("")
        space: dict[str, Any] = {"__name__": "__main__"}
        source = f"def score(y, prediction):\n    return {factor} * (y == prediction).mean()\n"
        path = tmp_path / "script.py"
        path.write_text(source)
        exec(compile(source, str(path), "exec"), space)  # as a notebook's cell that is run again
        steps = [
            StratifiedSplit(validation=0.4, test=0.2),
            LogisticRegression(),
            Evaluate([space["score"]], name="judge"),
        ]
        run = Pipeline(steps, target="state", exclude=["w"]).run(patients(), track=False)
        outcomes = run.cache_report().set_index("step")["outcome"]
        found[number] = (outcomes["judge"], outcomes["Train"], values(run)["score", "all"])
        assert run.evaluation is not None and run.evaluation.metric("score").name == "score"
    assert [each[0] for each in found.values()] == ["ran", "hit", "ran"]
    assert [each[1] for each in found.values()][1:] == ["hit", "hit"]
    assert found[2][2] == 2 * found[0][2] == 2 * found[1][2]


def test_a_tracked_run_has_it_under_a_safe_name(store: Path) -> None:
    right = Metric("right = good?", lambda y, prediction: y == prediction, interval="mean")
    steps = [
        StratifiedSplit(validation=0.4, test=0.2),
        LogisticRegression(),
        Evaluate([net_benefit, right], slices=["ward"]),
    ]
    run = Pipeline(steps, target="state", exclude=["w"], name="own").run(patients(), cache=False)
    logged = mlflow.get_run(run.mlflow_run_id).data.metrics
    found = values(run)
    for key, name, some in (
        ("validation/net_benefit", "net_benefit", "all"), ("net_benefit", "net_benefit", "all"),
        ("slice/ward-east/net_benefit", "net_benefit", "ward=east"),
        ("validation/right - good-", "right = good?", "all"),
        ("slice/ward-east/right - good-", "right = good?", "ward=east"),
    ):  # fmt: skip
        assert logged[key] == pytest.approx(found[name, some])


def test_it_travels_with_the_recipe_and_to_other_processes(tmp_path: Path) -> None:
    share = Metric("share", functools.partial(sk.fbeta_score, beta=3), bounds=(0.0, 1.0), interval="none")
    steps = [StratifiedSplit(), LogisticRegression(), Evaluate([net_benefit, share, "recall"])]
    pipeline = Pipeline(steps, target="state", event="ill", exclude=["w"])
    run = pipeline.run(patients(200), track=False, cache=False)
    write_recipe(run.outcome, run._live, tmp_path)
    again = read_pipeline(tmp_path, read_record(tmp_path), str)
    assert again == pipeline
    pd.testing.assert_frame_equal(again.run(patients(200), track=False, cache=False).metrics, run.metrics)
    one, two = (pipeline.cross_validate(2, patients(200), n_jobs=jobs, track=False, cache=False) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table)


def only_some(y: Any, prediction: Any) -> Any:
    if len(set(y)) < 2:
        raise ValueError("one class")
    return float((y == prediction).mean())


@pytest.mark.parametrize(
    "function",
    [only_some, lambda y, said: None, lambda y, said: np.nan, lambda y, said: 1 / 0, lambda y, said: np.float64(1) / 0,
     lambda y, said: pd.NA],
)  # fmt: skip
def test_where_it_is_not_defined_it_says_so_as_built_in_metrics_do(function: Any) -> None:
    frame = patients().assign(part=lambda rows: np.where(rows["state"] == "ill", "a", "b"))
    rows = frame.assign(prediction=frame["state"], probability_ill=0.5, probability_well=0.5)
    step = Evaluate([Metric("mine", function), "roc_auc"], slices=["part"])
    table = step.of(train=rows, validation=rows, target="state", event="ill").table
    found = table.query("model == 'model' and slice == 'part=a'").set_index("metric")[
        ["value", "lower", "upper", "verdict"]
    ]
    pd.testing.assert_series_equal(found.loc["mine"], found.loc["roc_auc"], check_names=False)
    assert found.loc["mine", "verdict"] == "not defined here"


def broken(y: Any, prediction: Any) -> float:
    if "west" in repr(y) or len(y) < 150:
        raise KeyError("no price")
    return 0.5


def test_an_error_keeps_its_type_and_names_metric_part_and_slice() -> None:
    with pytest.raises(KeyError) as raised:
        judged([broken])
    said = "\n".join(raised.value.__notes__)
    assert "the metric 'broken' raised this" in said and "validation rows of the slice 'ward=" in said


@pytest.mark.quick("0.5", "1j")
@pytest.mark.parametrize("answer", ["0.5", [0.5], np.array([0.5, 0.6]), 1j, pd.Series([0.5])])
def test_what_is_no_number_is_refused_by_name(answer: Any) -> None:
    with pytest.raises(ContractError, match="the metric 'mine' returned") as raised:
        judged([Metric("mine", lambda y, prediction: answer)])
    assert "validation rows" in "".join(raised.value.__notes__)
    with pytest.raises(ContractError, match="the metric 'mine' returned .* for [0-9]+ rows"):
        judged([Metric("mine", lambda y, prediction: answer, interval="mean")])


def takes_a_model(model: Any, X: Any, y: Any) -> float:  # noqa: N803  scikit-learn's names
    return 0.0


def needs_more(y: Any, prediction: Any, price: Any, amount: Any) -> float:
    return 0.0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ([takes_a_model], "takes a model"),
        ([lambda y, prediction: 0.0], "lambda"),
        ([needs_more], "needs 'price', 'amount'"),
        ([lambda y: 0.0], "lambda"),
        ([3], "neither the name of a metric nor a function"),
        ([sk.recall_score, sk.recall_score], "two metrics are named 'recall_score'"),
        ([sk.log_loss], "'log_loss' is the name of a built-in metric"),
        (["recal"], "did you mean 'recall'"),
    ],
)
def test_what_cannot_be_a_metric_is_refused_when_the_step_is_made(asked: list[Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Evaluate(asked)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "give it a name"),
        ({"takes": "labels"}, "takes is one of"),
        ({"tasks": ("sorting",)}, "tasks is one of"),
        ({"tasks": ()}, "tasks is one of"),
        ({"interval": "delong"}, "interval is one of"),
        ({"tasks": None}, "tasks is one of"),
        ({"bounds": (1.0, 0.0)}, "minimum and the maximum"),
        ({"bounds": None}, "minimum and the maximum"),
        ({"bounds": ("0", 1)}, "minimum and the maximum"),
        ({"greater_is_better": "yes"}, "greater_is_better is one of True, False"),
        ({"function": "recall"}, "not a function"),
        ({"function": lambda y: 0.0}, "f\\(y, prediction\\)"),
    ],
)
def test_a_metric_with_a_wrong_parameter_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Metric(**{"name": "mine", "function": net_benefit, **given})


def test_a_metric_of_another_task_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'mine' is for regression, but this is binary"):
        judged([Metric("mine", net_benefit, tasks="regression")])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("function", "takes", "greater"),
    [
        (sk.max_error, "prediction", False), (sk.brier_score_loss, "probability", False),
        (sk.r2_score, "prediction", True), (sk.roc_auc_score, "score", True), (sk.hinge_loss, "score", False),
        (sk.d2_log_loss_score, "probability", True), (functools.partial(sk.fbeta_score, beta=3), "prediction", True),
        (sk.mean_tweedie_deviance, "prediction", False),
        (net_benefit, "prediction", True),
    ],
)  # fmt: skip
def test_a_plain_function_says_by_its_names_what_it_takes_and_which_way_is_better(
    function: Any, takes: str, greater: bool
) -> None:
    made = metric_of(function)
    assert (made.takes, made.greater_is_better) == (takes, greater)


def test_one_that_asks_for_no_interval_is_called_once_for_each_score() -> None:
    calls = Calls()

    def slow(y: Any, prediction: Any) -> float:
        calls.count += 1
        return 0.5

    rows = patients(60).assign(prediction="ill")
    table = (
        Evaluate([Metric("slow", slow, interval="none")], slices=())
        .of(train=rows, validation=rows, target="state", event="ill")
        .table
    )
    assert calls.count < 40 and table["lower"].isna().all()
    assert set(table["verdict"]) == {"no interval asked for"}


def test_a_stored_evaluation_has_no_code_and_asks_for_it() -> None:
    result = Evaluation("evaluate", pd.DataFrame({"metric": ["net_benefit", "recall"]}), headline="net_benefit")
    assert result.metric("recall").greater_is_better
    with pytest.raises(ConfigurationError, match="is your own") as raised:
        result.metric("net_benefit")
    assert "metric=Metric('net_benefit', function)" in raised.value.remedy


SCORERS: dict[str, Any] = {
    "fbeta_score": sk.make_scorer(sk.fbeta_score, beta=3),
    "roc_auc_score": sk.get_scorer("roc_auc"),
    "brier_score_loss": "neg_brier_score",
    "jaccard_score": "jaccard",
    "f1_score_macro": "f1_macro",
    "log_loss_scorer": sk.get_scorer("neg_log_loss"),
}


@pytest.mark.quick("objects and a name")
@pytest.mark.parametrize("names", [[*SCORERS][:3], [*SCORERS][3:]], ids=["objects and a name", "others"])
def test_scorers_are_the_functions_that_they_score_with(names: list[str], rng: np.random.Generator) -> None:
    rows = 300
    p = rng.random(rows)
    frame = pd.DataFrame({"y": (rng.random(rows) < p).astype(int), "prediction": (p > 0.5).astype(int)})
    frame["probability_0"], frame["probability_1"] = 1 - p, p
    found = Evaluate([SCORERS[name] for name in names], slices=()).of(train=frame, validation=frame, target="y")
    mine = found.table.query("model == 'model' and part == 'validation'").set_index("metric")
    expected = {
        "fbeta_score": sk.fbeta_score(frame["y"], frame["prediction"], beta=3),
        "roc_auc_score": sk.roc_auc_score(frame["y"], p),
        "brier_score_loss": sk.brier_score_loss(frame["y"], p),
        "jaccard_score": sk.jaccard_score(frame["y"], frame["prediction"]),
        "f1_score_macro": sk.f1_score(frame["y"], frame["prediction"], average="macro"),
        "log_loss_scorer": sk.log_loss(frame["y"], p),
    }
    assert [*SCORERS] == [*expected]
    for name in names:
        assert mine.loc[name, "value"] == pytest.approx(expected[name], rel=1e-12), name
        assert mine.loc[name, "lower"] < expected[name] < mine.loc[name, "upper"]
    less = {name for name in names if not found.metric(name).greater_is_better}
    assert less == {"brier_score_loss", "log_loss_scorer"} & {*names}
