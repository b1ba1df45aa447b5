"""Rows are told apart by what they hold, not by how memory holds them; through digests and through the cache."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mlsys import Derive, Pipeline, Select
from mlsys.settings import override
from mlsys.states import digest_columns, digest_frame


def one(values: Any, dtype: Any = None, **options: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.Series(values, dtype=dtype, **options)})


def category(values: list[str], levels: list[str], ordered: bool = False) -> pd.DataFrame:
    return one(values, pd.CategoricalDtype(levels, ordered=ordered))


def floats(values: list[float], missing: list[bool]) -> pd.DataFrame:
    return pd.DataFrame({"x": pd.arrays.FloatingArray(np.array(values), np.array(missing))})


@dataclass
class Left:
    value: int = 1


@dataclass
class Right:
    value: int = 1


words = one(["a", "bb", None, "cc"])
numbers = np.arange(12.0).reshape(4, 3)

SAME: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {
    "a slice of Arrow strings": (words.iloc[1:].reset_index(drop=True), one(["bb", None, "cc"])),
    "Arrow strings in two chunks": (pd.concat([words[:2], words[2:]]), words.copy()),
    "Arrow strings from a wider buffer": (one(["zzz", "a"]).iloc[1:].reset_index(drop=True), one(["a"])),
    "blocks of one and of many columns": (
        pd.DataFrame(numbers, columns=list("xyz")),
        pd.DataFrame({name: numbers[:, place].copy() for place, name in enumerate("xyz")}),
    ),
    "columns put in one by one": (
        pd.DataFrame({"x": [1.0, 2.0]}).assign(y=[1, 2]).assign(w=[3.0, 4.0]),
        pd.DataFrame({"x": [1.0, 2.0], "y": [1, 2], "w": [3.0, 4.0]}),
    ),
    "memory in Fortran's order": (
        pd.DataFrame(np.asfortranarray(numbers), columns=list("xyz")),
        pd.DataFrame(numbers, columns=list("xyz")),
    ),
    "every second row": (
        pd.DataFrame({"x": np.arange(10.0)})[::2].reset_index(drop=True),
        one([0.0, 2.0, 4.0, 6.0, 8.0]),
    ),
    "other bits of NaN": (one(np.array([1.0, -np.nan])), one(np.array([1.0, np.nan]))),
    "what lies under a null": (floats([1.0, 7.0], [False, True]), floats([1.0, 9.0], [False, True])),
    "NaN given to Float64": (one(pd.array([1.0, np.nan], "Float64")), one(pd.array([1.0, pd.NA], "Float64"))),
    "a range as index": (one([1, 2]), one([1, 2], index=pd.Index([0, 1]))),
}
DIFFERENT: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {
    "order of columns": (pd.DataFrame({"x": [1], "y": [1]}), pd.DataFrame({"y": [1], "x": [1]})),
    "names of columns": (pd.DataFrame({"x": [1], "y": [2]}), pd.DataFrame({"x": [1], "w": [2]})),
    "names changed over": (pd.DataFrame({"x": [1], "y": [2]}), pd.DataFrame({"y": [1], "x": [2]})),
    "number and text": (one([1]), one(["1"])),
    "number and text in objects": (one([1], object), one(["1"], object)),
    "whole number and float": (one([1]), one([1.0])),
    "whole number and truth": (one([1], object), one([True], object)),
    "sizes of numbers": (one([1], "int32"), one([1], "int64")),
    "zero below": (one([0.0]), one([-0.0])),
    "NaN that is no null": (floats([1.0, np.nan], [False, False]), floats([1.0, np.nan], [False, True])),
    "null and empty text": (one(["a", None]), one(["a", ""])),
    "null and the text nan": (one(["a", None]), one(["a", "nan"])),
    "None and NaN in objects": (one([None], object), one([np.nan], object)),
    "nulls in another place": (one(["a", None, "a"]), one(["a", "a", None])),
    "texts cut elsewhere": (one(["ab", "c"]), one(["a", "bc"])),
    "texts and objects": (one(["a"]), one(["a"], object)),
    "texts and categories": (one(["a"]), category(["a"], ["a"])),
    "order of ordered categories": (category(["a", "b"], ["a", "b"], True), category(["a", "b"], ["b", "a"], True)),
    "ordered or not": (category(["a", "b"], ["a", "b"], True), category(["a", "b"], ["a", "b"])),
    "units of time": (one(np.array([1], "M8[ms]")), one(np.array([1], "M8[us]"))),
    "time zones": (
        one(pd.to_datetime([0], utc=True)),
        one(pd.to_datetime([0], utc=True).tz_convert("Europe/Berlin")),
    ),
    "order of rows": (one([1, 2]), one([2, 1])),
    "index": (one([1, 2]), one([1, 2], index=[1, 2])),
    "lists in objects": (one([[1, 2]], object), one([[1, 3]], object)),
    "classes with equal attributes": (one([Left()], object), one([Right()], object)),
    "rows doubled": (one([1]), one([1, 1])),
    "Arrow's own type": (one([1]), one([1], pd.ArrowDtype(pa.int64()))),
}
LEVELS: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {
    "order of categories": (category(["a", "b"], ["a", "b"]), category(["a", "b"], ["b", "a"])),
    "a level that no row has": (category(["a", "b"], ["a", "b"]), category(["a", "b"], ["a", "b", "z"])),
}


@pytest.mark.parametrize("case", SAME)
def test_how_values_are_held_does_not_count(case: str) -> None:
    first, second = SAME[case]
    assert digest_frame(first) == digest_frame(second) and digest_columns(first) == digest_columns(second)


@pytest.mark.parametrize("case", DIFFERENT)
def test_what_differs_has_another_digest(case: str) -> None:
    first, second = DIFFERENT[case]
    assert digest_frame(first) != digest_frame(second)


def told(frame: pd.DataFrame) -> pd.Series:
    """Say all a function could see in a row: names, types, levels, values."""
    head = [(name, str(kind), _levels(frame[name])) for name, kind in frame.dtypes.items()]
    ids = frame.index.tolist()
    rows = [
        repr((head, i, [type(v).__name__ + repr(v) for v in row])) for i, row in zip(ids, _values(frame), strict=True)
    ]
    return pd.Series(rows, index=frame.index, dtype="str")


def _values(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(zip(*(list(frame[name]) for name in frame.columns), strict=True))


def _levels(column: pd.Series) -> list[Any]:
    known = isinstance(column.dtype, pd.CategoricalDtype)
    return [column.cat.ordered, *column.cat.categories] if known else []


@pytest.fixture
def ran_after(tmp_path: Path) -> Callable[[pd.DataFrame, pd.DataFrame], str]:
    """Run a pipeline on one frame, then on another with the same empty cache; the outcome of the second."""
    pipeline, number = Pipeline([Derive({"told": told}, name="Told")]), itertools.count()

    def after(first: pd.DataFrame, second: pd.DataFrame) -> str:
        with override(folder=str(tmp_path / f"folder{next(number)}")):
            pipeline.run(first, track=False)
            run = pipeline.run(second, track=False)
            plain = pipeline.run(second, track=False, cache=False)
            pd.testing.assert_frame_equal(run.frame("all"), plain.frame("all"))
            return str(run.cache_report().set_index("step").loc["Told", "outcome"])

    return after


@pytest.mark.parametrize("case", SAME)
def test_the_same_rows_are_a_hit(case: str, ran_after: Callable[..., str]) -> None:
    assert ran_after(*SAME[case]) == "hit" and ran_after(*reversed(SAME[case])) == "hit"


@pytest.mark.parametrize("case", DIFFERENT)
def test_other_rows_are_never_a_hit(case: str, ran_after: Callable[..., str]) -> None:
    assert ran_after(*DIFFERENT[case]) == "ran" == ran_after(*reversed(DIFFERENT[case]))


@pytest.mark.parametrize("case", LEVELS)
def test_levels_of_categories_count_though_values_are_equal(case: str, ran_after: Callable[..., str]) -> None:
    first, second = LEVELS[case]
    assert digest_frame(first) == digest_frame(second)  # a digest of what the rows say
    assert ran_after(first, second) == "ran"  # a function may read the levels


cells = st.one_of(
    st.integers(-1, 1), st.sampled_from([0.0, -0.0, 1.0, float("nan"), None, "", "1", "a", "nan", True, False])
)
columns = st.one_of(
    st.lists(st.sampled_from(["a", "", None, "nan", "1"]), min_size=2, max_size=2),
    st.lists(st.sampled_from([0.0, -0.0, 1.0, float("nan")]), min_size=2, max_size=2),
    st.lists(st.integers(0, 1), min_size=2, max_size=2),
    st.lists(cells, min_size=2, max_size=2).map(lambda values: pd.Series(values, dtype=object)),
    st.lists(st.sampled_from([0, 1, None]), min_size=2, max_size=2).map(lambda values: pd.array(values, "Int64")),
    st.lists(st.sampled_from("ab"), min_size=2, max_size=2).map(pd.Categorical),
)
frames = st.dictionaries(st.sampled_from("xyz"), columns, min_size=1, max_size=2).map(pd.DataFrame)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=frames, second=frames)
def test_a_hit_means_that_a_function_would_see_the_same(
    first: pd.DataFrame, second: pd.DataFrame, ran_after: Callable[..., str]
) -> None:
    same = list(first.columns) == list(second.columns) and told(first).tolist() == told(second).tolist()
    assert ran_after(first, second) == ("hit" if same else "ran")


@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frame=frames)
def test_a_copy_is_a_hit(frame: pd.DataFrame, ran_after: Callable[..., str]) -> None:
    copy = pd.concat([frame.iloc[:1], frame.iloc[1:]])[list(frame.columns)]
    if told(copy).tolist() == told(frame).tolist():
        assert ran_after(frame, copy) == "hit"


class Twice:
    factor = 2.0

    def __call__(self, frame: pd.DataFrame) -> pd.Series:
        return frame["x"] * self.factor


class Thrice:
    factor = 2.0

    def __call__(self, frame: pd.DataFrame) -> pd.Series:
        return frame["x"] * (self.factor + 1)


def outcome(pipeline: Pipeline, frame: pd.DataFrame, step: str = "Made") -> str:
    return str(pipeline.run(frame, track=False).cache_report().set_index("step").loc[step, "outcome"])


def test_two_classes_with_equal_attributes_are_two_configurations() -> None:
    frame = one([1.0, 2.0])
    twice, thrice = (Pipeline([Derive({"z": each()}, name="Made")]) for each in (Twice, Thrice))
    assert [outcome(twice, frame), outcome(thrice, frame), outcome(twice, frame)] == ["ran", "ran", "hit"]
    assert thrice.run(frame, track=False).frame("all")["z"].tolist() == [3.0, 6.0]


def test_a_value_changed_in_place_is_another_value() -> None:
    frame = one([1.0, 2.0])
    pipeline = Pipeline([Derive({"z": Twice()}, name="Made")])
    assert outcome(pipeline, frame) == "ran"
    frame.loc[0, "x"] = 5.0
    assert outcome(pipeline, frame) == "ran"
    assert pipeline.run(frame, track=False).frame("all")["z"].tolist() == [10.0, 4.0]


def test_an_array_under_a_frame_changed_in_place_is_another_value() -> None:
    values = np.array([1.0, 2.0])
    frame = pd.DataFrame({"x": values}, copy=False)
    pipeline = Pipeline([Derive({"z": Twice()}, name="Made")])
    assert outcome(pipeline, frame) == "ran"
    values[0] = 5.0  # no copy-on-write guards what was not taken over by pandas
    assert outcome(pipeline, frame) == "ran"
    assert pipeline.run(frame, track=False).frame("all")["z"].iloc[0] == 2 * frame["x"].iloc[0]


class Drawn(Select):
    """Keep about half of the rows."""

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
        return rng.random(len(frame)) < 0.5


def test_seeds_count_where_chance_is_used() -> None:
    frame = pd.DataFrame({"x": np.arange(200.0)})
    steps = [Drawn(), Derive({"z": Twice()}, name="Made")]
    assert outcome(Pipeline(steps, seed=0), frame, "Drawn") == "ran"
    assert outcome(Pipeline(steps, seed=0), frame, "Drawn") == "hit"
    report = Pipeline(steps, seed=1).run(frame, track=False).cache_report().set_index("step")
    assert report.loc["Drawn", "outcome"] == "ran" and "seed" in report.loc["Drawn", "why"]


def test_a_seed_that_nothing_uses_redoes_nothing() -> None:
    frame, made = one([1.0, 2.0]), Derive({"z": Twice()}, name="Made")
    assert outcome(Pipeline([made], seed=0), frame) == "ran"
    assert outcome(Pipeline([made], seed=1), frame) == "hit"
