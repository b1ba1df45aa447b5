"""Broken files end in the right data, in rows set aside with reasons, or in one of our errors; never in another's."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import ReadCSV, ReadParquet, Schema
from mlsys.errors import DataError, MlsysError

_place = importlib.util.spec_from_file_location("broken_files", Path(__file__).parent / "broken_files.py")
assert _place is not None and _place.loader is not None
broken_files = importlib.util.module_from_spec(_place)
sys.modules["broken_files"] = broken_files
_place.loader.exec_module(broken_files)

QUICK, LONG = 180, 1_620
PARQUET_QUICK, PARQUET_LONG = 20, 200
AT_ONCE = 20
"""Files in one test: pytest itself costs more than a file."""


def groups(first: int, last: int) -> list[range]:
    return [range(start, min(start + AT_ONCE, last)) for start in range(first, last, AT_ONCE)]


def set_aside() -> int:
    rows = 0
    for file in Path(".mlsys/quarantine").glob("*/rows.parquet"):
        kept = pd.read_parquet(file)
        assert kept["reason"].str.len().gt(0).all() and kept["where"].str.startswith("row ").all()
        rows += len(kept)
        file.unlink()
    return rows


def same(value: object, expected: object) -> bool:
    if expected is None or value is None or value is pd.NA or value is pd.NaT:
        return expected is None and bool(pd.isna(value))  # type: ignore[call-overload]
    if isinstance(expected, float):
        return math.isclose(float(value), expected, rel_tol=1e-15)  # type: ignore[arg-type]
    return bool(value == expected)


def check_csv(made: Any) -> None:
    files = made.write()
    said = f"{made.kinds} in {files}"
    try:
        frame = ReadCSV(files, schema=made.schema).read()
    except MlsysError as error:
        assert made.refused or made.unread or "not fit the schema" in str(error), f"{said}: {error}"
        assert any(file in str(error) for file in files), f"{said}: no file named in {error}"
        return
    assert not made.refused, f"{said}: read as {frame}"
    expected = broken_files.read_by_python(made.files)
    aside = set_aside()
    assert len(frame) + aside == expected.rows, f"{said}: {len(frame)} + {aside} of {expected.rows}"
    assert len(frame) == len(expected.fit), f"{said}: {len(frame)} fit, not {len(expected.fit)}"
    for name, values in zip(broken_files.NAMES, zip(*expected.fit, strict=True), strict=True):
        for row, value in enumerate(values):
            assert same(frame[name].iloc[row], value), f"{said}: {name} in row {row}: {frame[name].iloc[row]!r}"


def check_refusals(made: Any) -> None:
    """Without a schema, and with one that raises: data or an error that names the file."""
    files = made.write()
    for schema in (None, made.schema.with_(bad_rows="raise")):
        try:
            frame = ReadCSV(files, schema=schema).read()
            assert len(frame)
        except DataError as error:
            assert any(file in str(error) for file in files), f"{made.kinds}: no file named in {error}"
            assert error.remedy


@pytest.mark.parametrize("seeds", groups(0, QUICK), ids=str)
def test_broken_csv_ends_in_data_or_in_an_error_that_names_it(seeds: range) -> None:
    for seed in seeds:
        made = broken_files.broken(seed)
        check_csv(made)
        if seed % 4 == 0:
            check_refusals(made)


@pytest.mark.long
@pytest.mark.parametrize("seeds", groups(QUICK, QUICK + LONG), ids=str)
def test_more_broken_csv_ends_in_data_or_in_an_error_that_names_it(seeds: range) -> None:
    for seed in seeds:
        made = broken_files.broken(seed)
        check_csv(made)
        check_refusals(made)


def test_every_kind_of_broken_file_is_among_the_quick_ones() -> None:
    assert {kind for seed in range(QUICK) for kind in broken_files.broken(seed).kinds} == set(broken_files.KINDS)


def parquet_rows(random: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame({
        "id": np.arange(rows),
        "amount": random.choice([1.5, np.nan, np.inf, -2000.0, 7.0], rows),
        "plan": random.choice(["free", "pro", "gold"], rows),
    })  # fmt: skip


def check_parquet(seed: int) -> None:
    """Truncated, damaged, of another type, without rows: data equal to what was written, or an error with the file."""
    random = np.random.default_rng(seed)
    frames = [parquet_rows(random, 30), parquet_rows(random, 12)]
    kind = ("truncated", "flipped", "type", "no rows", "fine")[seed % 5]
    if kind == "type":
        frames[1]["amount"] = random.choice(["a", "b"], len(frames[1]))
    if kind == "no rows":
        frames[1] = frames[1].head(0)
    for name, frame in zip("ab", frames, strict=True):
        frame.to_parquet(f"{name}.parquet", write_page_checksum=True)
    content = bytearray(Path("b.parquet").read_bytes())
    if kind == "truncated":
        content = content[: int(random.integers(len(content)))]
    if kind == "flipped":
        content[int(random.integers(4, len(content)))] ^= 1 << int(random.integers(8))
    Path("b.parquet").write_bytes(content)
    schema = Schema({"amount": "float", "plan": ["free", "pro"]}, bad_rows="quarantine", most=1.0)
    try:
        frame = ReadParquet(["a.parquet", "b.parquet"], schema=schema).read()
    except MlsysError as error:
        assert kind in {"truncated", "flipped", "type"} and "b.parquet" in str(error), f"{kind}: {error}"
        return
    assert kind in {"flipped", "no rows", "fine"}
    written = pd.concat(frames, ignore_index=True)
    fits = np.isfinite(written["amount"].astype(float)) & written["plan"].isin(["free", "pro"])
    assert len(frame) + set_aside() == len(written)
    pd.testing.assert_frame_equal(frame.reset_index(drop=True), written[fits].reset_index(drop=True), check_dtype=False)


@pytest.mark.parametrize("seeds", groups(0, PARQUET_QUICK), ids=str)
def test_broken_parquet_ends_in_data_or_in_an_error_that_names_it(seeds: range) -> None:
    for seed in seeds:
        check_parquet(seed)


@pytest.mark.long
@pytest.mark.parametrize("seeds", groups(PARQUET_QUICK, PARQUET_QUICK + PARQUET_LONG), ids=str)
def test_more_broken_parquet_ends_in_data_or_in_an_error_that_names_it(seeds: range) -> None:
    for seed in seeds:
        check_parquet(seed)
