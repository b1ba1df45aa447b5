"""Rows held to a schema: types, constraints, reasons."""

from __future__ import annotations

import datetime
import enum
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    conint,
    create_model,
    field_validator,
)

from mlsys import Column, Schema
from mlsys.errors import ConfigurationError, DataError


def reasons(frame: pd.DataFrame, parse: bool = False, **columns: object) -> list[str]:
    """Return why rows do not fit, by row; empty for rows that do."""
    found = Schema(columns).check(frame, parse=parse)
    told = found.unfit["reason"].to_dict()
    return [str(told.get(row, "")) for row in frame.index]


def test_each_constraint_names_what_it_refuses() -> None:
    numbers = pd.DataFrame({"x": [1.0, -1.0, 7.5, np.inf, None]})
    assert reasons(numbers, x=Column(float, least=0, greatest=7)) == [
        "", "x: below 0", "x: above 7", "x: infinite", "x: null",
    ]  # fmt: skip
    assert reasons(numbers, x=Column(float, null=True, infinite=True, above=-1, below=8)) == [
        "", "x: not above -1", "", "x: not below 8", "",
    ]  # fmt: skip
    texts = pd.DataFrame({"x": ["ab", "abcd", "Ab", None, "ab"]})
    assert reasons(texts, x=Column(str, pattern="[a-z]+", longest=3, null=True)) == [
        "", "x: longer than 3 characters", "x: not like '[a-z]+'", "", "",
    ]  # fmt: skip
    assert reasons(texts, x=["ab", "Ab"])[1:4] == ["x: not one of 'ab', 'Ab'", "", "x: null"]
    assert reasons(texts, x=Column(str, null=True, unique=True))[4] == "x: repeats the value of an earlier row"


def test_whole_numbers_are_whole_whatever_holds_them() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.5, None, 1e30]})
    assert reasons(frame, x=Column(int, null=True)) == ["", "x: not a whole number", "", "x: beyond 64 bits"]
    fit = Schema({"x": Column(int)}).check(frame).fit
    assert fit["x"].tolist() == [1] and fit["x"].dtype == np.int64
    assert Schema({"x": Column(int, null=True)}).check(frame).fit["x"].dtype == np.float64


def test_texts_are_read_as_what_is_declared() -> None:
    frame = pd.DataFrame({
        "n": ["1", " 2 ", "x", "9007199254740993", "12345678901234567890"],
        "f": ["1e3", ".5", "1,5", "inf", "-2."],
        "b": ["true", "NO", "1", "maybe", None],
        "t": ["2024-02-29", "2024-02-30", "2024-03-01T10:00", "now", "1500-01-01"],
    })  # fmt: skip
    schema = Schema({"n": int, "f": float, "b": Column(bool, null=True), "t": "datetime"})
    found = schema.check(frame, parse=True)
    assert found.unfit["reason"].tolist() == [
        "t: not a time as ISO 8601",
        "n: not a whole number; f: not a number",
        "f: infinite; b: not true or false; t: not a time as ISO 8601",
        "n: beyond 64 bits",
    ]
    assert found.fit.to_dict("list") == {"n": [1], "f": [1000.0], "b": [True], "t": [pd.Timestamp("2024-02-29")]}
    precise = Schema({"n": int}).check(frame[["n"]].iloc[[3]], parse=True).fit
    assert precise["n"].tolist() == [9007199254740993]


def test_times_that_a_zone_does_not_have_are_no_times() -> None:
    frame = pd.DataFrame({"t": ["2024-03-31T02:30", "2024-10-27T02:30", "2024-07-01T12:00"]})
    found = reasons(frame, parse=True, t=Column("datetime", zone="Europe/Berlin"))
    assert found == ["t: an hour that clocks in Europe/Berlin skip or show twice"] * 2 + [""]
    mixed = pd.DataFrame({"t": ["2024-07-01T12:00Z", "2024-07-01T12:00", "2024-07-01T14:00+02:00"]})
    assert reasons(mixed, parse=True, t="datetime") == ["", "t: has no offset, unlike other rows", ""]


def test_a_column_of_another_type_is_refused_as_a_whole() -> None:
    with pytest.raises(DataError, match="column 'x' holds text .*, and the schema says 'int'"):
        Schema({"x": int}).check(pd.DataFrame({"x": ["1"]}))
    assert reasons(pd.DataFrame({"x": pd.Series([1, "a", True, None], dtype=object)}), x=Column(int, null=True)) == [
        "", "x: not a whole number", "x: not a whole number", "",
    ]  # fmt: skip


def test_missing_columns_and_others_are_named() -> None:
    frame = pd.DataFrame({"age": [1], "plan": ["a"]})
    with pytest.raises(DataError, match="'agee', which the rows do not have.*\n.*did you mean 'age'"):
        Schema({"agee": int}).check(frame)
    with pytest.raises(DataError, match="'plan', which the closed schema does not have"):
        Schema({"age": int}, closed=True).check(frame)


def test_columns_together_are_a_key() -> None:
    frame = pd.DataFrame({"shop": [1, 1, 2], "item": ["a", "a", "a"]})
    found = Schema({}, key=["shop", "item"]).check(frame)
    assert found.unfit["reason"].to_dict() == {1: "shop and item together repeat those of an earlier row"}


