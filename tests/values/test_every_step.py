"""Every public step on every type of column: the values of the plain type, or an error that names the column."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler

from mlsys import (
    Apply,
    AsOfJoin,
    Categories,
    CountEncode,
    Cross,
    CyclicEncode,
    DateParts,
    DetectDrift,
    Evaluate,
    GroupFolds,
    GroupSplit,
    HashSample,
    Impute,
    Join,
    KFolds,
    Monitor,
    NaturalLabel,
    OneHot,
    OrdinalEncode,
    Pipeline,
    PositionalEncode,
    PredefinedSplit,
    RandomSplit,
    Standardize,
    StratifiedSample,
    StratifiedSplit,
    TargetEncode,
    TextComponents,
    TimeFolds,
    TimeSplit,
)
from mlsys.errors import MlsysError
from mlsys.values import plain

from .conftest import TYPES, ColumnType

Outcome = Any
ROWS = 240
LEVELS = 5
REFUSED = "refused"


def frame_with(column_type: ColumnType, nulls: bool, levels: int = LEVELS) -> pd.DataFrame:
    """A frame whose column ``k`` is of one type, beside a feature, a target and a time."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=ROWS), "y": rng.integers(0, 2, ROWS)})
    frame["t"] = pd.date_range("2024-01-01", periods=ROWS)
    return frame.assign(k=column_type.column(ROWS, levels, nulls))


def transformed(step: Any, **roles: Any) -> Callable[[pd.DataFrame], Outcome]:
    return lambda frame: step.fit(frame, **roles).transform(frame).drop(columns=["x", "y", "t"], errors="ignore")


def dealt(step: Any, **roles: Any) -> Callable[[pd.DataFrame], Outcome]:
    return lambda frame: {name: part.index.tolist() for name, part in step.split(frame, **roles).items()}


def judged(*steps: Any, **options: Any) -> Callable[[pd.DataFrame], Outcome]:
    def run(frame: pd.DataFrame) -> Outcome:
        settings: dict[str, Any] = {"target": "y", "exclude": ["t"], **options}
        outcome = Pipeline(list(steps), **settings).run(frame, track=False, cache=False, verbose=False)
        return [round(value, 9) for value in outcome.metrics["value"].fillna(-1).tolist()]

    return run


def looked_up(frame: pd.DataFrame) -> Outcome:
    return Join(frame[["k"]].iloc[:LEVELS].assign(v=range(LEVELS)), on="k").apply(frame)["v"]


def brought(frame: pd.DataFrame) -> Outcome:
    side = frame[["k"]].iloc[:LEVELS].assign(i=range(LEVELS))
    return plain(Join(side, on="i").apply(pd.DataFrame({"i": range(LEVELS + 2)}))["k"])


def found_as_of(frame: pd.DataFrame) -> Outcome:
    side = frame[["k"]].iloc[:LEVELS].assign(v=range(LEVELS), at=pd.Timestamp("2023-01-01"))
    return AsOfJoin(side, by="k", time="at", known_after="0s", at="t").apply(frame)["v"]


def found_in_time(frame: pd.DataFrame) -> Outcome:
    side = frame[["k"]].iloc[:LEVELS].assign(v=range(LEVELS))
    return AsOfJoin(side, by=[], time="k", known_after="1h", at="k").apply(frame)["v"]


def answered(frame: pd.DataFrame) -> Outcome:
    """What a served model answers for rows of the type that it learned from."""
    steps = [RandomSplit(), OneHot(["k"]), LogisticRegression()]
    run = Pipeline(steps, target="y", exclude=["t"]).run(frame, track=False, cache=False, verbose=False)
    return run.predict(frame.head(7)).round(9)


