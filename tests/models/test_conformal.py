"""Conformal: intervals and sets against their definition, by group, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import Conformal
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._conforming import conformal_quantile, fewest_rows

NAMES = ["a", "b", "c"]


def rows_of(said: pd.DataFrame, y, **columns) -> Rows:
    roles = {"weight": "w"} if "w" in columns else {}
    return Rows.of(said.assign(y=y, **columns), Roles(target="y", **roles), (), predictions=said)


def numbers(errors) -> tuple[pd.DataFrame, np.ndarray]:
    said = pd.DataFrame({"prediction": np.arange(len(errors), dtype=float)})
    return said, said["prediction"].to_numpy() + np.asarray(errors, dtype=float)


def classes(count: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(3, 0.6), count)
    y = np.array(NAMES)[(shares.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)]
    said = pd.DataFrame(shares, columns=[f"probability_{name}" for name in NAMES])
    said.insert(0, "prediction", np.array(NAMES)[shares.argmax(axis=1)])
    return said, y


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_the_quantile_is_the_one_of_finite_samples(scores, coverage):
    rank = int(np.ceil((len(scores) + 1) * coverage - 1e-9))
    expected = sorted(scores)[rank - 1] if rank <= len(scores) else np.inf
    found = conformal_quantile(np.array(scores), np.ones(len(scores)), coverage)
    assert found == expected
    assert np.isinf(found) == (len(scores) < fewest_rows(coverage))


def test_an_interval_reaches_as_far_as_errors_did():
    said, y = numbers(np.r_[np.arange(1, 11), -np.arange(11, 20)])
    step = Conformal(0.9)
    found = step.apply(said, step.learn(rows_of(said, y)))
    assert (found["prediction_upper"] - found["prediction"]).unique().tolist() == [18.0]
    assert (found["prediction"] - found["prediction_lower"]).unique().tolist() == [18.0]
    assert ((found["prediction_lower"] <= y) & (y <= found["prediction_upper"])).mean() == 18 / 19


def test_intervals_that_are_there_are_made_wider_or_narrower():
    said, y = numbers(np.linspace(-2, 2, 39))
    for wide in (0.5, 5.0):
        ends = said.assign(prediction_lower=said["prediction"] - wide, prediction_upper=said["prediction"] + wide)
        step = Conformal(0.9)
        found = step.apply(ends, step.learn(rows_of(ends, y)))
        inside = (found["prediction_lower"] <= y + 1e-9) & (y <= found["prediction_upper"] + 1e-9)
        assert 0.9 <= inside.mean() <= 0.95
        assert (found["prediction_upper"] - found["prediction_lower"]).mean() == pytest.approx(3.68, abs=0.2)


def test_a_set_holds_the_classes_that_are_probable_enough():
    said, y = classes()
    step = Conformal(0.8)
    state = step.learn(rows_of(said, y))
    found = step.apply(said, state)
    shares = said[[f"probability_{name}" for name in NAMES]].to_numpy()
    own = shares[np.arange(len(y)), [NAMES.index(each) for each in y]]
    least = np.sort(own)[::-1][int(np.ceil(301 * 0.8)) - 1]
    by_hand = (shares >= least) | (np.arange(3) == shares.argmax(axis=1)[:, None])
    assert (found[[f"in_set_{name}" for name in NAMES]].to_numpy() == by_hand).all()
    assert found[said.columns.tolist()].equals(said)
    assert step.learned_in_words(state) == f"80% coverage: classes with a probability from {least:.3g} on"


def test_each_class_is_covered_by_itself():
    said, y = classes(2000)
    said = said.assign(prediction="a", probability_c=said["probability_c"] / 3)  # c is told far too rarely
    for by, least in ((None, 0.0), ("its class", 0.89)):
        step = Conformal(0.9, by=by)
        found = step.apply(said, step.learn(rows_of(said, y)))
        covered = {name: found.loc[y == name, f"in_set_{name}"].mean() for name in NAMES}
        assert min(covered.values()) >= least
        if by is None:
            assert covered["c"] < 0.85


def test_each_group_is_covered_by_itself_and_strangers_like_all_rows():
    rng = np.random.default_rng(0)
    who = np.r_[np.repeat(["calm", "wild"], 300), ["rare"] * 3, [None] * 3]
    said, y = numbers(rng.normal(size=606) * np.where(who == "wild", 10.0, 1.0))
    step = Conformal(0.9, by="who")
    state = step.learn(rows_of(said, y, who=who))
    asked = pd.DataFrame({"prediction": 0.0, "who": ["calm", "wild", "rare", None, "new"]})
    width = step.apply(asked, state)["prediction_upper"].tolist()
    assert width[0] == conformal_quantile(np.abs(y - said["prediction"])[:300].to_numpy(), np.ones(300), 0.9)
    assert width[0] < 2.5 and width[1] > 10
    assert width[2] == width[3] == width[4] == state["quantile"]
    assert step.learned_in_words(state).endswith("2 groups of who apart, 1 with too few rows as all rows together")


def test_weights_count_as_repeated_rows():
    said, y = numbers(np.arange(1.0, 41.0))
    weights = np.arange(40) % 3 + 1.0
    twice = np.repeat(np.arange(40), weights.astype(int))
    one = Conformal(0.8).learn(rows_of(said, y, w=weights))["quantile"]
    other = Conformal(0.8).learn(rows_of(said.iloc[twice], y[twice]))["quantile"]
    assert one == pytest.approx(other, abs=1.0)


def test_scores_take_the_place_of_probabilities():
    said, y = classes()
    scores = said.rename(columns=lambda name: name.replace("probability", "score"))
    scores[scores.columns[1:]] = np.log(scores[scores.columns[1:]])
    step = Conformal(0.8)
    by_score, by_share = (step.apply(each, step.learn(rows_of(each, y))) for each in (scores, said))
    sets = [f"in_set_{name}" for name in NAMES]
    assert by_score[sets].equals(by_share[sets])


def test_an_unknown_class_counts_as_not_covered():
    said, y = classes(100)
    y[:15] = "d"
    state = Conformal(0.8).learn(rows_of(said, y))
    assert state["quantile"] > Conformal(0.8).learn(rows_of(*classes(100)))["quantile"]
    with pytest.raises(DataError, match=r"no row has one of the classes .*\(a, b, c\), but d"):
        Conformal(0.8).learn(rows_of(said, "d"))


def test_too_few_rows_are_refused_with_the_number_needed():
    said, y = numbers(np.ones(8))
    with pytest.raises(DataError, match=r"coverage=0.9 needs at least 9 rows to learn from, and there are 8"):
        Conformal(0.9).learn(rows_of(said, y))
    said, y = classes(100)
    y[y == "c"] = "a"
    with pytest.raises(DataError, match="needs at least 9 rows of the class 'c', and there are 0"):
        Conformal(0.9, by="its class").learn(rows_of(said, y))


@pytest.mark.parametrize("coverage", [0.0, 1.0, 90, float("nan")])
def test_a_coverage_out_of_range_is_refused(coverage):
    with pytest.raises(ConfigurationError, match="coverage="):
        Conformal(coverage)


def test_what_it_cannot_make_sets_of_is_refused():
    said, y = numbers(np.ones(20))
    with pytest.raises(ConfigurationError, match="by='its class' is for classes"):
        Conformal(by="its class").learn(rows_of(said, y))
    labels = pd.DataFrame({"prediction": ["a", "b"] * 10})
    with pytest.raises(ConfigurationError, match=r"(?s)sets of classes.*use an estimator with predict_proba"):
        Conformal().learn(rows_of(labels, ["a"] * 20))
    with pytest.raises(ConfigurationError, match="names no column"):
        Conformal(by=[])