def test_a_pydantic_model_is_a_schema() -> None:
    class Size(enum.Enum):
        SMALL = "s"
        LARGE = "l"

    class Order(BaseModel):
        model_config = ConfigDict(extra="forbid")
        price: Annotated[float, Field(gt=0, le=100)]
        code: str = Field(pattern="^[A-Z]", max_length=4)
        size: Size
        plan: Literal["free", "pro"] | None
        sold: datetime.date
        count: Annotated[int, Field(ge=1)] | None = None

    assert Schema(Order) == Schema(
        {
            "price": Column(float, above=0, greatest=100),
            "code": Column(str, pattern="(?s).*(?:^[A-Z]).*", longest=4),
            "size": Column(allowed=["s", "l"]),
            "plan": Column(allowed=["free", "pro"], null=True),
            "sold": Column("datetime"),
            "count": Column(int, least=1, null=True),
        },
        closed=True,
    )

    class Own(BaseModel):
        price: float

        @field_validator("price")
        @classmethod
        def even(cls, value: float) -> float:
            return value

    with pytest.raises(ConfigurationError, match="the model Own has the validator 'even'"):
        Schema(Own)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (Annotated[int, Field(multiple_of=2)], r"Order.x: the constraint MultipleOf\(multiple_of=...\)"),
        (Annotated[str, AfterValidator(str.strip)], r"Order.x: the constraint AfterValidator\(func=...\)"),
        (int | str, "Order.x is one of several types"),
        (list[int], "Order.x: .* is not a type of values"),
    ],
)
def test_what_columns_do_not_have_is_refused_in_a_model(field: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Schema(create_model("Order", x=(field, ...)))  # type: ignore[call-overload]


def test_constraints_that_pydantic_groups_are_taken_apart() -> None:
    model = create_model("Order", x=(Annotated[str, StringConstraints(max_length=3)], ...), y=(conint(ge=1, lt=9), ...))
    assert Schema(model) == Schema({"x": Column(str, longest=3), "y": Column(int, least=1, below=9)})


def test_a_schema_is_written_as_code_that_makes_it_again() -> None:
    schema = Schema(
        {"a": Column("int8", null=True), "t": Column("datetime", least="2024-01-01"), "p": ["x", "y"]},
        bad_rows="drop",
        most=0.2,
        key=["a"],
    )
    assert eval(repr(schema)) == schema
    assert schema.columns["a"].least == -128


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": "integer"}, "column 'x' of the schema: 'integer' is not a type of values"),
        ({"x": "timedelta64[ns]"}, "a type that a schema does not check"),
        (["x"], "a schema got list"),
        ({"x": None}, "None is not a type of values"),
    ],
)
def test_what_is_no_schema_is_refused(given: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("[", r"\[")):
        Schema(given)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"type": "str", "least": 1}, "least=1, which does not apply"),
        ({"type": "int", "pattern": "x"}, "pattern='x', which does not apply"),
        ({"type": "str", "pattern": "("}, "is not a regular expression"),
        ({"type": "datetime", "least": "soon"}, "least='soon', which is not a time"),
        ({"type": "int", "least": "a"}, "a column of numbers got least='a'"),
        ({"allowed": []}, "lists no value"),
    ],
)
def test_constraints_that_do_not_fit_the_type_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Column(**options)


TIMES = ["2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2024-04-31", "0000-01-01", "2024-13-01", "2024-00-10"]
HOURS = [" 00:00:00", " 23:59:59", "T10:30:00", " 24:00:00", " 10:60:00", " 10:00:60", "x10:00:00", " 1a:00:00", ""]


def test_times_among_others_are_those_of_a_reader_that_looks_at_each() -> None:
    texts = [day + hour for day in TIMES for hour in HOURS] + ["", "soon", "2024-05-01 10:00:00.5"]
    rows = pd.DataFrame({"at": [*["2024-05-01 12:00:00"] * 100, *texts, None]}, dtype="str")
    found = Schema({"at": Column("datetime", null=True)}).check(rows, parse=True)
    expected = pd.to_datetime(rows["at"], format="ISO8601", errors="coerce")
    assert found.bad.tolist() == (expected.isna() & rows["at"].notna()).tolist()
    assert found.fit["at"].tolist()[:-1] == expected[~found.bad].tolist()[:-1]


@pytest.mark.parametrize("odd", [["n/k"], ["n/k", "1-2", ""], ["+1.5", "-inf", "n/k", "1e+3"], []], ids=str)
def test_numbers_among_texts_are_those_that_python_reads(odd: list[str]) -> None:
    texts = ["1", "-2.5", ".5", "3.", "1e5", "-1.5E-3", "007", None, *odd]
    rows = pd.DataFrame({"x": texts}, dtype="str")
    found = Schema({"x": Column(float, null=True)}).check(rows, parse=True)
    read = [float("nan") if each is None else number_of(each) for each in texts]
    assert found.bad.tolist() == [each is None for each in read]
    np.testing.assert_array_equal(found.fit["x"].to_numpy(), [each for each in read if each is not None])


def number_of(text: str) -> float | None:
    """Return a finite number; ``None`` for other texts."""
    try:
        made = float(text)
    except ValueError:
        return None
    return made if np.isfinite(made) else None
