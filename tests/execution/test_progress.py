"""Progress: a line in place in notebooks, a bar in terminals, silence elsewhere."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from mlsys.execution import progress
from mlsys.execution.progress import progress_bar


class Cell:
    """The output of a notebook's cell: what is displayed, and what becomes of it."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.changes = 0

    def display(self, said: dict[str, str], *, raw: bool, display_id: bool) -> Cell:
        assert raw
        assert display_id
        self.shown.append(said)
        return self

    def update(self, said: dict[str, str], *, raw: bool) -> None:
        self.changes += 1
        self.shown[-1] = said


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    found = Cell()
    module: Any = types.ModuleType("IPython.display")
    module.display = found.display
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return found


def test_a_notebook_has_one_line_that_says_the_step_and_is_gone_at_the_end(
    cell: Cell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "QUIET", 0.0)
    monkeypatch.setattr(progress, "SELDOM", 0.0)
    with progress_bar("cars", 3, None) as advance:
        for step in ("Read", "fold 1", "fold 2", "Train"):
            advance(step)
        assert len(cell.shown) == 1
        assert cell.shown[0]["text/plain"] == "cars: Train (2 of 3)"
        assert "cars: Train (2 of 3)" in cell.shown[0]["text/html"]
    assert cell.shown == [{"text/plain": "", "text/html": ""}]
    assert capsys.readouterr() == ("", "")


def test_what_is_done_soon_shows_nothing(cell: Cell) -> None:
    with progress_bar("cars", 2, None) as advance:
        advance("Read")
        advance("Train")
    assert cell.shown == []


def test_many_folds_change_the_line_seldom(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET", 0.0)
    with progress_bar("cars", 1, True) as advance:
        for number in range(1000):
            advance(f"fold {number}")
    assert cell.changes < 20


def test_an_error_takes_the_line_away_too(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET", 0.0)
    with pytest.raises(ValueError, match="broken"), progress_bar("cars", 1, None) as advance:
        advance("Read")
        raise ValueError("broken")
    assert cell.shown[0]["text/plain"] == ""


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("cars", 1, None) as advance:
        advance("Read")
    assert capsys.readouterr() == ("", "")
