"""Digests follow content and type, nothing else."""

from __future__ import annotations

import dataclasses
import enum
import functools
import itertools
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from mlsys.errors import StateError
from mlsys.states import digest, digest_columns, digest_frame


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


@dataclass
class Point:
    x: int
    y: Any = 0


class Plain:
    def __init__(self, value: Any) -> None:
        self.value = value


DIFFERENT = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2**70,
    0.0,
    -0.0,
    1.0,
    1j,
    float("nan"),
    "",
    "1",
    "True",
    b"1",
    Path("1"),
    [],
    (),
    {},
    set(),
    frozenset(),
    [1],
    (1,),
    {1},
    {1: 1},
    {"1": 1},
    [[1], 2],
    [1, [2]],
    [1, 2],
    [2, 1],
    ["ab", "c"],
    ["a", "bc"],
    np.float64(1),
    np.float32(1),
    np.int64(1),
    np.bool_(True),
    np.array(1),
    np.array([1]),
    np.array([[1]]),
    np.array([1.0]),
    np.array(["1"]),
    np.array([1], dtype=object),
    np.array(["1"], dtype=object),
    np.dtype("f4"),
    np.dtype("f8"),
    np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    np.array(["2020"], dtype="M8[s]"),
    np.array(["2020"], dtype="M8[ns]"),
    pd.Series([1]),
    pd.Series([1], name="a"),
    pd.Series([1], index=[1]),
    pd.Series([1.0]),
    pd.Series(["1"]),
    pd.Series(["1"], dtype=object),
    pd.Series(["1"], dtype="category"),
    pd.Series([1], dtype="category"),
    pd.Series([1], dtype="Int64"),
    pd.Series([None], dtype="Int64"),
    pd.Series([0], dtype="Int64"),
    pd.Series([None], dtype=object),
    pd.Series([np.nan], dtype=object),
    pd.Series([np.nan]),
    pd.Series([""]),
    pd.Series([None], dtype="str"),
    pd.Index([1]),
    pd.Index([1], name="a"),
    pd.DataFrame({"a": [1]}),
    pd.DataFrame({"b": [1]}),
    pd.DataFrame({0: [1]}),
    pd.DataFrame({"a": [1], "b": [1]}),
    pd.DataFrame({"b": [1], "a": [1]}),
    pd.DataFrame(index=[1]),
    pd.DataFrame(),
    pd.Timestamp(1),
    pd.Timestamp(1, tz="UTC"),
    pd.Timestamp(1, tz="Europe/Berlin"),
    pd.Timedelta(1),
    pd.NaT,
    pd.NA,
    Colour.RED,
    Colour.BLUE,
    Point(1),
    Point(1, 1),
    Point(1, [1]),
    Plain(1),
    Plain(2),
    Plain,
    Point,
    len,
    sum,
    np.log,
    np.exp,
    pd,
    functools.partial(int, base=2),
    functools.partial(int, base=3),
    lambda: 1,
    lambda: 2,
    lambda x: x,
    lambda x=1: x,
    lambda x=2: x,
    LogisticRegression(),
    LogisticRegression(C=2),
    HistGradientBoostingClassifier(),
    sparse.csr_array([[1, 0]]),
    sparse.csr_array([[0, 1]]),
    np.random.RandomState(0),
    np.random.RandomState(1),
    np.random.default_rng(0),
    range(3),
    range(4),
    slice(1),
    slice(2),
    Ellipsis,
]


def test_different_values_have_different_digests() -> None:
    digests = {digest(value): value for value in DIFFERENT}
    assert len(digests) == len(DIFFERENT)
    for first, second in itertools.combinations(DIFFERENT[:30], 2):
        assert digest([first]) != digest([second])


def test_repeated_walks_agree() -> None:
    assert [digest(value) for value in DIFFERENT] == [digest(value) for value in DIFFERENT]
    assert len(digest(1)) == 32


def adder(amount: int):
    def add(x: int) -> int:
        return x + amount

    return add


EQUAL = [
    ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
    ({"x", "y", "z"}, {"z", "y", "x"}),
    (float("nan"), -float("nan")),
    (np.array([np.nan, 1.0]), np.array([-np.nan, 1.0])),
    (np.arange(6).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3))),
    (np.arange(10)[::2], np.array([0, 2, 4, 6, 8])),
    (np.array([1], ">i8"), np.array([1], "<i8")),
    (pd.Series(["a", "bb", "c"])[1:].reset_index(drop=True), pd.Series(["bb", "c"])),
    (pd.concat([pd.Series(["a"]), pd.Series(["b"])], ignore_index=True), pd.Series(["a", "b"])),
    (
        pd.Series(["a", "b"], dtype=pd.CategoricalDtype(["a", "b"])),
        pd.Series(["a", "b"], dtype=pd.CategoricalDtype(["z", "b", "a"])),
    ),
    (pd.Series([1, 2]), pd.Series([1, 2], index=pd.Index([0, 1]))),
    (pd.Series([1, None], dtype="Int64"), pd.Series(pd.arrays.IntegerArray(np.array([1, 9]), np.array([False, True])))),
    (adder(1), adder(1)),
    (LogisticRegression(verbose=1), LogisticRegression()),
    (HistGradientBoostingClassifier(verbose=1), HistGradientBoostingClassifier()),
    (sparse.csr_array([[1, 0]]), sparse.csr_array(np.array([[1, 0]]))),
]


