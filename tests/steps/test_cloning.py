"""Unfitted copies, of estimators too that copy what they are given."""

from __future__ import annotations

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys.steps.cloning import clonable, unfitted


class Copying(BaseEstimator):
    """Keeps a copy of its list, as CatBoost does, which scikit-learn takes for a change."""

    def __init__(self, columns=None, depth=3):
        self.columns = list(columns or ())
        self.depth = depth

    def fit(self, X, y=None):  # noqa: N803
        self.fitted_ = True
        return self

    def predict(self, X):  # noqa: N803
        return X


def test_a_copy_has_equal_parameters_and_nothing_that_was_learned():
    given = Copying(["a", "b"], depth=7).fit([[1]])
    with pytest.raises(RuntimeError, match="constructor"):
        clone(given)
    copy = unfitted(given)
    assert copy.get_params() == given.get_params() and not hasattr(copy, "fitted_")
    copy.columns.append("c")
    assert given.columns == ["a", "b"]


def test_inside_a_pipeline_too_with_what_scikit_learn_keeps_beside_parameters():
    given = make_pipeline(StandardScaler().set_output(transform="pandas"), Copying(["a"]))
    copy = unfitted(given)
    assert copy.steps[1][1].columns == ["a"] and copy.steps[1][1] is not given.steps[1][1]
    assert copy.steps[0][1]._sklearn_output_config == {"transform": "pandas"}


def test_what_was_made_clonable_can_be_cloned_again_and_again():
    made = clonable(unfitted(make_pipeline(StandardScaler(), Copying(["a"]))))
    once = clone(made)
    assert clone(once).steps[1][1].get_params() == {"columns": ["a"], "depth": 3}
    assert clonable(LinearRegression()).get_params() == LinearRegression().get_params()