SINGLE: dict[str, Callable[[pd.DataFrame], Outcome]] = {
    "Impute": transformed(Impute(), features=["k"]),
    "Impute, named": transformed(Impute(["k"])),
    "Standardize": transformed(Standardize(), features=["k"]),
    "Standardize, named": transformed(Standardize(["k"])),
    "Standardize with logarithms": transformed(Standardize(logs=True, clip=10, keep_flags=True), features=["k"]),
    "OneHot": transformed(OneHot(["k"])),
    "OrdinalEncode": transformed(OrdinalEncode(["k"])),
    "CountEncode": transformed(CountEncode(["k"])),
    "Cross": lambda frame: transformed(Cross([["k", "f"]]))(frame.assign(f=frame["x"] > 0))["k_x_f"],
    "PositionalEncode": lambda frame: PositionalEncode(["k"], waves=2, keep=False).apply(frame),
    "Categories": transformed(Categories(["k"])),
    "TargetEncode": transformed(TargetEncode(["k"]), target="y"),
    "DateParts": transformed(DateParts(["k"], cyclic=True)),
    "TextComponents": transformed(TextComponents(["k"], components=2)),
    "CyclicEncode": lambda frame: CyclicEncode({"k": 5}).apply(frame),
    "Apply": transformed(Apply(StandardScaler(), columns=["k"])),
    "RandomSplit by id": dealt(RandomSplit(), id="k"),
    "StratifiedSplit": dealt(StratifiedSplit(), target="k"),
    "GroupSplit": dealt(GroupSplit(), group="k"),
    "GroupFolds": dealt(GroupFolds(2), group="k"),
    "KFolds": dealt(KFolds(2), target="k"),
    "TimeSplit": dealt(TimeSplit(), time="k"),
    "TimeFolds": dealt(TimeFolds(2), time="k"),
    "PredefinedSplit": dealt(PredefinedSplit("k")),
    "StratifiedSample": lambda frame: StratifiedSample("k", rows=9).select(frame).index.tolist(),
    "HashSample": lambda frame: HashSample(9, id="k").select(frame).index.tolist(),
    "NaturalLabel": lambda frame: NaturalLabel("z", from_column="k", rule=lambda values: values.notna()).labels(frame),
    "Join key": looked_up,
    "Join value": brought,
    "AsOfJoin key": found_as_of,
    "AsOfJoin time": found_in_time,
    "Monitor": lambda frame: Monitor.fit(frame[["k"]]).check(frame[["k"]].sample(frac=1, random_state=1)).verdict,
}
IN_PIPELINES: dict[str, Callable[[pd.DataFrame], Outcome]] = {
    "feature of a linear model": judged(RandomSplit(), LogisticRegression()),
    "feature of a tree": judged(RandomSplit(), HistGradientBoostingClassifier(max_iter=3)),
    "target of a classifier": judged(RandomSplit(), LogisticRegression(), target="k", exclude=["t", "y"]),
    "target of a regressor": judged(RandomSplit(), LinearRegression(), target="k", exclude=["t", "y"]),
    "group": judged(GroupSplit(), LogisticRegression(), group="k"),
    "time": judged(TimeSplit(), LogisticRegression(), time="k"),
    "weight": judged(RandomSplit(), LogisticRegression(), weight="k"),
    "id": judged(RandomSplit(), LogisticRegression(), id="k"),
    "slices": judged(RandomSplit(), LogisticRegression(), Evaluate(slices=["k"]), exclude=["t", "k"]),
    "drift": judged(RandomSplit(), LogisticRegression(), DetectDrift(), exclude=["t", "k"]),
    "request": answered,
}
MANY_VALUES = {"TimeSplit", "TimeFolds", "time", "id"}
NARROW = ("int8", "truth", "bool", "nothing", "nested", "struct", "mixed", "clock", "date", "far", "complex")


def outcome_of(step: Callable[[pd.DataFrame], Outcome], frame: pd.DataFrame) -> Outcome:
    try:
        found = step(frame)
    except MlsysError as error:
        text = "\n".join([str(error), *getattr(error, "__notes__", [])])
        assert "Remedy" in text, f"no remedy: {text}"
        assert "'k'" in text or "k=" in text or any(role in text for role in ROLES), f"no column: {text}"
        return REFUSED
    return values_in(found)


