"""Notebooks of the project and those of the gallery open offline, with outputs, and run from top to bottom."""

from __future__ import annotations

import importlib.util
import re
import runpy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
BUILT = {"auto_examples", "_build", ".venv", ".ipynb_checkpoints"}
NOTEBOOKS = [path for path in ROOT.rglob("*.ipynb") if not BUILT & set(path.parts)]
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))
FETCHED = re.compile(r"(?:src|href)=[\"']?https?://[^\"' >]+\.(?:js|css|png|svg)|!\[[^]]*\]\(https?://", re.IGNORECASE)
"""What a browser would fetch to show a page."""


def code_cells(book: Any) -> list[Any]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def test_there_is_a_notebook() -> None:
    assert [path.name for path in NOTEBOOKS] == ["loans.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_outputs_and_fetches_nothing(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    numbers = [cell.execution_count for cell in code_cells(book)]
    assert numbers == list(range(1, len(numbers) + 1))  # run once, in order
    assert not [out for cell in code_cells(book) for out in cell.outputs if out.output_type == "error"]
    assert not FETCHED.search(path.read_text(encoding="utf-8"))


def as_notebook(example: Path) -> Any:
    """Return the notebook that the gallery offers for an example."""
    pytest.importorskip("sphinx_gallery")
    from sphinx_gallery.gen_gallery import DEFAULT_GALLERY_CONF
    from sphinx_gallery.notebook import jupyter_notebook
    from sphinx_gallery.py_source_parser import split_code_and_text_blocks

    _, blocks = split_code_and_text_blocks(str(example))
    conf = {**DEFAULT_GALLERY_CONF, "src_dir": str(ROOT / "docs")}
    written = nbformat.writes(nbformat.from_dict(jupyter_notebook(blocks, conf, str(example.parent))))
    return nbformat.reads(written, as_version=4)  # as it is read from a file: each cell one text, not a list of lines


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_notebook_of_the_gallery_fetches_nothing(example: Path) -> None:
    book = as_notebook(example)
    assert code_cells(book)
    assert not FETCHED.search(nbformat.writes(book))


@pytest.mark.long
def test_the_story_runs_as_a_notebook() -> None:
    spec = importlib.util.find_spec("ipykernel")
    assert spec is not None
    made = runpy.run_path(str(ROOT / "examples" / "loans" / "notebook.py"))["made"]()
    assert "is version 2, was version 1" in nbformat.writes(made)


@pytest.mark.long
@pytest.mark.parametrize("name", ["plot_01_first_run", "plot_05_drift"])
def test_a_notebook_of_the_gallery_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # notebooks show figures where nobody chose otherwise
    book = as_notebook(ROOT / "examples" / f"{name}.py")
    NotebookClient(book, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [out for cell in code_cells(book) for out in cell.outputs]
    assert any("image/png" in out.get("data", {}) for out in shown)
