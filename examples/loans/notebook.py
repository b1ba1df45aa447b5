"""Make ``loans.ipynb`` from ``loans.py``, with outputs: ``python examples/loans/notebook.py``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
_LINK = re.compile(r":(?:doc|func|class):`~?([^`]+)`")


def cells(script: str) -> list[nbformat.NotebookNode]:
    """Return the cells of a script whose parts begin with ``# %%`` and a comment."""
    heading, _, rest = script.partition('"""\n\n')
    title, _, intro = heading.removeprefix('"""\n').partition("\n")
    made = [nbformat.v4.new_markdown_cell(f"# {title}\n\n{intro.partition(chr(10))[2].strip()}")]
    for part in rest.split("# %%\n")[1:]:
        lines = part.strip().split("\n")
        said = [line.removeprefix("#").removeprefix(" ") for line in _comment(lines)]
        code = "\n".join(lines[len(said) :]).strip()
        if said:
            underlined = len(said) > 1 and set(said[1]) == {"-"}
            text = "\n".join([f"## {said[0]}", "", *said[2:]] if underlined else said)
            made.append(nbformat.v4.new_markdown_cell(_LINK.sub(r"`\1`", text)))
        if code:
            made.append(nbformat.v4.new_code_cell(code))
    for number, cell in enumerate(made):
        cell["id"] = f"cell-{number}"
    return made


def _comment(lines: list[str]) -> list[str]:
    """Return the lines of comment with which a part begins."""
    end = next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[:end]


def made(run: bool = True) -> nbformat.NotebookNode:
    """Return the notebook, run in a folder of its own."""
    book = nbformat.v4.new_notebook(cells=cells((HERE / "loans.py").read_text(encoding="utf-8")))
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    if run:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "events.py").write_text((HERE / "events.py").read_text(encoding="utf-8"), encoding="utf-8")
            NotebookClient(book, timeout=600, resources={"metadata": {"path": folder}}).execute()
        for cell in book.cells:
            cell.metadata.pop("execution", None)
    return book


if __name__ == "__main__":
    nbformat.write(made(), HERE / "loans.ipynb")
