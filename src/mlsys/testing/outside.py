"""Promises of the steps that touch the world outside: sources, sinks, and reports that are logged."""

from __future__ import annotations

import contextlib
import io
import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import pandas as pd

from mlsys.engines import LocalEngine
from mlsys.steps import Report, Result, Source, Step
from mlsys.steps.learning import call_hook
from mlsys.steps.questions import writes
from mlsys.tables import Partition
from mlsys.testing.comparing import difference
from mlsys.testing.trial import NotAssessed, Trial, halves


class _Stopped(Exception):
    """A reader of rows broke off half-way."""


def source_rows(trial: Trial) -> None:
    """A source reads a frame with rows and unique columns, the same frame each time."""
    step = trial.step_of(Source)
    first, second = step.read(), step.read()
    assert isinstance(first, pd.DataFrame), f"read() returned {type(first).__name__}, not a DataFrame"
    assert len(first) and first.shape[1], f"read() returned {len(first)} rows and {first.shape[1]} columns"
    twice = first.columns[first.columns.duplicated()].tolist()
    assert not twice, f"two columns are named {twice[0]!r}"
    what = difference(first.reset_index(drop=True), second.reset_index(drop=True), relative=0.0)
    assert not what, f"two reads differ: {what}"
    strange = [name for name in step.known_at_declared() if name not in first.columns]
    assert not strange, f"known_at names {strange[0]!r}, which is not read"


def source_pieces(trial: Trial) -> None:
    """A source gives the same rows read in pieces as read at once."""
    step = trial.step_of(Source)
    pieces = list(step.open())
    if len(pieces) == 1:
        raise NotAssessed("it is read at once")
    frames = [piece.read(None) for piece in pieces]
    for piece, frame in zip(pieces, frames, strict=True):
        most = len(frame) if piece.rows is None else piece.rows
        assert len(frame) <= most, f"{piece.label or 'a piece'} promises {piece.rows} rows and has {len(frame)}"
    whole = step.read().reset_index(drop=True)
    what = difference(pd.concat(frames).reset_index(drop=True), whole, relative=0.0)
    assert not what, f"pieces and whole differ: {what}"
    some = [str(name) for name in whole.columns[:1]]
    assert list(pieces[0].read(some).columns) == some, "a piece asked for one column gives others"


def writes_atomically(trial: Trial) -> None:
    """The output is complete or absent, and a second write replaces the first."""
    with contextlib.ExitStack() as stack:
        folder, fresh = (Path(stack.enter_context(_temporary_folder())) for _ in range(2))
        write_into(trial, folder)
        whole = _contents(folder)
        if not whole:
            raise NotAssessed("it writes neither to its path= nor into the current folder")
        write_into(trial, folder)
        again = _contents(folder)
        extra = sorted(set(again) ^ set(whole))
        assert not extra, f"a second write adds or removes {extra[0]!r}, but should replace"
        grown = [name for name in whole if len(whole[name]) != len(again[name])]
        assert not grown, f"a second write of the same rows changes the size of {grown[0]!r}"
        for place, before in ((folder, again), (fresh, {})):
            with contextlib.suppress(_Stopped):
                write_into(trial, place, broken=True)
            _refuse_halves(before, _contents(place), again)
        write_into(trial, folder)
        after = _contents(folder)
        spoilt = [name for name in again if len(after.get(name, b"")) != len(again[name])]
        assert not spoilt, (
            f"after a write that broke off, the next one leaves {spoilt[0]!r} other than a first write does"
        )


def _refuse_halves(before: Mapping[str, bytes], left: Mapping[str, bytes], whole: Mapping[str, bytes]) -> None:
    """Raise if a write that broke off left something that reads like a result: drafts under other names do not."""
    changed = [name for name, content in left.items() if name in whole and before.get(name) != content]
    changed += [name for name in before if name not in left]
    changed += [name for name in left if name not in whole and _is_read_with(name, whole)]
    assert not changed, (
        f"when reading rows fails midway, {changed[0]!r} is left half written; write beside it, then rename"
    )


def _is_read_with(name: str, whole: Mapping[str, bytes]) -> bool:
    """Whether whoever reads a folder of results takes a file for one of them; hidden files and drafts it does not."""
    file = Path(name)
    beside = [Path(other) for other in whole if Path(other).parent == file.parent != Path()]
    return any(file.suffix == other.suffix for other in beside) and not file.name.startswith((".", "_"))


def returns_result(trial: Trial) -> None:
    """A report returns a Result: a name, finite numbers, and storable tables."""
    step = trial.step_of(Report)
    result = call_hook(step.report, trial.dataset(), rng=trial.rng())
    assert isinstance(result, Result), f"report() returned {type(result).__name__}, not a Result"
    assert result.name, "the result has no name"
    for name, number in result.scalars.items():
        assert isinstance(name, str) and math.isfinite(float(number)), f"the scalar {name!r} is {number}"
    for name, table in {"table": result.table, **result.tables}.items():
        _check_tidy(name, table)
    assert repr(result) and result._repr_html_(), "the result cannot be shown"


def write_into(trial: Trial, folder: Path, broken: bool = False) -> None:
    """Let a sink write its parts into a folder; ``broken`` rows raise half-way."""
    step = aimed_at(trial.step, folder)
    assert writes(step)
    parts = trial.parts if list(trial.parts) != ["all"] else {"all": trial.frame, **halves(trial.frame)}
    tables = {}
    for name, frame in parts.items():
        shown = trial.shown("write", frame)
        tables[name] = LocalEngine().hold(*(_breaking(shown), None) if broken else (None, shown))
    with contextlib.chdir(folder):
        step.write(tables)


def aimed_at(step: Step, folder: Path) -> Step:
    """Return the same step; a sink that has a ``path`` writes below ``folder``."""
    if not writes(step) or "path" not in {each.name for each in fields(step)}:
        return step
    return step.with_(path=str(folder / Path(str(step.configuration()["path"])).name))


def _breaking(frame: pd.DataFrame) -> list[Partition]:
    middle = (len(frame) + 1) // 2

    def stop(columns: Sequence[str] | None) -> pd.DataFrame:
        raise _Stopped

    def read(columns: Sequence[str] | None) -> pd.DataFrame:
        return frame.iloc[:middle] if columns is None else frame[list(columns)].iloc[:middle]

    return [Partition(middle, read), Partition(len(frame) - middle, stop)]


def _temporary_folder() -> contextlib.AbstractContextManager[str]:
    return tempfile.TemporaryDirectory()


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def _check_tidy(name: str, table: object) -> None:
    assert isinstance(table, pd.DataFrame), f"{name} is {type(table).__name__}, not a DataFrame"
    columns = list(table.columns)
    assert all(isinstance(each, str) for each in columns), f"{name} has a column name that is not a string: {columns}"
    assert table.columns.is_unique, f"{name} has two columns with the same name: {columns}"
    try:
        table.to_parquet(io.BytesIO())
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise AssertionError(f"{name} cannot be written to Parquet ({type(error).__name__}: {reason})") from error
