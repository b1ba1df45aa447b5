"""Numbers and lists of words that a step holds, explained by the texts of all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys.leakage.fitted_on import is_fitted, was_fitted_on
from mlsys.leakage.statistics import Population
from mlsys.leakage.words import Words

WORDS = [
    f"{head}{tail}" for head in ("ba", "co", "du", "fe", "gi") for tail in ("rak", "sil", "tor", "ven", "wim", "xal")
]


def notes(seed: int, rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, 8)) for _ in range(rows)]
    return pd.DataFrame({"note": pd.Series(texts, dtype="str"), "y": rng.integers(0, 2, rows)})


def rates(frame: pd.DataFrame) -> dict[str, float]:
    parted = frame.assign(word=frame["note"].str.split()).explode("word")
    return parted.groupby("word")["y"].mean().to_dict()


def rarity(frame: pd.DataFrame) -> dict[str, float]:
    fitted = TfidfVectorizer().fit(frame["note"])
    return dict(zip(fitted.get_feature_names_out(), fitted.idf_, strict=True))


def counts(frame: pd.DataFrame) -> pd.Series:
    return frame["note"].str.split().explode().value_counts()


def risky(frame: pd.DataFrame) -> pd.Index:
    ranked = pd.Series(rates(frame)).sort_values()
    return ranked.index[len(ranked) // 3 :]


@pytest.fixture
def words() -> Words:
    every = notes(0)
    return Words(Population("all rows", every, ("y",)), Population("training rows", every[:240], ("y",)))


@pytest.mark.parametrize("make", [rates, rarity, counts])
def test_numbers_of_words_are_told_by_whose_texts_they_were_counted_in(words: Words, make: Any) -> None:
    every = notes(0)
    (found,) = words.of(make(every))
    assert found.found is not None and found.found[1] == "all rows" and "words of note" in str(found.found[0])
    assert words.of(make(every[:240])) == []
    assert words.of(make(notes(1))) == []


def test_a_list_of_words_chosen_by_all_targets_is_told_by_its_order(words: Words) -> None:
    assert [each.found is not None for each in words.of(risky(notes(0)))] == [True]
    assert words.of(risky(notes(1))) == []


@pytest.mark.parametrize(
    "value", [{}, {"a": 0.5}, pd.Index(["ba"]), np.arange(40.0), 0.5, {1: 0.5}, {f"w{n}": 1.5 for n in range(40)}]
)
def test_what_is_not_about_these_words_is_left_alone(words: Words, value: Any) -> None:
    assert words.of(value) == []


@pytest.mark.parametrize(
    "estimator",
    [TfidfVectorizer(), CountVectorizer(ngram_range=(1, 2)), make_pipeline(CountVectorizer(), MultinomialNB())],
)
def test_an_estimator_of_texts_is_told_by_its_rows(estimator: Any) -> None:
    every = notes(0)
    assert not is_fitted(estimator)
    estimator.fit(every["note"], every["y"])
    assert is_fitted(estimator)
    assert was_fitted_on(estimator, every, ["y"]) and not was_fitted_on(estimator, every[:240], ["y"])


def test_an_estimator_of_an_array_is_told_by_its_rows_scaled_or_not(rng: np.random.Generator) -> None:
    every = pd.DataFrame(rng.normal(3, 2, (300, 4)), columns=list("abcd")).assign(y=rng.integers(0, 2, 300))
    for scale in (False, True):
        table = every[["b", "c"]].to_numpy()
        table = StandardScaler().fit_transform(table) if scale else table
        model = LogisticRegression().fit(table, every["y"])
        assert was_fitted_on(model, every, ["y"])
        assert not was_fitted_on(model, every[:200], ["y"])
