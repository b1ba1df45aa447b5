"""ActiveLearning asks by id, keeps what it asked in the frame, and says when to stop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import ActiveLearning, Evaluate, Pipeline, QueriedSplit, StratifiedSplit, Train
from mlsys.errors import ConfigurationError, DataError

NB = GaussianNB()
STRATEGIES = ["margin", "least_confidence", "entropy", "vote_entropy", "kl", "k_center", "clusters", "random"]


def pool(count: int = 200, known: int = 10) -> tuple[pd.DataFrame, pd.Series]:
    """Rows with ids of which the first have a label, and all labels by id."""
    rng = np.random.default_rng(0)
    truth = np.arange(count) % 3
    x = rng.normal(size=(count, 2)) + 1.5 * truth[:, None] * [1, -1]
    frame = pd.DataFrame(x, columns=["a", "b"]).assign(ticket=[f"t{n}" for n in range(count)])
    frame["topic"] = ["xyz"[each] for each in truth]
    answers = frame.set_index("ticket")["topic"]
    return frame.assign(topic=frame["topic"].where(np.arange(count) < known)).sample(frac=1, random_state=0), answers


def rounds(learner: ActiveLearning, frame: pd.DataFrame, answers: pd.Series, count: int) -> pd.DataFrame:
    for _ in range(count):
        query = learner.query(frame, target="topic", id="ticket")
        frame = query.answered(frame, answers[query.ids])
    return frame


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_asks_for_different_unlabelled_rows_by_id(strategy):
    frame, answers = pool()
    learner = ActiveLearning(NB, strategy, batch=8, random_share=0.25)
    query = learner.query(frame, target="topic", id="ticket")
    assert len(set(query.ids)) == 8
    assert frame.set_index("ticket").loc[query.ids, "topic"].isna().all()
    assert query.ids == learner.query(frame[::-1], target="topic", id="ticket").ids
    assert (query.table["queried_by"] == "random").sum() == (8 if strategy == "random" else 2)
    after = query.answered(frame, answers[query.ids]).set_index("ticket")
    assert (after.loc[query.ids, "topic"] == answers[query.ids]).all()
    assert after["topic"].notna().sum() == 18 and after["queried_by"].notna().sum() == 8
    assert after.index.tolist() == frame["ticket"].tolist()


def test_the_rows_asked_for_are_those_of_the_smallest_margin():
    frame, _ = pool()
    labelled, rest = frame[frame["topic"].notna()], frame[frame["topic"].isna()]
    shares = np.sort(NB.fit(labelled[["a", "b"]], labelled["topic"]).predict_proba(rest[["a", "b"]]), axis=1)
    expected = rest["ticket"].to_numpy()[np.argsort(shares[:, -1] - shares[:, -2])[:5]]
    assert (
        ActiveLearning(NB, batch=5, random_share=0).query(frame, target="topic", id="ticket").ids == expected.tolist()
    )


def test_the_random_sample_is_that_of_another_strategy_on_the_same_rows():
    frame, answers = pool()
    sampled = []
    for strategy in ("margin", "k_center", "random"):
        learner = ActiveLearning(NB, strategy, batch=10, random_share=0.5)
        done = rounds(learner, frame, answers, 4 if strategy != "random" else 2)
        sampled.append(set(done.loc[done["queried_by"] == "random", "ticket"]))
    order = sorted(sampled, key=len)
    # A prefix of one random order: rows that a strategy took before belong to it all the same.
    assert order[0] <= order[1] <= order[2] and len(order[0]) >= 20


@pytest.mark.parametrize("strategy", ["margin", "kl"])
def test_a_forest_that_is_not_fitted_is_an_estimator_too(strategy):
    learner = ActiveLearning(RandomForestClassifier(3), strategy, batch=2, committee=2)
    assert len(learner.query(pool()[0], target="topic", id="ticket").ids) == 2


def test_rows_without_an_answer_are_asked_again():
    frame, answers = pool()
    learner = ActiveLearning(NB, batch=4, random_share=0)
    query = learner.query(frame, target="topic", id="ticket")
    after = query.answered(frame, {query.ids[0]: answers[query.ids[0]], query.ids[1]: None})
    assert after["topic"].notna().sum() == 11
    assert learner.query(after, target="topic", id="ticket").table["queried_round"].eq(2).all()


def test_answers_are_matched_by_id_and_strangers_refused():
    frame, answers = pool()
    query = ActiveLearning(NB, batch=3).query(frame, target="topic", id="ticket")
    with pytest.raises(DataError, match="'t0', which was not asked"):
        query.answered(frame, {"t0": "x"})
    with pytest.raises(DataError, match="2 answers to 3"):
        query.answered(frame, ["x", "y"])
    with pytest.raises(DataError, match="not in the frame"):
        query.answered(frame.iloc[:0], ["x", "y", "z"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.assign(topic="x"), "only the class x"),
        (lambda f: f.assign(topic=None), "no known label"),
        (lambda f: f.assign(ticket="same"), "null or repeat"),
        (lambda f: f.dropna(), "every row has a label"),
        (lambda f: f.assign(a="words"), "cannot learn"),
        (lambda f: f.drop(columns="topic"), "not a column"),
    ],
)
def test_what_cannot_be_asked_about_is_said(change, said):
    with pytest.raises(DataError, match=said):
        ActiveLearning(NB).query(change(pool()[0]), target="topic", id="ticket")


def test_a_learner_that_makes_no_sense_is_refused():
    with pytest.raises(ConfigurationError, match="predict_proba"):
        ActiveLearning(LinearRegression())
    with pytest.raises(ConfigurationError, match="no strategy 'best'"):
        ActiveLearning(NB, "best")
    for given in ({"batch": 0}, {"random_share": 2}, {"committee": 1}):
        with pytest.raises(ConfigurationError, match="ActiveLearning: batch"):
            ActiveLearning(NB, **given)


def test_queried_rows_are_refused_as_test_rows():
    frame, answers = pool()
    done = rounds(ActiveLearning(NB, batch=20, random_share=0.25), frame, answers, 3)
    asked = done.loc[done["queried_by"] == "margin", "ticket"].tolist()
    for data, split in (
        (done, QueriedSplit(StratifiedSplit())),
        (done.drop(columns=["queried_by", "queried_round"]), QueriedSplit(StratifiedSplit(), queried=asked)),
    ):
        pipeline = Pipeline([split, Train(NB), Evaluate()], target="topic", id="ticket")
        with pytest.raises(DataError, match="rows were chosen to be labelled by"):
            pipeline.run(data, track=False, cache=False)


def test_the_random_sample_is_evaluated_on_and_nothing_else():
    frame, answers = pool(400)
    done = rounds(ActiveLearning(NB, batch=60, random_share=0.5), frame, answers, 3)
    pipeline = Pipeline([QueriedSplit(), Train(NB), Evaluate()], target="topic", id="ticket")
    run = pipeline.run(done, track=False, cache=False)
    sampled = set(done.loc[done["queried_by"] == "random", "ticket"])
    assert set(run.frame("validation")["ticket"]) <= sampled
    assert not set(run.frame("train")["ticket"]) & sampled
    assert list(run.state("Train")["features"]) == ["a", "b"]
    folds = QueriedSplit().folds(done.assign(id=done["ticket"]), 4)
    judged = pd.concat([fold[fold == "validation"] for fold in folds]).index
    assert sorted(done.loc[judged, "ticket"]) == sorted(sampled)


def test_groups_of_evaluated_rows_are_not_trained_on():
    rows = pd.DataFrame({"x": range(8), "g": [0, 0, 1, 1, 2, 2, 3, 3], "queried_by": ["random", "margin"] * 4})
    parts = QueriedSplit(test=0.0).split(rows.assign(queried_by=rows["queried_by"].where(rows["g"] < 2)), group="g")
    assert set(parts["validation"]["g"]) == {0, 1} and set(parts["train"]["g"]) == {2, 3}


def test_without_a_random_sample_there_is_nothing_to_evaluate_on():
    rows = pd.DataFrame({"x": range(4), "queried_by": ["margin"] * 4})
    with pytest.raises(DataError, match="no labelled row of a random sample"):
        QueriedSplit().split(rows)
    with pytest.raises(ConfigurationError, match="no split"):
        QueriedSplit(queried=[1])
    with pytest.raises(ConfigurationError, match="which is no split"):
        QueriedSplit(Train(NB))


def test_a_simulation_starts_alike_and_counts_labels_to_the_goal():
    frame, answers = pool()
    whole = frame.assign(topic=answers[frame["ticket"]].to_numpy())
    learner = ActiveLearning(make_pipeline(StandardScaler(), LogisticRegression()), batch=10, random_share=0)
    result = learner.simulate(whole, target="topic", id="ticket", start=6, labels=56, seeds=2, against=("random",))
    first = result.table[result.table["labels"] == 6].pivot(index="seed", columns="strategy", values="score")
    assert (first["margin"] == first["random"]).all()
    assert sorted(result.table["labels"].unique()) == [6, 16, 26, 36, 46, 56]
    for row in result.tables["reached"].to_dict("records"):
        mine = result.table[result.table["strategy"] == row["strategy"]]
        counts = [each.loc[each["score"] >= 0.95 * each["full"], "labels"].min() for _, each in mine.groupby("seed")]
        assert row["labels"] == pytest.approx(np.where(np.isnan(counts), 66, counts).mean())
    assert result.plot().get_xlabel() == "labels"


def test_stopping_says_when_predictions_no_longer_change_and_how_good_they_are():
    frame, answers = pool(300)
    learner = ActiveLearning(NB, batch=20, random_share=0.5)
    early = learner.stopping(rounds(learner, frame, answers, 1), target="topic", id="ticket")
    late = rounds(learner, frame, answers, 9)
    report = learner.stopping(late, target="topic", id="ticket")
    assert early.verdict == "go on"
    assert report.table["labels"].tolist() == [90, 110, 130, 150, 170, 190]
    assert report.scalars["random"] == (late["queried_by"] == "random").sum()
    everywhere = (NB.fit(late.dropna()[["a", "b"]], late.dropna()["topic"]).predict(frame[["a", "b"]])
                  == answers[frame["ticket"]].to_numpy()).mean()  # fmt: skip
    assert report.scalars["accuracy_lower"] < everywhere < report.scalars["accuracy_upper"]
    assert report.verdict == ("stop" if report.table["agreement"].tail(3).mean() >= 0.99 else "go on")
