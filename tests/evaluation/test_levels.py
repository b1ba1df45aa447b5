"""Slices by name: different values are different slices, each with a name, a column and a key of its own."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mlsys import Evaluate, Gate, Pipeline, RandomSplit, gap
from mlsys.errors import DataError
from mlsys.evaluation import Candidate
from mlsys.evaluation.levels import levels_of
from mlsys.outcome.measures import slice_keys

CATEGORIES = pd.CategoricalDtype(["nan", 1, "1", 2.5, "2.5"])
COLUMNS = {
    "texts and null": (pd.Series(["nan", "x", None, "nan"]), 3),
    "objects": (pd.Series([1, "1", None, "nan", np.nan, pd.NA, 1], dtype=object), 4),
    "numbers, texts and truths": (pd.Series([1, 1.0, True, "1", "1.0", "True", 0, False], dtype=object), 8),
    "numpy's own and Python's": (pd.Series([np.int64(1), 1, np.float64(2.5), 2.5], dtype=object), 2),
    "truths and null": (pd.Series([True, None, False, "None"], dtype=object), 4),
    "nullable": (pd.Series([1, None, 2], dtype="Int64"), 3),
    "Arrow": (pd.Series(["nan", None, "b"], dtype="string[pyarrow]"), 3),
    "categories": (pd.Series(["nan", 1, None, "1", 2.5, "2.5"], dtype=CATEGORIES), 6),
    "dates": (pd.Series([datetime.date(2024, 1, 1), None, "2024-01-01"], dtype=object), 3),
    "decimals": (pd.Series([Decimal("1"), 1, "1"], dtype=object), 3),
    "identifiers": (pd.Series([uuid.UUID(int=1), str(uuid.UUID(int=1)), None], dtype=object), 3),
    "bytes": (pd.Series([b"a", "b'a'", "a"], dtype=object), 3),
    "times": (pd.Series(pd.to_datetime(["2024-01-01", None, "2024-01-02"])), 3),
    "one row": (pd.Series([(1)], dtype=object), 1),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_levels_hold_each_row_once_under_names_of_their_own(column: str) -> None:
    values, different = COLUMNS[column]
    found = levels_of(values, "Evaluate")
    assert len({name for name, _ in found}) == len(found) == different
    assert (np.sum([rows for _, rows in found], axis=0) == 1).all()


@given(st.lists(st.sampled_from([None, "nan", "None", 1, "1", 1.0, "1.0", True, "True", "'1'", 0, "a"]), min_size=1))
def test_rows_share_a_level_where_type_and_value_are_the_same(values: list[Any]) -> None:
    found = levels_of(pd.Series(values, dtype=object), "Evaluate")
    counted: dict[tuple[str, Any], int] = {}
    for value in values:
        key = (type(value).__name__, value)
        counted[key] = counted.get(key, 0) + 1
    assert sorted(int(rows.sum()) for _, rows in found) == sorted(counted.values())
    assert len({name for name, _ in found}) == len(found)


def test_what_reads_alike_is_quoted_and_nothing_else() -> None:
    names = [name for name, _ in levels_of(pd.Series(["nan", None, 1, "1", "x"], dtype=object), "Evaluate")]
    assert names == ["'nan'", "nan", "1", "'1'", "x"]


@pytest.mark.parametrize("value", [[1], {"a": 1}])
def test_lists_and_mappings_have_no_levels(value: Any) -> None:
    with pytest.raises(DataError, match="Evaluate slices by 'g', which holds lists or mappings"):
        levels_of(pd.Series([value, value], name="g"), "Evaluate")


def rows_with(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=800)})
    frame["y"] = frame["a"] + rng.normal(size=800) > 0
    return frame.assign(**columns)


def sliced(frame: pd.DataFrame, slices: Any, **arguments: Any) -> Any:
    pipeline = Pipeline(
        [RandomSplit(), LogisticRegression(), Evaluate(slices=slices)],
        target="y", features=["a"], name="sliced", **arguments,
    )  # fmt: skip
    return pipeline


def test_every_judged_row_is_in_one_slice_and_mlflow_has_a_key_for_each(tmp_path: Path, monkeypatch: Any) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    rng = np.random.default_rng(1)
    values = np.array(["nan", None, 1, "1", True], dtype=object)
    frame = rows_with(g=pd.Series(values[rng.integers(0, 5, 800)], dtype=object))
    run = sliced(frame, ["g"]).run(frame)
    table = run.metrics.query("slice != 'all' and metric == 'roc_auc' and part == 'validation'").set_index("slice")
    judged = frame.loc[run.predictions["validation"].index, "g"]
    counts = {"g=nan": judged.isna().sum(), "g='nan'": (judged == "nan").sum(), "g='1'": (judged == "1").sum()}
    counts |= {"g=1": sum(type(each) is int for each in judged), "g=True": sum(each is True for each in judged)}
    assert table["n"].to_dict() == counts
    logged = mlflow.get_run(run.mlflow_run_id).data.metrics
    written = [value for key, value in logged.items() if key.startswith("slice/g") and key.endswith("roc_auc")]
    assert sorted(written) == pytest.approx(sorted(table["value"]))
    assert logged["slice/g-nan/roc_auc"] == pytest.approx(table.loc["g=nan", "value"])


def test_columns_and_levels_that_read_alike_have_slices_gaps_and_keys_of_their_own() -> None:
    rng = np.random.default_rng(2)
    choice = rng.choice(["b=c", "d"], 800)
    frame = rows_with(**{"a=b": pd.Series(np.where(choice == "d", "d", "c")), "k": choice})
    frame = frame.rename(columns={"a": "x"}).rename(columns={"k": "a"})
    pipeline = Pipeline(
        [RandomSplit(), LogisticRegression(), Evaluate(slices=["a", "a=b"])], target="y", features=["x"]
    )
    evaluation = pipeline.run(frame, track=False).reports["evaluate"]
    slices = evaluation.slices
    assert list(slices.values()).count("a") == list(slices.values()).count("a=b") == 2
    assert len(set(slice_keys(slices).values())) == 4
    table = evaluation.table.query("metric == 'roc_auc' and slice != 'all'").set_index("slice")["value"]
    for column in ("a", "a=b"):
        mine = table[[name for name, of in slices.items() if of == column]]
        found = gap("roc_auc", by=column).read(Candidate({"evaluate": evaluation}))
        assert found is not None and found["value"] == pytest.approx(mine.max() - mine.min())
    assert Gate(gap("roc_auc", by="b").value <= 1).check({"evaluate": evaluation})[0][2] == "fail"


def test_quarters_of_numbers_close_together_are_told_apart_and_infinite_ones_are_in_one() -> None:
    rng = np.random.default_rng(3)
    wide = np.where(np.arange(800) % 40 == 0, -np.inf, 1e8 + rng.random(800))
    frame = rows_with(w=np.where(np.arange(800) % 40 == 1, np.inf, wide))
    table = sliced(frame, ["w"]).run(frame, track=False).metrics
    rows = table.query("metric == 'roc_auc' and part == 'validation'")
    quarters = rows[rows["slice"].str.startswith("w=")]
    assert quarters["slice"].is_unique and len(quarters) == 4
    assert quarters["n"].sum() == rows.loc[(rows["slice"] == "all") & (rows["model"] == "model"), "n"].item()


def test_rules_of_one_name_are_two_baselines() -> None:
    frame = rows_with()
    rules = [lambda rows: (rows["a"] > 0) * 0.8, lambda rows: (rows["a"] < 0) * 0.8]
    pipeline = Pipeline([RandomSplit(), LogisticRegression(), Evaluate(slices=(), baselines=rules)], target="y")
    values = pipeline.run(frame, track=False).metrics.query("metric == 'roc_auc'").set_index("model")["value"]
    assert values["<lambda>"] == pytest.approx(1 - values["<lambda> (2)"]) and values["<lambda>"] > 0.6
