"""What splits rows inside an estimator keeps groups together and goes by time, as a spy inside its fits sees."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import StackingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  makes the next import possible
from sklearn.feature_selection import RFECV, SequentialFeatureSelector
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeClassifierCV
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    GroupKFold,
    HalvingRandomSearchCV,
    KFold,
    LeaveOneGroupOut,
    RandomizedSearchCV,
    StratifiedKFold,
    TimeSeriesSplit,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

from mlsys.dataset import Roles, Rows
from mlsys.errors import DataError
from mlsys.features import Apply
from mlsys.models import Train
from mlsys.states import check_storable
from mlsys.steps.inner_splits import ignores_groups

GROUPS, EACH = 24, 5


class Spy(ClassifierMixin, BaseEstimator):
    """Notes the rows of each fit, and of each prediction that follows; every feature is a row's number and a share."""

    seen: ClassVar[list[tuple[str, Any]]] = []

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Spy:  # noqa: N803
        self.classes_, self.coef_ = np.unique(y), np.ones((1, np.shape(X)[1]))
        self.rows_ = _rows(X)
        Spy.seen.append(("fit", self.rows_, None if sample_weight is None else np.asarray(sample_weight)))
        return self

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        Spy.seen.append(("predict", self.rows_, _rows(X)))
        chance = np.asarray(X)[:, -1] % 1 * 0.9 * self.strength
        return np.column_stack([1 - chance, chance])

    def predict(self, X: Any) -> Any:  # noqa: N803
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _rows(features: Any) -> Any:
    return np.floor(np.asarray(features)[:, 0]).astype(int)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = GROUPS * EACH
    frame = pd.DataFrame(
        {
            "row": np.arange(rows) + 0.5,
            "x": np.arange(rows) + rng.uniform(0.01, 0.99, size=rows),
            "z": np.arange(rows) + rng.uniform(0.01, 0.99, size=rows),
            "w": rng.gamma(2.0, 1.0, rows),
            "who": [f"p{number % GROUPS}" for number in range(rows)],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.permutation(rows) // 3, unit="D"),
        }
    )
    return frame.assign(y=(frame["x"] % 1 + rng.normal(scale=0.3, size=rows) > 0.5).map({True: "yes", False: "no"}))


def fitted_pairs(estimator: Any, frame: pd.DataFrame, **roles: str) -> list[tuple[Any, Any]]:
    """Return learned and held rows of each inner split, by the spy."""
    Spy.seen.clear()
    features = [name for name in ("row", "x", "z") if name in frame]
    state = Train(estimator, features).fit(frame, target="y", **roles).state
    pairs = [(fit, held) for what, fit, held in Spy.seen if what == "predict" and not set(held) <= set(fit)]
    assert pairs
    _holds_no_rows(state["estimator"], frame)
    return pairs


def _holds_no_rows(estimator: Any, frame: pd.DataFrame) -> None:
    for value in estimator.get_params(deep=True).values():
        assert (
            not isinstance(value, list)
            or not value
            or not isinstance(value[0], tuple)
            or not hasattr(value[0][0], "nbytes")
        )


SEARCHES = {
    "grid": GridSearchCV(Spy(), {"strength": [0.5, 1.0]}),
    "grid of 3": GridSearchCV(Spy(), {"strength": [0.5, 1.0]}, cv=3),
    "by groups": GridSearchCV(Spy(), {"strength": [0.5, 1.0]}, cv=GroupKFold(4)),
    "each group": GridSearchCV(Spy(), {"strength": [0.5]}, cv=LeaveOneGroupOut()),
    "random": RandomizedSearchCV(Spy(), {"strength": [0.5, 1.0]}, n_iter=2, random_state=0),
    "halving": HalvingRandomSearchCV(Spy(), {"strength": [0.5, 1.0]}, random_state=0, min_resources=60),
    "stack": StackingClassifier([("spy", Spy())], LogisticRegression()),
    "calibration": CalibratedClassifierCV(Spy()),
    "calibration of all": CalibratedClassifierCV(Spy(), ensemble=False),
    "threshold": TunedThresholdClassifierCV(Spy()),
    "threshold by a share": TunedThresholdClassifierCV(Spy(), cv=0.2),
    "selector": SequentialFeatureSelector(Spy(), n_features_to_select=2),
    "search in a pipeline": make_pipeline("passthrough", GridSearchCV(Spy(), {"strength": [0.5, 1.0]})),
    "search over a pipeline": GridSearchCV(make_pipeline("passthrough", Spy()), {"spy__strength": [0.5, 1.0]}),
    "search over calibration": GridSearchCV(
        CalibratedClassifierCV(Spy(), cv=3), {"estimator__strength": [0.5, 1.0]}, cv=3
    ),
    "calibration in a pipeline in a search": GridSearchCV(
        make_pipeline("passthrough", CalibratedClassifierCV(Spy(), cv=3)),
        {"calibratedclassifiercv__estimator__strength": [0.5, 1.0]}, cv=3,
    ),
    "search over a search": GridSearchCV(
        GridSearchCV(Spy(), {"strength": [0.5, 1.0]}, cv=3), {"estimator__strength": [0.5]}, cv=3
    ),
}  # fmt: skip


