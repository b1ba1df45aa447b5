"""Defaults are checked as given values are, and a sink may leave a draft but no half file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import Field

from mlsys import Label, Sink, Transform, WriteParquet
from mlsys.errors import ConfigurationError
from mlsys.testing import check_step


class Big(Label):
    """Whole numbers stand where floats are meant, as one writes them."""

    above: float = 200
    ends: tuple[float, ...] = (0, 1)
    prices: dict[str, float] = Field(default={"a": 1})
    most: float | None = 3
    share: float = Field(default=1, ge=0)
    made: float = Field(default_factory=lambda: 7)
    count: int = 4
    exact: bool = True

    def label(self, frame: pd.DataFrame, /) -> pd.Series:
        return (frame["n"] > self.above).astype("boolean").where(frame["n"].notna())


class Loose(Transform):
    """Defaults that do not fit their fields, as many are written."""

    columns: list[str] = None  # type: ignore[assignment]
    word: str = 0  # type: ignore[assignment]

    def learn(self, train: Any, /) -> float:
        return 0.0

    def apply(self, frame: pd.DataFrame, state: float, /) -> pd.DataFrame:
        return frame


ROWS = pd.DataFrame({"n": [1.0, 300, None]})


@pytest.mark.parametrize("step", [Big("y"), Big("y", above=150), Big("y", ends=(2, 3), most=None), Loose()], ids=repr)
def test_a_step_with_such_defaults_keeps_every_promise(step: Any) -> None:
    assert check_step(step, ROWS).ok


def test_a_default_is_what_it_is_when_given() -> None:
    by_hand = Big("y", above=200, ends=[0, 1], prices={"a": 1}, most=3, share=1, made=7, count=4, exact=True)
    assert Big("y") == by_hand == Big("y").with_() and hash(Big("y")) == hash(by_hand)
    assert Big("y").configuration() == by_hand.configuration()
    floats = (Big("y").above, *Big("y").ends, Big("y").prices["a"], Big("y").most, Big("y").share, Big("y").made)
    assert {type(each) for each in floats} == {float}
    assert type(Big("y").count) is int and Big("y").exact is True
    assert Big("y", above=201) != Big("y") and repr(Big("y")) == "Big(column='y')"


def test_collections_of_defaults_are_not_shared() -> None:
    first, second = Big("y"), Big("y")
    assert first.prices is not second.prices


def test_what_is_given_and_does_not_fit_is_still_refused() -> None:
    with pytest.raises(ConfigurationError, match="above: input should be a valid number"):
        Big("y", above="much")
    with pytest.raises(ConfigurationError, match="word: input should be a valid string"):
        Loose(word=1)


def texts(rows: Mapping[str, Any]) -> Iterator[str]:
    for frame in rows["train"].frames():
        yield frame.to_csv()


class Renamed(Sink):
    path: str

    def write(self, rows: Mapping[str, Any], /) -> None:
        draft = Path(self.path + ".draft")
        with draft.open("w") as file:
            file.writelines(texts(rows))
        draft.rename(self.path)


class DraftBeforeName(Sink):
    path: str

    def write(self, rows: Mapping[str, Any], /) -> None:
        draft = Path(self.path).with_name(f"new_{Path(self.path).name}")
        with draft.open("w") as file:
            file.writelines(texts(rows))
        draft.replace(self.path)


class FolderRenamed(Sink):
    path: str

    def write(self, rows: Mapping[str, Any], /) -> None:
        draft, folder = Path(self.path + ".draft"), Path(self.path)
        draft.mkdir(exist_ok=True)
        with (draft / "part-0.csv").open("w") as file:
            file.writelines(texts(rows))
        folder.mkdir(exist_ok=True)
        (draft / "part-0.csv").replace(folder / "part-0.csv")


class InPlace(Sink):
    path: str

    def write(self, rows: Mapping[str, Any], /) -> None:
        with Path(self.path).open("w") as file:
            file.writelines(texts(rows))


class RemovesFirst(Renamed):
    def write(self, rows: Mapping[str, Any], /) -> None:
        Path(self.path).unlink(missing_ok=True)
        super().write(rows)


class RenamesAnyway(Sink):
    path: str

    def write(self, rows: Mapping[str, Any], /) -> None:
        draft = Path(self.path + ".draft")
        try:
            with draft.open("w") as file:
                file.writelines(texts(rows))
        finally:
            draft.rename(self.path)


class PartsAsTheyCome(Sink):
    path: str

    def write(self, rows: Mapping[str, Any], /) -> None:
        Path(self.path).mkdir(exist_ok=True)
        for number, text in enumerate(texts(rows)):
            (Path(self.path) / f"part-{number}-of-{len(text)}.csv").write_text(text)


class DraftGrows(Sink):
    path: str

    def write(self, rows: Mapping[str, Any], /) -> None:
        draft = Path(self.path + ".draft")
        with draft.open("a") as file:
            file.writelines(texts(rows))
        draft.rename(self.path)


PARTS = {"train": pd.DataFrame({"a": np.arange(5)})}


@pytest.mark.parametrize("kind", [Renamed, DraftBeforeName, FolderRenamed])
def test_a_sink_that_writes_beside_and_renames_passes(kind: type[Any], tmp_path: Path) -> None:
    assert check_step(kind(str(tmp_path / "x.csv")), PARTS).ok


def test_our_own_sink_passes(tmp_path: Path) -> None:
    assert check_step(WriteParquet(str(tmp_path / "rows"), parts=["train"]), PARTS).ok


@pytest.mark.parametrize("kind", [InPlace, RemovesFirst, RenamesAnyway, PartsAsTheyCome, DraftGrows])
def test_a_sink_that_leaves_half_a_file_fails(kind: type[Any], tmp_path: Path) -> None:
    report = check_step(kind(str(tmp_path / "x.csv")), PARTS, raise_on_failure=False)
    assert report.failed == ("writes_atomically",)
