"""Data that steps hold: accused where all rows explain it and training rows do not, whatever way it is held."""

from __future__ import annotations

import functools
import math
import statistics as by_hand
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mlsys import Apply, Derive, Join, Pipeline, RandomSplit, Rows, RowTransform, Transform
from mlsys.data.function import Function
from mlsys.errors import ConfigurationError, Finding
from mlsys.leakage.captured_rows import rows_held
from mlsys.leakage.captured_values import captured_values
from mlsys.leakage.digits import digits_of, tolerance_of
from mlsys.leakage.statistics import Population

SPLIT = RandomSplit(validation=0.2, test=0.2)


def orders() -> pd.DataFrame:
    generator = np.random.default_rng(41)
    rows = 1_000
    price = generator.gamma(2.0, 30.0, rows)
    return pd.DataFrame(
        {
            "price": price,
            "weight": generator.normal(5, 1, rows),
            "shop": generator.choice(list("abcdef"), rows),
            "items": generator.integers(1, 40, rows),
            "late": (generator.random(rows) < 1 / (1 + np.exp(1 - price / 60))).astype(int),
        }
    )


ALL = orders()
TRAIN = SPLIT.split(ALL, target="late")["train"]


def told(*steps: Any, **roles: Any) -> list[Finding]:
    """Findings on held data of a run over all orders."""
    given: dict[str, Any] = {"target": "late", "exclude": ["shop"], **roles}
    run = Pipeline([*steps, SPLIT, DecisionTreeClassifier(max_depth=2)], **given).run(ALL, track=False, cache=False)
    return [finding for finding in run.findings if finding.code in {"LK220", "LK221", "LK222"}]


class Till:
    """An object whose method is the function."""

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def capped(self, frame: pd.DataFrame) -> pd.Series:
        return frame["price"].clip(upper=self.limit)


class Cap(RowTransform):
    """A step of one's own, configured with a number."""

    limit: float

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        return frame.assign(capped=frame["price"].clip(upper=self.limit))


class LearnedCap(Transform):
    """The same, learned from training rows."""

    share: float = 0.99

    def learn(self, train: Rows) -> float:
        return float(train["price"].quantile(self.share))

    def apply(self, frame: pd.DataFrame, limit: float, /) -> pd.DataFrame:
        return frame.assign(capped=frame["price"].clip(upper=limit))


def by_shop(rates: Any) -> Derive:
    return Derive({"rate": lambda frame: frame["shop"].map(rates)})


def minus(number: float) -> Derive:
    return Derive({"centred": lambda frame: frame["price"] - number})


def scaled(scaler: StandardScaler) -> Derive:
    return Derive({"scaled": lambda frame: scaler.transform(frame[["price", "weight"]])[:, 0]})


def in_a_default(frame: pd.DataFrame) -> Derive:
    def centred(rows: pd.DataFrame, mean: float = frame["price"].mean()) -> pd.Series:
        return rows["price"] - mean

    return Derive({"centred": centred})


def described(frame: pd.DataFrame) -> Derive:
    table = frame.describe()
    return Derive({"centred": lambda rows: rows["price"] - table.loc["mean", "price"]})


def shrunk(frame: pd.DataFrame) -> Derive:
    groups = frame.groupby("shop")["late"]
    return by_shop((groups.sum() + 10 * frame["late"].mean()) / (groups.size() + 10))


