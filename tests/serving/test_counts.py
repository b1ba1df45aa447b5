"""A served model counts, by column, what requests hold that training rows did not; it answers all of it."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import (
    Categories,
    CountEncode,
    Impute,
    OneHot,
    OrdinalEncode,
    Pipeline,
    RandomSplit,
    Run,
    Standardize,
    TargetEncode,
    Train,
)
from mlsys.execution.requests import RequestReader
from mlsys.tables import Columns, counting

ROWS = 300


def make_rows() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "city": pd.Series(rng.choice(["Oslo", "Rome", "Bonn"], ROWS, p=[0.6, 0.3, 0.1]), dtype="str"),
            "grade": pd.Series(pd.Categorical(rng.choice(list("AB"), ROWS))),
            "age": rng.normal(40, 9, ROWS),
            "rooms": rng.integers(1, 6, ROWS),
            "paid": rng.integers(0, 2, ROWS),
        }
    )


def train(*steps: Any, estimator: Any = None) -> Run:
    pipeline = Pipeline([RandomSplit(), *steps, Train(estimator or LogisticRegression())], target="paid")
    return pipeline.run(make_rows(), track=False, verbose=False)


def request(rows: int = 4) -> pd.DataFrame:
    return pd.DataFrame({"city": ["Oslo"] * rows, "grade": ["A"] * rows, "age": [40.0] * rows, "rooms": [2] * rows})


def counted(model: Any) -> dict[tuple[str, str], int]:
    table = model.counts
    return table.set_index(["column", "what"])["rows"].to_dict()


ENCODERS = {
    "one-hot": [OneHot(["city", "grade"])],
    "ordinal": [OrdinalEncode(["city", "grade"])],
    "counts": [CountEncode(["city", "grade"])],
    "target": [TargetEncode(["city", "grade"])],
    "prepare": [],
}


@pytest.mark.parametrize("rows", [4, 100])
@pytest.mark.parametrize("name", ENCODERS)
def test_unseen_levels_are_answered_and_counted_by_every_encoder(name: str, rows: int) -> None:
    model = train(Impute(), *ENCODERS[name]).model
    asked = request(rows).assign(city=["Oslo", "Lima", "Oslo", "Lima"] * (rows // 4))
    assert model.predict(asked)["prediction"].notna().all()
    assert counted(model) == {("city", "unseen level"): rows // 2}
    assert model.counts["share"].tolist() == [0.5]
    model.predict(request(rows))
    assert model.counts["share"].tolist() == [0.25]


def test_levels_of_a_category_column_too() -> None:
    model = train(estimator=HistGradientBoostingClassifier(max_iter=3)).model
    model.predict(request().assign(grade=pd.Categorical(["A", "Z", "Z", "B"])))
    assert counted(model) == {("grade", "unseen level"): 2}


@pytest.mark.parametrize("step", [OneHot(["city"], top=1), Categories(["city"], top=1)])
@pytest.mark.parametrize("rows", [4, 100])
def test_a_rare_level_is_not_unseen(step: Any, rows: int) -> None:
    fitted = step.fit(make_rows(), target="paid")
    with counting() as found:
        fitted.transform(request(rows).assign(city=["Bonn", "Lima", "Oslo", "Rome"] * (rows // 4)))
    assert dict(found) == {("city", "unseen level"): rows // 4}


def test_rare_and_unseen_levels_have_buckets_of_their_own() -> None:
    fitted = OneHot(["city"], top=1, other="apart").fit(make_rows())
    made = fitted.transform(pd.DataFrame({"city": ["Oslo", "Bonn", "Rome", "Lima", None]}))
    assert made.columns.tolist() == ["city_Oslo", "city_rare", "city_unseen"]
    assert made.to_numpy().tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    one_by_one = [fitted.transform(pd.DataFrame({"city": [city]})).to_numpy().tolist()[0] for city in ("Bonn", "Lima")]
    assert one_by_one == [[0, 1, 0], [0, 0, 1]]
    together = OneHot(["city"], top=1, other=True).fit(make_rows())
    assert together.transform(pd.DataFrame({"city": ["Bonn", "Lima"]}))["city_other"].tolist() == [1, 1]


@pytest.mark.parametrize("rows", [4, 100])
def test_new_nulls_are_answered_and_counted(rows: int) -> None:
    model = train(Impute(), OneHot(["city", "grade"]), Standardize()).model
    asked = request(rows).assign(city=[None, "Oslo"] * (rows // 2), rooms=[None, *[2.0] * (rows - 1)])
    assert model.predict(asked)["prediction"].notna().all()
    expected = {("city", "new null"): rows // 2, ("rooms", "new null"): 1}
    assert counted(model) == expected | {("city", "unseen level"): rows // 2}  # what Impute fills in


@pytest.mark.parametrize("rows", [4, 100])
def test_another_type_that_can_be_read_is_counted(rows: int) -> None:
    reader = RequestReader({"since": "datetime64[us]", "age": "float64"})
    with counting() as found:
        read = reader.read(pd.DataFrame({"since": ["2026-01-31"] * rows, "age": [40] * rows}))
    assert dict(found) == {("since", "other type"): rows}
    assert set((read.frame() if isinstance(read, Columns) else read)["since"]) == {pd.Timestamp("2026-01-31")}


def test_a_null_is_not_new_where_training_rows_had_one() -> None:
    frame = make_rows()
    frame.loc[:99, "age"] = np.nan
    pipeline = Pipeline([RandomSplit(), Impute(), OneHot(), Train(LogisticRegression())], target="paid")
    model = pipeline.run(frame, track=False, verbose=False).model
    model.predict(request().assign(age=np.nan))
    assert counted(model) == {}


def test_whole_numbers_for_floats_are_no_other_type() -> None:
    model = train(Impute(), OneHot()).model
    model.predict(request().assign(age=40, rooms=2.0))
    assert counted(model) == {}


def test_threads_count_together_and_a_copy_for_itself(tmp_path: Path) -> None:
    done = train(Impute(), OneHot())
    model = mlsys.load(done.save(tmp_path / "model"))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: model.predict(request().assign(city="Lima")), range(20)))
    assert counted(model) == {("city", "unseen level"): 80} and model.counts["share"].tolist() == [1.0]
    assert pickle.loads(pickle.dumps(model.tally)).table().empty
    assert mlsys.load(tmp_path / "model").counts.empty
