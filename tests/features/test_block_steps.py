"""HashEncode, TextHash, TfIdf and Embedding make block columns, which estimators get as one matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from mlsys import (
    DetectDrift,
    Embedding,
    FeatureGeneralization,
    FeatureImportance,
    HashEncode,
    Pipeline,
    Prepare,
    RandomSplit,
    Resample,
    TextHash,
    TfIdf,
)
from mlsys.errors import ConfigurationError, DataError
from mlsys.values import BlockArray

WORDS = ["late", "again", "on", "time", "Lost", "bag", "seat", "a"]


@pytest.fixture
def said() -> pd.Series:
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(WORDS, rng.integers(0, 7))) for _ in range(200)]
    return pd.Series(texts, dtype="str").mask(np.arange(200) % 11 == 0)


def block_of(step: Any, frame: pd.DataFrame, name: str) -> Any:
    return step.fit(frame).transform(frame)[name].array.values


@pytest.mark.parametrize(
    ("step", "theirs"),
    [
        (TfIdf(["said"]), TfidfVectorizer()),
        (TfIdf(["said"], lengths=(1, 2)), TfidfVectorizer(ngram_range=(1, 2))),
        (TfIdf(["said"], "characters"), TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4))),
        (TfIdf(["said"], min_count=40), TfidfVectorizer(min_df=40)),
    ],
)
def test_weights_of_words_are_those_of_scikit_learn(said: pd.Series, step: TfIdf, theirs: Any) -> None:
    train, held_out = said[:150], said[150:].replace("a", "an unseen word")
    ours = step.fit(train.to_frame("said")).transform(held_out.to_frame("said"))["said_tfidf"].array.values
    expected = theirs.fit(train.fillna("")).transform(held_out.fillna(""))
    np.testing.assert_allclose(ours.toarray(), expected.toarray(), rtol=1e-12)


def test_words_that_stand_in_most_texts_are_kept(said: pd.Series) -> None:
    state = TfIdf(["said"], top=3).fit(said.to_frame("said")).state[0]
    texts = [set(text.lower().split()) for text in said.dropna()]
    standing = {word: sum(word in text for text in texts) for word in map(str.lower, WORDS) if len(word) > 1}
    assert state["terms"] == sorted(sorted(standing, key=lambda word: (-standing[word], word))[:3])


def test_hashed_words_are_counted(said: pd.Series) -> None:
    said = said[:40]
    block = block_of(TextHash(["said"], normalize=False), said.to_frame("said"), "said_hash").toarray()
    counts = CountVectorizer(token_pattern=r"\w+", vocabulary=[word.lower() for word in WORDS])
    expected = counts.transform(said.fillna("")).toarray()
    assert block.shape == (40, 2**18)
    np.testing.assert_array_equal(np.sort(block[:, block.any(axis=0)].sum(axis=0)), np.sort(expected.sum(axis=0)))
    np.testing.assert_array_equal(block.sum(axis=1), expected.sum(axis=1))
    lengths = np.sqrt((block_of(TextHash(["said"]), said.to_frame("said"), "said_hash").toarray() ** 2).sum(axis=1))
    np.testing.assert_allclose(lengths, block.any(axis=1), rtol=1e-6)


def test_equal_levels_have_equal_places_and_others_do_not() -> None:
    frame = pd.DataFrame({"a": ["x", "y", "x", None], "b": ["x", "x", "y", "x"], "n": [1, 2, 1, 3]})
    one = block_of(HashEncode(["a"]), frame, "hashed")
    assert one.shape == (4, 2**18)
    assert one.indices[0] == one.indices[2] != one.indices[1]
    assert one.sum(axis=1).tolist() == [1, 1, 1, 0]
    assert block_of(HashEncode(["b"]), frame, "hashed").indices[0] != one.indices[0]
    assert block_of(HashEncode(["a", "b", "n"]), frame, "hashed").sum(axis=1).tolist() == [3, 3, 3, 2]
    types = [pd.array([1, 2, 1, 3], dtype="Int64"), np.array([1.0, 2, 1, 3]), pd.Categorical([1, 2, 1, 3])]
    places = [block_of(HashEncode(["n"]), frame.assign(n=each), "hashed").indices.tolist() for each in types]
    assert places[0] == places[1] == places[2] == block_of(HashEncode(["n"]), frame, "hashed").indices.tolist()


def test_collisions_are_as_rare_as_chance_says() -> None:
    levels = pd.DataFrame({"c": [f"level {number}" for number in range(20_000)]})
    places = block_of(HashEncode(["c"]), levels, "hashed").indices
    width = 2**18
    expected = width * (1 - (1 - 1 / width) ** 20_000)
    assert abs(len(np.unique(places)) - expected) < 5 * np.sqrt(20_000**2 / (2 * width))


@pytest.mark.parametrize("odd", [[[1], "a"], [{"a": 1}, None], [b"a", 2.5], [pd.Timestamp(0), 1]])
def test_other_types_at_serving_never_stop_a_step(odd: list[Any]) -> None:
    train = pd.DataFrame({"c": ["a b", "b c"]})
    later = pd.DataFrame({"c": pd.Series(odd, dtype=object)})
    for step in (HashEncode(["c"]), TextHash(["c"]), TfIdf(["c"])):
        assert len(step.fit(train).transform(later)) == 2


def test_vectors_become_a_block_and_what_is_none_is_zeros() -> None:
    train = pd.DataFrame({"v": [[1.0, 2.0], np.array([3.0, 4.0]), None, (5, 6)]})
    odd = pd.DataFrame({"v": pd.Series([[1.0], [1.0, np.nan], "text", None, 3.5, [7, 8]], dtype=object)})
    fitted = Embedding(["v"]).fit(train)
    np.testing.assert_array_equal(fitted.transform(train)["v"].array.values, [[1, 2], [3, 4], [0, 0], [5, 6]])
    np.testing.assert_array_equal(fitted.transform(odd)["v"].array.values[-1], [7, 8])
    assert not fitted.transform(odd)["v"].array.values[:-1].any()
    with pytest.raises(DataError, match="vectors of 1 and of 2 numbers"):
        Embedding(["v"]).fit(pd.DataFrame({"v": [[1.0], [1.0, 2.0]]}))
    with pytest.raises(DataError, match="no vector in any training row"):
        Embedding(["v"]).fit(pd.DataFrame({"v": [None, "text"]}))


@pytest.mark.parametrize("step", [TextHash, TfIdf, Embedding, HashEncode])
def test_no_columns_are_refused_at_construction(step: Any) -> None:
    with pytest.raises(ConfigurationError, match="got no columns"):
        step([])


@pytest.fixture
def orders() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=400), "who": rng.choice([f"c{number}" for number in range(30)], 400)})
    frame["said"] = rng.choice(["late again", "on time", "seat broken"], 400)
    frame["v"] = rng.normal(size=(400, 2)).tolist()
    return frame.assign(y=((frame["who"].str.len() == 2) + frame["x"] > 0.3).astype(int))


def test_a_pipeline_of_blocks_predicts_what_the_matrix_predicts(orders: pd.DataFrame) -> None:
    steps = [RandomSplit(), HashEncode(["who"], bits=8), TfIdf(["said"]), Embedding(["v"])]
    run = Pipeline([*steps, LogisticRegression()], target="y").run(orders, track=False, verbose=False)
    train, held = run.frame("train"), run.frame("validation")

    def matrix(part: pd.DataFrame) -> Any:
        pieces = [part[["x"]].to_numpy(), part["v"].array.values]
        pieces += [part[name].array.values.toarray() for name in ("hashed", "said_tfidf")]
        return np.hstack(pieces)

    alone = LogisticRegression().fit(matrix(train), train["y"])
    np.testing.assert_allclose(held["probability_1"], alone.predict_proba(matrix(held))[:, 1], atol=2e-3)
    assert set(run.model.inputs) == {"x", "who", "said", "v"}
    asked = orders.loc[held.index[:3], list(run.model.inputs)]
    np.testing.assert_allclose(run.predict(asked)["probability_1"], held["probability_1"][:3])


def test_an_estimator_that_takes_no_sparse_numbers_says_so_by_name(orders: pd.DataFrame) -> None:
    steps = [RandomSplit(), HashEncode(["who"]), HistGradientBoostingClassifier()]
    with pytest.raises(DataError, match="column 'hashed' holds sparse numbers.*\n.*TargetEncode"):
        Pipeline(steps, target="y").run(orders[["x", "who", "y"]], track=False, verbose=False)


BLOCKS = [HashEncode(["who"], bits=8), TfIdf(["said"]), TextHash(["said"]), Embedding(["v"])]


@pytest.mark.quick("Embedding")
@pytest.mark.parametrize("step", BLOCKS, ids=lambda step: type(step).__name__)
def test_blocks_stand_beside_prepared_columns_in_reports_and_audits(orders: pd.DataFrame, step: Any) -> None:
    steps = [RandomSplit(), step, Prepare(), LogisticRegression()]
    reports = [FeatureImportance(repeats=2), FeatureGeneralization(), DetectDrift()]
    run = Pipeline([*steps, *reports], target="y").run(orders, track=False, verbose=False)
    block = next(name for name in run.frame("train") if name in ("hashed", "said_tfidf", "said_hash", "v"))
    assert isinstance(run.frame("train")[block].array, BlockArray)
    assert run.predict(orders.head(2))["prediction"].notna().all()
    assert len(run.reports["importance"].table) and "who" in str(run.columns)
    assert Pipeline(steps, target="y").audit_leakage(orders, verbose=False).verdict == "not observed"


@pytest.mark.parametrize("step", BLOCKS, ids=lambda step: type(step).__name__)
def test_rows_with_a_block_are_repeated_at_random_and_not_made_up(orders: pd.DataFrame, step: Any) -> None:
    rows = step.fit(orders, target="y").transform(orders).drop(columns=["who", "said", "v"], errors="ignore")
    counts = Resample(RandomOverSampler()).resample(rows, target="y")["y"].value_counts()
    assert counts[0] == counts[1]
    if any(isinstance(rows[name].array, BlockArray) for name in rows):
        with pytest.raises(DataError, match="cannot use the block column") as caught:
            Resample(SMOTE()).resample(rows, target="y")
        assert "resample before" in caught.value.remedy


@pytest.mark.parametrize("step", BLOCKS, ids=lambda step: type(step).__name__)
def test_no_rows_give_a_block_of_no_rows_and_the_same_width(orders: pd.DataFrame, step: Any) -> None:
    fitted = step.fit(orders)
    whole, none = fitted.transform(orders), fitted.transform(orders.head(0))
    assert len(none) == 0 and none.dtypes.astype(str).to_dict() == whole.dtypes.astype(str).to_dict()