# what is held: how a step gets it from some rows, and a column that the finding names
WAYS: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "a mean": (lambda f: minus(f["price"].mean()), "price"),
    "a median as a plain float": (lambda f: minus(float(f["price"].median())), "price"),
    "a spread": (lambda f: minus(f["price"].std()), "price"),
    "a quantile": (lambda f: minus(f["price"].quantile(0.95)), "price"),
    "a mean rounded to seven digits": (lambda f: minus(round(float(f["price"].mean()), 5)), "price"),
    "the share of late orders": (lambda f: minus(f["late"].mean()), "late"),
    "a number in a default": (in_a_default, "price"),
    "a number in a partial": (
        lambda f: Derive({"d": functools.partial(lambda rows, m: rows["price"] - m, m=f["price"].mean())}),
        "price",
    ),
    "a number in an expression": (lambda f: Derive({"d": pd.col("price") - f["price"].mean()}), "price"),
    "a number in an object": (lambda f: Derive({"d": Till(f["price"].quantile(0.9)).capped}), "price"),
    "a number of one's own step": (lambda f: Cap(float(f["price"].quantile(0.99))), "price"),
    "numbers in nested dicts": (
        lambda f: minus_nested({"price": {"mean": f["price"].mean()}}),
        "price",
    ),
    "a fitted scaler": (lambda f: scaled(StandardScaler().fit(f[["price", "weight"]])), "weight"),
    "a table of statistics": (described, "price"),
    "rates by shop": (lambda f: by_shop(f.groupby("shop")["late"].mean()), "late"),
    "rates by shop as a dict": (lambda f: by_shop(f.groupby("shop")["late"].mean().to_dict()), "late"),
    "rates drawn to the mean": (shrunk, "late"),
    "counts of shops": (lambda f: by_shop(f["shop"].value_counts()), "shop"),
    "a table joined by shop": (lambda f: Join(f.groupby("shop", as_index=False)["weight"].mean().rename(
        columns={"weight": "usual"}), on="shop"), "weight"),
}  # fmt: skip


def minus_nested(numbers: Mapping[str, Mapping[str, float]]) -> Derive:
    return Derive({"centred": lambda frame: frame["price"] - numbers["price"]["mean"]})


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("way", WAYS)
def test_a_statistic_of_all_rows_is_an_error_that_names_step_and_column(way: str) -> None:
    make, column = WAYS[way]
    step = make(ALL)
    found = told(step)
    assert [(finding.code, finding.severity) for finding in found] == [("LK220", "error")]
    assert column in found[0].columns
    assert found[0].step == step.title
    assert "over all rows" in found[0].message or "number of all rows" in found[0].message


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("way", WAYS)
def test_the_same_statistic_of_training_rows_is_no_finding(way: str) -> None:
    assert told(WAYS[way][0](TRAIN)) == []


def test_a_statistic_of_a_judged_part_is_an_error() -> None:
    judged = SPLIT.split(ALL, target="late")["validation"]
    assert "over the validation rows" in told(minus(judged["price"].mean()))[0].message


def test_what_is_learned_in_a_transform_is_no_finding() -> None:
    given = {"target": "late", "exclude": ["shop"]}
    run = Pipeline([SPLIT, LearnedCap(), DecisionTreeClassifier()], **given).run(ALL, track=False)  # type: ignore[arg-type]
    assert not [finding for finding in run.findings if finding.code.startswith("LK22")]


def test_a_step_after_the_split_is_looked_at_as_well() -> None:
    given = {"target": "late", "exclude": ["shop"]}
    mean = ALL["price"].mean()
    after = Derive({"centred": lambda frame: frame["price"] - mean}, name="after")
    run = Pipeline([SPLIT, after, DecisionTreeClassifier()], **given).run(ALL, track=False)  # type: ignore[arg-type]
    assert [(f.code, f.step) for f in run.findings if f.code.startswith("LK22")] == [("LK220", "after")]


def test_a_number_in_an_estimator_is_found() -> None:
    def moved(values: pd.DataFrame, by: float) -> pd.DataFrame:
        return values - by

    shift = FunctionTransformer(moved, kw_args={"by": ALL["weight"].mean()})
    steps = [SPLIT, Apply(shift, columns=["weight"]), DecisionTreeClassifier()]
    run = Pipeline(steps, target="late", exclude=["shop"]).run(ALL, track=False)
    assert [f.columns[0] for f in run.findings if f.code == "LK220"] == ["weight"]


