"""Tuning: trials see training and validation rows alone, score as a run does, fail one by one, and go on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier

import mlsys
from mlsys import (
    Calibrate,
    Evaluate,
    Gate,
    Impute,
    Integers,
    KFolds,
    LogUniform,
    OneHot,
    Pipeline,
    Rows,
    Standardize,
    StratifiedSplit,
    TimeSplit,
    Train,
    Transform,
    metric,
)
from mlsys.errors import ConfigurationError
from mlsys.run.registering import _fixed_terms

SPACE: dict[str, Any] = {"Impute.numeric": ["mean", "median"], "Train.estimator__C": LogUniform(1e-4, 10)}


def people(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 4)), columns=list("abcd"))
    frame["site"] = pd.Series(rng.choice(["north", "south"], rows), dtype="str")
    frame["ill"] = (frame["a"] + (frame["site"] == "north") + rng.normal(size=rows) > 0).astype(int)
    frame.loc[rng.random(rows) < 0.1, "a"] = np.nan
    return frame


def pipeline(split: Any = None, *steps: Any, **arguments: Any) -> Pipeline:
    given = steps or (Impute(), OneHot(["site"]), Train(LogisticRegression()))
    return Pipeline([split or StratifiedSplit(validation=0.3, test=0.2), *given], target="ill", **arguments)


def tuned(of: Pipeline, space: Any = None, frame: Any = None, **arguments: Any) -> Any:
    given: dict[str, Any] = {"trials": 6, "track": False, "cache": False} | arguments
    return of.tune(SPACE if space is None else space, people() if frame is None else frame, **given)


def score(run: Any, part: str = "validation") -> float:
    table = run.evaluation.table
    mine = table[(table["model"] == "model") & (table["slice"] == "all") & (table["part"] == part)]
    return float(mine.set_index("metric")["value"][run.evaluation.headline])


@pytest.mark.parametrize("split", [None, KFolds(3, test=0.2)])
def test_the_best_trial_scores_as_the_run_of_its_pipeline_does(split: Any) -> None:
    found = tuned(pipeline(split))
    assert found.metric == "roc_auc" and found.value == score(found.run(track=False, cache=False))
    assert found.before.value == score(found.pipeline.run(people(), track=False, cache=False))


def test_every_trial_is_the_pipeline_with_what_it_tried() -> None:
    found = tuned(pipeline(), trials=2)
    for row in found.table.to_dict("records"):
        again = pipeline(
            None, Impute(numeric=row["Impute.numeric"]), OneHot(["site"]),
            Train(LogisticRegression(C=row["Train.estimator__C"])),
        )  # fmt: skip
        assert row["value"] == score(again.run(people(), track=False, cache=False))


def test_steps_are_exchanged_and_taken_out() -> None:
    space = {
        "Scale": [Standardize(), None],
        "Train": [LogisticRegression(), Train(DecisionTreeClassifier(max_depth=3))],
    }
    given = pipeline(None, Impute(), Standardize(name="Scale"), OneHot(["site"]), LogisticRegression())
    found = tuned(given, space, trials=8)
    table = found.table
    assert set(table["Scale"]) == {"Standardize()", "None"} and set(table["state"]) == {"complete"}
    again = table[table["same as"].notna()]
    assert len(again) and all(table["value"][row["same as"]] == row["value"] for row in again.to_dict("records"))


def test_a_function_chooses_where_one_choice_depends_on_another() -> None:
    def space(trial: Any) -> dict[str, Any]:
        if trial.suggest_categorical("model", ["tree", "linear"]) == "tree":
            return {"Train": DecisionTreeClassifier(max_depth=trial.suggest_int("depth", 1, 4))}
        return {"Train": LogisticRegression(C=trial.suggest_float("C", 0.01, 10, log=True))}

    found = tuned(pipeline(), space, trials=8)
    table = found.table
    assert table.loc[table["model"] == "tree", "C"].isna().all() and set(table["state"]) == {"complete"}
    assert found.value == score(found.run(track=False, cache=False))


def test_test_rows_change_nothing() -> None:
    """Values of test rows are replaced by extremes: a search that saw them would find something else."""
    frame, given = people(), pipeline()
    first = tuned(given, frame=frame, trials=3)
    sealed = given.run(frame, track=False, cache=False).assignment == "test"
    second = tuned(given, frame=frame.assign(a=frame["a"].mask(sealed, 1e6), b=frame["b"].mask(sealed, -1e6)), trials=3)
    assert first.sealed == sealed.sum() == 120
    drop = ["seconds"]
    pd.testing.assert_frame_equal(first.table.drop(columns=drop), second.table.drop(columns=drop))


def test_searches_with_one_seed_are_equal_and_with_another_are_not() -> None:
    one, same, other = (tuned(pipeline(), seed=seed, trials=3).table["Train.estimator__C"] for seed in (1, 1, 2))
    assert one.equals(same) and not one.equals(other)


@pytest.mark.long
def test_trials_in_processes_score_as_here() -> None:
    found = tuned(pipeline(), {"Train.estimator__C": [0.001, 1.0]}, trials=4, n_jobs=2)
    here = tuned(pipeline(), {"Train.estimator__C": [0.001, 1.0]}, trials=4)
    by_choice = [
        dict(zip(each.table["Train.estimator__C"], each.table["value"], strict=True)) for each in (found, here)
    ]
    assert all(by_choice[1].get(key, value) == value for key, value in by_choice[0].items())


def test_trials_in_processes_are_those_here_where_proposals_do_not_depend_on_results() -> None:
    import optuna

    tables = []
    for jobs in (1, 2):
        sampler = optuna.samplers.RandomSampler(seed=3)
        found = tuned(pipeline(), trials=4, n_jobs=jobs, sampler=sampler)
        tables.append(found.table.drop(columns="seconds"))
    assert tables[0]["state"].tolist() == ["complete"] * 4
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.parametrize("wrong", [0, -2, 1.5, True])
def test_a_number_of_trials_at_a_time_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"n_jobs=.* is not a number of processes"):
        tuned(pipeline(), n_jobs=wrong)


class Counted(Transform):
    """Counts how often it learns."""

    times: tuple[int, ...] = ()

    def learn(self, train: Rows, /) -> float:
        CALLS.append(len(train))
        return float(train["b"].mean())

    def apply(self, frame: pd.DataFrame, state: float, /) -> pd.DataFrame:
        return frame.assign(b=frame["b"] - state)


CALLS: list[int] = []


def test_steps_before_the_first_that_changes_learn_once() -> None:
    CALLS.clear()
    given = pipeline(None, Counted(), Impute(), OneHot(["site"]), LogisticRegression())
    tuned(given, trials=6)
    assert len(CALLS) == 1


def test_a_step_behind_a_choice_learns_once_for_each_choice() -> None:
    CALLS.clear()
    given = pipeline(None, Impute(), Counted(), OneHot(["site"]), Train(LogisticRegression()))
    tuned(given, trials=10)
    assert len(CALLS) == 2  # behind the mean and behind the median


FITS: list[int] = []


class CountedModel(LogisticRegression):  # type: ignore[misc]
    """Counts how often it is fitted."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> CountedModel:
        FITS.append(len(X))
        super().fit(X, y, sample_weight)
        return self


