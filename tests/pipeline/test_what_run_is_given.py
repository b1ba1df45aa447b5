"""run() takes tables in many forms, files, X and y, and parts; the same rows give the same run."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pytest
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

import mlsys
from mlsys import Derive, Pipeline, ReadCSV, ReadParquet, Run
from mlsys.errors import ConfigurationError, DataError

PIPELINE = Pipeline([DecisionTreeClassifier(max_depth=2)], target="y")
Make = Callable[[pd.DataFrame], Any]


def make_frame(rows: int = 300) -> pd.DataFrame:
    generator = np.random.default_rng(2)
    frame = pd.DataFrame({"a": generator.normal(size=rows), "b": generator.integers(0, 9, rows)})
    return frame.assign(y=(frame["a"] + generator.normal(size=rows) > 0).astype(int))


def run(data: Any = None, y: Any = None, pipeline: Pipeline = PIPELINE) -> Run:
    return pipeline.run(data, y, track=False, cache=False, verbose=False)


def same(one: Run, other: Run) -> None:
    pd.testing.assert_frame_equal(one.metrics, other.metrics)
    pd.testing.assert_frame_equal(one.frame("train"), other.frame("train"), check_index_type=False)


class Streamed:
    """A table of a library that speaks Arrow's protocol and nothing else."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._table = pa.Table.from_pandas(frame)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