def test_a_variant_that_holds_a_mean_is_found_though_the_first_steps_ran_before() -> None:
    mean = float(ALL["price"].mean())
    base = Pipeline([SPLIT, minus(0.5).with_(name="shift"), DecisionTreeClassifier()], target="late", exclude=["shop"])
    runs = base.variants(plain={}, leaky={"shift": minus(mean)}).run(ALL, track=False)
    codes = {name: {f.code for f in run.findings} for name, run in runs.items()}
    assert "LK220" in codes["leaky"] and "LK220" not in codes["plain"]


def test_a_cached_run_says_it_again() -> None:
    mean = ALL["price"].mean()
    pipeline = Pipeline([minus(mean), SPLIT, DecisionTreeClassifier()], target="late", exclude=["shop"])
    first, second = (pipeline.run(ALL, track=False) for _ in range(2))
    codes = [[(f.code, f.message) for f in run.findings] for run in (first, second)]
    assert codes[0] == codes[1] and codes[0][0][0] == "LK220"


def test_parts_that_are_given_are_compared_together() -> None:
    parts = SPLIT.split(ALL, target="late")
    mean = pd.concat(parts.values())["price"].mean()
    pipeline = Pipeline([minus(mean), DecisionTreeClassifier()], target="late", exclude=["shop"])
    assert "LK220" in {finding.code for finding in pipeline.run(parts, track=False).findings}


