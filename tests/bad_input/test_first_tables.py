"""The first table of a newcomer: whatever it is, the six lines end with a card, or with one sentence that helps."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from mlsys import Impute, OneHot, Pipeline, Run, Train
from mlsys.errors import DataError, MlsysError

BOOST = HistGradientBoostingClassifier(max_iter=3)
QUANTITY = HistGradientBoostingRegressor(max_iter=3)
LINEAR = LogisticRegression()
ROWS = 200
SECONDS = 15
"""Far more than any of these takes (under 5 on one free core): what is found here hangs."""

Make = Callable[[pd.DataFrame], pd.DataFrame]


def make_table() -> pd.DataFrame:
    generator = np.random.default_rng(8)
    frame = pd.DataFrame({name: generator.normal(size=ROWS) for name in "abc"})
    return frame.assign(y=(frame["a"] + generator.normal(size=ROWS) > 0).astype(int))


def objects(*values: Any) -> pd.Series:
    return pd.Series(list(values) * (ROWS // len(values)), dtype=object)


def run(frame: Any, model: Any = BOOST, *steps: Any, **arguments: Any) -> Run:
    pipeline = Pipeline([*steps, model], **{"target": "y", **arguments})
    return pipeline.run(frame, track=False, cache=False, verbose=False)


def endless(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(a=frame["a"].where(frame.index % 9 > 0, np.inf))


def megabytes(rows: int = 20) -> pd.DataFrame:
    return make_table().head(rows).assign(y=[0, 1] * (rows // 2), t=[f"word{row} " * 150_000 for row in range(rows)])


REFUSED: dict[str, tuple[Make, Any, tuple[str, ...]]] = {
    # ---------------------------------------------------------------- the target
    "numbers and texts": (lambda f: f.assign(y=objects(1, "no")), BOOST, ("target 'y'", "int and str", "one type")),
    "numbers and their texts": (lambda f: f.assign(y=objects(0, "1")), BOOST, ("target 'y'", "int and str")),
    "truths and texts": (lambda f: f.assign(y=objects(True, "yes")), BOOST, ("target 'y'", "bool and str")),
    "null in every row": (lambda f: f.assign(y=np.nan), BOOST, ("target 'y' is null in every row", "200 rows")),
    "null objects in every row": (lambda f: f.assign(y=None), BOOST, ("target 'y' is null in every row",)),
    "null texts in every row": (lambda f: f.assign(y=pd.Series(dtype="str")), BOOST, ("null in every row",)),
    "one class": (lambda f: f.assign(y=1), BOOST, ("the same class of the target 'y': 1",)),
    "a class in every row": (lambda f: f.assign(y=f.index.map("k{}".format)), BOOST, ("different class", "id")),
    "a number in every row": (lambda f: f.assign(y=range(ROWS)), BOOST, ("different class", "regressor")),
    "a quantity for a classifier": (lambda f: f.assign(y=f["a"]), BOOST, ("is continuous", "use a regressor")),
    "texts for a regressor": (lambda f: f.assign(y=objects("a", "b")), QUANTITY, ("is a regressor", "a classifier")),
    "infinite": (lambda f: endless(f).assign(y=endless(f)["a"]), QUANTITY, ("target 'y' is infinite in", "row 0")),
    "complex": (lambda f: f.assign(y=f["a"] + 1j), QUANTITY, ("target 'y' holds values of type complex128",)),
    "beyond 64 bits": (lambda f: f.assign(y=objects(2**70, 2**71)), BOOST, ("int beyond 64 bits", "astype('str')")),
    "lists": (lambda f: f.assign(y=[[1]] * ROWS), BOOST, ("target column 'y' holds lists or mappings (list)",)),
    "mappings": (lambda f: f.assign(y=[{"k": 1}] * ROWS), BOOST, ("target column 'y' holds lists or mappings",)),
    "times": (lambda f: f.assign(y=pd.date_range("2024", periods=ROWS)), QUANTITY, ("target 'y' holds times", "days")),
    "intervals": (lambda f: f.assign(y=pd.cut(f["a"], 3)), BOOST, ("target 'y' holds values of type Interval",)),
    "written otherwise": (lambda f: f.rename(columns={"y": "Y "}), BOOST, ("'y' is not in", "did you mean 'Y '?")),
    "the index": (lambda f: f.drop(columns="y").rename_axis("y"), BOOST, ("'y' is the index", "reset_index()")),
    "not in a wide table": (
        lambda f: pd.DataFrame(np.zeros((9, 900))).rename(columns="c{}".format),
        BOOST,
        ("'y' is not in the data", "and 880 more"),
    ),
    # ---------------------------------------------------------------- rows and columns
    "no rows": (lambda f: f.head(0), BOOST, ("a frame of 0 rows and 4 columns",)),
    "no columns": (lambda f: f[[]], BOOST, ("200 rows and 0 columns",)),
    "one row": (lambda f: f.head(1), BOOST, ("left 1 training row,", "use more rows")),
    "two rows": (lambda f: f.iloc[[0, 1]].assign(y=[0, 1]), BOOST, ("more rows",)),
    "the target alone": (lambda f: f[["y"]], BOOST, ("no features left", "'y' (role: target)")),
    "two columns of one name": (lambda f: pd.concat([f, f[["a"]]], axis=1), BOOST, ("two columns named 'a'",)),
    "names that are numbers": (lambda f: f.set_axis([0, 1, 2, "y"], axis=1), BOOST, ("0 is int", "rename")),
    "names that are times": (
        lambda f: f.rename(columns={"a": pd.Timestamp("2024")}), BOOST, ("is Timestamp", "rename(columns=str)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_cannot_be_learned_from_is_said_in_one_sentence(mistake: str) -> None:
    make, model, says = REFUSED[mistake]
    begun = time.process_time()
    with pytest.raises(DataError) as caught:
        run(make(make_table()), model)
    assert time.process_time() - begun < SECONDS
    for part in says:
        assert part in str(caught.value), str(caught.value)
    assert caught.value.remedy and len(str(caught.value)) < 700


CELLS: dict[str, Make] = {
    "infinite numbers": endless,
    "mappings": lambda f: f.assign(a=[{"k": 1}] * ROWS),
    "lists": lambda f: f.assign(a=[[1]] * ROWS),
    "arrays": lambda f: f.assign(a=[np.zeros(2)] * ROWS),
    "sets": lambda f: f.assign(a=[{1}] * ROWS),
    "objects": lambda f: f.assign(a=[object() for _ in f.index]),
    "bytes": lambda f: f.assign(a=[b"x"] * ROWS),
    "complex numbers": lambda f: f.assign(a=f["a"] + 1j),
    "whole numbers beyond 64 bits": lambda f: f.assign(a=objects(2**70, 1)),
    "numbers and texts": lambda f: f.assign(a=objects(1, "x")),
    "sparse numbers alone": lambda f: f[["a", "b"]].astype(pd.SparseDtype(float)).assign(y=f["y"]),
    "sparse numbers of zeros alone": lambda f: f[["a", "b"]].round().astype(pd.SparseDtype(float, 0)).assign(y=f["y"]),
    "texts of a megabyte": lambda f: megabytes(),
}


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("model", [BOOST, LINEAR], ids=["boosting", "linear"])
@pytest.mark.parametrize("cells", CELLS)
def test_odd_cells_are_prepared_left_out_or_named(cells: str, model: Any) -> None:
    frame, begun = CELLS[cells](make_table()), time.process_time()
    try:
        done = run(frame, model)
    except DataError as error:
        assert error.remedy and len(str(error)) < 700
        assert "'a'" in str(error) or "'t'" in str(error), str(error)
    else:
        assert "evaluated on 5 folds" in done.card.headline
    assert time.process_time() - begun < SECONDS


TAKEN: dict[str, tuple[Make, Any]] = {
    "a target of objects that are numbers": (lambda f: f.assign(y=objects(1, 2.5)), QUANTITY),
    "a target of truths with nulls": (lambda f: f.assign(y=objects(True, False, None, True)), BOOST),
    "a target with a level that no row has": (
        lambda f: f.assign(y=pd.Categorical(f["y"].map({0: "n", 1: "p"}), categories=["n", "p", "q"])), BOOST,
    ),
    "a sparse target": (lambda f: f.assign(y=pd.arrays.SparseArray(f["y"])), BOOST),
    "ten rows and three classes": (lambda f: f.head(10).assign(y=list("aaaabbbccc")), BOOST),
    "a class in one row": (lambda f: f.assign(y=["z", *(["a", "b"] * ROWS)[: ROWS - 1]]), BOOST),
    "one feature": (lambda f: f[["a", "y"]], BOOST),
    "an empty name": (lambda f: f.rename(columns={"a": ""}), BOOST),
    "infinite numbers that the estimator takes": (endless, BOOST),
    "a sparse column among others": (lambda f: f.assign(a=pd.arrays.SparseArray(f["a"].round(), fill_value=0)), BOOST),
    "decimals": (lambda f: f.assign(a=[Decimal("1.5"), Decimal("2")] * (ROWS // 2)), BOOST),
    "numbers near the end of 64 bits": (lambda f: f.assign(a=np.arange(ROWS, dtype="uint64") + 2**63), BOOST),
    "times as index": (lambda f: f.set_index(pd.date_range("2024", periods=ROWS)), BOOST),
    "texts and numbers as index": (lambda f: f.set_index(pd.Index(["a", *range(ROWS - 1)], dtype=object)), BOOST),
    "intervals as index": (lambda f: f.set_index(pd.interval_range(0, ROWS)), BOOST),
    "an index called as the target": (lambda f: f.rename_axis("y"), BOOST),
}  # fmt: skip


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("table", TAKEN)
def test_what_can_be_learned_from_ends_with_a_card(table: str) -> None:
    make, model = TAKEN[table]
    assert "evaluated on 5 folds" in run(make(make_table()), model).card.headline


def test_texts_of_a_megabyte_are_encoded_by_short_names() -> None:
    begun = time.process_time()
    done = run(megabytes(), BOOST, OneHot())
    assert time.process_time() - begun < SECONDS
    encoded = [name for name in done.frame("train").columns if name.startswith("t_")]
    assert len(set(encoded)) == len(encoded) > 10 and max(map(len, encoded)) < 150


@pytest.mark.parametrize("columns", [800, pytest.param(5_000, marks=pytest.mark.long)])
def test_thousands_of_columns_end_with_a_card(columns: int) -> None:
    generator = np.random.default_rng(0)
    wide = pd.DataFrame(generator.normal(size=(60, columns))).rename(columns="c{}".format)
    begun = time.process_time()
    done = run(wide.assign(y=[0, 1] * 30), DummyClassifier())
    assert time.process_time() - begun < SECONDS
    assert len(done.features) == columns + 1 and len(str(done)) < 3_000


WRITTEN: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "a class in the list": (
        lambda: Pipeline([HistGradientBoostingClassifier], target="y"),
        ("the class HistGradientBoostingClassifier", "HistGradientBoostingClassifier()"),
    ),
    "a class in Train": (
        lambda: Train(HistGradientBoostingClassifier),
        ("got the class HistGradientBoostingClassifier", "give an instance"),
    ),
    "a step's class in the list": (lambda: Pipeline([Impute, LINEAR], target="y"), ("the class Impute", "Impute()")),
    "a text for an estimator": (lambda: Pipeline(["logistic"], target="y"), ("'logistic'", "estimator")),
    "a column for its name": (
        lambda: Pipeline([LINEAR], target=make_table()["y"]),  # type: ignore[arg-type]
        ("target=<Series> is no text", "run(X, y)"),
    ),
    "a number for a name": (
        lambda: Pipeline([LINEAR], target=3),  # type: ignore[arg-type]
        ("target=3 is no text", "rename(columns=str)", "target='3'"),
    ),
}


@pytest.mark.parametrize("mistake", WRITTEN)
def test_what_is_written_wrongly_is_said_with_what_to_write(mistake: str) -> None:
    make, says = WRITTEN[mistake]
    with pytest.raises(MlsysError) as caught:
        make()
    assert all(part in str(caught.value) for part in says), str(caught.value)


def test_a_fitted_estimator_is_trained_anew_and_the_card_says_so() -> None:
    frame = make_table()
    fitted = LogisticRegression().fit(frame[["a", "b", "c"]], 1 - frame["y"])
    before = fitted.coef_.copy()
    done, fresh = run(frame, fitted), run(frame, LINEAR)
    pd.testing.assert_frame_equal(done.metrics, fresh.metrics)
    assert (fitted.coef_ == before).all()
    said = "Train: LogisticRegression was already fitted; it is cloned and trained again on training rows only"
    assert ("trained anew", said) in done.card.lines
    assert said in str(done.pipeline.plan()) and "already fitted" not in str(fresh) + str(fresh.pipeline.plan())
