"""Slices that nobody named: levels, quarters of numbers, and what is left over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Gate, Impute, OneHot, Pipeline, Run, Standardize, gap
from mlsys.errors import ConfigurationError, DataError


def judged(frame: pd.DataFrame, **evaluate: object) -> Run:
    names = list(frame.columns.drop("y"))
    steps = [Standardize(), LogisticRegression(max_iter=1_000), Evaluate(**evaluate)]
    numeric = [name for name in names if pd.api.types.is_numeric_dtype(frame[name])]

    texts = [name for name in names if name not in numeric]
    return Pipeline([OneHot(texts), *steps] if texts else steps, target="y").run(frame, track=False)


def slices_in(run: Run) -> dict[str, int]:
    table = run.metrics.query("model == 'model' and slice != 'all' and metric == 'roc_auc'")
    return dict(zip(table["slice"], table["n"], strict=True))


@pytest.fixture
def people(rng: np.random.Generator) -> pd.DataFrame:
    rows = 1_000
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, rows),
            "income": rng.gamma(2, 10, rows),
            "city": rng.choice(["Berlin", "Paris"], rows),
            "street": [f"street {i % 60}" for i in range(rows)],
        }
    )
    return frame.assign(y=(rng.random(rows) < 1 / (1 + np.exp(-(frame["age"] - 40) / 10))).astype(int))


def test_features_with_few_levels_are_sliced_by_when_none_is_named(people: pd.DataFrame) -> None:
    assert set(slices_in(judged(people))) == {"city=Berlin", "city=Paris"}


def test_numbers_are_cut_in_quarters_where_no_feature_has_levels(people: pd.DataFrame) -> None:
    found = slices_in(judged(people[["age", "income", "y"]]))
    assert len(found) == 8 and sum(found.values()) == 2 * 800  # two numbers, 800 rows judged by folds
    assert all(150 <= rows <= 250 for rows in found.values())


def test_no_slices_are_made_where_none_are_wanted(people: pd.DataFrame) -> None:
    assert slices_in(judged(people, slices=())) == {}


def test_levels_beyond_the_most_frequent_are_one_slice(people: pd.DataFrame) -> None:
    found = slices_in(judged(people, slices=["street"]))
    assert len(found) == 20 and "street=any of 41 other levels" in found
    assert sum(found.values()) == 800


def test_nulls_of_a_number_are_a_slice(people: pd.DataFrame) -> None:

    holed = people[["age", "y"]].assign(age=people["age"].where(np.arange(1_000) % 4 > 0))
    run = Pipeline([Impute(), LogisticRegression(), Evaluate(slices=["age"])], target="y").run(holed, track=False)
    assert len(slices_in(run)) >= 4


def said(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows with predictions, two columns with nulls and a number with nulls."""
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "race": rng.choice(list("abc"), rows)}).astype(object)
    frame.loc[rng.random(rows) < 0.1, "race"] = None
    age = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(40, 10, rows))
    return frame.assign(age=age, y=rng.random(rows) < 0.5, prediction=rng.random(rows) < 0.5)


def test_columns_are_crossed_and_null_is_a_value_in_each(rng: np.random.Generator) -> None:
    rows = said(900, rng)
    result = Evaluate(["accuracy"], slices=["sex", ("sex", "race"), ["race", "age"]]).of(
        train=rows, validation=rows, target="y"
    )
    table = result.table.query("slice != 'all'").set_index("slice")
    right = rows["y"] == rows["prediction"]
    wanted = right.groupby([rows["sex"], rows["race"].fillna("nan")]).agg(["mean", "size"])
    assert len(wanted) == 8
    for (sex, race), (value, size) in wanted.iterrows():
        assert table.loc[f"sex={sex} & race={race}", ["value", "n"]].tolist() == [pytest.approx(value), size]
    assert result.slices["sex=f & race=a"] == "sex & race"
    both = rows["race"].isna() & rows["age"].isna()
    assert table.loc["race=nan & age=nan", "n"] == both.sum()
    assert table.loc[table.index.str.startswith("race="), "n"].sum() == 900
    assert Gate(gap("accuracy", by="sex & race").upper <= 0.9).check({"evaluate": result})[0][2] == "pass"


def test_rare_combinations_are_one_slice(rng: np.random.Generator) -> None:
    rows = said(400, rng).assign(street=[f"street {i % 60}" for i in range(400)])
    table = Evaluate(["accuracy"], slices=[("street", "sex")]).of(train=rows, validation=rows, target="y").table
    names = table.query("slice != 'all'")["slice"]
    assert len(names) == 20 and names.str.startswith("street & sex=any of ").sum() == 1


def test_a_crossing_names_what_it_does_not_find(rng: np.random.Generator) -> None:
    rows = said(50, rng)
    with pytest.raises(DataError, match="'rase', which the rows do not have") as raised:
        Evaluate(slices=[("sex", "rase")]).of(train=rows, validation=rows, target="y")
    assert "did you mean 'race'" in str(raised.value)
    with pytest.raises(ConfigurationError, match="empty crossing"):
        Evaluate(slices=[()])


def test_slices_that_are_all_too_small_are_said(rng: np.random.Generator) -> None:
    rows = said(200, rng)
    tiny = {f"tenth {place}": lambda frame, place=place: np.arange(len(frame)) // 5 == place for place in range(40)}
    result = Evaluate(["accuracy"], slices=tiny).of(train=rows, validation=rows, target="y")
    assert result.worst_slice == "not known: all 40 slices have too few rows to say"
    assert set(result.table.query("slice != 'all'")["verdict"]) == {"not enough data"}