INNOCENT: dict[str, Any] = {
    "a round number": minus(24),
    "a short number": minus(3.25),
    "a number of physics": minus(6371.0088),
    "pi": minus(math.pi),
    "taxes by shop": by_shop({"a": 0.19, "b": 0.2, "c": 0.21, "d": 0.25, "e": 0.0, "f": 0.05}),
    "ranks of shops": by_shop({"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5}),
    "names of shops": by_shop({"a": "Ann", "b": "Bob"} | dict.fromkeys("cdef", "?")).with_(
        columns={"rate": lambda frame: frame["shop"].map({"a": "Ann"}).notna()}
    ),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_constants_accuse_nobody(name: str) -> None:
    assert told(INNOCENT[name]) == []


def test_a_maximum_that_stands_in_the_training_rows_proves_nothing() -> None:
    frame = ALL.sort_values("price", ascending=False)
    highest = next(price for index, price in frame["price"].items() if index in TRAIN.index)
    kept = ALL[ALL["price"] <= highest]
    pipeline = Pipeline([Cap(float(kept["price"].max())), SPLIT, DecisionTreeClassifier()], target="late",
                        exclude=["shop"])  # fmt: skip
    assert not [f for f in pipeline.run(kept, track=False).findings if f.code.startswith("LK22")]


def test_the_frame_in_any_guise_is_an_error_unless_it_is_declared() -> None:
    groups, prices = ALL.groupby("shop"), ALL["price"].to_numpy()
    guises: list[Callable[[pd.DataFrame], Any]] = [
        lambda frame: frame["price"] - ALL["price"].mean(),
        lambda frame: frame["shop"].map(groups["price"].mean()),
        lambda frame: np.searchsorted(np.sort(prices), frame["price"]),
    ]
    for guise in guises:
        assert [(f.code, f.severity, f.columns) for f in told(Derive({"d": guise}))] == [("LK221", "error", ("d",))]
    assert told(Derive({"d": guises[0]}, lookup=[ALL])) == []


def test_training_rows_in_a_closure_are_information() -> None:
    found = told(Derive({"d": lambda frame: frame["price"] - TRAIN["price"].mean()}))
    assert [(finding.code, finding.severity) for finding in found] == [("LK222", "information")]


def test_a_declared_table_is_compared_all_the_same() -> None:
    rates = ALL.groupby("shop")["late"].mean()
    step = Derive({"rate": lambda frame: frame["shop"].map(rates)}, lookup=[rates])
    assert [finding.code for finding in told(step)] == ["LK220"]


def test_a_declared_table_that_was_known_before_is_no_finding_and_shows_in_the_plan() -> None:
    earlier = pd.Series(np.random.default_rng(3).random(6), index=list("abcdef"))
    hold = lambda frame: frame["shop"].map(earlier)  # noqa: E731
    assert [finding.code for finding in told(Derive({"rate": hold}))] == ["LK222"]
    step = Derive({"rate": hold}, lookup=[earlier])
    assert told(step) == []
    assert "1 declared table" in str(Pipeline([step, DecisionTreeClassifier()], target="late").plan())


def test_lookup_takes_tables_only() -> None:
    with pytest.raises(ConfigurationError, match="not a table"):
        Function(lambda frame: frame, lookup=["prices.csv"])


def test_a_pipeline_whose_functions_hold_nothing_costs_next_to_nothing() -> None:
    steps = {f"step {number}": Derive({"double": lambda frame: frame["price"] * 2}) for number in range(20)}
    assert captured_values(steps) == []
    begin = time.process_time()
    captured_values(steps)
    assert time.process_time() - begin < 20 * 0.25  # a hundredth of a second in all, on a machine at rest


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_tolerance_covers_rounding_to_the_digits_that_are_shown(value: float) -> None:
    shown = float(f"{value:.5e}")
    assert abs(shown - value) <= tolerance_of(shown) + 1e-9 * value or digits_of(shown) < 6


def test_statistics_agree_with_python_s_own() -> None:
    values = ALL["weight"].tolist()
    found = Population("all rows", ALL[["weight"]]).simple("weight")
    assert found["mean"] == pytest.approx(by_hand.fmean(values), rel=1e-12)
    assert found["standard deviation"] == pytest.approx(by_hand.stdev(values), rel=1e-9)
    assert found["standard deviation (ddof 0)"] == pytest.approx(by_hand.pstdev(values), rel=1e-9)
    assert Population("all rows", ALL[["weight"]]).quantiles("weight")["median"] == by_hand.median(values)


def test_rows_are_told_from_a_look_up_of_the_same_length() -> None:
    look_up = pd.Series(np.arange(1_000.0), index=pd.RangeIndex(5_000, 6_000))
    assert rows_held(look_up, ALL) is None
    assert rows_held(pd.Series(np.arange(50.0)), ALL) is None
    held = rows_held(ALL[100:300], ALL)
    assert held is not None and held.sum() == 200


def test_a_fitted_estimator_is_told_by_fitting_it_again(rng):
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.feature_selection import SelectKBest

    from mlsys import StratifiedSplit

    rows = pd.DataFrame(rng.normal(size=(500, 6)), columns=list("abcdef"))
    rows["y"] = (rng.random(500) < 0.5).astype(int)
    split = StratifiedSplit(validation=0.2, test=0.2)
    keys = pd.DataFrame({"id": rows.index, "target": rows["y"]}, index=rows.index)
    train = rows[(split.assign(keys) == "train").to_numpy()]

    def found(learned_from: pd.DataFrame) -> list[Any]:
        selector = SelectKBest(k=2).fit(learned_from.drop(columns="y"), learned_from["y"])

        def select(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.drop(columns=list(np.asarray(selector.feature_names_in_)[~selector.get_support()]))

        run = Pipeline([select, split, HistGradientBoostingClassifier(max_iter=9)], target="y").run(rows, track=False)
        return [each for each in run.findings if each.code in ("LK220", "LK221", "LK222")]

    [accused] = found(rows)
    assert accused.step == "select"
    assert "'selector' is a SelectKBest fitted on all rows" in accused.message
    assert found(train) == []


@pytest.mark.parametrize("key", ["number", "at"])
def test_rows_under_a_key_of_theirs_are_rows_of_the_data(rng, key):
    from mlsys.leakage.captured_rows import rows_held

    rows = pd.DataFrame(
        {
            "number": [f"n{each}" for each in range(300)],
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(300), "h"),
            "amount": rng.gamma(2.0, 20.0, 300),
        }
    )
    later = rows.set_index(key)["amount"].where(rng.random(300) < 0.8, 0.0)
    held = rows_held(later, rows)
    assert held is not None and held.all()
    rates = pd.Series(rng.random(300), index=pd.Index(rows[key]), name="rate")
    assert rows_held(rates, rows) is None
