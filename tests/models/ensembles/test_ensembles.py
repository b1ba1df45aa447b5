"""Ensembles: what members and those that learn from them see, say, and how they are stored."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import BaggingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import mlsys
from mlsys import (
    Bagging,
    Boosting,
    Calibrate,
    Pipeline,
    RandomSplit,
    Resample,
    Stacking,
    StratifiedSplit,
    TimeFolds,
    TimeSplit,
    Train,
    Voting,
)
from mlsys.errors import ConfigurationError, DataError
from mlsys.models.ensembles.stacking import FINAL
from mlsys.steps.folds_by_roles import folds_by_roles


def loans(count: int = 240, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"income": rng.normal(size=count), "age": rng.normal(size=count)})
    odds = 1.5 * frame["income"] + (frame["age"] > 0) + rng.logistic(size=count)
    return frame.assign(paid=np.where(odds > 0.5, "yes", "no"))


UNSEEN = np.log(0.01 / 0.99)


class SeenBefore(ClassifierMixin, BaseEstimator):
    """Say 1 of rows that it was fitted on, and 0 of others."""

    def fit(self, X, y):
        self.classes_, self.seen_ = np.unique(y), np.asarray(X)[:, 0].tolist()
        return self

    def predict_proba(self, X):
        seen = np.isin(np.asarray(X)[:, 0], self.seen_).astype(float)
        return np.column_stack([1 - seen, seen])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Remembers(LogisticRegression):
    """Keep what it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.shown_ = np.asarray(X, dtype=float)
        return super().fit(X, y, sample_weight)


def shown_to_the_last(pipeline: Pipeline, frame: pd.DataFrame) -> np.ndarray:
    run = pipeline.run(frame, track=False, cache=False, verbose=False)
    state = run.state("Stacking")
    return state[FINAL]["estimator"].shown_


def stacked(**fields) -> Stacking:
    reason = "test"
    return Stacking(
        [Train(SeenBefore(), allow_pickle=reason)], final=Train(Remembers(), allow_pickle=reason), folds=3, **fields
    )


def test_the_last_estimator_learns_from_members_that_did_not_see_the_row():
    shown = shown_to_the_last(Pipeline([RandomSplit(), stacked()], target="paid"), loans())
    assert len(shown) > 100
    assert (shown == UNSEEN).all()


def test_rows_that_a_sampler_repeats_are_judged_by_nobody():
    from imblearn.over_sampling import RandomOverSampler

    frame = loans()
    plain = shown_to_the_last(Pipeline([RandomSplit(), stacked()], target="paid"), frame)
    more = shown_to_the_last(Pipeline([RandomSplit(), Resample(RandomOverSampler()), stacked()], target="paid"), frame)
    assert len(more) == len(plain)
    assert (more == UNSEEN).all()


def test_used_alone_members_do_not_see_the_rows_either():
    state = stacked().fit(loans(), target="paid").state
    assert len(state[FINAL]["estimator"].shown_) == 240
    assert (state[FINAL]["estimator"].shown_ == UNSEEN).all()


def test_with_times_the_last_estimator_learns_from_later_rows_alone():
    frame = loans().assign(day=pd.date_range("2026-01-01", periods=240, freq="D"))
    shown = shown_to_the_last(Pipeline([stacked()], target="paid", time="day"), frame)
    assert len(shown) == 192 * 3 / 4  # of 80 %, which folds judge
    assert (shown == UNSEEN).all()


class KnowsUntil(ClassifierMixin, BaseEstimator):
    """Say 1 of rows that are decided before all labels that it learned from are known."""

    def fit(self, X, y):
        self.classes_, self.until_ = np.unique(y), np.asarray(X)[:, 1].max()
        return self

    def predict_proba(self, X):
        late = (np.asarray(X)[:, 0] <= self.until_).astype(float)
        return np.column_stack([1 - late, late])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def with_late_labels(days: int = 9) -> pd.DataFrame:
    frame = loans().assign(day=pd.date_range("2026-01-01", periods=240, freq="D"), start=range(240))
    settled = frame["day"] + pd.to_timedelta(days, "D")
    return frame.assign(until=frame["start"] + days, settled=settled)[["start", "until", "paid", "day", "settled"]]


