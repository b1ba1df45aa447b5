"""The page on practices names each with a step and an example that exist, and each example stands on it."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path

import pytest

import mlsys

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "practices.rst").read_text(encoding="utf-8")
EXAMPLES = {path.stem for path in (ROOT / "examples").glob("*.py")}
ROW = re.compile(
    r"^   \* - (.+?)\n     - (.+?)\n     - (.+?)\n     - (.+?)(?=\n   \*|\n\n|\n\Z)", re.MULTILINE | re.DOTALL
)
ROWS = [tuple(" ".join(cell.split()) for cell in row) for row in ROW.findall(PAGE) if row[0] != "practice"]
PRACTICES = {practice for practice, *_ in ROWS}
# What a system asks for, whatever the page calls the rest: a practice goes from the page only by going from here.
MISSION = """
ingest; sample; label by hand; label naturally; label by rules; label weakly, by votes; label some and spread to others;
ask for the labels that help most; make more training rows; train on rare classes; fill missing values;
encode categories; scale and cut numbers; split without leaking; cross-validate; train a first model;
choose among models; evaluate by slice; believe a probability; ask how a model behaves; refuse a model; serve;
promote and roll back; reproduce a run; watch for drift; estimate scores before labels arrive; retrain
"""
# Figures of the page: what it says, and where the page of the benchmark has it.
FIGURES = {
    "from Parquet": (r"([\d.]+) s from Parquet", "reading", r"^Parquet +([\d.]+) s"),
    "from CSV": (r"([\d.]+) s from CSV", "reading", r"^CSV +([\d.]+) s"),
    "events by 1,000": (r"(\d+) µs an event in batches of 1,000", "streams", r"^batches of 1,000 +([\d.]+)"),
    "events by 100": (r"(\d+) µs in batches of 100", "streams", r"^batches of 100 +([\d.]+)"),
    "a reservoir": (r"takes (\d+) ms", "sampling", r"^ReservoirSample\.stream\(\) +0\.(\d+)"),
    "labels asked for": (r"digits: (\d+) labels", "active_learning", r"^digits +[\d.]+ +margin +([\d.]+)"),
    "labels at random": (r"in place of (\d+)", "active_learning", r"^digits .* margin .* ([\d.]+) ± [\d.]+$"),
    "a step": (r"([\d.]+) ms beside its own work", "overhead", r"^a step beside its own work, tracking off +([\d.]+)"),
    "a first run": (r"([\d.]+) s on 569 rows", "overhead", r"^six lines on 569 rows,.*?([\d.]+) \["),
    "checks for leaks": (r"take ([\d.]+) % of it", "layer_two", r"Share of the run: \*\*([\d.]+)"),
    "slices": (r"([\d.]+) s for 32,561 rows", "find_slices", r"^mlsys, 3 conditions +([\d.]+)"),
    "a served row": (r"([\d.]+) ms for one row beyond", "serving", r"^beyond the estimator +([\d.]+)"),
}
SAME = 1.5  # medians of one machine vary by less from one day to the next


def test_the_page_has_every_practice_once() -> None:
    assert {" ".join(practice.split()) for practice in MISSION.split(";")} <= PRACTICES
    assert len(ROWS) == len(PRACTICES) == PAGE.count("\n   * - ") - PAGE.count("\n   * - practice\n")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_practice_has_a_step_an_example_and_a_cost(row: tuple[str, str, str, str]) -> None:
    _, step, example, cost = row
    named = re.fullmatch(r":doc:`auto_examples/(\w+)`", example)
    assert named is not None and named[1] in EXAMPLES
    assert ":class:" in step or ":func:" in step or ":meth:" in step or "``" in step
    assert len(cost) > 5
    for name in re.findall(r"(?:~|<)mlsys\.([\w.]+)", step):
        reduce(getattr, name.split("."), mlsys)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_that_of_its_benchmark(name: str) -> None:
    said, page, measured = FIGURES[name]
    figures = (ROOT / "docs" / "benchmarks" / f"{page}.rst").read_text(encoding="utf-8")
    here, there = re.findall(said, PAGE), re.search(measured, figures, re.MULTILINE)
    assert len(here) == 1 and there is not None
    assert 1 / SAME < float(here[0]) / float(there[1]) < SAME


def test_pages_that_the_page_leads_to_exist() -> None:
    named = set(re.findall(r":doc:`([\w/]+)`", PAGE))
    missing = {
        page for page in named if not page.startswith("auto_examples/") and not (ROOT / "docs" / f"{page}.rst").exists()
    }
    assert not missing


def test_every_example_stands_on_the_page() -> None:
    assert EXAMPLES - set(re.findall(r"auto_examples/(\w+)", PAGE)) == set()


def test_arguments_that_the_page_names_exist() -> None:
    called = re.findall(r"``(?:mlsys\.)?([A-Z]\w+(?:\.\w+)?)\((\w+)=", PAGE)
    listed = (ROOT / "tests" / "public_api.txt").read_text(encoding="utf-8")
    for name, argument in called:
        owner, _, method = name.partition(".")
        block = re.search(rf"^class {owner}\b.*?(?=^\S|\Z)", listed, re.MULTILINE | re.DOTALL)
        assert block is not None, name
        line = next(line for line in block[0].splitlines() if line.strip().startswith(f"{method or 'class'}"))
        assert f"{argument}" in re.findall(r"\w+(?=[=,)])", line), f"{name}({argument}=)"
    assert len(called) >= 3


def test_the_page_is_reached_from_the_first_page() -> None:
    assert "\n   practices\n" in (ROOT / "docs" / "index.rst").read_text(encoding="utf-8")
