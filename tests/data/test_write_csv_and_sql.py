"""WriteCSV, WriteSQL and folders of WriteParquet: whole or not at all, and read back as they were."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import SGDClassifier

from mlsys import Pipeline, RandomSplit, ReadCSV, ReadParquet, ReadSQL, Train, WriteCSV, WriteParquet, WriteSQL
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import override
from mlsys.unfinished import replacing

ROWS = pd.DataFrame(
    {
        "x": [0.1, None, 1e300, 1 / 3],
        "n": [1, 2**53 + 1, -3, 4],
        "s": ['a "b", c', None, "Zürich\n", "="],
        "t": pd.date_range("2024-01-01", periods=4, tz="Europe/Berlin"),
        "c": pd.Categorical(["u", "v", None, "u"]),
    }
)
PARTS = {"train": LocalEngine().hold(None, ROWS), "validation": LocalEngine().hold(None, ROWS.head(1))}
PREDICTED = pd.DataFrame({"id": [7, 8], "prediction": [0, 1]})
DATABASE = "sqlite:///out.db"


@pytest.mark.parametrize("compression", ["", "gzip", "bz2", "xz"])
def test_csv_is_read_back(compression: Any) -> None:
    with override(rows_per_partition=3):
        WriteCSV("out", compression=compression, separator=";").write(PARTS)
    files = sorted(Path("out").iterdir())
    assert [each.name.split(".")[0] for each in files] == ["train", "validation"]
    assert stat.S_IMODE(Path("out").stat().st_mode) == 0o700 and stat.S_IMODE(files[0].stat().st_mode) == 0o600
    read = ReadCSV(str(files[0]), separator=";", times=["t"], zone="Europe/Berlin").read()
    pd.testing.assert_frame_equal(read, ROWS.assign(c=ROWS["c"].astype("str")), check_exact=True)


def test_a_table_holds_all_parts() -> None:
    WriteSQL(DATABASE, "rows").write(PARTS)
    WriteSQL(DATABASE, "rows").write(PARTS)
    read = ReadSQL(DATABASE, "SELECT * FROM rows", times=["t"], zone="UTC").read()
    assert read["part"].tolist() == ["train"] * 4 + ["validation"]
    pd.testing.assert_series_equal(read["x"].head(4), ROWS["x"])
    assert read["n"].head(4).tolist() == ROWS["n"].tolist()
    assert (read["t"].head(4) == ROWS["t"]).all()  # the same moments, in UTC
    WriteSQL(DATABASE, "rows", parts=["validation"], columns=["n"], exists="append").write(PARTS)
    assert ReadSQL(DATABASE, "SELECT count(*) AS n FROM rows").read()["n"].tolist() == [6]
    with pytest.raises(DataError, match="the table 'rows' is there"):
        WriteSQL(DATABASE, "rows", exists="refuse").write(PARTS)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"n": [[1]]}, "column 'n' holds lists"),
        ({"n": [2**64 - 1]}, "cannot write to 'rows'"),
        ({"part": ["a"]}, "the column 'part', which the rows have"),
    ],
)
def test_a_failure_leaves_the_table_as_it_was(bad: dict[str, Any], said: str) -> None:
    WriteSQL(DATABASE, "rows").write(PARTS)
    wrong = {"train": PARTS["train"], "validation": pd.DataFrame(bad)}
    with pytest.raises(DataError, match=said):
        WriteSQL(DATABASE, "rows").write(wrong)
    with sqlite3.connect("out.db") as connection:
        assert connection.execute("SELECT count(*) FROM rows").fetchall() == [(5,)]
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("rows",)]
    connection.close()


def test_predictions_are_appended_with_their_model() -> None:
    WriteParquet("all").append(PREDICTED, model="flights/3")
    WriteParquet("all").append(PREDICTED.head(1), model="flights/4")
    WriteCSV("all").append(PREDICTED, model="flights/3")
    WriteCSV("all").append(PREDICTED.head(1), model="flights/4")
    WriteSQL(DATABASE, "predicted").append(PREDICTED, model="flights/3")
    WriteSQL(DATABASE, "predicted").append(PREDICTED.head(1), model="flights/4")
    for read in (
        ReadParquet("all").read(),
        ReadCSV("all/predictions.csv", times=["predicted_at"]).read(),
        ReadSQL(DATABASE, "SELECT * FROM predicted", times=["predicted_at"], zone="UTC").read(),
    ):
        assert read["prediction"].tolist() == [0, 1, 0]
        assert read["model"].tolist() == ["flights/3", "flights/3", "flights/4"]
        age = pd.Timestamp.now("UTC") - read["predicted_at"]
        assert age.between(pd.Timedelta(0), pd.Timedelta("1h")).all()


def test_predictions_of_another_form_are_refused() -> None:
    WriteCSV("all").append(PREDICTED, model="m/1")
    before = Path("all/predictions.csv").read_bytes()
    with pytest.raises(DataError, match="has the columns id, prediction, model, predicted_at"):
        WriteCSV("all").append(PREDICTED[["prediction"]], model="m/1")
    assert Path("all/predictions.csv").read_bytes() == before
    with pytest.raises(DataError, match="cannot tell which model"):
        WriteCSV("all").append(PREDICTED, model=None)
    with pytest.raises(DataError, match="a column 'model' of their own"):
        WriteParquet("all").append(PREDICTED.assign(model=1), model="m/1")
    WriteSQL(DATABASE, "predicted").append(PREDICTED, model="m/1")
    with pytest.raises(DataError, match="has no column named other"):
        WriteSQL(DATABASE, "predicted").append(PREDICTED.assign(other=1), model="m/1")


def test_the_run_of_a_model_is_its_version(cancer: pd.DataFrame) -> None:
    class Model:
        """What a served model says of itself."""

        details = {"run": "0123abcd"}

    WriteParquet("all").append(PREDICTED, model=Model())
    assert set(ReadParquet("all").read()["model"]) == {"0123abcd"}


def test_folders_are_named_by_values_and_read_back() -> None:
    rows = pd.DataFrame({"x": range(6), "s": ["a/b", "a/b", "é=", None, "c", "c"], "k": [1, 2, 1, None, 1, 1]})
    with override(rows_per_partition=4):
        WriteParquet("out", partition_by=["s", "k"]).write({"train": rows})
    assert Path("out/train/s=a%2Fb/k=2/0.parquet").exists()
    read = ReadParquet("out").read().sort_values("x", ignore_index=True)
    pd.testing.assert_frame_equal(read[["x", "s", "k"]], rows, check_dtype=False)
    assert ReadParquet("out", where=[("s", "==", "c")]).read()["x"].tolist() == [4, 5]
    WriteParquet("out", partition_by=["k"]).write({"train": rows.head(2)})
    assert sorted(os.listdir("out/train")) == ["k=1", "k=2"]
    assert os.listdir("out") == ["train"]


def test_folders_that_cannot_be_named_leave_the_earlier_ones() -> None:
    WriteParquet("out", partition_by=["n"]).write(PARTS)
    for bad, said in (
        (["x"], "which holds numbers"),
        (["t"], "partition_by= names 't'"),
        (["nope"], "needs the column"),
    ):
        with pytest.raises(DataError, match=said):
            WriteParquet("out", partition_by=bad).write(PARTS)
    with pytest.raises(DataError, match="holds it in another form"):
        WriteParquet("out").write(PARTS)
    assert len(ReadParquet("out/train").read()) == 4
    assert sorted(os.listdir("out")) == ["train", "validation"]
    with pytest.raises(ConfigurationError, match="name one folder"):
        WriteCSV(["a", "b"])


def test_a_folder_takes_the_place_of_another_in_one_step() -> None:
    """Whoever looks finds one of the two, whole."""
    for text in ("old", "new"):
        with replacing(Path("folder")) as making:
            making.mkdir()
            (making / "a.txt").write_text(text)
    assert (Path("folder/a.txt").read_text(), os.listdir(".")) == ("new", ["folder"])
    with pytest.raises(RuntimeError), replacing(Path("folder")) as making:
        making.mkdir()
        raise RuntimeError
    assert (Path("folder/a.txt").read_text(), os.listdir(".")) == ("new", ["folder"])


KILLED = """
import os, sys, pandas as pd
from mlsys import WriteCSV, WriteParquet, WriteSQL
import mlsys.data._sinks as sinks
frames = sinks.frames_of
def dying(table, columns):
    yield from frames(table, columns)
    os.kill(os.getpid(), 9)
