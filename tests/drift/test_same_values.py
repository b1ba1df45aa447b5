"""The same values in another type did not move, in either direction; values that are no such thing are refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from itertools import permutations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mlsys import DetectDrift, Monitor
from mlsys.errors import DataError

ROWS = 600
CHANCE = np.random.default_rng(3)
TRUTH = CHANCE.random(ROWS) < 0.4
DIGITS = CHANCE.integers(1, 4, ROWS)
BROKEN = np.array([0.1, 0.7, 2.5])[CHANCE.integers(0, 3, ROWS)]
AMOUNTS = np.round(CHANCE.lognormal(3, 1, ROWS), 2)
DAYS = pd.Timestamp("2024-01-01") + pd.to_timedelta(CHANCE.integers(0, 40, ROWS), "D")
NULL = np.arange(ROWS) % 7 == 0


def arrow(kind: pa.DataType) -> pd.ArrowDtype:
    return pd.ArrowDtype(kind)


def objects(values: object) -> pd.Series:
    return pd.Series(list(values), dtype=object)  # type: ignore[call-overload]


SAME: dict[str, list[pd.Series]] = {
    "truth": [
        pd.Series(TRUTH),
        pd.Series(TRUTH, dtype="boolean"),
        pd.Series(TRUTH.astype(int)),
        pd.Series(TRUTH.astype(float)),
        pd.Series(TRUTH.astype("int8")),
        pd.Series(TRUTH.astype(int), dtype="Int64"),
        pd.Series(TRUTH, dtype=arrow(pa.bool_())),
        pd.Series(TRUTH.astype(int), dtype=arrow(pa.int16())),
        objects(TRUTH.tolist()),
        pd.Series(TRUTH, dtype="category"),
        pd.Series(TRUTH.astype(int), dtype="category"),
        pd.Series(TRUTH.astype(float), dtype="category"),
        objects(Decimal(int(value)) for value in TRUTH),
        pd.Series(TRUTH.astype(int)).astype(str),
        pd.Series(TRUTH).astype(str),
    ],
    "whole numbers": [
        pd.Series(DIGITS),
        pd.Series(DIGITS.astype(float)),
        pd.Series(DIGITS.astype("float32")),
        pd.Series(DIGITS.astype("uint8")),
        pd.Series(DIGITS, dtype="Int64"),
        pd.Series(DIGITS, dtype="Float64"),
        pd.Series(DIGITS, dtype=arrow(pa.int64())),
        pd.Series(DIGITS, dtype=arrow(pa.float64())),
        pd.Series([Decimal(int(value)) for value in DIGITS], dtype=arrow(pa.decimal128(10, 2))),
        objects(DIGITS.tolist()),
        objects(Decimal(int(value)) for value in DIGITS),
        pd.Series(DIGITS, dtype="category"),
        pd.Series(DIGITS.astype(float), dtype="category"),
        pd.Series(DIGITS).astype(str),
        pd.Series(DIGITS.astype(float)).astype(str),
        pd.Series(DIGITS).astype(str).astype("category"),
        pd.Series(DIGITS).astype(str).astype(object),
        pd.Series(DIGITS).astype(str).astype(arrow(pa.string())),
    ],
    "broken numbers": [
        pd.Series(BROKEN),
        pd.Series(BROKEN.astype("float32")),
        pd.Series(BROKEN, dtype="Float64"),
        pd.Series(BROKEN, dtype=arrow(pa.float32())),
        objects(BROKEN.tolist()),
        objects(Decimal(str(value)) for value in BROKEN),
        pd.Series(BROKEN, dtype="category"),
        pd.Series(BROKEN).astype(str),
    ],
    "amounts": [
        pd.Series(AMOUNTS),
        pd.Series(AMOUNTS.astype("float32")),
        pd.Series([Decimal(str(value)) for value in AMOUNTS], dtype=arrow(pa.decimal128(12, 2))),
        objects(Decimal(str(value)) for value in AMOUNTS),
        objects(AMOUNTS.tolist()),
    ],
    "moments": [
        pd.Series(DAYS),
        pd.Series(DAYS).astype("datetime64[s]"),
        pd.Series(DAYS).astype("datetime64[ns]"),
        pd.Series(DAYS, dtype=arrow(pa.timestamp("us"))),
        pd.Series(DAYS.date, dtype=arrow(pa.date32())),
        objects(DAYS.date),
        objects(DAYS.to_pydatetime()),
        pd.Series(DAYS, dtype="category"),
        pd.Series(DAYS.strftime("%Y-%m-%d")),
        pd.Series(DAYS.strftime("%Y-%m-%dT%H:%M:%S")).astype(object),
    ],
    "instants": [
        pd.Series(DAYS.tz_localize("UTC")),
        pd.Series(DAYS.tz_localize("UTC").tz_convert("Asia/Tokyo")),
        pd.Series(DAYS.tz_localize("UTC").tz_convert("America/New_York")).astype("datetime64[ns, America/New_York]"),
        pd.Series(DAYS.tz_localize("UTC"), dtype=arrow(pa.timestamp("ms", "Europe/Berlin"))),
        objects(DAYS.tz_localize("UTC").to_pydatetime()),
        objects(
            moment.tz_convert(["UTC", "Asia/Tokyo"][place % 2])
            for place, moment in enumerate(DAYS.tz_localize("UTC"))
        ),
        pd.Series([moment.isoformat() for moment in DAYS.tz_localize("UTC").tz_convert("Asia/Tokyo")]),
    ],
    "durations": [
        pd.Series(pd.to_timedelta(DIGITS, "h")),
        pd.Series(pd.to_timedelta(DIGITS, "h")).astype("timedelta64[s]"),
        pd.Series(pd.to_timedelta(DIGITS, "h"), dtype=arrow(pa.duration("ms"))),
        objects(pd.to_timedelta(DIGITS, "h").to_pytimedelta()),
    ],
    "texts": [
        pd.Series(np.where(TRUTH, "a", "b")).astype("str"),
        pd.Series(np.where(TRUTH, "a", "b")).astype(object),
        pd.Series(np.where(TRUTH, "a", "b")).astype("string"),
        pd.Series(np.where(TRUTH, "a", "b")).astype("category"),
        pd.Series(np.where(TRUTH, "a", "b")).astype(pd.CategoricalDtype(["c", "b", "a"], ordered=True)),
        pd.Series(np.where(TRUTH, "a", "b")).astype(arrow(pa.string())),
        pd.Series(np.where(TRUTH, "a", "b")).astype(arrow(pa.large_string())),
        pd.Series(np.where(TRUTH, "a", "b")).astype(arrow(pa.dictionary(pa.int32(), pa.string()))),
    ],
    "intervals": [
        pd.Series(pd.cut(DIGITS, [0, 1, 2, 3])),
        pd.Series(pd.cut(DIGITS, [0.0, 1.0, 2.0, 3.0])),
        pd.Series(pd.cut(DIGITS, [0, 1, 2, 3])).astype(str),
        pd.Series(pd.cut(DIGITS, [0.0, 1.0, 2.0, 3.0])).astype(str),
        objects(pd.cut(DIGITS, [0, 1, 2, 3])),
    ],
    "periods": [
        pd.Series(DAYS.to_period("M")),
        objects(DAYS.to_period("M")),
        pd.Series(DAYS.to_period("M")).astype("category"),
        pd.Series(DAYS.to_period("M")).astype(str),
    ],
    "bytes": [
        objects(bytes([value]) for value in DIGITS),
        pd.Series([bytes([value]) for value in DIGITS], dtype=arrow(pa.binary())),
    ],
    "lists": [
        pd.Series([[int(value)] for value in DIGITS], dtype=arrow(pa.list_(pa.int64()))),
        objects(np.array([value]) for value in DIGITS),
        objects([int(value)] for value in DIGITS), pd.Series([[int(value)] for value in DIGITS]).astype(str)],
}  # fmt: skip


def with_nulls(column: pd.Series) -> pd.Series:
    if column.dtype.kind in "iub" and isinstance(column.dtype, np.dtype):
        return column.astype(object).where(~NULL, None)
    return column.mask(NULL)


def verdict(reference: pd.Series, now: pd.Series) -> str:
    return Monitor.fit(pd.DataFrame({"x": reference})).check(pd.DataFrame({"x": now})).verdict


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("nulls", [False, True], ids=["without nulls", "with nulls"])
@pytest.mark.parametrize("kind", SAME)
def test_the_same_values_in_another_type_did_not_move(kind: str, nulls: bool) -> None:
    made: Callable[[pd.Series], pd.Series] = with_nulls if nulls else lambda column: column
    frames = [pd.DataFrame({"x": made(column)}) for column in SAME[kind]]
    monitors = [Monitor.fit(frame) for frame in frames]
    for (monitor, reference), (_, now) in permutations(zip(monitors, frames, strict=True), 2):
        check = monitor.check(now)
        assert check.verdict == "no alarm" and check.table["effect"].item() == 0.0, (
            f"{reference['x'].dtype} -> {now['x'].dtype}\n{check.table.to_string()}"
        )


@pytest.mark.parametrize("kind", sorted(set(SAME) - {"lists", "amounts", "moments", "instants"}))
def test_values_that_moved_are_seen_in_every_type(kind: str) -> None:
    for column in SAME[kind]:
        plain = column.astype(object)
        moved = plain.where(plain != plain.mode().iloc[0], sorted(plain.unique(), key=str)[0])
        if (moved == plain).all():  # the most frequent value is the first
            moved = plain.where(plain != plain.mode().iloc[0], sorted(plain.unique(), key=str)[-1])
        moved = pd.Series(moved.tolist(), dtype=column.dtype)
        assert verdict(column, moved) == verdict(moved, column) == "alarm: x", column.dtype


@pytest.mark.parametrize(("text", "number"), [("01", "1"), ("1.10", "1.1"), ("v1.0", "v1"), ("1,0", "1")])
def test_texts_that_no_number_is_written_as_are_other_values(text: str, number: str) -> None:
    assert verdict(pd.Series(np.where(TRUTH, text, "b")), pd.Series(np.where(TRUTH, number, "b"))) == "alarm: x"


REFUSED = {
    "numbers now text": (pd.Series(AMOUNTS), objects([*AMOUNTS[:-1].astype(str), "dear"]), "'dear' in row 599"),
    "numbers now mixed": (pd.Series(AMOUNTS), objects([*AMOUNTS[:-1], "dear"]), "'dear' in row 599"),
    "numbers now times": (pd.Series(AMOUNTS), pd.Series(DAYS), "'x' held numbers in the reference and holds times"),
    "numbers now lists": (pd.Series(AMOUNTS), objects([value] for value in AMOUNTS), "held numbers"),
    "times now numbers": (pd.Series(DAYS), pd.Series(DIGITS), "'x' held times in the reference and holds whole"),
    "times now words": (pd.Series(DAYS), pd.Series(["soon"] * ROWS), "'soon' in row 0"),
    "times now without a zone": (
        pd.Series(DAYS.tz_localize("UTC")), pd.Series(DAYS), "with a zone in the reference and without one in these",
    ),
    "times now with a zone": (
        pd.Series(DAYS), pd.Series(DAYS.tz_localize("UTC")), "with a zone in these rows and without one in the refer",
    ),
    "durations now numbers": (pd.Series(pd.to_timedelta(DIGITS, "h")), pd.Series(DIGITS), "held durations"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_values_of_another_kind_are_a_broken_feed(case: str) -> None:
    reference, now, said = REFUSED[case]
    with pytest.raises(DataError, match=said):
        verdict(reference, now)


@pytest.mark.parametrize("column", [pd.Series(AMOUNTS), pd.Series(TRUTH), pd.Series(DAYS), pd.Series(["a"] * ROWS)])
@pytest.mark.parametrize("null", [None, np.nan, pd.NaT, pd.NA])
def test_a_column_that_became_null_or_is_no_longer_moved(column: pd.Series, null: object) -> None:
    nothing = objects([null] * ROWS)
    assert verdict(column, nothing) == verdict(nothing, column) == "alarm: x"
    assert verdict(nothing, nothing) == "no alarm"


def test_of_columns_with_several_kinds_of_values_the_texts_are_compared() -> None:
    mixed = objects(["1", 1, "b", datetime.date(2024, 1, 1)] * 150)
    assert verdict(mixed, mixed.sample(frac=1, random_state=0, ignore_index=True)) == "no alarm"
    assert verdict(mixed, objects(["1", 1, "b", "c"] * 150)) == "alarm: x"


def test_detect_drift_reads_parts_of_other_types_alike() -> None:
    train = pd.DataFrame({"flag": TRUTH, "digit": DIGITS, "day": DAYS, "text": np.where(TRUTH, "1", "2")})
    later = pd.DataFrame(
        {
            "flag": TRUTH.astype(float),
            "digit": pd.Series(DIGITS).astype(str),
            "day": objects(DAYS.date),
            "text": np.where(TRUTH, 1, 2),
        }
    )
    assert DetectDrift().of(train=train, validation=later).verdict == "no alarm"
