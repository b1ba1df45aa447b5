"""Steps that name no columns take all features that fit: chosen once, by what values are, and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import Impute, OneHot, Pipeline, RandomSplit, Run, Standardize, TargetEncode
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps import Transform
from mlsys.testing import check_step

TREE = DecisionTreeClassifier(max_depth=3)
TEXTS = ["sex", "port", "grade", "code"]
"""The features of texts and categories of :func:`make_passengers`."""


def make_passengers(rows: int = 600) -> pd.DataFrame:
    generator = np.random.default_rng(4)
    sex = generator.choice(["male", "female"], rows)
    return pd.DataFrame(
        {
            "fare": np.where(generator.random(rows) < 0.1, np.nan, generator.gamma(2, 20, rows)),
            "sex": pd.Series(np.where(generator.random(rows) < 0.1, None, sex), dtype=object),
            "port": pd.Categorical(generator.choice(list("SCQ"), rows)),
            "grade": pd.Series(pd.Categorical(generator.choice([1, 2, 3], rows))),
            "code": pd.Series(generator.choice(["a", "b"], rows), dtype="str"),
            "alone": generator.random(rows) < 0.5,
            "joined": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), "h"),
            "cells": pd.Series([[1]] * rows, dtype=object),
            "odd": pd.Series([1, "x"] * (rows // 2), dtype=object),
            "empty": pd.Series([None] * rows, dtype=object),
            "family": pd.Series(generator.choice(["f", "g", "h"], rows), dtype="str"),
            "told": pd.Series(generator.choice(["p", "q"], rows), dtype="str"),
            "survived": (generator.random(rows) < np.where(sex == "male", 0.3, 0.7)).astype(int),
        }
    )


USABLE = ["fare", *TEXTS, "alone", "family", "told"]


def run(*steps: Any, frame: pd.DataFrame | None = None, **arguments: Any) -> Run:
    given = make_passengers()[[*USABLE, "survived"]] if frame is None else frame
    chosen: dict[str, Any] = {"target": "survived", "group": "family", **arguments}
    return Pipeline([RandomSplit(), *steps, TREE], **chosen).run(given, track=False, verbose=False)


@pytest.mark.parametrize("encoder", [OneHot, TargetEncode])
def test_an_encoder_takes_texts_and_categories_and_nothing_else(encoder: type[Transform]) -> None:
    frame = make_passengers()
    features = [name for name in frame.columns if name not in ("survived", "family", "told")]
    fitted = encoder().fit(frame, target="survived", features=features)
    named = encoder(columns=TEXTS).fit(frame, target="survived", features=features)
    assert digest(fitted.state) == digest(named.state)
    pd.testing.assert_frame_equal(fitted.transform(frame), named.transform(frame))


@pytest.mark.parametrize("encoder", [OneHot(), TargetEncode(), OneHot(top=1, other=True), TargetEncode(smoothing=3.0)])
def test_training_rows_are_encoded_as_if_the_columns_were_named(encoder: Transform) -> None:
    one, other = run(encoder), run(encoder.with_(columns=[*TEXTS, "told"]))
    for part in ("train", "validation"):
        pd.testing.assert_frame_equal(one.frame(part), other.frame(part))
    pd.testing.assert_series_equal(one.metrics["value"], other.metrics["value"])


@pytest.mark.parametrize("step", [Impute(), Standardize(), OneHot(), TargetEncode()])
def test_roles_excluded_and_late_columns_are_never_taken(step: Transform) -> None:
    frame = make_passengers()[["fare", *TEXTS, "joined", "family", "told", "survived"]].assign(score=1.5)
    roles: dict[str, Any] = {"target": "survived", "group": "family", "time": "joined", "sensitive": ["port"]}
    pipeline = Pipeline([RandomSplit(), step], exclude=["code"], known_at={"told": "1D", "score": "1D"}, **roles)
    taken = step.columns_taken(pipeline.run(frame, track=False, verbose=False).state(step.title))
    assert taken and set(taken) <= {"fare", "sex", "grade"}


@pytest.mark.quick("step?-100")
@pytest.mark.parametrize("rows", [1, 7, 100])
@pytest.mark.parametrize("step", [Impute(), Standardize(), OneHot(), TargetEncode()])
def test_the_choice_does_not_depend_on_how_rows_are_cut(step: Transform, rows: int) -> None:
    """A text alone in the last rows, nulls before; numbers first and a text later: mixed as a whole."""
    frame = make_passengers(60)
    frame["late"] = pd.Series([None] * 59 + ["once"], dtype=object)
    features = [*USABLE, "late", "odd"]
    whole = step.fit(frame, target="survived", features=features)
    with override(rows_per_partition=rows):
        cut = step.fit(frame, target="survived", features=features)
        crossed = _trained(step, frame[[*features, "survived"]])
    assert digest(cut.state) == digest(whole.state)
    assert "odd" not in step.columns_taken(whole.state)
    assert ("late" in step.columns_taken(whole.state)) == (not isinstance(step, Standardize))
    pd.testing.assert_frame_equal(crossed, _trained(step, frame[[*features, "survived"]]))


def _trained(step: Transform, frame: pd.DataFrame) -> pd.DataFrame:
    pipeline = Pipeline([RandomSplit(), step], target="survived")
    return pipeline.run(frame, track=False, cache=False, verbose=False).frame("train")


def test_texts_and_numbers_in_one_named_column_are_refused_however_rows_are_cut() -> None:
    frame = pd.DataFrame({"odd": pd.Series([1, 2, "x", "y"], dtype=object)})
    for rows in (2, 4):
        with override(rows_per_partition=rows), pytest.raises(DataError, match="'odd' holds"):
            Impute(["odd"]).fit(frame)


def test_files_read_in_pieces_are_encoded_as_in_memory(tmp_path: Path) -> None:
    frame = make_passengers()[[*USABLE, "survived"]].astype({"sex": "str"})
    frame.to_parquet(tmp_path / "passengers.parquet", row_group_size=100)
    from mlsys import ReadParquet

    steps = [ReadParquet(tmp_path / "passengers.parquet"), RandomSplit(), Impute(), OneHot(), Standardize()]
    with override(rows_per_partition=100):
        pipeline = Pipeline(steps, target="survived")
        whole = pipeline.run(track=False, cache=False, verbose=False)
        with override(rows_in_memory=50):
            pieces = pipeline.run(track=False, cache=False, verbose=False)
    for name in ("Impute", "OneHot", "Standardize"):
        assert digest(pieces.state(name)) == digest(whole.state(name))


@pytest.mark.parametrize("step", [Impute(), Standardize(), OneHot(), TargetEncode()])
def test_where_nothing_fits_the_step_does_nothing_and_says_so(step: Transform) -> None:
    frame = make_passengers()[["alone", "survived"]].assign(other=[True, False] * 300)
    done = run(step, frame=frame, group=None)
    assert f"{step.title}: nothing, because there is no feature of" in str(done)
    assert done.predict(frame.head(3))["prediction"].notna().all()
    pd.testing.assert_frame_equal(step.fit(frame, target="survived").transform(frame), frame)


def test_plan_and_card_say_what_is_taken() -> None:
    pipeline = Pipeline([RandomSplit(), OneHot(), TREE], target="survived")
    assert "OneHot: takes all features with text or categories" in str(pipeline.plan())
    assert "takes all" not in str(Pipeline([RandomSplit(), OneHot(["sex"]), TREE], target="survived").plan())
    done = run(Impute(), OneHot())
    assert ("taken", "Impute: fare, sex, port, grade, code and 1 more; OneHot: sex, port, grade, code, told") in (
        done.card.lines
    )


def test_a_served_model_asks_for_what_was_taken_and_used_alone() -> None:
    frame = make_passengers()[[*USABLE, "survived"]]
    from mlsys import Train

    pipeline = Pipeline([RandomSplit(), Standardize(), Train(TREE, features=["fare", "alone"])], target="survived")
    done = pipeline.run(frame.fillna({"fare": 1.0}), track=False, verbose=False)
    assert set(done.model.inputs) == {"fare", "alone"}
    encoded = run(OneHot())
    assert encoded.predict(frame.head(5)[list(encoded.model.inputs)])["prediction"].notna().all()


def test_the_audit_sees_nothing_in_a_choice_by_kind() -> None:
    steps = [RandomSplit(), Impute(), OneHot(top=1), TargetEncode(), TREE]
    frame = make_passengers()[[*USABLE, "survived"]]
    assert Pipeline(steps, target="survived").audit_leakage(frame, verbose=False).verdict == "not observed"


def test_a_new_column_is_a_new_choice_and_not_a_hit_of_the_cache() -> None:
    frame = make_passengers()[["sex", "fare", "survived"]]
    first = run(OneHot(), frame=frame, group=None)
    again = run(OneHot(), frame=frame, group=None).cache_report().set_index("step")["outcome"]
    more = run(OneHot(), frame=frame.assign(new=list("ab") * 300), group=None)
    assert again["OneHot"] == "hit"
    assert [each["column"] for each in first.state("OneHot")] == ["sex"]
    assert [each["column"] for each in more.state("OneHot")] == ["sex", "new"]


def test_a_list_without_names_is_not_all() -> None:
    for encoder in (OneHot, TargetEncode):
        with pytest.raises(ConfigurationError, match="got no columns") as caught:
            encoder([])
        assert f"{encoder.__name__}() for all features with text or categories" in caught.value.remedy


@pytest.mark.parametrize("step", [OneHot(), TargetEncode()])
def test_both_keep_their_contract(step: Transform) -> None:
    check_step(step, make_passengers(200)[["fare", "sex", "port", "survived"]], target="survived")
