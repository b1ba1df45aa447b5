"""Copies, sums and perfect scores are suspected, whatever stands beside them; easy problems are not accused."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, make_blobs, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import OneHot, Pipeline, StratifiedSplit
from mlsys.dataset import Roles, Rows
from mlsys.leakage.exact import _orders, _pure, exact_findings
from mlsys.leakage.identities import identity_findings
from mlsys.leakage.on_target import target_findings
from mlsys.leakage.power import feature_power
from mlsys.leakage.suspicion import power_findings
from mlsys.leakage.too_good import too_good_finding


def suspected(frame: pd.DataFrame, target: str = "y") -> list[tuple[str, tuple[str, ...]]]:
    rows = Rows.of(frame, Roles(target=target), tuple(frame.columns.drop(target)))
    return [(f.severity, f.columns) for f in power_findings(feature_power(rows), frame, target)]


def honest(generator: np.random.Generator, rows: int = 3_000) -> pd.DataFrame:
    frame = pd.DataFrame(generator.normal(size=(rows, 3)), columns=["strong", "weaker", "noise"])
    score = 1.6 * frame["strong"] + 0.8 * frame["weaker"] + generator.normal(size=rows)
    return frame.assign(y=(score > 0).astype(int))


COPIES: dict[str, Any] = {
    "numbers": lambda y: y * 2.5,
    "texts": lambda y: pd.Series(np.where(y == 1, "yes", "no"), index=y.index),
    "truth values": lambda y: y == 0,
    "categories": lambda y: pd.Series(np.where(y == 1, "a", "b"), index=y.index, dtype="category"),
    "several levels of each class": lambda y: pd.Series(np.where(y == 1, "x", np.arange(len(y)) % 3), index=y.index),
    "null for one class": lambda y: pd.Series(np.where(y == 1, 1.0, np.nan), index=y.index),
}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("beside", [0, 1, 2, 3])
def test_a_copy_is_an_error_beside_any_other_columns(copy: str, beside: int, rng: np.random.Generator) -> None:
    frame = honest(rng)
    kept = frame[[*frame.columns[:beside], "y"]].assign(copy=COPIES[copy](frame["y"]))
    assert suspected(kept)[:1] == [("error", ("copy",))]


def test_two_columns_that_know_the_outcome_do_not_shield_each_other(rng: np.random.Generator) -> None:
    y = (rng.random(1_500) < 0.35).astype(int)
    last = np.where(y == 1, "thanks", rng.choice(["home", "item", "list"], 1_500))
    frame = pd.DataFrame({"last_event": last, "hour": rng.integers(0, 24, 1_500), "y": y})
    second = frame.assign(n_events=rng.integers(2, 12, 1_500) + 5 * y)
    assert ("error", ("last_event",)) in suspected(frame)
    assert ("error", ("last_event",)) in suspected(second)


def test_a_copy_of_a_target_of_several_classes_tells_every_class(rng: np.random.Generator) -> None:
    y = pd.Series(rng.choice(["a", "b", "c"], 1_500))
    frame = pd.DataFrame({"one": rng.normal(size=1_500), "copy": y.map({"a": 3, "b": 1, "c": 2}), "y": y})
    assert suspected(frame) == [("error", ("copy",))]
    rows = Rows.of(one_class := frame.assign(copy=(y == "a").astype(int)), Roles(target="y"), ("one", "copy"))
    assert feature_power(rows)["copy"].tolist() == ["", ""], one_class  # of one class it tells all, of two little


@pytest.mark.parametrize("made", [lambda y: y, lambda y: 3 * y - 7, np.exp, lambda y: -(y**3)])
def test_a_number_that_gives_the_target_exactly_is_an_error(made: Any, rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"near": rng.normal(size=2_000), "noise": rng.normal(size=2_000)})
    frame["y"] = frame["near"] + rng.normal(0, 0.3, 2_000)
    assert ("error", ("copy",)) in suspected(frame.assign(copy=made(frame["y"])))
    assert "error" not in [severity for severity, _ in suspected(frame)]


def test_easy_problems_are_not_accused_of_an_error() -> None:
    for seed in range(12):
        for features in (1, 2, 3, 5):
            values, y = make_blobs(400, features, centers=2, random_state=seed, center_box=(-4, 4))
            frame = pd.DataFrame(values).add_prefix("x").assign(y=y)
            accused = [columns for severity, columns in suspected(frame) if severity == "error"]
            assert all(len(columns) <= 2 for columns in accused) and (features > 2 or not accused)
    for load in (load_iris, load_breast_cancer):
        data = load(as_frame=True).frame
        assert "error" not in [severity for severity, _ in suspected(data, "target")]


# --- strong columns that may be honest ---


def clients(generator: np.random.Generator, rows: int = 1_800) -> pd.DataFrame:
    """A modest honest signal."""
    frame = pd.DataFrame({"tenure": generator.gamma(2, 14, rows), "calls": generator.poisson(2.2, rows)})
    score = -0.6 - 0.02 * frame["tenure"] + 0.25 * frame["calls"]
    return frame.assign(y=(generator.random(rows) < 1 / (1 + np.exp(-score))).astype(int))


def test_an_honest_score_beside_its_rating_is_asked_about_once(rng: np.random.Generator) -> None:
    frame = clients(rng)
    frame["score"] = (600 - 80 * frame["y"] + rng.normal(0, 38, len(frame))).round()
    frame["rating"] = pd.cut(frame["score"], [0, 520, 560, 600, 640, 900], labels=list("EDCBA")).astype(str)
    ((severity, columns),) = suspected(frame)
    assert severity == "information" and set(columns) == {"score", "rating"}


@pytest.mark.parametrize("strength", [1.2, 1.9, 2.6])  # AUC of .80, .91 and .97
def test_a_question_is_no_accusation(strength: float, rng: np.random.Generator) -> None:
    frame = clients(rng).assign(marker=lambda f: strength * f["y"] + rng.normal(size=len(f)))
    rows = Rows.of(frame, Roles(target="y"), ("tenure", "calls", "marker"))
    for finding in power_findings(feature_power(rows), frame, "y"):
        assert finding.severity == "information" and "known when the model predicts?" in finding.message
        assert 'waive={"LK204": "why"}' in finding.message and "error" not in finding.message


def test_what_stands_out_of_numbers_or_for_one_class_of_several_is_a_question(rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"hour": rng.uniform(0, 24, 3_000), "wind": rng.normal(size=3_000)})
    quantity = frame.assign(y=frame["hour"] + rng.normal(0, 0.8, 3_000))
    kinds = frame.assign(y=rng.choice(["a", "b", "c"], 3_000)).assign(
        hour=lambda f: 9.0 * (f["y"] == "a") + rng.normal(size=3_000)
    )
    for each in (quantity, kinds):
        assert {severity for severity, _ in suspected(each)} == {"information"}


def test_a_late_column_is_named_beside_an_honest_strong_one(rng: np.random.Generator) -> None:
    frame = clients(rng, 4_000)
    frame["bureau"] = 2 * frame["y"] + rng.normal(size=len(frame))
    assert {severity for severity, _ in suspected(frame)} <= {"information"}
    late = frame.assign(balance=4 * frame["y"] + rng.normal(size=len(frame)))
    assert ("warning", ("balance",)) in suspected(late)


@pytest.mark.parametrize("wrong", [0.0, 0.002, 0.01])
@pytest.mark.parametrize("beside", [0, 3])
def test_a_copy_with_few_labels_wrong_is_named_whatever_its_siblings(
    wrong: float, beside: int, rng: np.random.Generator
) -> None:
    frame = clients(rng, 4_000)
    late = frame["y"] ^ (rng.random(len(frame)) < wrong)
    for place in range(beside):
        frame[f"late{place}"] = 4 * late + rng.normal(0, 0.8, len(frame))
    accused = {
        name for severity, names in suspected(frame.assign(copy=late)) for name in names if severity != "information"
    }
    assert "copy" in accused


def test_a_gap_among_declared_moments_is_suspected(rng: np.random.Generator) -> None:
    frame = clients(rng).assign(delay=lambda f: 2 * f["y"] + rng.normal(size=len(f)))
    power = feature_power(Rows.of(frame, Roles(target="y"), ("tenure", "calls", "delay")))
    for timed, severity in ((False, "information"), (True, "error")):
        (finding,) = power_findings(power, frame, "y", timed=timed)
        assert (finding.severity, finding.columns) == (severity, ("delay",))


def test_what_a_step_made_is_mended_in_the_step(rng: np.random.Generator) -> None:
    frame = clients(rng).assign(said=lambda f: f["y"])
    power = feature_power(Rows.of(frame, Roles(target="y"), ("tenure", "calls", "said")))
    (finding,) = power_findings(power, frame, "y", made_by={"said": "scored"})
    assert "'scored'" in finding.message and "exclude=" not in finding.message and "known_at=" not in finding.message


# --- few rows ---

FEW_COPIES: dict[str, Any] = {
    "numbers": lambda y: y * 2.5,
    "texts": lambda y: y.map({0: "no", 1: "yes"}),
    "null for one class": lambda y: y.where(y == 1),
    "codes": lambda y: y.map({0: "a", 1: "b"}) + pd.Series(np.arange(len(y)) % 3, index=y.index).astype(str),
}


@pytest.mark.parametrize("copy", FEW_COPIES)
@pytest.mark.parametrize("rows", [45, 84, 99, 400])
def test_a_copy_is_a_copy_in_few_rows_and_with_a_rare_class(copy: str, rows: int, rng: np.random.Generator) -> None:
    y = pd.Series(rng.permutation(np.arange(rows) < (10 if rows > 99 else rows // 3))).astype(int)
    frame = pd.DataFrame({"age": rng.normal(size=rows), "site": rng.integers(0, 3, rows)})
    (finding,) = exact_findings(frame.assign(copy=FEW_COPIES[copy](y), y=y), ["age", "site", "copy"], "y")
    assert (finding.severity, finding.columns) == ("error", ("copy",)) and "1 in 10^" in finding.message
    assert exact_findings(frame.assign(y=y), ["age", "site"], "y") == []


@pytest.mark.long
def test_chance_accuses_nobody_in_few_rows() -> None:
    generator, found = np.random.default_rng(5), 0
    for _ in range(300):
        rows = int(generator.integers(6, 40))
        frame = pd.DataFrame(generator.integers(0, 2, (rows, 30))).add_prefix("x")
        found += bool(exact_findings(frame.assign(y=generator.integers(0, 2, rows)), list(frame), "y"))
    assert found == 0


def test_the_chance_of_a_copy_is_that_of_all_orders(rng: np.random.Generator) -> None:
    counts = np.array([2, 3])
    orders = set(permutations([0, 0, 1, 1, 1]))
    assert 10 ** _orders(counts) == pytest.approx(len(orders))
    assert sum(_pure(np.array([0, 0, 1, 1, 1]), np.array(order)) for order in orders) <= 2**2


def test_a_number_that_parts_few_rows_is_a_question(rng: np.random.Generator) -> None:
    iris = load_iris(as_frame=True).frame.query("target < 2").iloc[::2]
    (finding,) = exact_findings(iris, list(iris.columns[:-1]), "target")
    assert finding.severity == "information" and "petal length (cm)" in finding.columns


@pytest.mark.parametrize("made", [lambda y: 3 * y - 7, np.log, lambda y: 0.5 * y**3])
def test_a_number_that_gives_few_others_by_a_line_is_an_error(made: Any, rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"y": rng.gamma(4, 20, 60)}).assign(
        copy=lambda f: made(f["y"]), near=lambda f: f["y"] + rng.normal(size=60)
    )
    (finding,) = exact_findings(frame, ["copy", "near"], "y")
    assert (finding.severity, finding.columns) == ("error", ("copy",))


# --- formulas ---


def parts(generator: np.random.Generator, rows: int = 2_000) -> pd.DataFrame:
    return pd.DataFrame(generator.gamma(2, 50, (rows, 5)), columns=["casual", "registered", "temp", "wind", "hour"])


FORMULAS: dict[str, tuple[Any, set[str]]] = {
    "a sum": (lambda f: f["casual"] + f["registered"], {"casual", "registered"}),
    "a difference": (lambda f: f["casual"] - f["registered"], {"casual", "registered"}),
    "a weighted sum": (lambda f: 1.19 * f["casual"] + 2 * f["temp"] + 5, {"casual", "temp"}),
    "a product": (lambda f: f["casual"] * f["registered"], {"casual", "registered"}),
    "a ratio": (lambda f: f["casual"] / f["registered"] * 3.6, {"casual", "registered"}),
    "a rounded sum": (lambda f: (f["casual"] + f["registered"]).round(1), {"casual", "registered"}),
    "a sum of counts": (lambda f: f["casual"].round() + f["registered"].round(), {"casual", "registered"}),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_target_made_of_features_is_told_with_its_parts(name: str, rng: np.random.Generator) -> None:
    make, named = FORMULAS[name]
    frame = parts(rng)
    if name == "a sum of counts":
        frame = frame.round()
    (finding,) = identity_findings(frame.assign(y=make(frame)), list(frame.columns), "y")
    assert (finding.code, finding.severity, set(finding.columns)) == ("LK209", "warning", named)
    noisy = make(frame) * (1 + rng.normal(0, 0.05, len(frame)))
    assert identity_findings(frame.assign(y=noisy), list(frame.columns), "y") == []


@pytest.mark.parametrize("seed", range(5))
def test_made_up_regressions_are_information_at_most_and_none_with_noise(seed: int) -> None:
    for noise, severities in ((0.0, ["information"]), (5.0, [])):
        values, y = make_regression(800, 20, n_informative=8, noise=noise, random_state=seed)
        frame = pd.DataFrame(values).add_prefix("x").assign(y=y)
        assert [f.severity for f in identity_findings(frame, list(frame.columns[:-1]), "y")] == severities


def test_columns_with_nulls_texts_and_one_value_are_no_trouble(rng: np.random.Generator) -> None:
    frame = parts(rng).assign(text="a", one=1, gaps=np.nan, y=lambda f: f["casual"] + f["registered"])
    frame.loc[::50, "temp"] = np.nan
    (finding,) = identity_findings(frame, list(frame.columns.drop("y")), "y")
    assert finding.columns == ("casual", "registered")
    assert identity_findings(frame.head(20), list(frame.columns.drop("y")), "y") == []


def orders(generator: np.random.Generator, rows: int = 2_000) -> pd.DataFrame:
    """Orders of a shop, with times and gaps."""
    opened = pd.Timestamp("2024-01-01") + pd.to_timedelta(generator.integers(0, 400 * 86_400, rows), "s")
    return pd.DataFrame(
        {
            "price": generator.gamma(3, 20, rows).round(2),
            "quantity": generator.integers(0, 9, rows),
            "discount": generator.choice([0, 0.1, 0.25], rows),
            "shipping": generator.gamma(2, 3, rows).round(2),
            "opened": opened,
            "closed": opened + pd.to_timedelta(generator.gamma(2, 10_000, rows).astype(int), "s"),
            "wet": generator.random(rows) < 0.3,
        }
    )


MADE: dict[str, tuple[Any, set[str]]] = {
    "a share taken off": (
        lambda f: (f["quantity"] + 1).rename("n") * f["price"] * (1 - f["discount"]),
        {"quantity", "price", "discount"},
    ),
    "products that are added up": (
        lambda f: f["price"] * f["quantity"] + f["shipping"],
        {"price", "quantity", "shipping"},
    ),
    "days between two times": (lambda f: (f["closed"] - f["opened"]).dt.total_seconds() / 86_400, {"opened", "closed"}),
    "whole days between them": (lambda f: (f["closed"] - f["opened"]).dt.total_seconds() // 60, {"opened", "closed"}),
    "a price per piece": (lambda f: (f["price"] / f["shipping"]).round(3), {"price", "shipping"}),
    "per cent": (lambda f: (100 * f["quantity"] / f["price"]).round(2), {"quantity", "price"}),
    "a mean of two": (lambda f: (f["price"] + f["shipping"]) / 2, {"price", "shipping"}),
}


@pytest.mark.parametrize("name", MADE)
def test_formulas_of_orders_are_told(name: str, rng: np.random.Generator) -> None:
    make, named = MADE[name]
    frame = orders(rng)
    y = make(frame)
    given = frame.assign(quantity=frame["quantity"] + 1) if name == "a share taken off" else frame
    (finding,) = identity_findings(given.assign(y=y), list(given.columns), "y")
    assert (finding.severity, set(finding.columns)) == ("warning", named)
    assert identity_findings(given.assign(y=rng.permutation(y)), list(given.columns), "y") == []
    assert identity_findings(given.assign(y=y * rng.normal(1, 0.1, len(y))), list(given.columns), "y") == []


@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
def test_a_pair_is_found_in_the_rows_that_have_both(sign: str, rng: np.random.Generator) -> None:
    frame = orders(rng).astype({"quantity": "float64"}).assign(weight=rng.gamma(3, 4, 2_000))
    y = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[sign](frame["price"], frame["weight"])
    frame.loc[rng.random(2_000) < 0.4, "price"] = np.nan
    frame.loc[rng.random(2_000) < 0.3, "weight"] = np.nan
    (finding,) = identity_findings(frame.assign(y=y), list(frame.columns), "y")
    assert set(finding.columns) == {"price", "weight"} and f"price {sign} weight" in finding.message


def test_small_counts_are_added_up_exactly(rng: np.random.Generator) -> None:
    frame = pd.DataFrame(
        {"casual": rng.poisson(9, 800), "registered": rng.poisson(16, 800), "hour": rng.integers(0, 24, 800)}
    )
    (finding,) = identity_findings(frame.assign(y=frame["casual"] + frame["registered"]), list(frame.columns), "y")
    assert set(finding.columns) == {"casual", "registered"}
    noisy = frame["casual"] + frame["registered"] + rng.integers(-1, 2, 800)
    assert identity_findings(frame.assign(y=noisy), list(frame.columns), "y") == []


def test_parts_whose_nulls_count_as_nothing_are_added_up(rng: np.random.Generator) -> None:
    frame = parts(rng).round()
    frame.loc[rng.random(len(frame)) < 0.5, "casual"] = np.nan
    y = frame["casual"].fillna(0) + frame["registered"]
    (finding,) = identity_findings(frame.assign(y=y), list(frame.columns), "y")
    assert set(finding.columns) == {"casual", "registered"}


def test_a_class_that_is_the_rest_of_several_indicators_is_told(rng: np.random.Generator) -> None:
    kind = rng.integers(0, 4, 1_000)
    frame = pd.DataFrame({f"is{number}": kind == number for number in range(3)}).assign(age=rng.normal(size=1_000))
    (finding,) = identity_findings(frame.assign(y=kind == 3), list(frame.columns), "y")
    assert set(finding.columns) == {"is0", "is1", "is2"}
    assert identity_findings(frame.assign(y=rng.random(1_000) < 0.3), list(frame.columns), "y") == []


# --- any types ---

ODD: dict[str, Any] = {
    "decimals": lambda n: [Decimal(number % 7) for number in range(n)],
    "dates": lambda n: [datetime.date(2024, 1, 1 + number % 9) for number in range(n)],
    "lists": lambda n: [[number % 3] for number in range(n)],
    "mixed": lambda n: [1 if number % 2 else "one" for number in range(n)],
    "nothing": lambda n: [None] * n,
    "whole with nulls": lambda n: pd.array([None if number % 5 == 0 else number % 4 for number in range(n)], "Int64"),
    "truth with nulls": lambda n: pd.array(
        [None if number % 5 == 0 else number % 2 == 0 for number in range(n)], "boolean"
    ),
    "arrow texts": lambda n: pd.array([f"note {number % 30} a" for number in range(n)], "string[pyarrow]"),
    "arrow numbers": lambda n: pd.array([number % 11 for number in range(n)], "int64[pyarrow]"),
    "categories": lambda n: pd.Categorical([f"c{number % 4}" for number in range(n)]),
    "zoned": lambda n: pd.date_range("2024-01-01", periods=n, freq="h", tz="Europe/Berlin"),
    "far times": lambda n: pd.array(np.arange(n).astype("datetime64[s]") - np.timedelta64(3_000 * 31_556_952, "s")),
    "durations": lambda n: pd.to_timedelta(np.arange(n), "min"),
    "periods": lambda n: pd.period_range("2000-01", periods=n, freq="M"),
    "intervals": lambda n: pd.cut(np.arange(n), 4),
    "infinite": lambda n: np.where(np.arange(n) % 9 == 0, np.inf, np.arange(n)),
    "complex texts": lambda n: ["ÄÖ-17_é" if number % 2 else "日本 語" for number in range(n)],
}


@pytest.mark.parametrize("rows", [12, 60, 300])
@pytest.mark.parametrize("goal", ["classes", "texts", "numbers", "truth", "several"])
def test_columns_of_any_type_are_looked_at_without_an_accident(rows: int, goal: str, rng: np.random.Generator) -> None:
    frame = pd.DataFrame({name: make(rows) for name, make in ODD.items()}).sample(frac=1, random_state=1)
    targets = {
        "classes": rng.integers(0, 2, rows),
        "texts": rng.choice(["a", "b"], rows),
        "numbers": rng.normal(size=rows),
        "truth": pd.array(rng.random(rows) < 0.4, "boolean"),
        "several": rng.integers(0, 5, rows),
    }
    frame = frame.assign(y=targets[goal])
    names = list(ODD)
    power = feature_power(Rows.of(frame, Roles(target="y"), tuple(names)))
    assert target_findings(frame, names, "y", power) == []


# --- scores ---


def test_a_perfect_score_names_what_carries_it(rng: np.random.Generator) -> None:
    frame = parts(rng).assign(y=lambda f: f["casual"] + f["registered"])
    run = Pipeline([LinearRegression()], target="y").run(frame, track=False, cache=False)
    told = {finding.code: finding for finding in run.findings}
    assert told["LK218"].severity == "warning" and set(told["LK218"].columns) == {"casual", "registered"}
    assert "LK218" in {finding.code for finding in run.final_test().findings}
    honest_run = Pipeline([LinearRegression()], target="y").run(
        frame.assign(y=frame["y"] + rng.normal(0, 5, len(frame))), track=False, cache=False
    )
    assert not {"LK209", "LK218"} & {finding.code for finding in honest_run.findings}


def test_an_easy_problem_of_classes_solved_without_error_is_information(rng: np.random.Generator) -> None:
    y = pd.Series(rng.integers(0, 2, 400))
    predictions = pd.DataFrame({"prediction": y})
    finding = too_good_finding(y, predictions, "validation")
    assert finding is not None and finding.severity == "information"
    assert too_good_finding(y, predictions.assign(prediction=y.where(y.index > 0, 1 - y)), "validation") is None
    assert too_good_finding(y[:20], predictions[:20], "validation") is None


def test_a_leak_that_is_encoded_first_is_suspected_in_a_run(rng: np.random.Generator) -> None:
    frame = honest(rng, 1_500)
    frame["outcome"] = np.where(frame["y"] == 1, "won", "lost")
    steps = [StratifiedSplit(), OneHot(["outcome"]), LogisticRegression(max_iter=300)]
    run = Pipeline(steps, target="y").run(frame, track=False, cache=False)
    assert dict(run.card.lines)["leakage"] == "suspected: outcome"
