"""WriteParquet writes each part whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pandas as pd
import pytest

from mlsys.data import ReadParquet, WriteParquet
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError, DataError
from mlsys.settings import override

HERE = LocalEngine()
TRAIN = pd.DataFrame({"x": [1, 2, 3], "who": ["a", None, "c"]}, index=[4, 7, 9])
PARTS = {"train": HERE.hold(None, TRAIN), "validation": HERE.hold(None, TRAIN.head(1))}


def test_a_part_is_a_file_in_a_private_folder() -> None:
    WriteParquet("out/rows").write(PARTS)
    assert sorted(each.name for each in Path("out/rows").iterdir()) == ["train.parquet", "validation.parquet"]
    assert stat.S_IMODE(Path("out/rows").stat().st_mode) == 0o700
    pd.testing.assert_frame_equal(pd.read_parquet("out/rows/train.parquet"), TRAIN)


def test_partitions_make_one_file_with_row_groups() -> None:
    with override(rows_per_partition=2):
        WriteParquet("out", parts=["train"], columns=["who"]).write(PARTS)
    assert [each.name for each in Path("out").iterdir()] == ["train.parquet"]
    assert ReadParquet("out").read()["who"].fillna("-").tolist() == ["a", "-", "c"]


def test_a_failure_leaves_the_earlier_file_and_nothing_else() -> None:
    WriteParquet("out").write(PARTS)
    wrong = HERE.hold(None, pd.DataFrame({"x": [1, "text", object()]}))
    with pytest.raises(DataError, match="cannot write the part 'train'"):
        WriteParquet("out").write({"train": wrong})
    assert len(pd.read_parquet("out/train.parquet")) == 3
    assert sorted(each.name for each in Path("out").iterdir()) == ["train.parquet", "validation.parquet"]


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"'test' is not open \(open: train, validation\)"):
        WriteParquet("out", parts=["test"]).write(PARTS)
    with pytest.raises(DataError, match="needs the column 'nope'"):
        WriteParquet("out", columns=["nope"]).write(PARTS)
    with pytest.raises(ConfigurationError, match="name one folder"):
        WriteParquet(["a", "b"])