ROLES = ("time role", "group", "target", "weight", "id ", "the index", "part")


def values_in(found: Outcome) -> Outcome:
    if isinstance(found, pd.Series):
        found = found.to_frame("value")
    if isinstance(found, pd.DataFrame):
        return {str(name): [told(value) for value in found[name].astype(object)] for name in found}
    return found


def told(value: Any) -> Any:
    if value is None or value is pd.NA or pd.isna(value) is True:
        return None
    if isinstance(value, datetime.date):
        return str(pd.Timestamp(value))
    return round(float(value), 9) if isinstance(value, (int, float, np.number, np.bool_)) else str(value)


def failures(
    step: Callable[[pd.DataFrame], Outcome],
    types: list[ColumnType],
    levels: int = LEVELS,
    with_nulls: tuple[bool, ...] = (False, True),
) -> list[str]:
    wrong = []
    for column_type in types:
        for nulls in with_nulls:
            many = levels if column_type.base not in NARROW and "int8" not in column_type.name.lower() else LEVELS
            frame = frame_with(column_type, nulls, many)
            try:
                found = outcome_of(step, frame)
                as_plain = frame.assign(k=plain(frame["k"]))
                if as_plain["k"].dtype != frame["k"].dtype:
                    want = outcome_of(step, as_plain)
                    assert found == want, f"{str(found)[:200]} in place of {str(want)[:200]}"
            except Exception as error:
                wrong.append(f"{column_type}{' with nulls' * nulls}: {type(error).__name__}: {str(error)[:300]}")
    return wrong


ODD = [next(each for each in reversed(TYPES) if each.base == base) for base in {each.base: None for each in TYPES}]
"""One type of each kind of values, the last in the list: objects, categories, Arrow types."""


nothing_to_divide_by = pytest.mark.filterwarnings(
    "ignore:invalid value encountered in divide"  # scikit-learn, of a column without a value
)


@nothing_to_divide_by
@pytest.mark.parametrize("name", SINGLE)
def test_a_step_takes_each_kind_or_names_the_column(name: str) -> None:
    wrong = failures(SINGLE[name], ODD, ROWS if name in MANY_VALUES else LEVELS)

    assert not wrong, f"{len(wrong)} of {2 * len(ODD)}:\n" + "\n".join(wrong)


@nothing_to_divide_by
@pytest.mark.long
@pytest.mark.parametrize("name", SINGLE)
def test_a_step_takes_each_type_or_names_the_column(name: str) -> None:
    wrong = failures(SINGLE[name], TYPES, ROWS if name in MANY_VALUES else LEVELS)

    assert not wrong, f"{len(wrong)} of {2 * len(TYPES)}:\n" + "\n".join(wrong)


@pytest.mark.quick("feature of a linear model", "group")
@pytest.mark.parametrize("name", IN_PIPELINES)
def test_a_pipeline_takes_each_kind_or_names_the_column(name: str) -> None:
    nulls = name.startswith(("feature", "request", "slices"))  # roles without nulls are the ones that go on
    wrong = failures(IN_PIPELINES[name], ODD, ROWS if name in MANY_VALUES else LEVELS, (nulls,))

    assert not wrong, f"{len(wrong)} of {len(ODD)}:\n" + "\n".join(wrong)


@pytest.mark.long
@pytest.mark.parametrize("name", IN_PIPELINES)
def test_a_pipeline_takes_each_type_or_names_the_column(name: str) -> None:
    wrong = failures(IN_PIPELINES[name], TYPES, ROWS if name in MANY_VALUES else LEVELS)

    assert not wrong, f"{len(wrong)} of {2 * len(TYPES)}:\n" + "\n".join(wrong)
