"""TextComponents keeps in a few numbers how texts differ."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from mlsys.errors import ConfigurationError, DataError
from mlsys.features import TextComponents
from mlsys.features._ngrams import pieces_of

WORDS = ["clerk", "nurse", "driver", "senior", "junior", "head", "night", "day", "school", "harbour"]


@pytest.fixture(scope="module")
def titles() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"title": [" ".join(rng.choice(WORDS, 3, p=rng.dirichlet(np.ones(10)))) for _ in range(300)]})


def runs(text: str) -> list[str]:
    """Runs of three and four characters, looked for one by one."""
    padded = [f" {word} " for word in text.lower().split()]
    return [word[at : at + size] for word in padded for size in (3, 4) for at in range(len(word) - size + 1)]


@given(st.lists(st.text(alphabet="abcü ß\n😀", max_size=12), max_size=5))
def test_pieces_are_runs_within_words(texts: list[str]) -> None:
    rows, buckets = pieces_of(texts, "characters")
    wanted = [runs(text) for text in texts]
    assert np.bincount(rows, minlength=len(texts)).tolist() == [len(each) for each in wanted]
    assert len(set(buckets.tolist())) == len({run for each in wanted for run in each})


def test_equal_pieces_share_a_bucket_whatever_stands_around_them() -> None:
    rows, buckets = pieces_of(["ab cd", "CD  ab"], "characters")
    assert sorted(buckets[rows == 0]) == sorted(buckets[rows == 1])
    rows, buckets = pieces_of(["ab cd", "cd, AB"], "words")
    assert sorted(buckets[rows == 0]) == sorted(buckets[rows == 1])


@pytest.mark.parametrize("by", ["characters", "words"])
def test_distances_are_those_of_scikit_learn(titles: pd.DataFrame, by: str) -> None:
    ours = TextComponents(["title"], by=by, components=6).fit(titles).transform(titles)
    sizes = {"analyzer": "char_wb", "ngram_range": (3, 4)} if by == "characters" else {}
    table = TfidfVectorizer(sublinear_tf=True, min_df=2, **sizes).fit_transform(titles["title"])
    theirs = TruncatedSVD(6, random_state=0).fit_transform(table)
    for place in range(6):
        assert abs(spearmanr(ours.iloc[:, place], theirs[:, place]).statistic) > 0.97


def test_components_follow_the_rows_unless_asked_for(titles: pd.DataFrame) -> None:
    numbered = titles + " " + pd.DataFrame({"title": [f"{row % 50:03d}" for row in range(300)]})
    assert TextComponents(["title"]).fit(numbered).transform(numbered).shape[1] == 15
    assert TextComponents(["title"], components=2).fit(titles).transform(titles).columns.tolist() == [
        "title_text1",
        "title_text2",
    ]


def test_components_lie_around_0_and_within_5(titles: pd.DataFrame) -> None:
    fitted = TextComponents(["title"]).fit(titles)
    out = fitted.transform(pd.concat([titles, pd.DataFrame({"title": ["zzz", "", None, "clerk " * 9000]})]))
    assert out.iloc[:300].median().abs().max() < 1e-9
    assert out.notna().all(axis=None)
    assert out.abs().max(axis=None) < 5
    assert out.iloc[301].tolist() == out.iloc[302].tolist()


def test_texts_that_share_nothing_leave_no_column() -> None:
    frame = pd.DataFrame({"t": ["abc", "def", None], "x": [1, 2, 3]})
    assert TextComponents(["t"]).fit(frame).transform(frame).columns.tolist() == ["x"]


def test_no_more_components_than_texts_differ_in() -> None:
    frame = pd.DataFrame({"t": ["alpha", "beta"] * 200})
    assert TextComponents(["t"]).fit(frame).transform(frame).shape[1] == 2


def test_mixed_values_count_as_their_texts_and_numbers_are_refused() -> None:
    mixed = pd.DataFrame({"t": pd.Series(["rue 1", 1, "rue 2", 2.5] * 9, dtype=object)})
    assert TextComponents(["t"]).fit(mixed).transform(mixed).notna().all(axis=None)
    with pytest.raises(DataError, match="takes text, but the column 'x' holds whole numbers"):
        TextComponents(["x"]).fit(pd.DataFrame({"x": [1]}))
    with pytest.raises(ConfigurationError):
        TextComponents([])


def test_texts_that_come_back_and_texts_that_do_not_get_the_same_numbers(titles: pd.DataFrame) -> None:
    fitted = TextComponents(["title"]).fit(titles)
    new = titles.drop_duplicates().head(9)
    often = pd.concat([new] * 5, ignore_index=True)
    np.testing.assert_array_equal(fitted.transform(often).head(9), fitted.transform(new))