class Coarse(Calibrate):
    """Learns from predictions of fewer folds."""

    cross_fit_folds: ClassVar[int] = 3


def calibrated(*after: Any) -> Pipeline:
    model = Train(CountedModel(), allow_pickle="a test")
    return pipeline(None, Impute(), OneHot(["site"]), model, Coarse(name="Calibrate"), *after)


def fits_of(of: Pipeline, space: Any, **arguments: Any) -> tuple[int, Any]:
    FITS.clear()
    found = tuned(of, space, metric="log_loss", **arguments)
    return len(FITS), found


METHODS = {"Calibrate.method": ["sigmoid", "isotonic", "temperature"]}


def test_out_of_fold_predictions_are_made_once_for_trials_of_the_step_that_needs_them() -> None:
    fits, found = fits_of(calibrated(), METHODS, trials=8)
    assert fits == 1 + 3 and found.table["value"].nunique() == 3


def test_out_of_fold_predictions_are_made_once_for_trials_of_steps_behind() -> None:
    threshold = mlsys.TuneThreshold(missed=5, false_alarm=1)
    space = METHODS | {"TuneThreshold.missed": [2.0, 5.0]}
    fits, _ = fits_of(calibrated(threshold), space, trials=10)
    assert fits == 1 + 3


def test_out_of_fold_predictions_follow_what_they_depend_on() -> None:
    fits, _ = fits_of(calibrated(), {"Calibrate": [Coarse(), Calibrate()]}, trials=6)
    assert fits == 1 + 3 + 5
    fits, _ = fits_of(calibrated(), METHODS | {"Train.estimator__C": [0.01, 1.0]}, trials=20, seed=1)
    assert fits == 2 * (1 + 3)
    fits, _ = fits_of(calibrated(), METHODS | {"Impute.numeric": ["mean", "median"]}, trials=20, seed=1)
    assert fits == 2 * (1 + 3)