def as_model(estimator: Any) -> Any:
    return (
        make_pipeline(estimator, LogisticRegression())
        if isinstance(estimator, SequentialFeatureSelector)
        else estimator
    )


@pytest.mark.parametrize("name", SEARCHES)
def test_no_group_is_on_both_sides_of_any_split_inside(name: str, frame: pd.DataFrame) -> None:
    who = frame["who"].to_numpy()
    for fit, held in fitted_pairs(as_model(SEARCHES[name]), frame, group="who"):
        assert not set(who[fit]) & set(who[held])


@pytest.mark.parametrize("name", SEARCHES)
def test_weights_reach_what_learns_where_groups_are_kept_together(name: str, frame: pd.DataFrame) -> None:
    if name == "selector":
        pytest.skip("scikit-learn hands it no weights")
    fitted_pairs(as_model(SEARCHES[name]), frame, group="who", weight="w")
    weight = frame["w"].to_numpy()
    fits = [(rows, given) for what, rows, given in Spy.seen if what == "fit"]
    assert fits and all(given is not None and np.allclose(given, weight[rows]) for rows, given in fits)


ALL_HELD = {"stack", "calibration of all"}
IN_TIME = sorted(SEARCHES.keys() - {"by groups", "each group"} - ALL_HELD)


@pytest.mark.parametrize("name", IN_TIME)
def test_with_a_time_role_rows_are_judged_by_earlier_ones(name: str, frame: pd.DataFrame) -> None:
    frame = frame.assign(
        day=frame["day"].min() + pd.to_timedelta(np.random.default_rng(1).permutation(len(frame)), "D")
    )
    day = frame["day"].to_numpy()
    for fit, held in fitted_pairs(as_model(SEARCHES[name]), frame, time="day"):
        assert day[fit].max() < day[held].min()


def test_rows_of_one_time_are_on_one_side(frame: pd.DataFrame) -> None:
    day = frame["day"].to_numpy()
    for fit, held in fitted_pairs(SEARCHES["grid"], frame, time="day"):
        assert day[fit].max() < day[held].min()


@pytest.mark.parametrize("name", sorted(ALL_HELD))
def test_rows_that_must_all_be_held_out_are_held_in_blocks_of_time(name: str, frame: pd.DataFrame) -> None:
    day = frame["day"].to_numpy()
    for fit, held in fitted_pairs(SEARCHES[name], frame, time="day"):
        inside = (day[fit] >= day[held].min()) & (day[fit] <= day[held].max())
        assert not inside.any()


def test_with_group_and_time_both_hold(frame: pd.DataFrame) -> None:
    day, who = frame["day"].to_numpy(), frame["who"].to_numpy()
    frame = frame.sort_values("who").assign(day=frame["day"].sort_values().to_numpy()).sort_index()
    day = frame["day"].to_numpy()
    for fit, held in fitted_pairs(SEARCHES["grid"], frame, group="who", time="day"):
        assert day[fit].max() < day[held].min() and not set(who[fit]) & set(who[held])


def test_folds_in_time_order_that_were_given_mean_what_they_say(frame: pd.DataFrame) -> None:
    estimator = GridSearchCV(Spy(), {"strength": [0.5]}, cv=TimeSeriesSplit(3))
    day = frame["day"].to_numpy()
    for fit, held in fitted_pairs(estimator, frame, time="day"):
        assert day[fit].max() <= day[held].min()