@pytest.mark.parametrize(("first", "second"), EQUAL)
def test_equal_content_has_equal_digests(first: object, second: object) -> None:
    assert digest(first) == digest(second)


def test_captured_values_and_ordered_categories_count() -> None:
    assert digest(adder(1)) != digest(adder(2))
    ordered = [
        pd.Series(["a", "b"], dtype=pd.CategoricalDtype(names, ordered=True)) for names in (["a", "b"], ["b", "a"])
    ]
    assert digest(ordered[0]) != digest(ordered[1])


def test_methods_of_own_classes_count() -> None:
    def make(factor: int) -> type:
        source = f"class Step:\n    def apply(self, x):\n        return x * {factor}\n"
        scope: dict[str, Any] = {"__name__": "own"}
        exec(source, scope)
        return scope["Step"]

    assert digest(make(1)) == digest(make(1)) != digest(make(2))
    assert digest(make(1)()) != digest(make(2)())


@dataclass(frozen=True)
class Configured:
    column: str | None
    others: list[int] = dataclasses.field(default_factory=list)

    def apply(self, value: int) -> int:
        return value


def test_generated_methods_and_annotations_do_not_stand_in_the_way() -> None:
    assert digest(Configured) == digest(Configured)
    assert digest(Configured("a")) == digest(Configured("a")) != digest(Configured("b"))
    assert digest(Configured("a")) != digest(Configured("a", [1]))
    assert digest(int | None) != digest(list[int])


def test_line_and_file_do_not_count() -> None:
    def compiled(source: str, file: str) -> Any:
        scope: dict[str, Any] = {}
        exec(compile(source, file, "exec"), scope)
        return scope["f"]

    assert digest(compiled("f = lambda x: [y for y in x]", "a.py")) == digest(
        compiled("\n\nf = lambda x: [y for y in x]", "b.py")
    )


def test_cycles_and_shared_parts_end() -> None:
    def ring(value: int) -> list[Any]:
        items: list[Any] = [value]
        items.append({"self": items})
        return items

    assert digest(ring(1)) == digest(ring(1)) != digest(ring(2))
    shared: list[Any] = [1]
    for _ in range(60):
        shared = [shared, shared]
    assert digest(shared)
    own = Plain(None)
    own.value = own
    assert digest(own) == digest(own)


def test_what_has_no_content_is_refused() -> None:
    with pytest.raises(StateError, match="no content"):
        digest({"a": threading.Lock()})


@pytest.mark.parametrize(
    "estimator", [HistGradientBoostingClassifier(max_iter=3, random_state=0), RandomForestClassifier(3, random_state=0)]
)
def test_a_refit_with_the_same_seed_is_equal(estimator: Any) -> None:
    random = np.random.default_rng(0)
    values, target = random.normal(size=(200, 3)), random.integers(0, 2, 200)
    first = digest(estimator.fit(values, target))
    assert digest(estimator.fit(values, target)) == first
    assert digest(estimator.set_params(random_state=1).fit(values, target)) != first


def test_another_process_agrees() -> None:
    program = "from mlsys.states import digest; import numpy as np\n"
    program += "print(digest({'a': {'x', 'y', 'z'}, 'b': np.arange(3), 'c': len}))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert found == digest({"a": {"x", "y", "z"}, "b": np.arange(3), "c": len})


columns = st.one_of(
    st.lists(st.integers(-5, 5), min_size=4, max_size=4),
    st.lists(st.sampled_from(["a", "bb", None]), min_size=4, max_size=4),
    st.lists(st.floats(), min_size=4, max_size=4),
)


@given(columns, columns)
def test_columns_are_equal_as_values_are(first: list[Any], second: list[Any]) -> None:
    left, right = pd.Series(first), pd.Series(second)
    same = left.dtype == right.dtype and all(repr(a) == repr(b) for a, b in zip(left, right, strict=True))
    assert (digest(left) == digest(right)) == same
    parts = digest_columns(pd.DataFrame({"l": left, "r": right}))
    assert (parts["l"] == parts["r"]) == same


def test_frames_count_names_order_and_index() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    others = [
        frame[["b", "a"]],
        frame.rename(columns={"a": "c"}),
        frame.set_axis([1, 2]),
        frame[::-1],
        frame.rename_axis("id"),
    ]
    assert len({digest_frame(frame), *map(digest_frame, others)}) == 6
    assert (
        digest_frame(frame)
        == digest_frame(frame.copy())
        == digest_frame(pd.concat([frame[:1], frame[1:]]))
        == digest(frame)
    )
    assert digest_columns(frame[::-1][::-1]) == digest_columns(frame)