@pytest.mark.parametrize("split", [None, KFolds(3, test=0.2)])
def test_shared_out_of_fold_predictions_change_no_byte(split: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = calibrated().replace(StratifiedSplit=split) if split else calibrated()
    space = {"Calibrate": [Coarse(), Calibrate(), Coarse("isotonic")], "Impute.numeric": ["mean", "median"]}
    shared, with_it = fits_of(given, space, trials=8)
    monkeypatch.setattr("mlsys.execution.kinds._BEGINNINGS", {})
    alone, without = fits_of(given, space, trials=8)
    assert shared < alone and [each.said for each in with_it.tried] == [each.said for each in without.tried]


def test_a_calibration_part_is_used_as_it_is() -> None:
    frame = people()
    parts = {"train": frame[:300], "calibration": frame[300:450], "validation": frame[450:]}
    fits, found = fits_of(calibrated().replace(StratifiedSplit=None), METHODS, frame=parts, trials=8)
    run = found.run(track=False, cache=False).evaluation.table
    mine = run[(run["model"] == "model") & (run["slice"] == "all") & (run["part"] == "validation")]
    assert fits == 1 and found.value == mine.set_index("metric")["value"]["log_loss"]


def test_a_trial_that_raises_is_recorded_and_the_search_goes_on() -> None:
    space = {"Train.estimator__solver": ["lbfgs", "no such solver"], "Train.estimator__C": [0.1, 1.0]}
    found = tuned(pipeline(), space, trials=8)
    failed = found.table[found.table["state"] == "failed"]
    assert len(failed) and set(failed["Train.estimator__solver"]) == {"no such solver"}
    assert failed["error"].str.contains("InvalidParameterError").all() and failed["value"].isna().all()
    assert found.params.get("Train.estimator__solver", "lbfgs") == "lbfgs" and "failed" in repr(found)


def test_if_all_trials_fail_there_is_one_error() -> None:
    with pytest.raises(
        ConfigurationError, match=r"all of 10 trials failed, with 1 different errors.*no such"
    ) as raised:
        tuned(pipeline(), {"Train.estimator__solver": ["no such"]}, trials=40)
    assert "take what cannot work out of the space" in str(raised.value)


def test_a_pipeline_that_does_not_work_is_told_before_the_search() -> None:
    with pytest.raises(ConfigurationError, match="the pipeline as it is cannot be evaluated"):
        tuned(pipeline(None, Impute(), OneHot(["site"]), LogisticRegression(solver="no such")), SPACE)


def test_trials_are_pruned_after_a_fold() -> None:
    import optuna

    class First(optuna.pruners.BasePruner):  # type: ignore[misc]
        """Prunes each other trial after its first fold."""

        def prune(self, study: Any, trial: Any) -> bool:
            return bool(trial.number % 2)

    found = tuned(pipeline(KFolds(3, test=0.2)), pruner=First(), trials=6)
    assert found.table["state"].tolist() == ["complete", "pruned"] * 3
    assert found.table["value"].isna().tolist() == [False, True] * 3 and "3 pruned" in repr(found)


def boosted(split: Any = None, *after: Any) -> tuple[Pipeline, dict[str, Any], Any]:
    """Return a pipeline, rates of which one is hopeless, and a pruner that sees so after 10 rounds."""
    import optuna

    given = pipeline(split, Train(HistGradientBoostingClassifier(max_iter=50)), *after)
    space = {"Train.estimator__learning_rate": [1e-6, 0.1, 0.2]}
    return given, space, optuna.pruners.ThresholdPruner(upper=0.64)


@pytest.mark.parametrize("after", [[], [Calibrate()]])
def test_a_hopeless_fit_is_ended_after_some_rounds(after: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    given, space, pruner = boosted(None, *after)
    sizes = list[int]()
    fit = HistGradientBoostingClassifier.fit

    def counted(self: Any, *args: Any, **named: Any) -> Any:
        sizes.append(self.max_iter)
        return fit(self, *args, **named)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", counted)
    found = tuned(given, space, metric="log_loss", pruner=pruner, trials=10)
    told = {each.number: each.intermediate_values for each in found.study.trials}
    pruned = found.table["Train.estimator__learning_rate"] == 1e-6
    assert pruned.any() and found.table["state"].tolist() == ["pruned" if each else "complete" for each in pruned]
    assert all(list(told[number]) == ([10] if each else []) or not each for number, each in enumerate(pruned))
    whole = tuned(given, space, metric="log_loss", trials=10)
    assert found.params == whole.params and found.value == whole.value
    one, other = (each.run(track=False, cache=False) for each in (found, whole))
    assert one.state("Train")["estimator"].n_iter_ == 50
    assert mlsys.states.digest(one.state("Train")) == mlsys.states.digest(other.state("Train"))


def test_with_folds_trials_are_pruned_after_a_fold_alone() -> None:
    given, space, pruner = boosted(KFolds(3, test=0.2))
    found = tuned(given, space, metric="log_loss", pruner=pruner, trials=10)
    steps = {step for each in found.study.trials for step in each.intermediate_values}
    assert steps <= {0, 1} and "pruned" in set(found.table["state"])


def test_if_all_trials_are_pruned_there_is_one_error() -> None:
    import optuna

    pruner = optuna.pruners.ThresholdPruner(lower=2.0)
    with pytest.raises(ConfigurationError, match="all of 4 trials were pruned"):
        tuned(pipeline(KFolds(3, test=0.2)), pruner=pruner, trials=4)


def test_a_study_goes_on_where_it_stopped(own_folder: Path) -> None:
    first = tuned(pipeline(), resume="illness", trials=3)
    second = tuned(pipeline(), resume="illness", trials=7)
    assert len(second.tried) == 7 and second.table[:3].equals(first.table)
    assert np.isfinite(second.corrected.value) and (own_folder / ".mlsys" / "tuning" / "illness.log").is_file()
    third = tuned(pipeline(), resume="illness", trials=7)
    assert third.table.equals(second.table) and third.best == second.best


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"space": {"Train.estimator__C": [0.1, 1.0]}}, "space"),
        ({"frame": people(seed=1)}, "rows"),
        ({"metric": "log_loss"}, "metric"),
        ({"of": pipeline(seed=3)}, "pipeline"),
    ],
)
def test_a_study_of_something_else_is_not_resumed(change: dict[str, Any], what: str) -> None:
    tuned(pipeline(), resume="illness", trials=1)
    with pytest.raises(ConfigurationError, match=f"another .*{what}"):
        tuned(**({"of": pipeline(), "resume": "illness", "trials": 2} | change))