# From scikit-learn 1.9 on, what is not said is warned of; before, it is not known.
SAID: dict[str, Any] = {"use_legacy_attributes": False, "l1_ratios": (0.0,)}
SAID = {name: value for name, value in SAID.items() if "use_legacy_attributes" in LogisticRegressionCV().get_params()}


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegressionCV(**SAID, scoring="accuracy"),
        RidgeClassifierCV(),
        RFECV(LogisticRegression()),
        make_pipeline(StandardScaler(), RFECV(LogisticRegression()), LogisticRegression()),
    ],
)
def test_folds_of_whole_groups_are_stratified_and_as_many(
    estimator: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    from mlsys.steps import inner_folds

    ours = inner_folds._by_group
    monkeypatch.setattr(inner_folds, "_by_group", lambda *given: counted.append(ours(*given)) or counted[-1])
    Train(estimator, ["x", "z"]).fit(frame, target="y", group="who")
    (folds,) = counted
    assert len(folds) == 5 and sorted(np.concatenate([held for _, held in folds])) == list(range(len(frame)))
    shares = [(frame["y"].to_numpy()[held] == "yes").mean() for _, held in folds]
    assert max(shares) - min(shares) < 0.2


def test_a_state_can_be_stored_and_holds_what_was_given(frame: pd.DataFrame) -> None:
    inside, tried = LogisticRegression(), {"C": [0.1, 1.0]}
    halving = HalvingRandomSearchCV(inside, tried, random_state=0, min_resources=60)
    for estimator in (GridSearchCV(inside, tried), halving):
        state = Train(estimator, ["x"]).fit(frame, target="y", group="who").state
        assert state["estimator"].cv == estimator.cv
        check_storable(state)


def test_a_selector_in_the_list_keeps_groups_together(frame: pd.DataFrame) -> None:
    Spy.seen.clear()
    step = Apply(SequentialFeatureSelector(Spy(), n_features_to_select=2), ["row", "x", "z"])
    step.fit(frame, target="y", group="who")
    who = frame["who"].to_numpy()
    pairs = [(fit, held) for what, fit, held in Spy.seen if what == "predict"]
    assert pairs and not any(set(who[fit]) & set(who[held]) for fit, held in pairs)


def test_an_encoder_by_target_encodes_by_other_groups(frame: pd.DataFrame) -> None:
    frame = frame.assign(y=frame["who"].map(lambda who: int(who[1:]) % 2))
    step = Apply(
        make_column_transformer((TargetEncoder(smooth=1e-9), ["who2"]), remainder="passthrough"), ["who2", "x"]
    )
    rows = Rows.of(frame.assign(who2=frame["who"]), Roles(target="y", group="who"), ["who2", "x"])
    crossed = step.learn(rows, np.random.default_rng(0))
    made = step.apply_cross_fitted(rows, crossed.fold_states)["targetencoder__who2"]
    assert not np.isclose(made, frame["y"]).any()  # a group that no other fold holds gets the mean of the others
    other = step.apply(pd.DataFrame(rows), crossed.state)["targetencoder__who2"]
    np.testing.assert_allclose(other, frame["y"], atol=1e-6)


def test_too_few_groups_are_said(frame: pd.DataFrame) -> None:
    few = frame.assign(who=frame["who"].map(lambda who: int(who[1:]) % 3))
    with pytest.raises(DataError, match="splits into 5 folds of whole groups, but the training rows have 3"):
        Train(GridSearchCV(LogisticRegression(), {"C": [1.0]}), ["x"]).fit(few, target="y", group="who")


def test_without_roles_nothing_changes(frame: pd.DataFrame) -> None:
    ours = Train(GridSearchCV(Spy(), {"strength": [0.5, 1.0]}), ["row", "x"]).fit(frame, target="y").state["estimator"]
    theirs = GridSearchCV(Spy(), {"strength": [0.5, 1.0]}).fit(frame[["row", "x"]], frame["y"])
    np.testing.assert_array_equal(ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"])


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (GridSearchCV(Spy(), {}, cv=KFold(3)), "cv=KFold of GridSearchCV does not ask for groups"),
        (GridSearchCV(Spy(), {}, cv=StratifiedKFold(3)), "cv=StratifiedKFold of GridSearchCV"),
        (GridSearchCV(Spy(), {}, cv=[([0], [1])]), "list of splits"),
        (GridSearchCV(StackingClassifier([("a", Spy())]), {}), "StackingClassifier inside GridSearchCV cannot receive"),
    ],
)  # fmt: skip
def test_splits_that_ignore_groups_are_told(estimator: Any, said: str) -> None:
    (told,) = ignores_groups(estimator)
    assert said in told


@pytest.mark.parametrize("estimator", [*SEARCHES.values(), Spy(), FixedThresholdClassifier(Spy())])
def test_splits_that_keep_groups_are_not_told(estimator: Any) -> None:
    assert not ignores_groups(estimator)