@pytest.mark.parametrize(
    ("split", "given"),
    [
        (TimeSplit(), {"known_at": {"paid": "settled"}}),
        (TimeSplit(embargo="10D"), {"exclude": ["settled"]}),
        (TimeFolds(3, embargo="10D"), {"exclude": ["settled"]}),
        (StratifiedSplit(), {"known_at": {"paid": "settled"}}),
    ],
)
@pytest.mark.parametrize("after", [[], [Calibrate()]])
def test_no_fold_learns_a_label_that_was_known_after_the_rows_that_it_judges(split, given, after):
    member = Train(KnowsUntil(), features=["start", "until"], allow_pickle="test")
    model = Stacking([member], final=Train(Remembers(), allow_pickle="test"), folds=3)
    shown = shown_to_the_last(Pipeline([split, model, *after], target="paid", time="day", **given), with_late_labels())
    assert len(shown) > 60
    assert (shown == UNSEEN).all()


def test_folds_by_roles_wait_for_labels():
    keys = pd.DataFrame({"id": range(8), "time": pd.date_range("2026-01-01", periods=8)})
    keys["known_at"] = keys["time"] + pd.to_timedelta([0, 0, 9, 1, 0, 2, 1, 1], "D")
    keys.loc[0, "known_at"] = pd.NaT
    folds = ["".join(str(side)[0] for side in fold) for fold in folds_by_roles(keys, 2, 0, "it")]
    assert folds == ["ntvvvnnn", "ntnttvvv"]
    apart = keys.assign(known_at=keys["known_at"].dt.tz_localize("UTC"))
    with pytest.raises(DataError, match="known-at of the label .* cannot be compared with the time"):
        folds_by_roles(apart, 2, 0, "it")


def test_copies_of_a_row_are_in_one_fold():
    more = pd.DataFrame(np.random.default_rng(1).normal(size=(240, 3)), columns=["x", "y", "z"])
    once = loans().join(more)
    frame = pd.concat([once, once.head(60)], ignore_index=True)
    shown = shown_to_the_last(Pipeline([StratifiedSplit(), stacked()], target="paid"), frame)
    assert (shown == UNSEEN).all()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Voting([KNeighborsClassifier(), GaussianNB()]), ["KNeighborsClassifier"]),
        (Stacking({"near": Train(KNeighborsClassifier(), features=["age"]), "all": SVC()}, folds=3), ["SVC"]),
        (Bagging(KNeighborsClassifier(), members=2), ["KNeighborsClassifier"]),
        (Train(BaggingClassifier(KNeighborsClassifier(), n_estimators=2)), ["KNeighborsClassifier"]),
        (Train(make_pipeline(StandardScaler(), KNeighborsClassifier())), []),
        (Voting([DecisionTreeClassifier(), GaussianNB()]), []),
    ],
)
def test_unlike_scales_are_said_of_members_that_measure_distances(step, said):
    frame = loans().assign(income=lambda rows: 1e4 * rows["income"])
    run = Pipeline([RandomSplit(), step], target="paid").run(frame, track=False, cache=False, verbose=False)
    found = [each.message for each in run.findings if each.code == "EV104"]
    assert len(found) == len(said) and all(f"{name} measures" in text for name, text in zip(said, found, strict=True))


def test_groups_are_in_one_fold_and_time_only_goes_forward():
    rng = np.random.default_rng(0)
    groups = pd.DataFrame({"id": range(200), "group": rng.integers(0, 30, 200)})
    folds = folds_by_roles(groups, 4, 0, "it")
    assert (sum((fold == "validation").astype(int) for fold in folds) == 1).all()
    for fold in folds:
        assert not set(groups["group"][fold == "train"]) & set(groups["group"][fold == "validation"])
    times = groups.assign(time=rng.integers(0, 50, 200), group=rng.integers(0, 150, 200))
    for fold in folds_by_roles(times, 4, 0, "it"):
        assert times["time"][fold == "train"].max() < times["time"][fold == "validation"].min()
        assert not set(times["group"][fold == "train"]) & set(times["group"][fold == "validation"])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (pd.DataFrame({"id": range(20), "group": [1, 2] * 10}), "5 folds, but they have 2 groups"),
        (pd.DataFrame({"id": range(3)}), "5 folds, but they have 3 rows"),
        (pd.DataFrame({"id": range(20), "time": [1] * 19 + [2]}), "in the order of time, but they have 2 different"),
        (pd.DataFrame({"id": range(20), "time": range(20), "group": ["a"] * 20}), "no training row of another group"),
    ],
)
def test_too_few_groups_rows_or_times_for_the_folds_are_refused(keys, said):
    with pytest.raises(DataError, match=said):
        folds_by_roles(keys, 5, 0, "Stacking")