def test_metrics_to_be_low_are_minimized() -> None:
    frame = people().assign(ill=lambda each: each["ill"] + each["b"])
    given = Pipeline([StratifiedSplit(), Impute(), OneHot(["site"]), Train(Ridge())], target="ill")
    found = tuned(given, {"Train.estimator__alpha": LogUniform(1e-3, 1e6)}, frame, metric="rmse", trials=8)
    assert not found.greater_is_better and found.value == min(found.before.value, found.table["value"].min())
    assert found.corrected.value >= found.value and found.corrected.optimism >= 0


def test_an_own_metric_is_improved_and_corrected() -> None:
    def caught(y: Any, prediction: Any) -> float:
        return float((prediction[y == 1] == 1).mean())

    found = tuned(pipeline(), {"Train.estimator__class_weight": [None, "balanced", {0: 1, 1: 9}]}, metric=caught)
    assert found.metric == "caught" and found.params == {"Train.estimator__class_weight": "{0: 1, 1: 9}"}
    assert found.corrected.gain_lower > 0 and "tuning helped" in repr(found)


def test_steps_after_the_model_are_searched() -> None:
    given = pipeline(None, Impute(), OneHot(["site"]), LogisticRegression(C=0.001), Calibrate())
    found = tuned(given, {"Calibrate": [Calibrate(), None]}, metric="log_loss", trials=4)
    assert set(found.table["state"]) == {"complete"} and found.table["value"].nunique() == 2