for module in ("write_csv", "write_sql", "write_parquet"):
    sys.modules["mlsys.data." + module].frames_of = dying
step = eval(sys.argv[1])
step.write({"train": pd.DataFrame({"x": range(9)})})
"""


@pytest.mark.long
@pytest.mark.parametrize(
    "step",
    [
        "WriteCSV('out')",
        "WriteSQL('sqlite:///out.db', 'rows')",
        "WriteParquet('out')",
        "WriteParquet('out', partition_by=['x'])",
    ],
)
def test_a_kill_leaves_what_was_there(step: str) -> None:
    sink = eval(step)
    sink.write({"train": pd.DataFrame({"x": range(3)})})
    assert subprocess.run([sys.executable, "-c", KILLED, step], check=False).returncode == -9
    read = {"C": ReadCSV("out"), "S": ReadSQL("sqlite:///out.db", "SELECT * FROM rows"), "P": ReadParquet("out")}[
        step[5]
    ]
    assert sorted(read.read()["x"]) == [0, 1, 2]


@pytest.mark.parametrize("pieces", [False, True])
def test_training_rows_without_predictions_are_null_in_the_table_of_all_parts(pieces: bool) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "y": np.arange(300) % 2})
    frame.to_parquet("rows.parquet")
    model = Train(SGDClassifier(loss="log_loss"), classes=[0, 1])
    sink = WriteSQL("sqlite:///all.db", "rows")
    pipeline = Pipeline([ReadParquet("rows.parquet"), RandomSplit(), model, sink], target="y")
    limits = {"rows_in_memory": 100, "rows_per_partition": 50} if pieces else {}
    with override(**limits):
        run = pipeline.run(track=False, cache=False)
    with sqlite3.connect("all.db") as connection:
        types = {name: kind for _, name, kind, *_ in connection.execute("PRAGMA table_info(rows)")}
        written = pd.read_sql("SELECT * FROM rows", connection)
    connection.close()
    assert types == {"x": "FLOAT", "y": "BIGINT", "prediction": "BIGINT", "probability_0": "FLOAT",
                     "probability_1": "FLOAT", "part": "TEXT"}  # fmt: skip
    assert written["part"].value_counts().to_dict() == {part: run.rows[part] for part in ("train", "validation")}
    null = written["prediction"].isna()
    assert (null == (written["part"] == "train")).all()
    assert written["probability_1"][~null].between(0, 1).all()


def test_a_column_that_only_a_later_part_has_keeps_its_type_and_one_asked_for_by_name_is_refused() -> None:
    when = pd.DataFrame({"x": [1], "when": pd.to_datetime(["2024-05-01"]), "word": ["a"]})
    parts = {"train": pd.DataFrame({"x": [2, 3]}), "validation": when}
    WriteSQL("sqlite:///some.db", "rows").write(parts)
    with sqlite3.connect("some.db") as connection:
        found = connection.execute('SELECT x, "when", word, part FROM rows').fetchall()
        types = {name: kind for _, name, kind, *_ in connection.execute("PRAGMA table_info(rows)")}
    connection.close()
    assert found[:2] == [(2, None, None, "train"), (3, None, None, "train")]
    assert found[2][2:] == ("a", "validation")
    assert types == {"x": "BIGINT", "when": "DATETIME", "word": "TEXT", "part": "TEXT"}
    with pytest.raises(DataError, match=r"(?s)the part 'train' .*'when'.*name in parts= those that have it"):
        WriteSQL("sqlite:///some.db", "rows", columns=["when"]).write(parts)
