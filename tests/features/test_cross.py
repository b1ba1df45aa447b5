"""Cross makes one category of levels that occur together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.errors import ConfigurationError, DataError
from mlsys.features import Cross, OneHot
from mlsys.steps import Fitted


@pytest.fixture
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"a": rng.choice(list("pqrs"), 900), "b": rng.integers(0, 6, 900), "c": rng.random(900) < 0.5})
    return frame.assign(a=frame["a"].where(rng.random(900) > 0.1))


@pytest.mark.parametrize("columns", [["a", "b"], ["b", "c"], ["a", "b", "c"]])
@pytest.mark.parametrize("top", [5, 1_000])
def test_it_is_the_joined_text_of_frequent_combinations(rows: pd.DataFrame, columns: list[str], top: int) -> None:
    train, held_out = rows[:600], rows[600:].assign(b=lambda part: part["b"] + 1)

    def joined(part: pd.DataFrame) -> pd.Series:
        texts = part[columns[0]].astype("str")
        for name in columns[1:]:
            texts = texts + " & " + part[name].astype("str")
        return texts.where(part[columns].notna().all(axis=1))

    counts = joined(train).value_counts()
    kept = sorted(counts.index, key=lambda text: (-counts[text], text))[:top]
    out = Cross([columns], top=top).fit(train).transform(held_out)
    made, expected = out["_x_".join(columns)], joined(held_out)
    known = expected.isin(kept)
    if top > 5:
        assert made[known].tolist() == expected[known].tolist()
    assert made.isna().tolist() == expected.isna().tolist()
    assert (made[expected.notna() & ~made.eq(expected)] == "other").all()
    assert made.cat.categories[-1] == "other" and len(made.cat.categories) == min(top, len(counts)) + 1


def test_the_columns_stay_and_the_category_can_be_encoded(rows: pd.DataFrame) -> None:
    crossed = Cross([["a", "c"]]).fit(rows).transform(rows)
    pd.testing.assert_frame_equal(crossed[["a", "b", "c"]], rows)
    flags = OneHot(["a_x_c"]).fit(crossed).transform(crossed)
    assert flags["a_x_c_p & True"].sum() == ((rows["a"] == "p") & rows["c"]).sum()


@pytest.mark.parametrize("pairs", [[], [["a"]], [["a", "a"]], [list("abcd")]])
def test_what_is_no_pair_is_refused_at_construction(pairs) -> None:
    with pytest.raises(ConfigurationError, match="two or three columns for each pair"):
        Cross(pairs)


def test_combinations_without_rows_and_names_that_collide() -> None:
    nothing: Fitted = Cross([["a", "b"]]).fit(pd.DataFrame({"a": ["x", None], "b": [None, "y"]}))
    assert nothing.transform(pd.DataFrame({"a": ["x"], "b": ["y"]}))["a_x_b"].tolist() == ["other"]
    with pytest.raises(DataError, match="creates a column 'a_x_b' that the rows already have"):
        nothing.transform(pd.DataFrame({"a": ["x"], "b": ["y"], "a_x_b": [1]}))
    with pytest.raises(DataError, match="would both be named 'p & q & r'"):
        Cross([["a", "b"]]).fit(pd.DataFrame({"a": ["p & q", "p"], "b": ["r", "q & r"]}))
