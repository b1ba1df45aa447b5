"""A search learns the same state twice, whatever the clock said."""

from __future__ import annotations

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from mlsys.states import digest


def test_the_seconds_of_a_search_are_no_content_and_its_scores_are():
    rows, target = load_iris(return_X_y=True)
    search = GridSearchCV(LogisticRegression(max_iter=1_000), {"C": [0.1, 1.0]}, cv=3)
    one, other = search.fit(rows, target), GridSearchCV(search.estimator, search.param_grid, cv=3).fit(rows, target)
    assert one.refit_time_ != other.refit_time_ or one.cv_results_["mean_fit_time"][0] != 0
    assert digest(one) == digest(other)
    other.cv_results_["mean_test_score"][0] += 0.01
    assert digest(one) != digest(other)
