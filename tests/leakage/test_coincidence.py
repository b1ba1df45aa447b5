"""What other rows may have as well: quantiles and extremes of columns whose values come again accuse nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Derive, Pipeline, PredefinedSplit
from mlsys.errors import Finding
from mlsys.leakage.captured import captured_findings
from mlsys.leakage.captured_values import Holding
from mlsys.leakage.coincidence import PROVES, by_accident, chance_by_group, chance_of_bins, chance_of_order
from mlsys.leakage.digits import is_fraction, is_typed
from mlsys.leakage.remedies import REMEDIES
from mlsys.leakage.statistics import LEVELS_OF, Match, Population

ROWS = 800


def people(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Return rows of one origin: whole years and inches, cents, hours to a tenth, a value without ties."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": np.clip(rng.normal(40, 12, rows).round(), 18, 90),
            "height": rng.normal(69, 3, rows).round() * 2.54 / 30,
            "wage": rng.lognormal(3, 0.7, rows).round(2),
            "hours": rng.lognormal(3, 0.7, rows).round(1),
            "year": rng.integers(1990, 2005, rows),
            "weight": rng.normal(70, 10, rows),
            "town": rng.choice(list("abcdef"), rows),
            "part": rng.choice(["train", "validation", "test"], rows, p=[0.6, 0.2, 0.2]),
        }
    )


def said(frame: pd.DataFrame, *values: Any) -> list[Finding]:
    """Return the findings about values that one step holds."""
    train = frame[frame["part"] == "train"]
    parts = [Population(f"the {name} rows", frame[frame["part"] == name]) for name in ("validation", "test")]
    held = [Holding("Derive", "", f"held {place}", value) for place, value in enumerate(values)]
    everywhere = [Population("all rows", frame), *parts]
    found = captured_findings(held, everywhere, [Population("training rows", train)], train.index, {})
    return [each for each in found if each.code == "LK220"]


QUANTILES: dict[str, Callable[[pd.Series], Any]] = {
    "median": lambda column: column.median(),
    "quantile .9": lambda column: column.quantile(0.9),
    "quantile .99": lambda column: column.quantile(0.99),
    "minimum": lambda column: column.min(),
    "maximum": lambda column: column.max(),
    "range": lambda column: column.max() - column.min(),
    "fence": lambda column: column.quantile(0.75) + 1.5 * (column.quantile(0.75) - column.quantile(0.25)),
    "fifths": lambda column: column.quantile([0.2, 0.4, 0.6, 0.8]).to_numpy(),
}


@pytest.mark.parametrize("column", ["age", "height", "year"])
@pytest.mark.parametrize("how", QUANTILES)
def test_what_other_rows_have_on_a_grid_accuses_nobody(how: str, column: str) -> None:
    frame = people(0)
    for seed in range(1, 13):
        other = people(seed)
        found = said(frame, QUANTILES[how](other[column].astype("float64")))
        assert [each for each in found if each.severity == "error"] == []


@pytest.mark.parametrize("how", ["median", "min", "max"])
def test_medians_and_extremes_by_level_on_a_grid_accuse_nobody(how: str) -> None:
    frame = people(0)
    for seed in range(1, 13):
        held = people(seed).groupby("town")["age"].agg(how).head(2).to_dict()
        assert [each for each in said(frame, held) if each.severity == "error"] == []


@pytest.mark.parametrize("how", [name for name in QUANTILES if name not in ("minimum", "maximum", "range")])
def test_a_column_without_ties_is_proof_as_before(how: str) -> None:
    frame = people(0)
    (found,) = said(frame, QUANTILES[how](frame["weight"]))
    assert (found.severity, found.columns) == ("error", ("weight",))
    assert REMEDIES["held"] in found.message


def test_medians_of_roots_and_ratios_on_a_grid_accuse_nobody() -> None:
    frame = people(0)
    for seed in range(1, 9):
        other = people(seed)
        for number in (np.sqrt(other["age"]).median(), (other["age"] / other["year"]).median()):
            assert [each for each in said(frame, float(number)) if each.severity == "error"] == []
    (found,) = said(frame, float(np.sqrt(frame["weight"]).median()))
    assert found.severity == "error" and "median of the square root" in found.message


def unlike_training(frame: pd.DataFrame, column: str, count: int) -> list[float]:
    """Return the first quantiles of a column that its training rows do not have."""
    levels = [level for (level,) in (each for each in LEVELS_OF.values() if len(each) == 1) if 0 < level < 1]
    quantiles = [frame[column].quantile(level) for level in levels]
    train = frame.loc[frame["part"] == "train", column]
    return [each for each in quantiles if all(each != train.quantile(level) for level in levels)][:count]


def test_one_quantile_of_hours_is_a_question_and_two_of_them_are_an_error() -> None:
    frame = people(0, 300)
    one, two = list(dict.fromkeys(each for each in unlike_training(frame, "hours", 9) if said(frame, each)))[:2]
    (question,) = said(frame, one)
    assert question.severity == "information"
    assert "may hold values computed from held-out rows" in question.message
    assert REMEDIES["held by chance"] in question.message
    (error,) = said(frame, one, two)
    assert error.severity == "error" and "'held 0'" in error.message and "'held 1'" in error.message
    assert [each.severity for each in said(frame, one, one)] == ["information"]  # the same number twice is one


def test_a_coincidence_beside_a_proof_is_told_with_it() -> None:
    frame = people(0, 300)
    (one,) = unlike_training(frame, "hours", 1)
    (found,) = said(frame, one, frame["weight"].mean())
    assert found.severity == "error" and set(found.columns) == {"hours", "weight"}
    years = people(1, 300)["year"].quantile([0.25, 0.75]) + 0.0  # likely those of any rows: not even beside a proof
    (found,) = said(frame, *years, frame["weight"].mean())
    assert set(found.columns) == {"weight"}


def test_one_coincidence_among_many_numbers_is_not_even_asked() -> None:
    frame = people(0, 300)
    (one,) = unlike_training(frame, "hours", 1)
    assert said(frame, one, *np.random.default_rng(1).normal(size=40)) == []


def test_a_pipeline_with_a_threshold_of_last_year_is_not_accused() -> None:
    from sklearn.tree import DecisionTreeClassifier

    old = people(5)["age"].quantile(0.9)
    frame = people(6).assign(rich=lambda f: (f["wage"] > 20).astype(int))
    columns = {"old": lambda f: f["age"] > old}
    run = Pipeline([Derive(columns), PredefinedSplit("part"), DecisionTreeClassifier()], target="rich",
                   exclude=["town", "wage"]).run(frame, track=False, cache=False)  # fmt: skip
    assert [each for each in run.findings if each.code == "LK220" and each.severity == "error"] == []


@pytest.mark.parametrize("column", ["height", "weight"])
def test_bins_of_last_year_on_a_grid_are_not_those_of_all_rows(column: str) -> None:
    from mlsys.leakage.all_parts import AllParts
    from mlsys.leakage.binned import binned_columns

    found = []
    for seed in range(20):
        frame = people(seed).assign(y=0)
        known = people(seed + 50) if column == "height" else frame
        edges = known[column].quantile([0.2, 0.4, 0.6, 0.8]).to_numpy()
        frame["fifth"] = np.searchsorted(edges, frame[column], side="right")
        train = frame["part"] == "train"
        found += list(binned_columns(AllParts.of(frame[train], frame[~train], "y", [column, "fifth"], [])))
    assert len(found) == (0 if column == "height" else 20)


def test_fractions_that_people_type_are_none_of_any_rows() -> None:
    frame = people(0).assign(late=np.arange(ROWS) % 3 == 0, part="train")
    frame["late"] = frame["late"].astype(int)
    frame.loc[::7, "part"] = "test"
    frame = frame.drop(index=frame.index[-2:])  # 266 of 798
    assert frame["late"].mean() == 1 / 3
    assert said(frame, 1 / 3) == []
    assert is_typed(2 / 3) and not is_typed(113 / 355) and not is_typed(float("nan"))
    assert is_fraction(0.5**0.5) and not is_fraction(float("inf"))


def test_odd_columns_have_a_chance_too() -> None:
    one, empty = np.array([3.0]), np.array([])
    assert 0 < chance_of_order(one, "median", 3.0) <= 1 and chance_of_order(empty, "median", 3.0) == 0
    assert chance_of_order(one, "mean", 3.0) == 0
    assert chance_of_order(np.full(9, 2.0), "maximum", 2.0) == 1
    assert by_accident([], 5) == 1 and by_accident([0.0], 5) == 0 and by_accident([1.0, 1.0], 1) == 1
    rows = Population("all rows", pd.DataFrame({"x": [1.0, 1, 2, 2], "g": list("aabb")}))
    assert chance_of_bins(Match("2 bins of equal size", "absent"), [0.5], [rows]) == 0
    assert chance_by_group(Match("median", "x", ("g",)), pd.Series({"a": 1.0, "b": 2.0}), rows) > PROVES
    assert chance_by_group(Match("mean", "x", ("g",)), pd.Series({"a": 1.0, "b": 2.0}), rows) == 0
    assert chance_by_group(Match("median", "x", ("g",)), pd.Series({"z": 1.0}), rows) == 1
    twice = pd.Series([1.0, 1.0, 2.0], index=list("aab"))
    assert chance_by_group(Match("min", "x", ("g",)), twice, rows) > PROVES


WORLDS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "years": lambda rng, rows: rng.integers(1990, 2005, rows).astype(float),
    "ages": lambda rng, rows: np.clip(rng.normal(40, 12, rows).round(), 18, 90),
    "cents": lambda rng, rows: rng.lognormal(3, 0.7, rows).round(2),
    "three decimals": lambda rng, rows: rng.normal(size=rows).round(3),
    "some zeros": lambda rng, rows: np.where(rng.random(rows) < 0.2, 0.0, rng.normal(10, 4, rows)),
    "without ties": lambda rng, rows: rng.normal(size=rows),
}


def share_and_estimate(world: str, statistic: str, rows: int, repeats: int) -> tuple[float, float]:
    """Return how often two samples have the same quantile, and the mean chance that is estimated from one."""
    rng = np.random.default_rng(7)
    (level,) = LEVELS_OF[statistic]
    same, chances = 0, []
    for _ in range(repeats):
        one, other = WORLDS[world](rng, rows), WORLDS[world](rng, rows)
        number = float(np.quantile(one, level))
        same += number == float(np.quantile(other, level))
        chances.append(chance_of_order(one, statistic, number))
    return same / repeats, float(np.mean(chances))


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("statistic", ["median", "quantile 0.9", "maximum"])
def test_the_estimated_chance_is_no_smaller_than_the_true_one(world: str, statistic: str) -> None:
    share, estimate = share_and_estimate(world, statistic, 300, 60)
    assert share <= estimate + 3 * (max(share, 1 / 60) / 60) ** 0.5
    assert estimate < PROVES or world != "without ties"


@pytest.mark.long
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("rows", [60, 1_000])
@pytest.mark.parametrize("statistic", [name for name, levels in LEVELS_OF.items() if len(levels) == 1])
def test_the_estimated_chance_is_no_smaller_in_many_samples(world: str, rows: int, statistic: str) -> None:
    share, estimate = share_and_estimate(world, statistic, rows, 300)
    assert share <= estimate + 3 * (max(share, 1 / 300) / 300) ** 0.5
