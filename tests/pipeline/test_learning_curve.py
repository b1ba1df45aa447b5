"""A learning curve evaluates pipelines with more and more of the same training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from mlsys import OneHot, Pipeline, RandomSplit, Train, learning_curve
from mlsys.errors import ConfigurationError, DataError
from mlsys.pipeline.learning_curve import FirstRows


def rows(seed: int, count: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, 6))
    noise = rng.normal(size=count)
    return pd.DataFrame(x, columns=list("abcdef")).assign(y=(x @ [1, 1, -1, 0.5, 0, 0] + noise > 0).astype(int))


def pipeline(step=None, split=RandomSplit()):  # noqa: B008  frozen
    return Pipeline([split, step or Train(GaussianNB())] if split else [step or Train(GaussianNB())], target="y")


def test_a_larger_number_of_rows_holds_the_smaller_one():
    frame = rows(0)
    sizes = [FirstRows(size).resample(frame, target="y").index for size in (10, 40, 500)]
    assert [len(each) for each in sizes] == [10, 40, 240]
    assert set(sizes[0]) < set(sizes[1]) < set(sizes[2])


@pytest.mark.long
def test_the_last_point_is_the_cross_validation_itself():
    frame = rows(0)
    result = learning_curve(pipeline(), frame, folds=3)
    judged = pipeline().cross_validate(3, frame, track=False)
    expected = judged.table.query("model == 'model'").set_index("metric")["value"]
    assert result.table["value"].iloc[-1] == expected[judged.headline]
    assert result.table["rows"].iloc[-1] == judged.folds["learned"].min()
    assert len(result.table) == 5 and set(result.tables) == {"doublings"}


@pytest.mark.long
def test_what_transfer_is_worth_is_paired_and_shrinks_with_more_rows(tmp_path):
    pipeline().run(rows(1, 2_000), track=False, cache=False).save(tmp_path / "earlier")
    curves = {
        "with": pipeline(Train(GaussianNB(), warm_start=tmp_path / "earlier"), None),
        "without": pipeline(None, None),
    }
    result = learning_curve(curves, rows(2, 400), sizes=[15, 200], folds=5, metric="accuracy")
    gained = result.tables["differences"].set_index("rows")
    assert gained.loc[15, "difference"] > gained.loc[200, "difference"]
    assert gained.loc[15, "lower"] < gained.loc[15, "difference"] < gained.loc[15, "upper"]
    by_name = result.table.set_index(["pipeline", "rows"])["value"]
    assert gained.loc[15, "difference"] == pytest.approx(by_name["with", 15] - by_name["without", 15])
    assert result.plot().get_xlabel() == "training rows"


def test_sizes_and_metrics_that_are_not_there_are_refused():
    frame = rows(0)
    with pytest.raises(DataError, match="the training rows of a fold are"):
        learning_curve(pipeline(), frame, sizes=[10_000], folds=3)
    with pytest.raises(ConfigurationError, match="no metric 'rmse'"):
        learning_curve(pipeline(Train(LogisticRegression())), frame, folds=3, metric="rmse")
    with pytest.raises(ConfigurationError, match="no pipeline"):
        learning_curve({}, frame)


def test_what_a_doubling_brings_is_paired_by_fold():
    result = learning_curve(pipeline(), rows(0), sizes=[20, 40], folds=2)
    gained = result.tables["doublings"]
    assert gained[["from", "to"]].to_numpy().tolist() == [[20, 40]]
    values = result.table.set_index("rows")["value"]
    assert gained["difference"].tolist() == pytest.approx([values[40] - values[20]])
    assert (gained["lower"] < gained["difference"]).all() and (gained["difference"] < gained["upper"]).all()
    assert "against 20 rows" in result.summary and set(gained["verdict"]) <= {
        "more rows help",
        "more rows hurt",
        "not told apart",
    }


def test_steps_of_categories_learn_from_the_rows_as_they_are():
    """A supplied preparation would otherwise encode them before the pipeline's own step."""
    frame = rows(0).assign(site=lambda each: np.where(each["a"] > 0, "north", "south"))
    given = Pipeline([RandomSplit(), OneHot(["site"]), Train(GaussianNB())], target="y")
    assert learning_curve(given, frame, sizes=[30], folds=2).table["rows"].tolist() == [30]


@pytest.mark.long
def test_more_rows_help_where_there_are_few_and_not_where_all_is_learned():
    frame = rows(0, 3_000)
    result = learning_curve(pipeline(LogisticRegression()), frame, sizes=[8, 400, 1_600], folds=5, metric="log_loss")
    assert result.tables["doublings"]["verdict"].iloc[0] == "more rows help"
    one = learning_curve(pipeline(), frame, sizes=[100], folds=2)
    assert not one.tables


@pytest.mark.long
def test_processes_come_to_the_same():
    one, two = (learning_curve(pipeline(), rows(0), sizes=[40, 100], folds=3, n_jobs=jobs).table for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
