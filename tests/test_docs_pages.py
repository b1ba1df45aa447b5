"""Pages of the documentation do what they show, and list what there is."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from mlsys import Step
from mlsys.testing import checking

DOCS = Path(__file__).parent.parent / "docs"
KINDS = [kind for kind in Step.__subclasses__() if kind.kind == kind.__name__]


@pytest.mark.parametrize("page", ["kinds.rst", "own_step.rst"])
def test_examples_on_pages_run(page: str) -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False, optionflags=flags)
    assert tried > 10 and not failed


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
