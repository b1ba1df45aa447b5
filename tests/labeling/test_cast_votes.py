"""Votes cast by functions: the same as by plain Python, kept by code, errors counted, never features."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mlsys import CastVotes, Evaluate, LabelModel, Pipeline, StratifiedSplit, Train, Votes
from mlsys.errors import ConfigurationError, DataError
from mlsys.labeling import cast_votes, from_model, keyword, labeling_function, lookup, regex, threshold

TEXTS = ["FREE prize", "a.b", "a+b", "", None, "ümlaut freedom", "x" * 300, "free", "line\nfree", "5 % off (now)"]
MAIL = pd.DataFrame({"text": TEXTS, "wind": [1.0, 41, 40, None, 5, 99, -1, 40.5, 0, 3]}, index=list("abcdefghij"))


@pytest.mark.parametrize("words", [["free"], ["a.b"], ["a+b", "(now)"], ["Ü"], ["%", "x"], ["-"]])
@pytest.mark.parametrize("case", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_keywords_are_found_as_by_plain_python(words, case, whole):
    bound = r"\b" if whole else ""
    pattern = re.compile("|".join(f"{bound}{re.escape(word)}{bound}" for word in words), 0 if case else re.IGNORECASE)
    expected = ["hit" if text and pattern.search(text) else None for text in TEXTS]
    if whole and not all(word[0].isalnum() and word[-1].isalnum() and word.isascii() for word in words):
        return  # engines differ in where a word that is no letters begins
    found = keyword("text", words, "hit", case=case, whole=whole).vote(MAIL).tolist()
    assert [None if pd.isna(each) else each for each in found] == expected


@pytest.mark.parametrize("pattern", [r"\d", r"^a", r"free(?=dom)", r"(\w)\1"])
def test_patterns_are_found_as_by_plain_python(pattern):
    expected = [True if text and re.search(pattern, text, re.IGNORECASE) else None for text in TEXTS]
    assert regex("text", pattern, True).vote(MAIL).tolist() == expected


def test_tables_and_limits_vote():
    assert lookup("text", {"free": 1, "a.b": 2}).vote(MAIL).tolist() == [None, 2, *[None] * 5, 1, None, None]
    assert threshold("wind", "x", above=40).vote(MAIL).notna().tolist() == [each > 40 for each in MAIL["wind"]]
    assert threshold("wind", "x", above=0, below=5).vote(MAIL).dropna().index.tolist() == ["a", "j"]


def test_a_model_votes_where_it_is_sure():
    frame = pd.DataFrame({"x": np.linspace(-3, 3, 50)})
    fitted = Train(LogisticRegression()).fit(frame.assign(y=(frame["x"] > 0).astype(int)), target="y")
    sure = from_model(fitted, least=0.8).vote(frame)
    said = fitted.predict(frame)
    assert (sure.notna() == (said[["probability_0", "probability_1"]].max(axis=1) >= 0.8)).all()
    assert (sure.dropna() == said["prediction"][sure.notna()]).all()
    assert from_model(LogisticRegression().fit(frame, frame["x"] > 0)).vote(frame).notna().all()


def test_editing_one_function_runs_that_one_again():
    calls = []

    def counted(limit):
        @labeling_function(on="wind", votes=1, name=f"over_{limit}")
        def over(wind):
            return wind > limit

        return over

    @labeling_function(on="wind", votes=1)
    def noisy(wind):
        calls.append(1)
        return wind > 0

    rows = MAIL.assign(wind=MAIL["wind"] + 0.123)
    first = cast_votes([counted(3), counted(4)], rows)
    assert not first.table["kept"].any()
    again = cast_votes([counted(3), counted(5)], rows)
    assert again.table.set_index("function")["kept"].to_dict() == {"over_3": True, "over_5": False}
    assert first.versions["over_3"] == again.versions["over_3"] != again.versions["over_5"]
    changed = cast_votes([counted(3)], rows.assign(wind=0.0))
    assert not changed.table["kept"].any() and changed.votes["over_3"].isna().all()
    cast_votes([noisy], rows, keep=False)
    cast_votes([noisy], rows, keep=False)
    assert len(calls) == 2


@labeling_function(on="text", votes="long", rows=True)
def long_text(text):
    return len(text) > 20


def test_a_function_that_fails_on_a_row_abstains_there_and_is_counted():
    cast = cast_votes([long_text], MAIL, most_failed=0.2)
    assert cast.votes["long_text"].dropna().index.tolist() == ["g"]
    assert cast.errors["row"].tolist() == ["e"] and "TypeError" in cast.errors["error"].iloc[0]
    assert [each.code for each in cast.findings] == ["LB106", "LB107"] and "'e'" in cast.findings[0].message
    with pytest.raises(DataError, match=r"fails on more than 5% of 10 rows, row 'e' first: (Type|Attribute)Error"):
        cast_votes([long_text], MAIL.assign(x=1), most_failed=0.05)
    with pytest.warns(UserWarning, match="LB106: long_text failed on 1 rows"):
        CastVotes([long_text], most_failed=0.2).votes(MAIL)


def test_a_missing_column_is_refused_at_once():
    with pytest.raises(DataError, match="body"):
        cast_votes([keyword("body", "x", 1)], MAIL)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: keyword("text", [], 1), "words="),
        (lambda: regex("text", "(", 1), "pattern"),
        (lambda: lookup("text", {}), "no filled mapping"),
        (lambda: threshold("wind", 1), "no limit"),
        (lambda: from_model(7), "no predict"),
        (lambda: CastVotes([]), "no sources"),
        (lambda: CastVotes([7]), "no function"),
        (lambda: CastVotes([keyword("text", "a", 1), keyword("text", "a", 2)]), "two sources are named 'has_a'"),
        (lambda: CastVotes([Votes(pd.DataFrame({"item": [1], "source": ["a"], "label": ["x"]}))]), "no id="),
    ],
)
def test_sources_that_cannot_vote_are_refused(make, says):
    with pytest.raises(ConfigurationError, match=says):
        make()


def mails(rows: int = 900, gold: float = 0.3):
    rng = np.random.default_rng(0)
    spam = rng.random(rows) < 0.4
    number = np.where(spam, rng.normal(1.5, 1, rows), rng.normal(-0.5, 1, rows))
    text = [f"{('free' if each else 'hello') if rng.random() < 0.6 else ''} {place}" for place, each in enumerate(spam)]
    kind = pd.Series(np.where(spam, "spam", "ham"), dtype=object)
    return pd.DataFrame({"mail": [f"m{i}" for i in range(rows)], "text": text, "number": number,
                         "kind": kind.where(rng.random(rows) < gold, None)}), kind  # fmt: skip


RULES = [keyword("text", "free", "spam"), keyword("text", "hello", "ham"), threshold("number", "spam", above=1.5)]


def test_a_pipeline_learns_from_votes_and_is_judged_by_gold(tmp_path):
    frame, truth = mails()
    votes = Votes(pd.DataFrame({"item": ["m0", "m1"], "source": "ann", "label": truth[:2].tolist()}))
    pipeline = Pipeline(
        [CastVotes([*RULES, votes], id="mail"), StratifiedSplit(), LabelModel(), Train(LogisticRegression()),
         Evaluate()],
        target="kind", id="mail", features=["number"],
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = pipeline.run(frame, track=False, cache=False)
    labels = run.reports["labels"]
    assert labels.table["source"].tolist() == ["has_free", "has_hello", "number_above_1.5", "ann"]
    held_out = frame["kind"].notna().sum() - labels.scalars["rows/gold"]
    assert len(run.frame("validation")) < held_out and run.frame("validation")["kind"].notna().all()
    train = run.frame("train", after="LabelModel")
    assert train["kind"].notna().all() and len(train) > 400
    unknown = frame.set_index("mail").loc[train["mail"], "kind"].isna().to_numpy()
    right = train["kind"].to_numpy() == truth.set_axis(frame["mail"]).loc[train["mail"]].to_numpy()
    assert right[~unknown].all() and right[unknown].mean() > 0.85
    assert not run.features.loc[run.features["column"].str.startswith("vote_"), "used"].any()


def test_soft_labels_weigh_rows():
    frame, _ = mails(400, gold=0.0)
    votes = CastVotes(RULES).votes(frame)
    train = pd.concat([frame, votes], axis=1).assign(w=2.0)
    hard = LabelModel().resample(train, target="kind", weight="w")
    soft = LabelModel(soft=True).resample(train, target="kind", weight="w")
    covered = votes.notna().any(axis=1)
    assert hard.index.tolist() == train.index[covered].tolist() and hard["w"].between(1, 2).all()
    assert len(soft) == 2 * covered.sum() and (soft["w"] == 2.0).all()
    np.testing.assert_allclose(soft.groupby("mail")["training_weight"].sum(), 2.0)
    alone = LabelModel(soft=True).resample(train, target="kind")
    np.testing.assert_allclose(2 * alone["training_weight"], soft["training_weight"])
    assert "training_weight" not in LabelModel().resample(train, target="kind")
    with pytest.raises(DataError, match="writes the column 'training_weight', which the rows have"):
        LabelModel(soft=True).resample(train.assign(training_weight=1.0), target="kind")
    with pytest.raises(DataError, match="the weight 'w' is null, negative or infinite in 400 rows"):
        LabelModel(soft=True).resample(train.assign(w=-1.0), target="kind", weight="w")
    with pytest.raises(DataError, match="found no votes"):
        LabelModel().resample(frame, target="kind")


@pytest.mark.parametrize("weight", [None, "w"])
def test_soft_labels_reach_an_estimator_in_a_pipeline(weight):
    frame, truth = mails()
    frame = frame.assign(w=np.where(frame["number"] > 0, 1.0, 3.0), one=1.0)
    steps = [CastVotes(RULES), StratifiedSplit(), LabelModel(soft=True), Train(LogisticRegression()), Evaluate()]
    run = Pipeline(steps, target="kind", id="mail", features=["number"], weight=weight).run(
        frame, track=False, cache=False
    )
    train = run.frame("train", after="LabelModel")
    sums = train.groupby("mail")["training_weight"].sum()
    expected = frame.set_index("mail").loc[sums.index, weight or "one"]
    np.testing.assert_allclose(sums, expected)
    own = LogisticRegression().fit(train[["number"]], train["kind"], sample_weight=train["training_weight"])
    rows = run.frame("validation")
    np.testing.assert_allclose(
        run.model.predict(rows)["probability_spam"], own.predict_proba(rows[["number"]])[:, 1], rtol=1e-6
    )
    assert "training_weight" not in run.features.loc[run.features["used"], "column"].tolist()
    assert "training_weight" not in rows


def test_an_estimator_that_takes_no_weights_is_told_where_they_come_from():
    steps = [CastVotes(RULES), StratifiedSplit(), LabelModel(soft=True), Train(KNeighborsClassifier()), Evaluate()]
    with pytest.raises(DataError, match="'training_weight' holds the weights of a step before it"):
        Pipeline(steps, target="kind", id="mail", features=["number"]).run(mails()[0], track=False, cache=False)
