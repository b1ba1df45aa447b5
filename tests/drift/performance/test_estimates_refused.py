"""What cannot be estimated from is named, with its row and its remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys.drift import estimate_performance
from mlsys.errors import ConfigurationError, DataError

RNG = np.random.default_rng(0)
P = RNG.random(300)
GOOD = pd.DataFrame({"x": RNG.normal(size=300), "p": P, "y": np.where(RNG.random(300) < P, "yes", "no")})


def broken(name: str, row: int, value: Any) -> pd.DataFrame:
    made = GOOD.copy()
    made.loc[row, name] = value
    return made


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"today": broken("p", 7, 1.2)}, "'p' of today's rows is 1.2 in row 7, not a probability"),
        ({"reference": broken("p", 3, -0.1)}, "'p' of the reference is -0.1 in row 3"),
        ({"today": broken("p", 5, np.nan)}, "'p' of today's rows is null in row 5"),
        ({"today": broken("y", 2, "maybe")}, "'maybe' in row 2, which is none of the classes"),
        ({"reference": GOOD.head(20)}, "20 labelled rows, and at least 100 are needed"),
        ({"reference": GOOD.assign(y=None)}, "holds 0 different values"),
        ({"reference": GOOD.assign(y="yes")}, "holds 1 different values"),
        ({"today": GOOD.head(0)}, "got 0 rows"),
        ({"today": GOOD.drop(columns="p")}, "today's rows lack the column 'p'"),
        ({"reference": GOOD.drop(columns="y")}, "lacks the target 'y'"),
        ({"today": GOOD.assign(t=pd.NaT), "time": "t", "every": "7D"}, "'t' is null in row 0"),
        ({"today": GOOD.assign(p="high")}, "'p' of today's rows holds text (str), not numbers"),
        ({"features": ["z"]}, "lack the feature 'z'"),
    ],
)
def test_rows_that_cannot_be_used_are_named(changed: dict[str, Any], says: str) -> None:
    given = {"reference": GOOD, "today": GOOD, "target": "y", "probability": "p"} | changed
    with pytest.raises(DataError) as caught:
        estimate_performance(given.pop("reference"), given.pop("today"), **given)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"metrics": ["acuracy"]}, "did you mean 'accuracy'"),
        ({"metrics": []}, "asks for nothing"),
        ({"method": "magic"}, "write one of auto, cbpe, weighted"),
        ({"level": 1.5}, "is not between 0 and 1"),
        ({"every": "7D"}, "go together"),
        ({"features": ["y"]}, "holds the target"),
        ({"probability": None}, "no column holds their probabilities"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(changed: dict[str, Any], says: str) -> None:
    given = {"target": "y", "probability": "p"} | changed
    with pytest.raises(ConfigurationError) as caught:
        estimate_performance(GOOD, GOOD, **given)
    assert says in str(caught.value)


def test_few_rows_of_today_have_no_estimate() -> None:
    found = estimate_performance(GOOD, GOOD.head(1), target="y", probability="p")
    assert found.verdict == "not assessed"
    assert "1 rows are too few" in found.summary


def test_constant_and_unlabelled_columns_are_no_obstacle() -> None:
    odd = GOOD.assign(nothing=None, same=1, kind="a", number=np.arange(300))
    found = estimate_performance(odd, odd, target="y", probability="p", metrics="accuracy")
    assert found.verdict == "no sign of harm"


def test_two_numbers_are_classes_and_need_probabilities() -> None:
    numbers = GOOD.assign(y=(GOOD["y"] == "yes").astype(int), said=1).drop(columns="p")
    with pytest.raises(ConfigurationError, match="no column holds their probabilities"):
        estimate_performance(numbers, numbers, target="y", prediction="said")
