"""Prepare does what its explicit steps do in its place, on tables of every kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline
from mlsys.dataset import Roles, Rows
from mlsys.engines import LocalEngine
from mlsys.errors import DataError
from mlsys.features import Prepare
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps import Transform
from mlsys.steps.learning import learn
from mlsys.steps.shown import folds_of_rows
from mlsys.summaries import fold_of

TREES = {"categories": "native", "nulls": "keep", "scale": False}
FOREST = {"scale": False}


def table(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """Columns of every kind and a target that follows some."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["Oslo", "Rome", "Łódź", "Bonn"], rows)
    code = rng.integers(0, 55, rows)
    income = rng.lognormal(8, 1.5, rows)
    late = (code % 5 == 0) ^ (rng.random(rows) < 0.2)
    return pd.DataFrame(
        {
            "id": np.arange(rows) + 1,
            "income": np.where(rng.random(rows) < 0.1, np.inf, income),
            "age": pd.array(np.where(rng.random(rows) < 0.2, None, rng.integers(18, 80, rows)), dtype="Int64"),
            "paid": [f"${value:,.2f}" for value in income],
            "member": rng.choice(["yes", "no", "n/a"], rows),
            "flag": pd.Series(rng.choice(np.array([True, False, None], dtype=object), rows)),
            "city": np.where(rng.random(rows) < 0.1, "?", city),
            "size": pd.Categorical(rng.choice(["S", "M", "L"], rows), categories=["S", "M", "L"], ordered=True),
            "code": [f"item {value}" for value in code],
            "said": [" ".join(rng.choice(["red", "boat", "sails", "fast"], 3)) + f" {at}" for at in range(rows)],
            "born": pd.Timestamp("1990-01-01") + pd.to_timedelta(rng.integers(0, 4000, rows), unit="D"),
            "seen": (pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9000, rows), unit="h")).strftime(
                "%d.%m.%Y %H:%M"
            ),
            "unit": "EUR",
            "again": city,
            "town": city,
            "nothing": None,
            "late": late,
        }
    )


def crossed(steps: list[Transform], frame: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """What training rows become in a pipeline of these steps, by the steps' own hooks."""
    roles = Roles(target="late")
    for step in steps:

        def wrap(part: pd.DataFrame, step: Transform = step) -> Rows:
            folds = fold_of(part.index, step.cross_fit_folds, seed) if step.cross_fits else None
            return Rows.of(part, roles, [name for name in part if name != "late"], folds)

        learned = learn(step, LocalEngine().hold(None, frame), wrap, np.random.default_rng(0))
        crosses = step.cross_fits
        frame = (
            step.apply_cross_fitted(wrap(frame), learned.fold_states) if crosses else step.apply(frame, learned.state)
        )
    return pd.DataFrame(frame)


@pytest.mark.quick("options0", "options2")
@pytest.mark.parametrize(
    "options", [{}, TREES, FOREST, {"high": "target", "text": "words", "few": 3}, {"text": "drop"}]
)
def test_its_explicit_steps_make_the_same_columns(options: dict[str, object]) -> None:
    train, held_out = table().iloc[:220], table().iloc[220:]
    fitted = Prepare(**options).fit(train, target="late")
    explicit = list(fitted.step.explicit(fitted.state))
    frame, others = train, held_out
    for step in explicit:
        alone = step.fit(frame, target="late")
        frame, others = alone.transform(frame), alone.transform(others)
    pd.testing.assert_frame_equal(fitted.transform(held_out), others, check_exact=True)
    pd.testing.assert_frame_equal(crossed([Prepare(**options)], train), crossed(explicit, train), check_exact=True)


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), rows=st.integers(60, 160))
def test_explicit_steps_agree_on_any_table(seed: int, rows: int) -> None:
    frame = table(rows, seed)
    fitted = Prepare(few=3).fit(frame, target="late")
    out = frame
    for step in fitted.step.explicit(fitted.state):
        out = step.fit(out, target="late").transform(out)
    pd.testing.assert_frame_equal(fitted.transform(frame), out, check_exact=True)
    assert np.isfinite(out.drop(columns="late").to_numpy(dtype=float)).all()


def test_the_explicit_steps_are_what_a_reader_can_copy() -> None:
    fitted = Prepare().fit(table(), target="late")
    written = [repr(step) for step in fitted.step.explicit(fitted.state)]
    names = {each.__name__: each for each in (type(step) for step in fitted.step.explicit(fitted.state))}
    assert [eval(text, dict(names)) for text in written if "..." not in text]
    assert written[0].startswith("Clean(numbers={'paid': '.'}, moments={'seen': '%d.%m.%Y %H:%M'}, truths=['member']")