class Interchanged:
    """A table of a library that speaks the data frame protocol and nothing else."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._table = pa.Table.from_pandas(frame)

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> Any:
        return self._table.__dataframe__(nan_as_null, allow_copy)


def csv(frame: pd.DataFrame, name: str = "rows.csv", **options: Any) -> str:
    Path(name).parent.mkdir(exist_ok=True)
    frame.to_csv(name, index=False, **options)
    return name


def parquet(frame: pd.DataFrame, name: str = "rows.parquet") -> str:
    frame.to_parquet(name)
    return name


def folder(frame: pd.DataFrame) -> str:
    csv(frame.head(100), "rows/1.csv")
    csv(frame.tail(200), "rows/2.csv")
    Path("rows/_SUCCESS").touch()
    return "rows"


def without_ending(frame: pd.DataFrame) -> str:
    return str(Path(parquet(frame)).rename("rows"))


TABLES: dict[str, Make] = {
    "a table of Arrow": pa.Table.from_pandas,
    "a batch of Arrow": pa.RecordBatch.from_pandas,
    "batches of Arrow": lambda f: pa.Table.from_pandas(f).to_reader(),
    "files that Arrow knows of": lambda f: pyarrow.dataset.dataset(parquet(f)),
    "what gives Arrow's stream": Streamed,
    "what speaks the data frame protocol": Interchanged,
    "records": lambda f: f.to_dict("records"),
    "a mapping of lists": lambda f: f.to_dict("list"),
    "a mapping of arrays": lambda f: {name: f[name].to_numpy() for name in f},
    "an array with names": lambda f: f.to_records(index=False),
    "a CSV file": csv,
    "a path to a CSV file": lambda f: Path(csv(f)),
    "a packed CSV file": lambda f: csv(f, "rows.csv.gz"),
    "a CSV file parted by semicolons": lambda f: csv(f, sep=";"),
    "a CSV file parted by tabs": lambda f: csv(f, "rows.tsv", sep="\t"),
    "a Parquet file": parquet,
    "a Parquet file without an ending": without_ending,
    "a folder": folder,
    "a pattern": lambda f: folder(f) + "/*.csv",
    "a list of files": lambda f: [folder(f) + "/1.csv", Path("rows/2.csv")],
}


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("form", TABLES)
def test_the_same_rows_in_another_form_give_the_same_run(form: str) -> None:
    frame = make_frame()
    same(run(TABLES[form](frame)), run(frame))


def test_polars_is_taken_whether_it_is_collected_or_not() -> None:
    polars = pytest.importorskip("polars")
    frame = make_frame()
    for table in (polars.from_pandas(frame), polars.from_pandas(frame).lazy()):
        same(run(table), run(frame))


Pair = Callable[[pd.DataFrame, pd.Series], tuple[Any, Any]]
PAIRS: dict[str, Pair] = {
    "frame and series": lambda X, y: (X, y),
    "frame and array": lambda X, y: (X, y.to_numpy()),
    "frame and column": lambda X, y: (X, y.to_numpy()[:, None]),
    "frame and list": lambda X, y: (X, y.tolist()),
    "frame and frame": lambda X, y: (X, y.to_frame()),
    "frame and a series of another name": lambda X, y: (X, y.rename("class")),
    "tables of Arrow": lambda X, y: (pa.Table.from_pandas(X), pa.table({"y": y})),
    "all columns and the target again": lambda X, y: (X.assign(y=y), y),
}


@pytest.mark.quick("frame and series", "tables of Arrow", "all columns and the target again")
@pytest.mark.parametrize("form", PAIRS)
def test_features_and_target_apart_give_the_run_of_both_together(form: str) -> None:
    frame = make_frame()
    pair = PAIRS[form](frame.drop(columns="y"), frame["y"])
    same(run(*pair), run(frame))
    same(run(pair), run(frame))


@pytest.mark.parametrize("made", [np.asarray, np.ndarray.tolist, sparse.csr_matrix], ids=["array", "lists", "sparse"])
def test_features_without_names_are_called_as_scikit_learn_calls_them(made: Callable[[Any], Any]) -> None:
    frame = make_frame()
    pipeline = Pipeline([LogisticRegression(max_iter=1_000)], target="y")
    done = run(made(frame[["a", "b"]].to_numpy()), frame["y"].to_numpy(), pipeline)
    expected = run(frame.rename(columns={"a": "x0", "b": "x1"}).astype({"x1": float}), pipeline=pipeline)
    assert set(done.model.inputs) == {"x0", "x1"}
    np.testing.assert_allclose(done.metrics["value"], expected.metrics["value"])


def test_tables_that_scikit_learn_loads_are_taken() -> None:
    pipeline = Pipeline([DecisionTreeClassifier(max_depth=2)], target="target")
    whole = run(load_iris(as_frame=True).frame, pipeline=pipeline)
    for loaded in (load_iris(), load_iris(as_frame=True)):
        same(run(loaded, pipeline=pipeline), whole)


def test_parts_are_taken_in_every_form() -> None:
    frame = make_frame()
    parts = {"train": frame.head(200), "validation": frame.tail(100).reset_index(drop=True)}
    expected = run(parts)
    features = {name: (part.drop(columns="y"), part["y"]) for name, part in parts.items()}
    for given in (
        features,
        {name: pa.Table.from_pandas(part) for name, part in parts.items()},
        {name: Path(csv(part, f"{name}.csv")) for name, part in parts.items()},
        {"train": "train.csv", "validation": "validation.csv"},
    ):
        pd.testing.assert_frame_equal(run(given).metrics, expected.metrics)


def test_files_that_are_given_are_the_source_of_the_run() -> None:
    frame = make_frame()
    done = run(csv(frame))
    assert done.pipeline[0] == ReadCSV("rows.csv") and len(PIPELINE) == len(done.pipeline) - 1
    reading = Pipeline([ReadCSV("old.csv", dtypes={"b": "str"}), *PIPELINE._steps], target="y", exclude=["b"])
    assert run("rows.csv", pipeline=reading).pipeline[0] == ReadCSV("rows.csv", dtypes={"b": "str"})
    assert run(parquet(frame), pipeline=reading).pipeline[0] == ReadParquet("rows.parquet")


@pytest.mark.long  # it waits for MLflow's store
def test_a_run_of_a_file_is_reproduced_without_its_rows() -> None:
    run_id = PIPELINE.run(csv(make_frame()), verbose=False).id
    assert mlsys.reproduce(run_id).same


def test_every_way_to_run_takes_what_run_takes() -> None:
    frame = make_frame()
    X, y, file = frame.drop(columns="y"), frame["y"], csv(frame)  # noqa: N806  the names everybody gives them
    folds = [PIPELINE.cross_validate(3, given, track=False, verbose=False).table for given in (frame, (X, y), file)]
    pd.testing.assert_frame_equal(folds[1], folds[0])
    pd.testing.assert_frame_equal(folds[2], folds[0])
    assert PIPELINE.audit_leakage((X, y), verbose=False).verdict == "not observed"
    assert list(PIPELINE.preview(file)) == ["ReadCSV", *PIPELINE.preview(frame)]
    again = PIPELINE.variants(one={}, two={}).run(file, track=False, verbose=False)
    pd.testing.assert_frame_equal(again["two"].metrics, run(frame).metrics)


def test_an_index_stored_with_a_table_of_arrow_stays_the_index() -> None:
    frame = make_frame().set_axis([f"r{row}" for row in range(300)], axis=0)
    assert run(pa.Table.from_pandas(frame)).frame("train").index.str.startswith("r").all()


def test_a_subclass_and_attributes_of_a_frame_do_not_count() -> None:
    class Geo(pd.DataFrame):
        @property
        def _constructor(self) -> type[Geo]:
            return Geo

    frame = make_frame()
    frame.attrs = {"made of": make_frame()}
    same(run(Geo(frame)), run(make_frame()))
    assert "made of" in frame.attrs


class Lazy:
    """A table whose rows are elsewhere."""

    shape = (None, 3)


def of_module(name: str) -> Any:
    return type("DataFrame", (Lazy,), {"__module__": name})()


REFUSED: dict[str, tuple[Make, tuple[str, ...]]] = {
    "an array": (lambda f: f.to_numpy(), ("run() got ndarray", "pd.DataFrame(data, columns=[...])", "run(X, y)")),
    "a list of lists": (lambda f: f.to_numpy().tolist(), ("run() got list", "give a DataFrame", "run(X, y)")),
    "a sparse matrix": (sparse.csr_matrix, ("run() got csr_matrix", "run(X, y)")),
    "one column": (lambda f: f["a"], ("run() got Series", "with all columns")),
    "one column of Arrow": (lambda f: pa.array([1, 2]), ("run() got Int64Array",)),
    "groups": (lambda f: f.groupby("b"), ("run() got DataFrameGroupBy", 'group="..."')),
    "a window": (lambda f: f.rolling(3), ("run() got Rolling", "give a DataFrame")),
    "a generator": (lambda f: (each for each in [f]), ("run() got generator", "pd.concat")),
    "two frames": (lambda f: [f, f], ("run() got list", '{"train": ..., "test": ...}')),
    "two parts without names": (lambda f: (f, f), ("run() got tuple", '{"train": ..., "test": ...}')),
    "what train_test_split returns": (lambda f: (f, f, f["y"], f["y"]), ("run() got tuple", "(X, y)")),
    "a frame of Dask": (lambda f: of_module("dask.dataframe"), ("run() got DataFrame", ".compute()", "run(folder)")),
    "a frame of Spark": (lambda f: of_module("pyspark.sql"), ("run() got DataFrame", ".toPandas()", "run(folder)")),
    "a number": (lambda f: 5, ("run() got int", "give a DataFrame")),
    "bytes": (lambda f: b"a,b", ("run() got bytes", "give a DataFrame")),
    "a class": (lambda f: pd.DataFrame, ("the class DataFrame", "an instance with rows")),
    "a function": (lambda f: lambda: f, ("run() got function", "give a DataFrame")),
    "a module": (lambda f: types, ("run() got module", "give a DataFrame")),
    "an empty list": (lambda f: [], ("run() got list", "give a DataFrame")),
    "an empty mapping": (lambda f: {}, ("run() got dict without a column of values",)),
    "a mapping of single values": (lambda f: {"a": 1, "y": 0}, ("without a column of values",)),
    "columns of different lengths": (lambda f: {"a": [1, 2], "y": [1]}, ("'a' 2, 'y' 1", "equal length")),
    "a part that is no table": (lambda f: {"train": f, "test": [1]}, ("the part 'test', got list",)),
    "a file that is not there": (lambda f: csv(f)[1:], ("cannot find the file 'ows.csv'", "did you mean 'rows.csv'?")),
    "the text of a file": (lambda f: f.to_csv(), ("cannot find the file ',a,b,y", "...'")),
    "a table of Excel": (lambda f: csv(f, "rows.xlsx"), ("reads CSV and Parquet", "pandas.read_excel")),
    "a file of JSON": (lambda f: csv(f, "rows.json"), ("reads CSV and Parquet", "pandas.read_json")),
    "files of two kinds": (lambda f: [csv(f), parquet(f)], ("'rows.csv' and 'rows.parquet'", "one kind")),
    "a folder without tables": (lambda f: csv(f, "other/rows.dat")[:5], ("no file ending in .csv or .parquet",)),
    "an index with nulls": (lambda f: f.set_axis([None, *range(299)], axis=0), ("index is null at position 0",)),
    "an index of two levels": (lambda f: f.set_index(["a", "b"]), ("has 2 levels", "reset_index(), which makes")),
    "an index that repeats": (lambda f: f.set_index("y"), ("occurs twice", "a column of 'y'")),
    "names of two levels": (
        lambda f: f.set_axis(pd.MultiIndex.from_product([["f"], list("aby")]), axis=1),
        ("('f', 'a') is tuple", "'_'.join"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_what_is_no_table_is_refused_in_one_sentence_with_how_to_make_one(mistake: str) -> None:
    make, says = REFUSED[mistake]
    with pytest.raises(DataError) as caught:
        run(make(make_frame()))
    for part in says:
        assert part in str(caught.value)
    assert caught.value.remedy and len(str(caught.value)) < 500


PAIRS_REFUSED: dict[str, tuple[Pair, str]] = {
    "of other lengths": (lambda X, y: (X, y[:10]), "300 rows and 10 values of y"),
    "of another order": (lambda X, y: (X, y[::-1]), "at position 0, 299 and 0"),
    "with a target unlike y": (lambda X, y: (X.assign(y=y), 1 - y), "a column 'y' with different values"),
    "of one-hot classes": (lambda X, y: (X, pd.get_dummies(y)), "y with 2 columns"),
    "with a name for y": (lambda X, y: (X, "y"), "got y = 'y'"),
    "without features": (lambda X, y: (None, y), "got NoneType as X"),
    "of one column": (lambda X, y: (X["a"].to_numpy(), y), "of shape (300,) as X"),
    "of three dimensions": (lambda X, y: (np.zeros((300, 2, 2)), y), "of shape (300, 2, 2) as X"),
    "of rows that differ": (lambda X, y: ([[1, 2], [3]], [0, 1]), "rows of different lengths"),
    "of groups": (lambda X, y: (X.groupby("b"), y), "DataFrameGroupBy as X"),
    "with files": (lambda X, y: (csv(X), y), "files and a separate y"),
    "with parts": (lambda X, y: ({"train": X, "test": X}, y), "parts and a separate y"),
}


@pytest.mark.parametrize("mistake", PAIRS_REFUSED)
def test_features_and_target_that_do_not_go_together_are_refused(mistake: str) -> None:
    make, says = PAIRS_REFUSED[mistake]
    frame = make_frame()
    with pytest.raises(DataError, match=None) as caught:
        run(*make(frame.drop(columns="y"), frame["y"]))
    assert says in str(caught.value) and caught.value.remedy


def test_y_wants_a_target_and_an_open_file_its_path() -> None:
    frame = make_frame()
    with pytest.raises(ConfigurationError, match="name it: Pipeline"):
        run(frame, frame["y"], Pipeline([Derive({"c": lambda f: f["a"]})]))
    with open(csv(frame)) as opened, pytest.raises(DataError, match="pass its path instead"):
        run(opened)


def test_importing_a_table_library_is_left_to_the_user() -> None:
    assert "polars" not in sys.modules or pytest.importorskip("polars")
