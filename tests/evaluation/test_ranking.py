"""Metrics of the order within queries: scikit-learn's by query, and the mean over those in which order matters."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, ndcg_score

from mlsys import Evaluate
from mlsys.dataset import Dataset, Roles
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation.intervals import metric_interval
from mlsys.evaluation.metrics import metric_named, usual_metrics
from mlsys.evaluation.ranking import queries_in_words
from mlsys.evaluation.sample import Sample

CASES = st.integers(2, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.int64, n, elements=st.integers(0, 5)),
        arrays(np.float64, n, elements=st.integers(0, 4).map(float)),
        arrays(np.float64, n, elements=st.integers(-3, 3).map(float)),
    )
)


def scored_of(query, relevance, score, weight=None):
    scored = pd.DataFrame({"y": relevance, "prediction": score, "group": query})
    return scored if weight is None else scored.assign(weight=weight)


def by_hand(query, relevance, score, of, weight=None):
    """Return the mean over queries in which order matters."""
    values, weights = [], []
    for each in np.unique(query):
        mine = query == each
        if relevance[mine].max() > relevance[mine].min():
            values.append(of(relevance[mine], score[mine]))
            weights.append(1.0 if weight is None else weight[mine].mean())
    return np.average(values, weights=weights) if values else np.nan


def worst_place(relevance, score):
    return max(1 / (score >= each).sum() for each in score[relevance > 0])


REFERENCES = {
    "ndcg": lambda y, s: ndcg_score([y], [s]),
    "ndcg_3": lambda y, s: ndcg_score([y], [s], k=3),
    "ndcg_1": lambda y, s: ndcg_score([y], [s], k=1),
    "map": lambda y, s: average_precision_score(y > 0, s),
    "mrr": worst_place,
}


@pytest.mark.parametrize("name", REFERENCES)
@settings(max_examples=25)
@given(case=CASES)
def test_a_metric_is_the_mean_of_scikit_learns_over_queries(name, case):
    found = metric_named(name)(Sample.of(scored_of(*case), []))
    assert found == pytest.approx(by_hand(*case, REFERENCES[name]), rel=1e-12, nan_ok=True)


def test_a_query_counts_by_the_mean_weight_of_its_rows(rng):
    query, relevance, score = rng.integers(0, 9, 80), rng.integers(0, 4, 80), rng.normal(size=80)
    weight = rng.exponential(size=80)
    for name, reference in REFERENCES.items():
        found = metric_named(name)(Sample.of(scored_of(query, relevance, score, weight), []))
        assert found == pytest.approx(by_hand(query, relevance, score, reference, weight), rel=1e-12)


def test_the_order_of_the_rows_does_not_matter(rng):
    scored = scored_of(rng.integers(0, 9, 80), rng.integers(0, 4, 80), rng.integers(0, 4, 80).astype(float))
    for name in REFERENCES:
        values = [metric_named(name)(Sample.of(each, [])) for each in (scored, scored.sample(frac=1, random_state=1))]
        assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_probabilities_order_rows_of_two_classes(rng):
    query, y, share = rng.integers(0, 9, 80), rng.integers(0, 2, 80), rng.random(80)
    scored = pd.DataFrame({"y": y, "prediction": 0, "probability_0": 1 - share, "probability_1": share, "group": query})
    found = metric_named("map")(Sample.of(scored, ["0", "1"]))
    assert found == pytest.approx(by_hand(query, y, share, REFERENCES["map"]), rel=1e-12)


def test_intervals_take_queries_as_a_whole(rng):
    """The interval has the spread of a mean over queries, however many rows these have."""
    spreads = []
    for rows in (2, 20):
        query = np.repeat(np.arange(200), rows)
        first = np.tile(np.arange(rows) == 0, 200).astype(float)
        right = np.repeat(rng.random(200) < 0.5, rows)
        scored = scored_of(query, first, np.where(right, first, -first))
        found = metric_interval(metric_named("mrr"), Sample.of(scored, []), group=scored["group"])
        assert found.method == "delta method, between groups"
        spreads.append((found.upper - found.lower) / (1 - 1 / rows))
    expected = 2 * 1.96 * np.sqrt(0.25 / 200)
    assert spreads == pytest.approx([expected, expected], rel=0.2)


def test_it_is_said_how_many_queries_count():
    assert queries_in_words(np.array([0, 0, 1, 1]), np.array([0.0, 1, 0, 1])) == ""
    said = queries_in_words(np.array([0, 0, 1, 1, 2]), np.array([0.0, 1, 1, 1, 1]))
    assert said == "1 of 3 queries; in the others all rows are equally relevant"


def test_a_metric_of_queries_is_chosen_for_a_regressor_too(rng):
    rows = pd.DataFrame({"q": np.repeat(np.arange(30), 5), "y": rng.integers(0, 4, 150)})
    rows["prediction"] = rows["y"] + rng.normal(size=150)
    result = Evaluate(metrics=["ndcg_3", "rmse"]).of(train=rows, validation=rows, target="y", group="q")
    assert (result.headline, result.task) == ("ndcg_3", "regression")
    expected = by_hand(rows["q"].to_numpy(), rows["y"].to_numpy(), rows["prediction"].to_numpy(), REFERENCES["ndcg_3"])
    assert result.table.iloc[0]["value"] == pytest.approx(expected)
    with pytest.raises(ConfigurationError, match=r"'ndcg_3' needs queries, whose column group= names"):
        Evaluate(metrics=["ndcg_3"]).of(train=rows, validation=rows, target="y")


def test_the_first_ten_head_the_usual_metrics_of_a_ranking():
    assert [each.name for each in usual_metrics("ranking", False)] == ["ndcg_10", "ndcg", "map", "mrr"]


def test_no_order_to_judge_is_refused(rng):
    rows = pd.DataFrame({"q": range(20), "y": rng.integers(0, 4, 20), "prediction": rng.normal(size=20)})
    shown = Dataset({"train": rows, "validation": rows}, Roles(target="y", group="q"), (), aim="ranking")
    with pytest.raises(DataError, match=r"(?s)no query in 'q' has rows of different relevance.*same value"):
        Evaluate().report(shown)
