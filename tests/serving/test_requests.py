"""Requests as clients send them: other types, other order, more or fewer columns; right or refused by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from mlsys import (
    AsOfJoin,
    Derive,
    Impute,
    Join,
    OneHot,
    Pipeline,
    RandomSplit,
    ReadParquet,
    Run,
    TargetEncode,
    Train,
    load,
)
from mlsys.errors import DataError, MlsysError
from mlsys.execution.served import ServedModel

INPUTS = ["price", "items", "days", "country", "shop", "size", "member", "ordered", "shipped", "took"]
MEMBER_LATE = 2
START = pd.Timestamp("2024-01-01")


def zip_code(orders: pd.DataFrame) -> pd.Series:
    """A text made of a whole number: 3.0 would become another text."""
    return orders["items"].astype("str") + "-" + orders["country"]


def hour(orders: pd.DataFrame) -> pd.Series:
    return orders["shipped"].dt.hour


def weekday(orders: pd.DataFrame) -> pd.Series:
    return orders["ordered"].dt.day_of_week


def minutes(orders: pd.DataFrame) -> pd.Series:
    return orders["took"].dt.total_seconds() / 60


def size_code(orders: pd.DataFrame) -> pd.Series:
    return orders["size"].cat.codes


def member_number(orders: pd.DataFrame) -> pd.Series:
    return orders["member"].astype("float64")


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """800 made-up orders with a column of every type that requests have trouble with."""
    rng = np.random.default_rng(5)
    rows = 800
    days = rng.integers(0, 30, rows).astype(float)
    frame = pd.DataFrame(
        {
            "order": [f"o{number}" for number in range(rows)],
            "price": rng.gamma(2.0, 30.0, rows).round(2),
            "items": rng.integers(1, 9, rows),
            "days": np.where(rng.random(rows) < 0.1, np.nan, days),
            "country": pd.Series(rng.choice(["DE", "FR", "PL"], rows), dtype="str"),
            "shop": pd.Series(np.where(rng.random(rows) < 0.1, None, rng.choice(["a", "b"], rows)), dtype="str"),
            "size": pd.Categorical(rng.choice(["S", "M", "L"], rows), ["S", "M", "L"], ordered=True),
            "member": rng.random(rows) < 0.5,
            "ordered": START + pd.to_timedelta(rng.integers(0, 8000, rows), "h"),
            "shipped": pd.Timestamp("2024-01-01", tz="Europe/Berlin")
            + pd.to_timedelta(rng.integers(0, 8000, rows), "h"),
            "took": pd.to_timedelta(rng.integers(0, 900, rows), "min"),
        }
    )
    score = 0.02 * frame["price"] + 0.3 * frame["items"] + frame["member"] * MEMBER_LATE - 4
    return frame.assign(late=rng.random(rows) < 1 / (1 + np.exp(-score)))


@pytest.fixture(scope="module")
def run(orders: pd.DataFrame) -> Run:
    made = {
        "zip": zip_code,
        "hour": hour,
        "weekday": weekday,
        "minutes": minutes,
        "code": size_code,
        "yes": member_number,
    }
    steps = [Derive(made), RandomSplit(), Impute(), TargetEncode(["zip"]), OneHot(["country", "shop", "size"])]
    model = Train(HistGradientBoostingClassifier(max_iter=30))
    exclude = ["ordered", "shipped", "took", "member"]
    return Pipeline([*steps, model], target="late", id="order", exclude=exclude).run(orders, track=False)


@pytest.fixture(scope="module")
def model(run: Run, tmp_path_factory: pytest.TempPathFactory) -> ServedModel:
    """The model as another process finds it: written, and read again."""
    return load(run.save(tmp_path_factory.mktemp("served") / "model"))


def test_a_saved_model_answers_as_the_run_to_the_last_bit(run: Run, model: ServedModel, orders: pd.DataFrame) -> None:
    assert sorted(model.inputs) == sorted(INPUTS)
    pd.testing.assert_frame_equal(model.predict(orders), run.predict(orders), check_exact=True)


SAME: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "other order": lambda f: f[f.columns[::-1]],
    "more columns": lambda f: f.assign(weather="fine", late=None),
    "whole floats for whole numbers": lambda f: f.astype({"items": "float64"}),
    "nullable numbers": lambda f: f.astype({"items": "Int64", "price": "Float64", "days": "Float64"}),
    "small numbers": lambda f: f.astype({"items": "int8"}),
    "numbers as objects": lambda f: f.astype({"items": object, "price": object, "days": object}),
    "truth values as 0 and 1": lambda f: f.astype({"member": "int64"}),
    "truth values as 0.0 and 1.0": lambda f: f.astype({"member": "float64"}),
    "truth values as objects": lambda f: f.astype({"member": object}),
    "nullable truth values": lambda f: f.astype({"member": "boolean"}),
    "texts as objects": lambda f: f.astype({"country": object, "shop": object}),
    "texts as nullable texts": lambda f: f.astype({"country": "string", "shop": "string"}),
    "texts as categories": lambda f: f.astype({"country": "category", "shop": "category"}),
    "categories as texts": lambda f: f.astype({"size": "str"}),
    "categories in another order": lambda f: f.assign(
        size=f["size"].cat.set_categories(["L", "S", "M"], ordered=False)
    ),
    "times as texts": lambda f: f.assign(
        ordered=f["ordered"].dt.strftime("%Y-%m-%dT%H:%M:%S"), shipped=f["shipped"].map(lambda t: t.isoformat())
    ),
    "times as objects": lambda f: f.astype({"ordered": object, "shipped": object}),
    "times of another zone": lambda f: f.assign(shipped=f["shipped"].dt.tz_convert("UTC")),
    "times in other units": lambda f: f.assign(
        ordered=f["ordered"].dt.as_unit("ns"), shipped=f["shipped"].dt.as_unit("s")
    ),
    "durations as texts": lambda f: f.assign(took=f["took"].map(lambda t: t.isoformat())),
    "an index of texts": lambda f: f.set_axis([f"row {number}" for number in range(len(f))], axis=0),
    "an index in which labels stand twice": lambda f: f.set_axis([1] * len(f), axis=0),
    "an index of several levels": lambda f: f.set_index(["country", "shop"], drop=False),
}


@pytest.mark.parametrize("case", SAME)
@pytest.mark.parametrize("rows", [1, 40])
def test_what_says_the_same_gets_the_same_answer(
    run: Run, model: ServedModel, orders: pd.DataFrame, case: str, rows: int
) -> None:
    request = orders[["order", *INPUTS]].tail(rows)
    sent = SAME[case](request)
    answer, expected = model.predict(sent), run.predict(request)
    assert answer.index.equals(sent.index) and answer["id"].tolist() == request["order"].tolist()
    pd.testing.assert_frame_equal(answer.set_axis(expected.index, axis=0), expected, check_exact=True)


def test_a_row_alone_gets_what_it_gets_among_others(model: ServedModel, orders: pd.DataFrame) -> None:
    among = model.predict(orders.head(30))
    alone = pd.concat([model.predict(orders.iloc[[place]]) for place in range(30)])
    pd.testing.assert_frame_equal(alone, among, check_exact=True)


def test_columns_that_were_null_in_training_may_be_left_out(model: ServedModel, orders: pd.DataFrame) -> None:
    request = orders[INPUTS].head(20)
    without = model.predict(request.drop(columns=["days", "shop"]))
    nulls = model.predict(request.assign(days=np.nan, shop=None))
    pd.testing.assert_frame_equal(without, nulls, check_exact=True)


def test_levels_never_seen_and_nulls_are_answered(model: ServedModel, orders: pd.DataFrame) -> None:
    request = orders[INPUTS].head(6)
    strange = request.assign(country="AT", shop="z", size="XXL")
    assert model.predict(strange)["probability_True"].between(0, 1).all()
    nothing = request.assign(**dict.fromkeys(["price", "days", "country", "shop", "size"]))
    assert model.predict(nothing)["probability_True"].between(0, 1).all()


def test_nulls_in_one_row_leave_the_others_alone(model: ServedModel, orders: pd.DataFrame) -> None:
    request = orders[INPUTS].head(6)
    for name in ("price", "days", "country", "shop", "size", "ordered", "shipped", "took"):
        holed = request.astype({name: object})
        holed.iloc[0, holed.columns.get_loc(name)] = None
        answer = model.predict(holed)
        pd.testing.assert_frame_equal(answer.iloc[1:], model.predict(request).iloc[1:], check_exact=True)


@pytest.mark.parametrize("request_of", [lambda f: f.head(0), lambda f: f[["price"]].iloc[:0].drop(columns="price")])
def test_no_rows_get_no_answers(model: ServedModel, orders: pd.DataFrame, request_of: Any) -> None:
    answer = model.predict(request_of(orders[INPUTS]))
    assert answer.shape == (0, 4) and list(answer.columns) == [
        "id",
        "prediction",
        "probability_False",
        "probability_True",
    ]


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], Any], tuple[str, ...]]] = {
    "a column that must be there": (
        lambda f: f.drop(columns="price"),
        ("lacks the column 'price'", "days, shop may be left out"),
    ),
    "two columns that must be there": (lambda f: f[["days", "shop"]], ("lacks the columns 'price', 'items'",)),
    "a misspelt column that may be left out": (
        lambda f: f.rename(columns={"days": "dayss"}),
        ("'dayss'", "lacks 'days'"),
    ),
    "text for a number": (lambda f: f.assign(price="cheap"), ("'price' holds 'cheap' in row 0", "numbers")),
    "a number as text": (lambda f: f.assign(price=f["price"].astype("str")), ("'price' holds '", "not as text")),
    "text for a number in one row": (
        lambda f: f.assign(price=[*f["price"].tolist()[:-1], "cheap"]),
        ("'price' holds 'cheap' in row 3",),
    ),
    "a fraction for a whole number": (lambda f: f.assign(items=2.5), ("'items' holds 2.5", "whole numbers")),
    "an endless whole number": (lambda f: f.assign(items=np.inf), ("'items' holds inf",)),
    "a number that no float holds": (lambda f: f.assign(price=2**53 + 1), ("'price' holds 9007199254740993",)),
    "a time for a number": (lambda f: f.assign(price=pd.Timestamp("2024-01-01")), ("'price' holds Timestamp",)),
    "a number for a text": (lambda f: f.assign(country=49), ("'country' holds 49", "text", "CSV")),
    "a list for a text": (lambda f: f.assign(country=[["DE"]] * 4), ("'country' holds ['DE']",)),
    "2 for a truth value": (lambda f: f.assign(member=2), ("'member' holds 2", "truth values")),
    "yes for a truth value": (lambda f: f.assign(member="yes"), ("'member' holds 'yes'",)),
    "a number for a time": (lambda f: f.assign(ordered=1_700_000_000), ("'ordered' holds 1700000000", "ISO 8601")),
    "no time": (lambda f: f.assign(ordered="soon"), ("'ordered' holds 'soon' in row 0",)),
    "a time with a zone where there was none": (
        lambda f: f.assign(ordered="2024-01-01T00:00:00Z"),
        ("'ordered' holds '2024-01-01 00:00:00+00:00'", "without an offset"),
    ),
    "a time without a zone where there was one": (
        lambda f: f.assign(shipped="2024-01-01T00:00:00"),
        ("'shipped' holds '2024-01-01 00:00:00'", "with an offset"),
    ),
    "times of which one has no zone": (
        lambda f: f.assign(shipped=["2024-01-01T00:00:00Z", "2024-01-01T00:00:00+01:00", None, "2024-01-01T00:00:00"]),
        ("'shipped' holds '2024-01-01T00:00:00' in row 3",),
    ),
    "a number for a duration": (lambda f: f.assign(took=90), ("'took' holds 90", "PT1H30M")),
    "no rows at all": (lambda f: None, ("nothing (None)", "a list of records")),
    "a text": (lambda f: "price", ("a value of type str",)),
    "true for a number": (lambda f: f.assign(price=True), ("'price' holds True in row 0", "numbers")),
    "true for a whole number among others": (
        lambda f: f.assign(items=pd.Series([1, 2, True, 4], index=f.index, dtype=object)),
        ("'items' holds True in row 2", "whole numbers"),
    ),
    "a whole number beyond 64 bits": (
        lambda f: f.assign(items=pd.Series([1, 10**20, 3, 4], index=f.index, dtype=object)),
        ("'items' holds 100000000000000000000 in row 1",),
    ),
    "a whole number beyond 64 bits for a number": (
        lambda f: f.assign(price=pd.Series([-(10**30)] * 4, index=f.index, dtype=object)),
        ("'price' holds -1000000000000000000000000000000 in row 0",),
    ),
    "a whole number beyond 64 bits for a truth value": (
        lambda f: f.assign(member=pd.Series([10**20] * 4, index=f.index, dtype=object)),
        ("'member' holds 100000000000000000000",),
    ),
    "an empty text for a time": (lambda f: f.assign(ordered=""), ("'ordered' holds '' in row 0", "ISO 8601")),
    "an empty text for a time with a zone": (lambda f: f.assign(shipped=" "), ("'shipped' holds ' ' in row 0",)),
    "NaT as text for a time": (lambda f: f.assign(ordered="NaT"), ("'ordered' holds 'NaT' in row 0",)),
    "a text that means the present": (lambda f: f.assign(ordered="now"), ("'ordered' holds 'now' in row 0",)),
    "a time that no type holds": (lambda f: f.assign(ordered="99999-01-01"), ("'ordered' holds '99999-01-01'",)),
    "an empty text for a duration": (lambda f: f.assign(took=""), ("'took' holds '' in row 0", "PT1H30M")),
    "a duration without a unit": (lambda f: f.assign(took="90"), ("'took' holds '90' in row 0",)),
    "a duration that no type holds": (lambda f: f.assign(took="P99999999999D"), ("'took' holds 'P99999999999D'",)),
    "a list for a level": (lambda f: f.assign(size=[["S"]] * 4), ("'size' holds ['S'] in row 0",)),
    "a mapping for a number": (lambda f: f.assign(price=[{"is": 1}] * 4), ("'price' holds {'is': 1} in row 0",)),
    "half of a pair of signs": (
        lambda f: f.assign(country=pd.Series(["\ud800"] * 4, index=f.index, dtype=object)),
        ("'country'", "text"),
    ),
    "two columns of one name": (lambda f: pd.concat([f, f[["price"]]], axis=1), ("two columns named 'price'",)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_refused_by_name(model: ServedModel, orders: pd.DataFrame, case: str) -> None:
    change, words = REFUSED[case]
    with pytest.raises(DataError) as caught:
        model.predict(change(orders[INPUTS].head(4)))
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "Remedy: " in str(caught.value)


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Arrow reads times with a zone in a way that pandas will change
        return pa.Table.from_pandas(frame, preserve_index=False)


FORMS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "records": lambda f: f.to_dict("records"),
    "records of arrays without dimensions": lambda f: [
        {name: np.asarray(value) if isinstance(value, (str, float, int)) else value for name, value in record.items()}
        for record in f.to_dict("records")
    ],
    "columns": lambda f: f.to_dict("list"),
    "columns of arrays": lambda f: {name: f[name].to_numpy() for name in f},
    "columns of tensors": lambda f: {name: f[name].to_numpy(dtype=object)[:, np.newaxis] for name in f},
    "columns of Series with another index": lambda f: {name: f[name].set_axis(range(7, 7 + len(f))) for name in f},
    "rows in order": lambda f: f.to_numpy(dtype=object).tolist(),
    "an array of rows": lambda f: f.to_numpy(dtype=object),
    "a table of Arrow": as_arrow,
    "a batch of Arrow": lambda f: as_arrow(f).to_batches()[0],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", [1, 30])
def test_rows_in_every_form_get_the_answer_of_a_frame(
    model: ServedModel, orders: pd.DataFrame, form: str, rows: int
) -> None:
    request = orders[list(model.inputs)].head(rows).reset_index(drop=True)
    pd.testing.assert_frame_equal(model.predict(FORMS[form](request)), model.predict(request), check_exact=True)


def test_single_values_are_one_row(model: ServedModel, orders: pd.DataFrame) -> None:
    request = orders[INPUTS].head(1).reset_index(drop=True)
    single = {name: request[name].iloc[0] for name in request}
    pd.testing.assert_frame_equal(model.predict(single), model.predict(request), check_exact=True)


def test_what_records_leave_out_is_null(model: ServedModel, orders: pd.DataFrame) -> None:
    whole = orders[INPUTS].head(3).to_dict("records")
    holed = [{**whole[0], "days": None}, whole[1], whole[2]]
    left_out = [{name: value for name, value in whole[0].items() if name != "days"}, whole[1], whole[2]]
    pd.testing.assert_frame_equal(model.predict(left_out), model.predict(holed), check_exact=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"price": [1.0, 2.0], "items": [1]}, "different numbers of values: 'price' 2, 'items' 1"),
        ({"price": [1.0, 2.0], "items": 1}, "different numbers of values: 'price' 2, 'items' 1"),
        ({"price": np.ones((2, 3)), "items": [1, 2]}, "column 'price' is an array of shape (2, 3)"),
        ([[1.0, 2], [1.0]], "row 0 has 2 values; the model needs 10"),
        ([{"price": 1.0}, 5], "row 1 is of type int, unlike row 0"),
        ([1, 2, 3], "row 0 has 1 values; the model needs 10"),
        (np.ones((2, 3)), "an array of shape (2, 3), not of rows of 10 values"),
        (np.ones((2, 3, 4)), "an array of shape (2, 3, 4)"),
        (np.array(None, dtype=object), "nothing (None)"),
        (34, "a value of type int"),
        (pa.table({"prices": [1.0]}), "lacks the columns 'price'"),
        (pd.Series([1.0]), "a value of type Series"),
    ],
    ids=str,
)
def test_what_is_no_rows_is_refused_with_what_it_is(model: ServedModel, given: Any, said: str) -> None:
    with pytest.raises(DataError) as caught:
        model.predict(given)
    assert said in str(caught.value) and "Remedy: " in str(caught.value)


@pytest.mark.parametrize("given", [[], {}, pa.table({})], ids=str)
def test_no_rows_in_other_forms_get_no_answers(model: ServedModel, given: Any) -> None:
    assert len(model.predict(given)) == 0


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1), st.datetimes(), st.binary(max_size=2),
    st.decimals(allow_nan=True), st.timedeltas(), st.just(np.nan), st.just(pd.NA), st.just(pd.NaT),
)  # fmt: skip


@given(data=st.data())
@hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_value_in_any_column_is_answered_or_refused_with_the_column(
    model: ServedModel, orders: pd.DataFrame, data: st.DataObject
) -> None:
    record = orders[INPUTS].iloc[0].to_dict()
    name = data.draw(st.sampled_from(INPUTS))
    record[name] = data.draw(ODD)
    try:
        answer = model.predict([record])
    except DataError as error:
        assert repr(name) in error.problem, error.problem
    else:
        assert len(answer) == 1 and 0 <= answer["probability_True"].iloc[0] <= 1


def test_endless_numbers_are_answered_or_refused_by_name(orders: pd.DataFrame, model: ServedModel) -> None:
    assert model.predict(orders[INPUTS].head(3).assign(price=np.inf))["probability_True"].between(0, 1).all()
    linear = Pipeline([LogisticRegression(max_iter=300)], target="late", features=["price", "items"])
    served = linear.run(orders, track=False).model
    for value in (np.inf, np.nan):
        with pytest.raises(MlsysError, match="price"):
            served.predict(orders[INPUTS].head(3).assign(price=value))


def test_what_may_be_left_out_is_known_of_files_too(orders: pd.DataFrame, tmp_path: Path) -> None:
    orders[["price", "days", "late"]].to_parquet(tmp_path / "orders.parquet")
    steps = [ReadParquet(tmp_path / "orders.parquet"), Impute(), LogisticRegression(max_iter=300)]
    served = Pipeline(steps, target="late").run(track=False).model
    assert served.request["optional"] == ("days",)


@pytest.mark.parametrize("kind", ["by key", "as of"])
def test_a_joined_column_keeps_its_suffix_when_the_request_lacks_the_other_column(
    orders: pd.DataFrame, tmp_path: Path, kind: str
) -> None:
    zones = pd.DataFrame({"country": ["DE", "FR", "PL"], "price": [1.0, 2.0, 3.0], "since": START})
    join = Join(zones, on="country", columns=["price"], suffix="_zone")
    if kind == "as of":
        arguments = {"columns": ["price"], "known_after": "0s", "suffix": "_zone", "at": "ordered", "strict": False}
        join = AsOfJoin(zones, "country", "since", at_serving="stored", **arguments)
    model = LogisticRegression(max_iter=300)
    run = Pipeline([join, RandomSplit(), model], target="late", features=["items", "price_zone"]).run(
        orders, track=False
    )
    assert set(run.model.inputs) <= {"items", "country", "ordered"}
    answer = run.predict(orders.head(20))
    pd.testing.assert_frame_equal(load(run.save(tmp_path / "model")).predict(orders.head(20)), answer, check_exact=True)
    assert answer["probability_True"].nunique() > 5
