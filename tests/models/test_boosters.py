"""XGBoost, LightGBM and CatBoost as models: names, levels, lists of parameters, rows to watch, infinite numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import OneHot, Pipeline, RandomSplit, load
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.models import Train
from mlsys.models._boosters import taken_names
from mlsys.models._early_stopping import booster_that_stops
from mlsys.states import digest, load_state, save_state

catboost = pytest.importorskip("catboost")
lightgbm = pytest.importorskip("lightgbm")
xgboost = pytest.importorskip("xgboost")

ROWS = 400
HARD = [
    "<5k",
    "_5k",
    "(0, 1]",
    "a:b",
    "[x",
    "]x",
    '"q"',
    "'s",
    "a, b",
    "a b",
    "a_b",
    "{}",
    "é",
    "日本",
    "x=1",
    "a\nb",
    "",
    "\\",
]


def extreme(**more: Any) -> Any:
    return xgboost.XGBClassifier(**{"n_estimators": 5, "n_jobs": 1, "enable_categorical": True, **more})


def light(**more: Any) -> Any:
    return lightgbm.LGBMClassifier(**{"n_estimators": 5, "n_jobs": 1, "verbose": -1, **more})


def cat(**more: Any) -> Any:
    quiet = {"verbose": 0, "thread_count": 1, "allow_writing_files": False}
    return catboost.CatBoostClassifier(**{"iterations": 5, **quiet, **more})


BOOSTERS = {"xgboost": extreme, "lightgbm": light, "catboost": cat}
each_booster = pytest.mark.parametrize("make", BOOSTERS.values(), ids=BOOSTERS)


def numbers(names: list[str], rows: int = ROWS) -> pd.DataFrame:
    drawn = np.random.default_rng(0).normal(size=(rows, len(names)))
    return pd.DataFrame(drawn, columns=pd.Index(names, dtype=object)).assign(**{"the target": drawn.sum(axis=1) > 0})


def answers(found: pd.DataFrame) -> list[list[Any]]:
    return found.to_numpy().tolist()


# --- names -------------------------------------------------------------------------------------------------------


@each_booster
def test_features_may_have_any_name(make, tmp_path: Path):
    hard, easy = numbers(HARD), numbers([f"f{place}" for place in range(len(HARD))])
    fitted, plainly = (Train(make()).fit(frame, target="the target") for frame in (hard, easy))
    assert fitted.state["features"] == HARD
    assert answers(fitted.predict(hard)) == answers(plainly.predict(easy))
    model, other = fitted.state["estimator"], plainly.state["estimator"]
    assert model.feature_importances_.tolist() == other.feature_importances_.tolist()
    save_state(fitted.state, tmp_path / "state")
    back = load_state(tmp_path / "state")
    assert digest(back) == digest(fitted.state)
    assert fitted.predict(hard).equals(Train(make()).predict(hard[HARD], back))


@settings(max_examples=15)
@given(names=st.lists(st.text(max_size=5), min_size=1, max_size=6, unique=True))
@each_booster
def test_whatever_the_names_the_model_is_the_same(make, names: list[str]):
    names = [name for name in names if name != "the target"] or ["x"]
    named, plainly = numbers(names, 60), numbers([f"f{place}" for place in range(len(names))], 60)
    one, other = (Train(make(**_small(make))).fit(each, target="the target") for each in (named, plainly))
    assert answers(one.predict(named)) == answers(other.predict(plainly))


def _small(make: Any) -> dict[str, Any]:
    return {"iterations": 2} if make is cat else {"n_estimators": 2}


@given(st.lists(st.text("ab_<[2", max_size=4), unique=True))
def test_names_are_changed_only_where_they_must_be_and_never_meet(names: list[str]):
    found = taken_names(names, [re.compile(r"[<\[]")])
    assert len(set(found)) == len(names)
    assert not any(set(name) & set("<[") for name in found)
    assert all(new == old for new, old in zip(found, names, strict=True) if old and not set(old) & set("<["))


def test_a_name_that_is_taken_reaches_the_booster_as_it_is():
    state = Train(extreme()).fit(numbers(["a:b", "(0, 1)"]), target="the target").state
    assert "known_as" not in state and state["estimator"].get_booster().feature_names == ["a:b", "(0, 1)"]
    state = Train(extreme()).fit(numbers(["a:b", "(0, 1]", "(0, 1_"]), target="the target").state
    assert state["known_as"] == state["estimator"].get_booster().feature_names == ["a:b", "(0, 1__2", "(0, 1_"]


@pytest.mark.parametrize(
    "estimator",
    [
        GridSearchCV(extreme(), {"max_depth": [2, 3]}, cv=2),
        CalibratedClassifierCV(light(), cv=2),
        VotingClassifier([("a", extreme()), ("b", light()), ("c", cat())], voting="soft"),
        make_pipeline(StandardScaler(), extreme()),
    ],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # scikit-learn's own, of its arrays
def test_boosters_inside_other_estimators_get_names_they_take(estimator):
    frame = numbers(HARD)
    assert Train(estimator).fit(frame, target="the target").predict(frame)["prediction"].isin([True, False]).all()


def test_parameters_that_name_features_follow_their_names():
    frame = numbers(["<5k", "x"])
    monotone = Train(extreme(monotone_constraints={"<5k": -1}, n_estimators=20)).fit(frame, target="the target")
    steps = pd.DataFrame({"<5k": np.linspace(-3, 3, 30), "x": 0.0})
    assert monotone.predict(steps)["probability_True"].is_monotonic_decreasing


@each_booster
def test_levels_of_any_text_train_serve_and_load(make, tmp_path: Path):
    drawn = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"balance": drawn.choice(["<0", "0..200", '>="[1, 2]"', "a: b"], 300), "x": drawn.normal(size=300)}
    )
    frame["y"] = (frame["x"] + (frame["balance"] == "<0") > 0).astype(int)
    run = Pipeline([RandomSplit(), OneHot(["balance"]), make()], target="y").run(frame, track=False, cache=False)
    assert 'balance_>="[1, 2]"' in run.state("Train")["features"]
    run.save(tmp_path / "model")
    assert load(tmp_path / "model").predict(frame).equals(run.model.predict(frame))


# --- levels ------------------------------------------------------------------------------------------------------

TWO = np.random.default_rng(2).integers(0, 2, ROWS)
LEVELS = {
    "texts": np.array(["a", "b"])[TWO],
    "whole numbers": TWO + 5,
    "numbers": TWO + 0.5,
    "truth values": TWO == 1,
    "intervals": pd.cut(TWO, 2),
    "times": pd.to_datetime(TWO, unit="D"),
    "kinds mixed": np.array(["a", 1], dtype=object)[TWO],
}
learners = {"xgboost": extreme, "lightgbm": light, "scikit-learn": lambda: HistGradientBoostingClassifier(max_iter=5)}


def of_levels(kind: str) -> pd.DataFrame:
    x = np.random.default_rng(3).normal(size=ROWS)
    return pd.DataFrame({"x": x, "c": pd.Categorical(LEVELS[kind]), "y": (x + 2 * TWO > 1).astype(int)})


@pytest.mark.parametrize("make", learners.values(), ids=learners)
@pytest.mark.parametrize("kind", LEVELS)
def test_a_level_of_any_kind_is_that_level_wherever_it_stands(make, kind: str, tmp_path: Path):
    frame = of_levels(kind)
    fitted = Train(make()).fit(frame, target="y")
    expected = fitted.predict(frame)
    as_texts = frame.assign(c=pd.Categorical(np.array(["a", "b"])[TWO]))
    assert answers(expected) == answers(Train(make()).fit(as_texts, target="y").predict(as_texts))
    turned = frame.assign(c=frame["c"].cat.set_categories(frame["c"].cat.categories[::-1]))
    assert answers(fitted.predict(turned)) == answers(expected)
    save_state(fitted.state, tmp_path / "state")
    assert answers(Train(make()).predict(frame[["x", "c"]], load_state(tmp_path / "state"))) == answers(expected)


@pytest.mark.parametrize("make", learners.values(), ids=learners)
def test_a_level_that_training_rows_lack_is_null(make):
    frame = of_levels("texts")
    fitted = Train(make()).fit(frame, target="y")
    null = fitted.predict(frame.assign(c=pd.Categorical([None] * ROWS, categories=["a", "b"])))
    for strange in (pd.Categorical(["Z"] * ROWS), pd.Series(["Z"] * ROWS, dtype="str")):
        assert answers(fitted.predict(frame.assign(c=strange))) == answers(null)
    held_out = frame.assign(
        c=frame["c"].cat.set_categories(["Z", "b", "a", "Y"]).cat.reorder_categories(["Z", "a", "Y", "b"])
    )
    assert digest(Train(make()).fit(held_out, target="y").state) == digest(fitted.state)


def test_a_request_with_a_level_nobody_saw_is_served():
    frame = of_levels("texts")
    run = Pipeline([RandomSplit(), extreme()], target="y").run(frame, track=False, cache=False)
    assert len(run.predict(frame.head(1).assign(c="Z"))) == 1


def test_an_encoder_inside_a_pipeline_still_meets_the_level_itself():
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder

    frame = of_levels("texts")
    encode = make_column_transformer((OneHotEncoder(), ["c"]), remainder="passthrough")
    fitted = Train(make_pipeline(encode, extreme())).fit(frame, target="y")
    with pytest.raises(ValueError, match="unknown categories .'Z'."):
        fitted.predict(frame.assign(c=pd.Categorical(["Z"] * ROWS)))


@pytest.mark.parametrize(
    ("make", "change", "said"),
    [
        (lambda: extreme(enable_categorical=False), {}, "'c' holds categories.*enable_categorical=True"),
        (cat, {}, r"'c' holds categories.*cat_features=\['c'\]"),
        (extreme, {"c": "text"}, "'c' holds text"),
        (light, {"c": "text"}, "'c' holds text"),
        (cat, {"c": "text"}, "'c' holds text"),
        (lambda: cat(cat_features=["c"]), {"c": pd.Categorical(["a", None] * 200)}, r"'c' holds nulls.*Impute\(\)"),
        (lambda: cat(cat_features=["c"]), {"c": 0.5}, "'c' is named in cat_features= and holds 0.5"),
    ],
)
def test_a_column_a_booster_cannot_take_is_named_with_the_way_out(make, change, said):
    frame = of_levels("texts").assign(**change)
    with pytest.raises(DataError, match=f"(?s){said}"):
        Train(make()).fit(frame, target="y")


def test_infinite_numbers_are_named_by_column_and_row():
    frame = numbers(["a", "b"]).set_axis([f"r{place}" for place in range(ROWS)], axis=0)
    frame.loc["r7", "b"] = -np.inf
    with pytest.raises(DataError, match="column 'b' holds infinite numbers.*'b' is -inf in row 'r7'"):
        Train(extreme()).fit(frame, target="the target")
    for takes in (light(), cat()):
        Train(takes).fit(frame, target="the target")


# --- parameters that are lists -----------------------------------------------------------------------------------

LISTS = {
    "by name": {"cat_features": ["c"]},
    "by tuple": {"cat_features": ("c",)},
    "by place": {"cat_features": [1]},
    "weights": {"cat_features": ["c"], "class_weights": [1, 2]},
    "a mapping": {"cat_features": ["c"], "class_weights": {0: 1, 1: 2}},
    "several": {
        "cat_features": ["c"],
        "monotone_constraints": [1, 0],
        "custom_metric": ["AUC"],
        "feature_weights": [1, 2],
    },
}


@pytest.mark.parametrize("more", LISTS.values(), ids=LISTS)
def test_catboost_takes_lists_and_is_the_estimator_by_itself(more, tmp_path: Path):
    frame = of_levels("texts")
    given_ = cat(**more)
    step = Train(given_)
    assert step.digest == Train(cat(**more)).digest != Train(cat()).digest
    fitted = step.fit(frame, target="y")
    by_hand = cat(**more).fit(frame[["x", "c"]], frame["y"])
    expected = by_hand.predict_proba(frame[["x", "c"]])[:, 1].tolist()
    assert fitted.predict(frame)["probability_1"].tolist() == expected
    assert not given_.is_fitted() and step.estimator.get_params() == given_.get_params()
    save_state(fitted.state, tmp_path / "state")
    assert digest(load_state(tmp_path / "state")) == digest(fitted.state) == digest(step.fit(frame, target="y").state)


@pytest.mark.quick(every=4)
@pytest.mark.parametrize("more", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(
    "around",
    [
        lambda made: GridSearchCV(made, {"depth": [2, 3]}, cv=2),
        lambda made: CalibratedClassifierCV(made, cv=2),
        lambda made: VotingClassifier([("one", made)], voting="soft"),
        make_pipeline,
        lambda made: GridSearchCV(make_pipeline(made), {"catboostclassifier__depth": [2, 3]}, cv=2),
    ],
    ids=["search", "calibration", "vote", "pipeline", "search of a pipeline"],
)
def test_inside_what_clones_its_parts_as_well(around, more, tmp_path: Path):
    frame = of_levels("texts")
    step = Train(around(cat(**more)))
    assert step.digest == Train(around(cat(**more))).digest
    fitted = step.fit(frame, target="y")
    save_state(fitted.state, tmp_path / "state")
    back = load_state(tmp_path / "state")
    assert digest(back) == digest(fitted.state)
    assert step.predict(frame[["x", "c"]], back).equals(fitted.predict(frame))


# --- rows that early stopping watches ----------------------------------------------------------------------------


GIVEN: list[tuple[Any, ...]] = []
"""What each fit was given: rows, watched rows and their target, weights of both."""


def note(X, sample_weight, eval_set, watched_weights):  # noqa: N803
    """Keep what a fit was given."""
    GIVEN.append((X, *(eval_set or [(None, None)])[0], sample_weight, (watched_weights or [None])[0]))


class WatchingExtreme(xgboost.XGBClassifier):
    def fit(self, X, y, *, sample_weight=None, eval_set=None, sample_weight_eval_set=None, verbose=True):  # noqa: N803
        note(X, sample_weight, eval_set, sample_weight_eval_set)
        return super().fit(
            X, y, sample_weight=sample_weight, eval_set=eval_set, sample_weight_eval_set=sample_weight_eval_set,
            verbose=verbose,
        )  # fmt: skip


class WatchingLight(lightgbm.LGBMClassifier):
    def fit(self, X, y, sample_weight=None, eval_set=None, eval_sample_weight=None):  # noqa: N803
        note(X, sample_weight, eval_set, eval_sample_weight)
        return super().fit(X, y, sample_weight=sample_weight, eval_set=eval_set, eval_sample_weight=eval_sample_weight)


class WatchingCat(catboost.CatBoostClassifier):
    def fit(self, X, y, sample_weight=None, eval_set=None):  # noqa: N803
        pools = eval_set or []
        watched = [(pd.DataFrame(pool.get_features(), columns=X.columns), pool.get_label()) for pool in pools]
        note(X, sample_weight, watched, [pool.get_weight() for pool in pools])
        return super().fit(X, y, sample_weight=sample_weight, eval_set=eval_set)


QUIET = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
STOPPING = {
    "xgboost": WatchingExtreme(n_estimators=300, n_jobs=1, early_stopping_rounds=3),
    "xgboost, by callback": WatchingExtreme(
        n_estimators=300, n_jobs=1, callbacks=[xgboost.callback.EarlyStopping(rounds=3)]
    ),
    **{
        f"lightgbm, {name}": WatchingLight(n_estimators=300, verbose=-1, n_jobs=1, **{name: 3})
        for name in ("early_stopping_round", "early_stopping_rounds", "early_stopping", "n_iter_no_change")
    },
    **{
        f"catboost, {next(iter(more))}": WatchingCat(iterations=300, **QUIET, **more)
        for more in ({"early_stopping_rounds": 3}, {"od_wait": 3}, {"od_type": "Iter", "od_wait": 3},
                     {"od_pval": 0.1, "od_type": "IncToDec"}, {"use_best_model": True})
    },
}  # fmt: skip
stopping = pytest.mark.parametrize("estimator", STOPPING.values(), ids=STOPPING)


def timed(rows: int = 1000) -> pd.DataFrame:
    drawn = np.random.default_rng(4)
    frame = pd.DataFrame({"x": np.arange(rows) + 0.0, "z": drawn.normal(size=rows), "w": drawn.random(rows) + 0.5})
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["x"], "h")
    frame["who"] = drawn.integers(0, 100, rows)
    frame["y"] = np.where(frame["z"] + drawn.normal(size=rows) > 0, "yes", "no")
    return frame.sample(frac=1, random_state=0)


def given_to(estimator: Any, frame: pd.DataFrame, **roles: str) -> tuple[Any, ...]:
    train = Rows.of(frame, Roles(target="y", **roles), ("x", "z"))
    GIVEN.clear()
    Train(estimator).learn(train, np.random.default_rng(0))
    return GIVEN[0]


@stopping
def test_the_latest_training_rows_are_watched_with_their_weights(estimator):
    frame = timed()
    learned, watched, target, weights, watched_weights = given_to(estimator, frame, time="when", weight="w")
    assert sorted(watched["x"]) == list(range(900, 1000)) and sorted(learned["x"]) == list(range(900))
    of_row = frame.set_index("x")
    assert np.asarray(watched_weights) == pytest.approx(of_row.loc[watched["x"], "w"].to_numpy(), rel=1e-6)
    assert (weights == of_row.loc[learned["x"], "w"].to_numpy()).all()
    named = np.array(["no", "yes"])[target] if isinstance(estimator, xgboost.XGBModel) else np.asarray(target)
    assert (named == of_row.loc[watched["x"], "y"].to_numpy(dtype=object)).all()
    again, watched, _, weights, _ = GIVEN[1]
    assert watched is None and sorted(again["x"]) == list(range(1000))
    assert (weights == of_row.loc[again["x"], "w"].to_numpy()).all()


@stopping
def test_whole_groups_or_rows_by_hash_are_watched_without_time(estimator):
    frame = timed()
    group = frame.set_index("x")["who"]
    learned, watched, *_ = given_to(estimator, frame, group="who")
    assert not set(group[learned["x"]]) & set(group[watched["x"]]) and 20 < len(watched) < 200
    learned, watched, *_ = given_to(estimator, frame)
    _, again, *_ = given_to(estimator, frame[::-1])
    assert set(watched["x"]) == set(again["x"]) and not set(watched["x"]) & set(learned["x"])
    assert len(GIVEN) == 1


@stopping
def test_they_stop_early_predict_classes_and_show_what_they_watched(estimator):
    frame = timed()
    if estimator.get_params().get("callbacks"):
        return  # an object of XGBoost's that no state holds; its number has a parameter of its own
    step = Train(type(estimator).__mro__[1](**estimator.get_params()))
    fitted = step.fit(frame, target="y", features=["x", "z"], time="when")
    assert (fitted.predict(frame)["prediction"] == frame["y"]).mean() > 0.7
    curves = {name: len(values) for name, values in step.curves(fitted.state).items()}
    watched = [name for name in curves if name.endswith("/watched")]
    assert len(watched) == 1 and curves[watched[0]] <= 300
    trees = {"n_estimators", "iterations"} & set(fitted.state["estimator"].get_params())
    assert fitted.state["estimator"].get_params()[trees.pop()] < 300
    assert not booster_that_stops(fitted.state["estimator"])


def test_dates_as_time_are_times_to_early_stopping():
    frame = timed().assign(when=lambda f: (pd.Timestamp("2024-01-01") + pd.to_timedelta(f["x"], "D")).dt.date)
    _, watched, *_ = given_to(STOPPING["xgboost"], frame, time="when")
    assert sorted(watched["x"]) == list(range(900, 1000))


def test_rows_without_weight_are_not_watched():
    frame = timed().assign(w=lambda f: (f["x"] < 950).astype(float))
    _, watched, *_ = given_to(STOPPING["xgboost"], frame, time="when", weight="w")
    assert sorted(watched["x"]) == list(range(855, 950))


@pytest.mark.parametrize("make", BOOSTERS.values(), ids=BOOSTERS)
def test_a_search_hands_the_rows_on(make):
    size = "depth" if make is cat else "max_depth"
    frame = timed()[["x", "z", "y", "when"]]
    search = GridSearchCV(make(**_small(make), early_stopping_rounds=2), {size: [2, 3]}, cv=2)
    fitted = Train(search).fit(frame, target="y", time="when")
    assert set(fitted.predict(frame)["prediction"]) <= {"yes", "no"}


@pytest.mark.parametrize("around", [lambda made: make_pipeline(StandardScaler(), made), CalibratedClassifierCV])
@pytest.mark.parametrize("make", BOOSTERS.values(), ids=BOOSTERS)
def test_where_no_rows_can_be_handed_over_it_is_refused_when_the_step_is_made(make, around):
    with pytest.raises(ConfigurationError, match="inside it stops early, but .* passes it no validation rows"):
        Train(around(make(early_stopping_rounds=3)))
    Train(around(make()))


def test_where_no_rows_can_be_watched_it_is_said():
    frame = timed().assign(when=pd.Timestamp("2024-01-01"))
    with pytest.raises(DataError, match=r"(?s)stops early, but none of the 1,000 training rows.*early_stopping_share="):
        given_to(STOPPING["xgboost"], frame, time="when")


def test_classes_in_words_reach_xgboost_wherever_it_stands():
    frame = timed()[["x", "z", "y"]]
    for around in (GridSearchCV(extreme(), {"max_depth": [2]}, cv=2), make_pipeline(StandardScaler(), extreme())):
        assert set(Train(around).fit(frame, target="y").predict(frame)["prediction"]) == {"yes", "no"}