def test_steps_before_the_split_are_searched_on_the_same_rows() -> None:
    frame = people().assign(when=pd.date_range("2024", periods=600, freq="h"))
    given = Pipeline(
        [mlsys.Derive({"a2": lambda rows: rows["a"] ** 2}), TimeSplit(), Impute(), OneHot(["site"]),
         Train(LogisticRegression())],
        target="ill", time="when",
    )  # fmt: skip
    found = tuned(given, {"Derive": [given["Derive"], None]}, frame, trials=4)
    assert set(found.table["state"]) == {"complete"} and found.table["value"].nunique() == 2


def test_a_trial_on_other_rows_is_no_score() -> None:
    given = Pipeline(
        [mlsys.Filter(lambda rows: rows["b"] > -3), StratifiedSplit(), Impute(), OneHot(["site"]),
         Train(LogisticRegression())],
        target="ill",
    )  # fmt: skip
    space = {"Filter": [given["Filter"], mlsys.Filter(lambda rows: rows["b"] > 0)]}
    found = tuned(given, space, trials=6)
    failed = found.table[found.table["state"] == "failed"]
    assert len(failed) and failed["error"].str.contains("other rows").all()


def weak() -> Pipeline:
    return pipeline(None, Impute(), OneHot(["site"]), Train(LogisticRegression(C=1e-6)))


def test_the_score_that_chose_is_said_and_that_of_test_rows_is_free_of_it() -> None:
    found = tuned(weak(), {"Train.estimator__C": [0.1, 3.0]}, trials=3)
    run = found.best.run(people(), track=False, cache=False)
    assert "LK235" in {each.code for each in run.findings}
    assert [term for term, _, verdict in _fixed_terms(run.outcome, "") if verdict == "fail"] == [
        "evaluated on rows that did not choose it"
    ]
    assert all(verdict == "pass" for _, _, verdict in _fixed_terms(run.final_test().outcome, ""))


@pytest.mark.long
def test_gates_refuse_the_score_that_chose_and_take_that_of_test_rows() -> None:
    found = tuned(weak(), {"Train.estimator__C": [0.1, 3.0]}, track="auto", trials=3)
    run, gate = found.run(), Gate(metric("roc_auc").lower >= 0.4)
    refused = run.register("illness", alias="champion", gate=gate)
    assert not refused and "did not choose it" in repr(refused)
    assert run.final_test().register("illness", alias="champion", gate=gate)


