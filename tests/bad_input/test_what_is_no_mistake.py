"""Requests and frames that look wrong and are fine: a target not yet known, new categories, nulls, other types."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    Derive,
    Evaluate,
    Impute,
    OneHot,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    Run,
    Standardize,
    TargetEncode,
)

INPUTS = ["price", "days", "country", "customer"]


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    generator = np.random.default_rng(5)
    price = generator.gamma(2.0, 30.0, 400)
    return pd.DataFrame(
        {
            "price": price,
            "days": np.where(generator.random(400) < 0.1, np.nan, generator.integers(0, 30, 400)),
            "country": pd.Series(generator.choice(["DE", "FR", "PL"], 400), dtype="str"),
            "customer": generator.integers(0, 40, 400),
            "returned": generator.random(400) < 0.2 + 0.004 * np.minimum(price, 150),
        }
    )


def share(frame: pd.DataFrame) -> pd.Series:
    return frame["price"] / (frame["days"] + 1)


@pytest.fixture(scope="module")
def run(orders: pd.DataFrame) -> Run:
    steps = [
        Derive({"share": share}),
        RandomSplit(validation=0.3, test=0.2),
        Impute(),
        Standardize(["price"]),
        TargetEncode(["customer"]),
        OneHot(["country"]),
        DecisionTreeClassifier(max_depth=4),
    ]
    return Pipeline(steps, target="returned").run(orders, track=False)


def test_a_request_needs_no_target(run: Run, orders: pd.DataFrame) -> None:
    assert "returned" not in run.model.inputs
    with_target, without = run.predict(orders), run.predict(orders.drop(columns="returned"))
    pd.testing.assert_frame_equal(with_target, without)


def test_columns_may_come_in_any_order_with_others_beside_them(run: Run, orders: pd.DataFrame) -> None:
    shuffled = orders[INPUTS[::-1]].assign(note="gift", ordered=pd.Timestamp("2024-01-01"))
    pd.testing.assert_frame_equal(run.predict(shuffled), run.predict(orders))


def test_new_categories_are_answered(run: Run, orders: pd.DataFrame) -> None:
    answer = run.predict(orders[INPUTS].head(3).assign(country="XX", customer=10_000))
    assert answer[["probability_False", "probability_True"]].sum(axis=1).to_list() == pytest.approx([1.0] * 3)


def test_nulls_are_answered_even_where_training_had_none(run: Run, orders: pd.DataFrame) -> None:
    request = pd.DataFrame({name: [None, None] for name in INPUTS})
    assert run.predict(request)["prediction"].notna().all()


@pytest.mark.parametrize(
    "types",
    [
        {"price": "Float64", "days": "Float64", "country": "str", "customer": "Int64"},
        {"price": "float32", "days": "float32", "country": "category", "customer": "int16"},
        {"price": "object", "days": "object", "country": "object", "customer": "object"},
        {"price": "float64[pyarrow]", "days": "float64[pyarrow]", "country": "string", "customer": "int64[pyarrow]"},
        {"price": "float64", "days": "float64", "country": "string", "customer": "float64"},
    ],
    ids=["nullable", "narrow", "object", "arrow", "integers as floats"],
)
def test_other_types_of_the_same_values_get_the_same_answers(
    run: Run, orders: pd.DataFrame, types: dict[str, str]
) -> None:
    rounded = orders.assign(price=orders["price"].round())  # so that float32 holds the same values
    expected = run.predict(rounded)
    pd.testing.assert_frame_equal(run.predict(rounded.astype(types)), expected)


def test_one_row_alone_gets_the_answer_it_gets_among_others(run: Run, orders: pd.DataFrame) -> None:
    together = run.predict(orders.head(20))
    alone = pd.concat([run.predict(orders.iloc[[place]]) for place in range(20)])
    pd.testing.assert_frame_equal(alone, together)


def test_a_request_without_rows_gets_an_answer_without_rows(run: Run, orders: pd.DataFrame) -> None:
    answer = run.predict(orders.head(0))
    assert list(answer.columns) == list(run.predict(orders.head(1)).columns) and answer.empty


def test_a_request_is_not_changed(run: Run, orders: pd.DataFrame) -> None:
    request = orders.head(10).copy()
    run.predict(request)
    pd.testing.assert_frame_equal(request, orders.head(10))


def test_labels_that_are_not_known_are_counted_and_not_learned_from(orders: pd.DataFrame) -> None:
    partly = orders.assign(returned=orders["returned"].astype("boolean").mask(orders.index % 5 == 0))
    run = Pipeline([RandomSplit(), DecisionTreeClassifier(max_depth=2)], target="returned", features=["price"]).run(
        partly, track=False
    )
    assert run.rows["none: label unknown"] == 80
    assert run.frame("train")["returned"].notna().all()


def test_a_judged_class_that_training_lacks_counts_as_a_mistake_and_is_told(orders: pd.DataFrame) -> None:
    kind = np.where(np.arange(400) >= 300, "new", np.where(orders["price"] > 50, "dear", "cheap"))
    frame = orders.assign(kind=kind, part=np.where(np.arange(400) < 200, "train", "validation"))
    steps = [PredefinedSplit("part"), DecisionTreeClassifier(max_depth=1), Evaluate(["accuracy", "log_loss", "recall"])]
    run = Pipeline(steps, target="kind", features=["price"]).run(frame, track=False)
    finding = next(finding for finding in run.findings if finding.code == "EV101")
    assert "100 of 200 validation rows" in finding.message and "'new'" in finding.message
    table = run.metrics[(run.metrics["model"] == "model") & (run.metrics["part"] == "validation")]
    values = table[table["slice"] == "all"].set_index("metric")["value"]
    assert values["accuracy"] == pytest.approx(0.5, abs=0.02)
    assert values["log_loss"] > 10 and 0.9 < values["recall"] <= 1
    known = Pipeline(steps, target="kind", features=["price"]).run(frame[frame["kind"] != "new"], track=False)
    assert "EV101" not in {finding.code for finding in known.findings}


def test_rows_of_one_id_stay_in_one_part(orders: pd.DataFrame) -> None:
    repeated = orders.assign(order=np.arange(400) // 2)
    half = RandomSplit(validation=0.4, test=0)
    run = Pipeline([half, DecisionTreeClassifier()], target="returned", id="order", features=["price"]).run(
        repeated, track=False
    )
    train, validation = (set(run.frame(name)["order"]) for name in ("train", "validation"))
    assert train.isdisjoint(validation) and len(train) + len(validation) == 200
    assert "LK212" not in {finding.code for finding in run.findings}
