"""Pages of the documentation do what they show, and list what there is."""

from __future__ import annotations

import doctest
import html
import re
from pathlib import Path

import pytest

import mlsys
from mlsys import Step, findings
from mlsys.errors import Finding
from mlsys.pages import Findings
from mlsys.pages.explained import WHY
from mlsys.testing import checking

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
KINDS = [kind for kind in Step.__subclasses__() if kind.kind == kind.__name__]


PAGES = sorted(page.name for page in DOCS.glob("*.rst") if ">>> " in page.read_text(encoding="utf-8"))


# What these show has quick tests of its own.
LONG = ["cross_validation.rst", "reproduce.rst", "evaluation.rst", "other_tasks.rst"]


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=[pytest.mark.long] if page in LONG else []) for page in PAGES]
)
def test_examples_on_pages_run(page: str) -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=flags)
    assert tried > 5 and not failed


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_the_page_on_kinds_has_the_facts_and_hooks_of_each(kind: type[Step]) -> None:
    text = (DOCS / "kinds.rst").read_text(encoding="utf-8")
    facts = kind.facts
    row = [f"{kind.kind}_", facts.sees, facts.fits_on, facts.acts_on, facts.rows, "yes" if facts.serves else "no"]
    assert "   * - " + "\n     - ".join(row) + "\n" in text
    section = text.split(f"\n{kind.kind}\n{'-' * len(kind.kind)}\n")[1].split("\n---")[0]
    for hook in kind.hooks:
        assert f"``{hook}(" in section or f"``{hook}``" in section or f"{hook}(" in section
    assert ">>> class" in section


def test_the_page_on_own_steps_lists_every_check() -> None:
    text = (DOCS / "own_step.rst").read_text(encoding="utf-8")
    for functions in (checking._EVERY_STEP, *checking._OF_KIND.values()):
        for function in functions:
            assert f"``{function.__name__}``" in text and (function.__doc__ or "").splitlines()[0] in text


def codes_in_source() -> set[str]:
    """Every text in the source that is a finding's code and nothing else."""
    sources = (file.read_text(encoding="utf-8") for file in (ROOT / "src").rglob("*.py"))
    return {code for source in sources for _, code in re.findall(r"""(["'])([A-Z]{2}\d{3})\1""", source)}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    pages = {page.stem for page in (DOCS / "findings").glob("*.rst")} - {"index"}
    assert pages == codes_in_source() == {known.code for known in findings.TABLE}


@pytest.mark.parametrize("known", findings.TABLE, ids=lambda known: known.code)
def test_the_page_of_a_finding_says_what_why_how(known: findings.Known) -> None:
    text = (DOCS / "findings" / f"{known.code}.rst").read_text(encoding="utf-8")
    assert text.startswith(f"{known.code}: {known.about}\n=")
    assert {severity for severity in findings.SEVERITIES if f"*{severity}*" in text} == set(known.severities)
    for heading in ("**What.**", "**Why it matters.**", "**How to fix it.**", "**How it is found.** Severity"):
        assert heading in text
    assert f"\n   {known.code[:2]}*\n" in (DOCS / "findings" / "index.rst").read_text(encoding="utf-8")


@pytest.mark.parametrize("known", findings.TABLE, ids=lambda known: known.code)
def test_a_finding_explains_itself_in_the_words_of_its_page(known: findings.Known) -> None:
    text = (DOCS / "findings" / f"{known.code}.rst").read_text(encoding="utf-8")
    said = re.search(r"^\*\*Why it matters\.\*\* (.*)$", text, re.MULTILINE)
    assert said is not None
    words = re.sub(r":doc:`/?([^`<]+?)(?: <[^>]+>)?`", r"\1", said[1]).replace("``", "").replace("*", "")
    assert words == WHY[known.code]
    page = Findings([Finding(known.code, "said")])._repr_html_()
    assert f"<summary>why it matters</summary>{html.escape(words)}</details>" in page


def test_the_reference_has_every_public_name() -> None:
    text = (DOCS / "api.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(?:   (?:\w+\.)*|\.\. py:function:: )(\w+)(?:$|\()", text, flags=re.MULTILINE))
    assert set(mlsys.__all__) - {"__version__"} <= listed