def test_the_pipeline_as_it_was_is_not_refused_for_a_search_beside_it() -> None:
    tuned(pipeline(), {"Train.estimator__C": [1e-4, 1e-3]}, trials=3)
    run = pipeline().run(people(), track=False, cache=False)
    assert "LK235" not in {each.code for each in run.findings}


def test_a_search_is_one_run_with_one_below_it_for_each_trial() -> None:
    import mlflow

    found = tuned(pipeline(name="illness"), trials=2, track=True)
    client: Any = mlflow.MlflowClient()
    runs = client.search_runs([client.get_experiment_by_name("illness").experiment_id])
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if "mlflow.parentRunId" in run.data.tags]
    assert len(parents) == 1 and len(children) == 2 and parents[0].data.metrics["tuning/trials"] == 2
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parents[0].info.run_id}
    values = sorted(run.data.metrics["tuning/roc_auc"] for run in children)
    assert values == sorted(found.table["value"]) and "Impute.numeric" in children[0].data.params
    files = {each.path for each in client.list_artifacts(parents[0].info.run_id)}
    assert {"trials.parquet", "trials.png", "report.html"} <= files and "MLflow" in repr(found)


def test_variants_have_equal_budgets() -> None:
    variants = pipeline().variants(linear={}, boosted={"Train": HistGradientBoostingClassifier(max_iter=5)})
    spaces = {"linear": SPACE, "boosted": {"Train.estimator__max_leaf_nodes": Integers(2, 8)}}
    found = variants.tune(spaces, people(), trials=3, track=False, cache=False)
    assert {label: len(each.tried) for label, each in found.items()} == {"linear": 3, "boosted": 3}
    with pytest.raises(ConfigurationError, match="spaces for linear, but the variants are linear, boosted"):
        variants.tune({"linear": SPACE}, people())


def test_it_is_shown_and_drawn() -> None:
    found = tuned(pipeline(), trials=12)
    text, page = repr(found), found._repr_html_()
    for words in (
        "the best of 12 trials",
        "as it was",
        "corrected for the choice",
        "120 test rows, which no trial saw",
    ):
        assert words in text and words in page
    axes = found.plot()
    assert [each.get_title(loc="left") for each in axes.figure.axes][1] == "what matters"
    assert sum(found.importances.values()) == pytest.approx(1)
    from matplotlib.figure import Figure

    alone = Figure().subplots()
    assert found.plot(alone) is alone


def test_a_grid_ends_a_search() -> None:
    import optuna

    grid = {"Train.estimator__C": [0.01, 0.1, 1.0]}
    found = tuned(pipeline(), grid, sampler=optuna.samplers.GridSampler(grid), trials=20)
    assert sorted(found.table["Train.estimator__C"]) == [0.01, 0.1, 1.0] and "all choices were tried" in repr(found)


def test_time_ends_a_search() -> None:
    found = tuned(pipeline(), trials=10_000, seconds=0.3)
    assert 1 <= len(found.tried) < 10_000 and "stopped after 0.3 seconds" in repr(found)


def test_an_interrupted_search_returns_what_it_has() -> None:
    def space(trial: Any) -> dict[str, Any]:
        if trial.number == 3:
            raise KeyboardInterrupt
        return {"Train.estimator__C": trial.suggest_float("C", 0.1, 1)}

    found = tuned(pipeline(), space)
    assert len(found.tried) == 3 and "interrupted" in repr(found)


def test_without_optuna_one_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ConfigurationError, match=r'(?s)needs the package optuna.*pip install "mlsys\[tune\]"'):
        tuned(pipeline())


def test_given_parts_are_tuned_on() -> None:
    frame = people()
    parts = {"train": frame[:400], "validation": frame[400:]}
    found = tuned(pipeline(), frame=parts)
    assert found.judged == "200 validation rows" and not found.sealed


def test_named_metrics_of_the_evaluation_are_used() -> None:
    given = pipeline(None, Impute(), OneHot(["site"]), Train(LogisticRegression()), Evaluate(["log_loss"]))
    assert tuned(given, trials=2).metric == "log_loss"
