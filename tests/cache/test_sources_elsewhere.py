"""A source that reads no files is read again only when what it reads has another edition."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from mlsys import Pipeline, Source
from mlsys.errors import ConfigurationError, ContractError, DataError
from mlsys.tables import Partition
from mlsys.testing import check_step


class Store:
    """A place outside the process: no code that is looked into holds its content."""

    def __getitem__(self, name):
        return json.loads(Path("store.json").read_text())[name]

    def __setitem__(self, name, value):
        there = json.loads(Path("store.json").read_text()) if Path("store.json").exists() else {}
        Path("store.json").write_text(json.dumps({**there, name: value}))


STORE = Store()
EDITIONS = {"text": str, "number": int, "nothing": lambda number: None, "blank": lambda number: ""}


def rows_there() -> pd.DataFrame:
    STORE["reads"] = int(STORE["reads"]) + 1
    return pd.DataFrame({"x": range(200), "y": [place % 3 == 0 for place in range(200)], "n": STORE["number"]})


class Elsewhere(Source):
    def read(self):
        made = rows_there()
        if STORE["moves"]:
            STORE["number"] = int(STORE["number"]) + 1
        return made

    def edition(self):
        if STORE["away"]:
            raise ConnectionError("nobody answers")
        return EDITIONS[STORE["edition"]](STORE["number"])


class InPieces(Source):
    known: bool = False

    def open(self):
        def piece(start):
            def read(columns):
                frame = rows_there().iloc[start : start + 50].reset_index(drop=True)
                frame = frame.set_axis(pd.RangeIndex(start, start + 50)) if self.known else frame
                return frame if columns is None else frame[list(columns)]

            return read

        return (Partition(50 if self.known else None, piece(start)) for start in range(0, 200, 50))


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in {"reads": 0, "number": 1, "edition": "text", "moves": False, "away": False}.items():
        STORE[name] = value


def run_of(source, cache: bool = False):
    return Pipeline([source, LogisticRegression()], target="y").run(track=False, cache=cache)


def run(source):
    found = run_of(source, cache=True)
    return found, found.cache_report().set_index("step").loc[source.title]


def test_it_is_read_once_while_its_edition_stays() -> None:
    first, line = run(Elsewhere())
    assert line["outcome"] == "ran"
    again, line = run(Elsewhere())
    assert line["outcome"] == "hit" and STORE["reads"] == 1
    pd.testing.assert_frame_equal(first.frame("train"), again.frame("train"))
    STORE["number"] = 2
    changed, line = run(Elsewhere())
    assert line["outcome"] == "ran" and line["why"] == "edition() changed"
    assert (changed.frame("train")["n"] == 2).all()


@pytest.mark.parametrize("unknown", ["nothing", "blank"])
def test_it_is_read_every_time_where_no_edition_is_told(unknown) -> None:
    STORE["edition"] = unknown
    for _ in range(2):
        _, line = run(Elsewhere())
        assert line["outcome"] == "not cached" and "edition()" in line["why"]
    assert STORE["reads"] == 2


def test_whoever_is_asked_may_be_out_of_reach() -> None:
    STORE["away"] = True
    found, line = run(Elsewhere())
    assert line["outcome"] == "not cached"
    assert any("nobody answers" in note for note in found.cache_report().attrs["notes"])


def test_rows_whose_edition_changed_while_they_were_read_are_not_kept() -> None:
    STORE["moves"] = True
    _, line = run(Elsewhere())
    assert line["outcome"] == "not cached" and "changed while it was read" in line["why"]
    STORE["moves"] = False
    found, line = run(Elsewhere())
    assert line["outcome"] == "ran" and (found.frame("train")["n"] == 2).all()


def test_an_edition_that_is_no_text_is_refused_with_the_way_out() -> None:
    STORE["edition"] = "number"
    with pytest.raises(ConfigurationError, match=r"(?s)returned int, not a text.*str\(number\)"):
        run(Elsewhere())


@pytest.mark.parametrize("known", [True, False])
def test_pieces_may_not_know_their_rows(known: bool) -> None:
    whole, pieces = run_of(Elsewhere()), run_of(InPieces(known))
    assert whole.rows == pieces.rows
    pd.testing.assert_frame_equal(whole.frame("train"), pieces.frame("train"), check_dtype=False)
    assert len(InPieces(known).read()) == 200
    assert check_step(InPieces(known)).ok


def test_one_piece_is_held_in_memory() -> None:
    class One(Source):
        def open(self):
            return [Partition(None, lambda columns: rows_there() if columns is None else rows_there()[list(columns)])]

    run_of(One())
    assert STORE["reads"] == 1


class Frame(Source):
    def open(self):
        return rows_there()


class Nothing(Source):
    def open(self):
        return []


class Empty(Source):
    def open(self):
        return [Partition(None, lambda columns: pd.DataFrame({"x": [], "y": []})[columns or ["x", "y"]])] * 2


class NoRead(Source):
    def partitions(self):
        return None


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        (Frame, DataError, "returned DataFrame instead of pieces"),
        (Nothing, DataError, "read no rows"),
        (Empty, DataError, "read no rows"),
        (NoRead, ContractError, "returned None"),
    ],
)
def test_what_is_no_rows_is_refused(source, error, said: str) -> None:
    with pytest.raises(error, match=said):
        run_of(source())


def test_a_source_without_a_hook_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="lacks the hook read or partitions or open"):

        class Bare(Source):
            path: str
