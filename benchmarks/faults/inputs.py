"""Mutated input files: what is read is what Python's own reader or pyarrow reads, or the file is refused by name."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import math
import random
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from faults import mutations
from faults.children import in_child
from faults.fault import Outcome, fault

ERRORS = "mlsys.errors."
SEED = 20261127
NULLS = {
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
}  # fmt: skip
"""What means nothing in a CSV file, as pandas documents it."""


@fault("CSV files mutated at random, against Python's own reader", times=450)
def text(times: int) -> Iterator[Outcome]:
    """Cells are those that Python reads from the same bytes; rows of another length and bytes that are no text not."""
    for number, rng, place in _trials(times):
        mutation = mutations.TEXT[number % len(mutations.TEXT)]
        path = place / "a.csv"
        path.write_bytes(mutation(rng))
        yield _read(f"seed {number}, {mutation.__name__}", path, _as_text)


@fault("packed CSV files (gzip, bzip2, xz, zip) mutated at random, against what was packed", times=250)
def packed(times: int) -> Iterator[Outcome]:
    """A packed file holds what was packed, or is refused."""
    for number, rng, place in _trials(times):
        ending = [*mutations.PACKED][number % len(mutations.PACKED)]
        content = mutations.written(mutations.HEADER, mutations.rows_of(rng))
        path = place / f"a.csv.{ending}"
        path.write_bytes(mutations.packed(content, ending, rng))
        yield _read(f"seed {number}, {ending}", path, lambda *given, content=content: _as_packed(*given, content))


@fault("Parquet files with checksums, bits flipped in their pages, against what was written", times=100)
def pages(times: int) -> Iterator[Outcome]:
    """What a page holds is what was written, or it is refused."""
    for number, rng, place in _trials(times):
        content = mutations.parquet(rng, checksums=True)
        (place / "whole.parquet").write_bytes(content)
        path = place / "a.parquet"
        path.write_bytes(mutations.flipped(content, rng, 4, mutations.footer_of(content)))
        whole = place / "whole.parquet"
        yield _read(f"seed {number}", path, lambda frame, _, whole=whole: _as_parquet(frame, whole))


@fault("Parquet files mutated at random, against pyarrow's reading of the same bytes", times=200)
def parquet(times: int) -> Iterator[Outcome]:
    """What pyarrow refuses is refused by name; what it reads is read, to the value."""
    for number, rng, place in _trials(times):
        path = place / "a.parquet"
        path.write_bytes(mutations.parquet_mutated(mutations.parquet(rng, rng.random() < 0.5), rng))
        yield _read(f"seed {number}", path, _as_parquet)


def _trials(times: int) -> Iterator[tuple[int, random.Random, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(times):
            yield number, random.Random(SEED + number), Path(folder)


def _read(what: str, path: Path, differs: Callable[[pd.DataFrame, Path], str]) -> Outcome:
    """Read a file in a child: pyarrow may end the process over a damaged one."""
    import mlsys

    step = mlsys.ReadCSV(path) if ".csv" in path.name else mlsys.ReadParquet(path)
    outcome = Outcome(what)
    ended = in_child(lambda: differs(step.read(), path), within=60, memory=8 << 30)
    outcome.waited = max(0.0, ended.seconds - 1)
    if not outcome.check(not ended.hung and not ended.killed, f"hung or died (status {ended.status})", 1):
        return outcome
    if ended.raised is None:
        outcome.check(ended.answer == "", f"silent change: {ended.answer}", 1)
    else:
        kind, said = ended.raised
        outcome.check(kind.startswith(ERRORS), f"raw error {kind}: {said[:200]}")
        outcome.check(path.name in said, f"the error does not name the file: {said[:200]}")
    return outcome


def _as_text(frame: pd.DataFrame, path: Path) -> str:
    return _differs(frame, path.read_bytes())


def _as_packed(frame: pd.DataFrame, path: Path, content: bytes) -> str:
    differs = _differs(frame, content)
    if differs:  # several packed parts behind one another are one file, also for gzip and xz themselves
        return _differs(frame, _unpacked(path.read_bytes(), path.suffix[1:])) and differs
    return ""


def _unpacked(content: bytes, ending: str) -> bytes:
    if ending == "zip":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return packed.read(packed.namelist()[0])
    return {"gz": gzip.decompress, "bz2": bz2.decompress, "xz": lzma.decompress}[ending](content)


def _differs(frame: pd.DataFrame, content: bytes) -> str:
    """Say how a frame differs from what Python reads; empty where it does not."""
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"read, though it is no text: {error}"
    csv.field_size_limit(sys.maxsize)
    records = [each for each in csv.reader(io.StringIO(decoded, newline="")) if each and not _is_blank(each)]
    if not records:
        return "read, though it is empty"
    header, rows = records[0], records[1:]
    if list(frame.columns) != header:
        return f"columns {list(frame.columns)} for {header}"
    if len(frame) != len(rows):
        return f"{len(frame)} rows for {len(rows)}"
    ragged = [len(row) for row in rows if len(row) != len(header)]
    if ragged:
        return f"read, though {len(ragged)} rows have {ragged[0]} fields rather than {len(header)}"
    for place, name in enumerate(header):
        for number, (value, row) in enumerate(zip(frame.iloc[:, place].tolist(), rows, strict=True)):
            if not _says(value, row[place]):
                return f"{name!r} holds {value!r} in row {number} for {row[place]!r}"
    return ""


def _is_blank(record: list[str]) -> bool:
    return len(record) == 1 and not record[0].strip() and record[0] != ""


def _says(value: Any, text: str) -> bool:
    """Whether a value is what a text says."""
    if _is_null(value):
        return text.strip() in NULLS
    if isinstance(value, bool):
        return text.strip().lower() == str(value).lower()
    try:
        if isinstance(value, int):
            return int(text) == value
        if isinstance(value, float):
            return math.isclose(float(text), value, rel_tol=4e-16)
    except ValueError:
        return False
    return str(value) == text


def _as_parquet(frame: pd.DataFrame, path: Path) -> str:
    try:
        table = pq.read_table(path)
    except Exception as error:  # whatever pyarrow says of a damaged file
        return f"read, though pyarrow refuses it: {error}"
    names = [name for name in table.column_names if not name.startswith("__index_level_")]
    if list(frame.columns) != names:
        return f"columns {list(frame.columns)} for {names}"
    if len(frame) != table.num_rows:
        return f"{len(frame)} rows for {table.num_rows}"
    for name in names:
        try:
            wanted = table.column(name).to_pylist()
        except Exception as error:
            return f"read, though {name!r} holds what is no value: {error}"
        for number, (value, each) in enumerate(zip(frame[name].tolist(), wanted, strict=True)):
            if not _is(value, each):
                return f"{name!r} holds {value!r} in row {number} for {each!r}"
    return ""


def _is(value: Any, wanted: Any) -> bool:
    if wanted is None or (isinstance(wanted, float) and math.isnan(wanted)):
        return _is_null(value)
    if isinstance(wanted, list):
        found = list(value)
        return len(found) == len(wanted) and all(map(_is, found, wanted))
    if hasattr(wanted, "year"):
        return bool(pd.Timestamp(value) == pd.Timestamp(wanted))
    return bool(value == wanted)


def _is_null(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
