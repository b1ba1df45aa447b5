"""The figures README states are those of the benchmarks' own pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?![\w]|\.\d)")


def rows_of_readme() -> list[tuple[str, str, list[str]]]:
    """Return what is measured, the figures as written, and the benchmarks named beside them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("## Measurements")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:2] == "| "]
    return [(what, measured, re.findall(r"(\w+)\.py", command)) for what, measured, command in rows[1:]]


MEASURED = [(what, measured, pages) for what, measured, pages in rows_of_readme() if pages]


def numbers_in(text: str) -> list[str]:
    """Return the numbers of a text as written, thousands without commas.

    Examples
    --------
    >>> numbers_in("62 to 8 of 1,024 rows, .82 [.80, 0.85], 24 GiB, v2.0.1")
    ['62', '8', '1024', '.82', '.80', '0.85', '24']
    """
    return [found.replace(",", "") for found in NUMBER.findall(text) if re.search(r"\d", found)]


def stands_on(figure: str, page: list[str]) -> bool:
    """Whether a page has the figure, or one that is rounded to it.

    Examples
    --------
    >>> stands_on("1.1", ["1.07"]), stands_on("14", ["14.3"]), stands_on("1.1", ["1.2"])
    (True, True, False)
    """
    digits = len(figure.partition(".")[2])
    unit = 10.0**-digits
    return any(abs(float(found) - float(figure)) <= unit / 2 + 1e-9 for found in page)


def test_every_benchmark_that_readme_names_has_a_page() -> None:
    assert len(MEASURED) > 10
    pages = {page for _, _, named in MEASURED for page in named}
    assert sorted(page for page in pages if not (ROOT / "docs" / "benchmarks" / f"{page}.rst").is_file()) == []


@pytest.mark.long
@pytest.mark.parametrize(("what", "measured", "pages"), MEASURED, ids=[what[:50] for what, *_ in MEASURED])
def test_figures_of_readme_stand_on_the_pages_of_their_benchmarks(what: str, measured: str, pages: list[str]) -> None:
    texts = [(ROOT / "docs" / "benchmarks" / f"{page}.rst").read_text(encoding="utf-8") for page in pages]
    there = numbers_in("\n".join(line for text in texts for line in text.splitlines() if "Measured on" not in line))
    assert [figure for figure in numbers_in(measured) if not stands_on(figure, there)] == []