def test_stacking_passes_the_audit():
    frame = loans(200).assign(branch=np.arange(200) % 40)
    pipeline = Pipeline([Stacking([LogisticRegression(), GaussianNB()], folds=2)], target="paid", group="branch")
    assert pipeline.audit_leakage(frame).verdict == "not observed"


@pytest.mark.parametrize(
    "step",
    [
        Stacking(
            [DecisionTreeClassifier(max_depth=3), GaussianNB()], final=DecisionTreeClassifier(max_depth=2), folds=3
        ),
        Voting({"tree": DecisionTreeClassifier(max_depth=3), "bayes": GaussianNB()}, weights=[1, 2]),
        Voting([DecisionTreeClassifier(max_depth=3), GaussianNB(), RidgeClassifier()], voting="hard"),
        Bagging(DecisionTreeClassifier(), members=3, rows_share=0.5, features_share=0.5),
        Boosting(DecisionTreeClassifier(max_depth=1), members=5),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_stored_ensemble_predicts_single_rows_as_it_predicts_a_batch(step, tmp_path):
    frame = loans()
    run = Pipeline([StratifiedSplit(), step], target="paid").run(frame, track=False, verbose=False)
    run.save(tmp_path / "model")
    assert not list((tmp_path / "model").rglob("*.pkl"))
    model = mlsys.load(tmp_path / "model")
    rows = frame.drop(columns="paid").head(20)
    batch = model.predict(rows)
    single = pd.concat([model.predict(rows.iloc[[place]]) for place in range(len(rows))])
    pd.testing.assert_frame_equal(single.reset_index(drop=True), batch.reset_index(drop=True), check_exact=True)
    pd.testing.assert_frame_equal(batch, run.predict(rows))
    assert model.predict(rows.head(0)).columns.tolist() == batch.columns.tolist()


def test_votes_are_means_of_probabilities_and_counts_of_classes():
    frame = loans()
    members = {"a": GaussianNB(), "b": DecisionTreeClassifier(max_depth=2, random_state=0), "c": LogisticRegression()}
    alone = {name: Train(each).fit(frame, target="paid").predict(frame) for name, each in members.items()}
    soft = Voting(members, weights=[1, 0, 3]).fit(frame, target="paid").predict(frame)
    expected = (alone["a"]["probability_yes"] + 3 * alone["c"]["probability_yes"]) / 4
    np.testing.assert_allclose(soft["probability_yes"], expected)
    assert (soft["prediction"] == np.where(expected > 0.5, "yes", "no")).all()
    hard = Voting(members, voting="hard").fit(frame, target="paid").predict(frame)
    yes = sum((each["prediction"] == "yes").astype(int) for each in alone.values())
    assert (hard["prediction"] == np.where(yes >= 2, "yes", "no")).all()
    assert hard.columns.tolist() == ["prediction"]


def test_regressors_are_averaged_and_stacked():
    frame = loans().assign(paid=lambda rows: 2 * rows["income"] + rows["age"] ** 2)
    members = [Ridge(), DecisionTreeRegressor(max_depth=3, random_state=0)]
    alone = [Train(each).fit(frame, target="paid").predict(frame)["prediction"] for each in members]
    voted = Voting(members).fit(frame, target="paid").predict(frame)["prediction"]
    np.testing.assert_allclose(voted, (alone[0] + alone[1]) / 2)
    both = Stacking(members).fit(frame, target="paid").predict(frame)["prediction"]
    assert np.corrcoef(both, frame["paid"])[0, 1] > 0.8
    estimator = Voting(members).as_sklearn()
    assert estimator.fit(frame[["income", "age"]], frame["paid"]).predict(frame[["income", "age"]]).dtype.kind == "f"


def test_a_member_may_have_features_of_its_own():
    frame = loans()
    step = Voting({"income": Train(GaussianNB(), features=["income"]), "age": Train(GaussianNB(), features=["age"])})
    fitted = step.fit(frame, target="paid")
    assert {name: each["features"] for name, each in fitted.state["members"].items()} == {
        "income": ["income"], "age": ["age"],
    }  # fmt: skip
    assert Voting(**step.chosen()) == step


def test_members_of_one_class_are_numbered_and_nulls_and_texts_are_prepared_for_all():
    frame = loans().assign(town=np.resize(["a", "b", "c"], 240))
    frame.loc[::7, "income"] = np.nan
    step = Voting([LogisticRegression(), LogisticRegression(C=0.1), HistGradientBoostingClassifier(max_iter=5)])
    assert list(step.members) == ["LogisticRegression", "LogisticRegression-2", "HistGradientBoostingClassifier"]
    run = Pipeline([step], target="paid").run(frame, track=False, verbose=False)
    assert any(each.name == "Prepare" for each in run.pipeline.planned)
    assert run.predict(frame)["probability_yes"].between(0, 1).all()


def test_probabilities_are_corrected_after_a_sampler():
    from imblearn.under_sampling import RandomUnderSampler

    rng = np.random.default_rng(0)
    rare = rng.random(3_000) < 0.1
    frame = pd.DataFrame({"x": rng.normal(size=3_000) + rare, "fraud": rare})
    for step in (Voting([GaussianNB(), LogisticRegression()]), Stacking([GaussianNB(), LogisticRegression()], folds=3)):
        pipeline = Pipeline([RandomSplit(), Resample(RandomUnderSampler()), step], target="fraud")
        said = pipeline.run(frame, track=False, verbose=False).predict(frame)
        assert said["probability_True"].mean() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Voting([LogisticRegression()]), "has 1 member, and needs at least 2"),
        (lambda: Stacking([]), "has 0 members"),
        (lambda: Voting([LogisticRegression(), LinearRegression()]), "predicts classes and 'LinearRegression' numbers"),
        (
            lambda: Voting([LogisticRegression(), LinearSVC()]),
            "'LinearSVC' .* has no predict_proba",
        ),
        (lambda: Voting([LogisticRegression(), GaussianNB()], weights=[1]), r"weights=.* of 2 members"),
        (lambda: Voting([LogisticRegression(), GaussianNB()], weights=[0, 0]), "not all 0"),
        (lambda: Voting([LogisticRegression(), GaussianNB()], weights=[1, -1]), "at least 0 for each"),
        (lambda: Voting([LogisticRegression(), KMeans(2)]), "learns clusters, not a target"),
        (lambda: Voting("LogisticRegression"), "neither a list nor a dict"),
        (lambda: Stacking([LogisticRegression(), GaussianNB()], folds=1), "folds=1"),
        (lambda: Stacking([LogisticRegression(), GaussianNB()], final=Ridge()), "'final' numbers"),
        (lambda: Bagging(DecisionTreeClassifier(), members=0), "members=0"),
        (lambda: Bagging(DecisionTreeClassifier(), rows_share=0.0), "rows_share=0.0"),
        (lambda: Bagging(KMeans(2)), "neither a classifier nor a regressor"),
        (lambda: Boosting(KNeighborsClassifier()), "KNeighborsClassifier accepts no sample_weight"),
        (lambda: Boosting(DecisionTreeClassifier(), learning_rate=0.0), "learning_rate=0.0"),
        (lambda: Stacking([LogisticRegression]), "LogisticRegression"),
    ],
)
def test_ensembles_that_cannot_work_are_refused_when_they_are_made(make, said):
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_an_error_names_the_member():
    with pytest.raises(DataError) as raised:
        Voting([GaussianNB(), HistGradientBoostingClassifier()]).fit(loans().assign(age=np.nan), target="paid")
    assert any("GaussianNB" in note for note in raised.value.__notes__)


def test_a_study_says_whether_the_ensemble_is_worth_it():
    frame = loans(600)
    forest = RandomForestClassifier(20, random_state=0)  # the same trees alone and as a member
    pipeline = Pipeline([Voting([LogisticRegression(), forest])], target="paid")
    study = mlsys.ensemble_study(pipeline, frame, verbose=False)
    assert study.table["run"].tolist() == ["ensemble", "LogisticRegression", "RandomForestClassifier"]
    size = study.table.set_index("run")["size kB"]
    assert size["ensemble"] > size["RandomForestClassifier"] > size["LogisticRegression"]
    assert (study.table["p50 ms a row"] > 0).all()
    with pytest.raises(ConfigurationError, match="without an ensemble"):
        mlsys.ensemble_study(Pipeline([GaussianNB()], target="paid"), frame)