def test_it_says_what_becomes_of_the_columns() -> None:
    fitted = Prepare(**TREES).fit(table(), target="late")
    said = fitted.step.in_words(fitted.state)
    assert "4 as categories" in said or "3 as categories" in said
    assert "1 by characters and by target" in said and "`born` as days" in said
    assert "`id` left out: counts the rows" in said and "`unit` left out: constant" in said
    assert fitted.state["dropped"] == [
        {"column": "id", "why": "counts the rows"},
        {"column": "unit", "why": "constant"},
        {"column": "town", "why": "copy of again"},
        {"column": "nothing", "why": "no value"},
    ]


def test_a_rows_own_target_reaches_none_of_its_columns() -> None:
    frame = table()
    before = crossed([Prepare()], frame)
    flipped = crossed([Prepare()], frame.assign(late=frame["late"].where(frame.index != 7, ~frame["late"])))
    pd.testing.assert_series_equal(before.drop(columns="late").loc[7], flipped.drop(columns="late").loc[7])


def test_folds_do_not_split_groups() -> None:
    frame = table().assign(group=lambda frame: frame.index % 30)
    folds = folds_of_rows(Prepare(), frame, Roles(target="late", group="group"), 0)
    assert folds is not None and (pd.Series(folds).groupby(frame["group"]).nunique() == 1).all()


def test_without_a_target_nothing_is_encoded_by_it() -> None:
    frame = table().drop(columns="late")
    for options in ({}, TREES):
        fitted = Prepare(**options).fit(frame)
        assert "TargetEncode" not in [each["step"] for each in fitted.state["steps"]]


@pytest.mark.parametrize("options", [{}, TREES])
def test_served_rows_are_rows_of_the_batch(options: dict[str, object]) -> None:
    frame = table()
    fitted = Prepare(**options).fit(frame, target="late")
    batch = fitted.transform(frame)
    for row in (0, 12, 299):
        pd.testing.assert_frame_equal(fitted.transform(frame.iloc[[row]]), batch.iloc[[row]])


def test_rows_as_requests_hold_them() -> None:
    frame = table()
    fitted = Prepare().fit(frame, target="late")
    asked = {**frame.iloc[0].to_dict(), "age": None, "seen": "never", "born": None, "city": None, "paid": 5.0}
    out = fitted.transform(pd.DataFrame([asked]).astype(object))
    assert out.drop(columns="late").notna().all(axis=None)
    assert out.loc[0, ["age_missing", "city_null"]].tolist() == [1, 1]


def test_columns_and_exclude_leave_the_others_as_they_are() -> None:
    frame = table()
    out = Prepare(exclude=["city", "unit"]).fit(frame, target="late").transform(frame)
    pd.testing.assert_series_equal(out["city"], frame["city"])
    out = Prepare(["city"]).fit(frame, target="late").transform(frame)
    pd.testing.assert_frame_equal(out[["id", "unit"]], frame[["id", "unit"]])
    assert "city_Oslo" in out


def test_numbers_alone_need_no_further_pass() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, None], "late": [True, False, True]})
    fitted = Prepare(**TREES).fit(frame, target="late")
    pd.testing.assert_frame_equal(fitted.transform(frame), frame)


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(DataError, match=r"Prepare found no column .*'unit': constant"):
        Prepare().fit(pd.DataFrame({"unit": ["EUR", "EUR"], "late": [True, False]}), target="late")


@pytest.mark.parametrize("rows", [1, 2, 10])
def test_few_rows_and_rare_classes_are_survived(rows: int) -> None:
    frame = table(rows).assign(late=[["a", "b", "c"][at % 3] for at in range(rows)], x=np.arange(rows) * 1.5)
    for options in ({}, TREES, {"few": 1, "high": "target"}):
        step = Prepare(**options, exclude=["x"])
        made = step.fit(frame, target="late").transform(frame)
        assert made.index.equals(frame.index) and made["x"].equals(frame["x"])


def test_states_do_not_depend_on_partitions_where_types_differ_by_part() -> None:
    values = [*(at % 3 for at in range(60)), *("ab"[at % 2] for at in range(60))]
    frame = pd.DataFrame({"mixed": pd.Series(values, dtype=object), "x": np.arange(120) % 7})
    whole = Prepare(few=2).fit(frame).state
    with override(rows_per_partition=60):
        assert digest(Prepare(few=2).fit(frame).state) == digest(whole)


@pytest.mark.long
def test_it_works_in_a_pipeline_and_passes_the_audit() -> None:
    pipeline = Pipeline([Prepare(), LogisticRegression(max_iter=500)], target="late")
    run = pipeline.run(table(), track=False, verbose=False)
    assert run.metrics["value"].notna().any()
    assert pipeline.audit_leakage(table()).verdict != "violated"


def test_as_sklearn_it_is_cross_fitted() -> None:
    frame = table()
    estimator = Prepare().as_sklearn()
    out = estimator.fit_transform(frame.drop(columns="late"), frame["late"])
    assert len(out) == len(frame)
    assert estimator.transform(frame.drop(columns="late").head(3)).shape == (3, out.shape[1])
