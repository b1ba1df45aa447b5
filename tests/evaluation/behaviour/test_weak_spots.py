"""A search for weak spots: it finds at least what single damage finds, near the boundary, and nothing in a constant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from mlsys import PerturbationTest, WeakSpotSearch
from mlsys.errors import ConfigurationError

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame({"area": RNG.normal(80, 20, 300), "age": RNG.normal(30, 9, 300)})
STEEP = DecisionTreeClassifier(max_depth=2, random_state=0).fit(FRAME, FRAME["area"] + FRAME["age"] > 110)


def test_the_worst_rows_lie_at_the_boundary():
    tree = DecisionTreeClassifier(max_depth=1).fit(FRAME, FRAME["area"] > 80)
    found = WeakSpotSearch(noise=0.2, tries=10).check(tree, FRAME)
    assert found.verdict == "fail"
    assert (FRAME.loc[found.worst.index, "area"] - 80).abs().max() < 20
    assert found.worst["after"].str.contains("area: ").all()


def test_it_finds_more_than_each_column_alone_and_more_with_more_tries():
    alone = PerturbationTest("noise", size=0.05).check(STEEP, FRAME).table["failing"].max()
    few, many = (WeakSpotSearch(tries=tries).check(STEEP, FRAME).table["failing"].iloc[0] for tries in (1, 12))
    assert many > alone
    assert many >= few


def test_slices_say_where():
    old = {"old": lambda frame: frame["age"] > 30}
    table = WeakSpotSearch(tries=3, slices=old).check(STEEP, FRAME).table
    assert len(table) > 1
    assert table["slice"].iloc[0] == "all"


def test_a_constant_model_has_no_weak_spot():
    found = WeakSpotSearch(tries=3).check(DummyClassifier().fit(FRAME, FRAME["age"] > 30), FRAME)
    assert found.verdict == "pass"
    assert found.worst.empty


def test_smooth_models_stay_within_the_tolerance():
    model = LinearRegression().fit(FRAME, FRAME["area"] + FRAME["age"])
    assert WeakSpotSearch(noise=0.001, tries=4).check(model, FRAME).verdict == "pass"


def test_a_model_that_refuses_damage_fails():
    class Strict:
        feature_names_in_ = np.array(["word"])

        def predict(self, frame: pd.DataFrame) -> np.ndarray:
            if not frame["word"].isin(["yes", "no"]).all():
                raise ValueError("unknown word")
            return (frame["word"] == "yes").to_numpy(dtype=float)

    words = pd.DataFrame({"word": ["yes", "no"] * 50})
    found = WeakSpotSearch(tries=3).check(Strict(), words)
    assert found.verdict == "fail"
    assert "unknown word" in found.table["note"].iloc[0]


def test_texts_are_left_alone_without_typos():
    frame = pd.DataFrame({"word": ["a", "b"] * 50})
    assert WeakSpotSearch(typos=0).check(_Words(), frame).verdict == "not assessed"


class _Words:
    feature_names_in_ = np.array(["word"])

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return np.zeros(len(frame))


def test_impossible_settings_are_refused():
    for given in ({"noise": 0.0}, {"tries": 0}, {"tolerance": -1.0}):
        with pytest.raises(ConfigurationError):
            WeakSpotSearch(**given)
