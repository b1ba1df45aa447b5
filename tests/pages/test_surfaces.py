"""What objects show: one kit, no markup elsewhere, values with their intervals, remarks with their severity."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlsys
from mlsys.drift import Monitor
from mlsys.errors import Finding
from mlsys.execution.previewed import Preview
from mlsys.outcome.reports import Reports
from mlsys.pages import Findings, Shown, Table
from mlsys.pages.wrapping import WIDTH, in_columns
from mlsys.run.registering import Registration
from mlsys.steps import Result
from mlsys.tracking.syncing import Synced, SyncReport

SOURCE = Path(mlsys.__file__).parent
EVIL = "<script>alert('x')</script>"
TERMS = pd.DataFrame([("no leakage", EVIL, "pass")], columns=["term", "value", "verdict"])
RESULT = Result("drift", pd.DataFrame({"column": [EVIL], "p": [1e-9]}), verdict="alarm: a", summary=EVIL)
SHOWN: dict[str, Shown] = {
    "result": RESULT,
    "reports": Reports({EVIL: RESULT}),
    "gate": Registration(EVIL, None, None, TERMS),
    "sync": SyncReport((), (Synced("1", EVIL, "", "", EVIL),), "/place"),
    "findings": Findings([Finding("LK204", EVIL, "warning")]),
    "preview": Preview({EVIL: pd.DataFrame({EVIL: [EVIL]})}),
    "monitor": Monitor.fit(pd.DataFrame({EVIL: [EVIL, "b"] * 50, "x": range(100)})),
    "check": Monitor.fit(pd.DataFrame({EVIL: ["a", "b"] * 50})).check(pd.DataFrame({EVIL: [EVIL, "b"] * 50})),
}
_TAG = re.compile(r"</?(div|table|tr|td|th|p|b|ul|li|pre|h[1-6]|span|svg|small|details|meta|title|style|br)\b[^>]*>")


def test_nothing_but_the_kit_writes_markup() -> None:
    sources = {path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}
    others = {name: text for name, text in sources.items() if not name.startswith("pages/")}
    found = [name for name, text in others.items() if _TAG.search(text) or ".to_html(" in text]
    assert found == []


def test_colours_stand_in_one_place() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{6}\b")
    sources = [path for path in SOURCE.rglob("*.py") if colour.search(path.read_text(encoding="utf-8"))]
    assert {path.parent.name for path in sources} == {"pages"}


@pytest.mark.parametrize("name", SHOWN)
def test_objects_show_the_same_in_both_forms_and_never_markup_of_users(name: str) -> None:
    page, text = SHOWN[name]._repr_html_(), repr(SHOWN[name])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.startswith("<div class='mlsys'>")
    assert "script" in text


def test_ends_of_intervals_stand_behind_their_value() -> None:
    frame = pd.DataFrame({
        "run": ["a", "b"], "value": [0.5, 0.25], "lower": [0.4, np.nan], "upper": [0.6, np.nan],
        "difference": [0.0, -0.25], "difference lower": [np.nan, -0.5], "difference upper": [np.nan, -0.125],
        "n": [3, 4],
    })  # fmt: skip
    lines = Table(frame, signed=["difference"]).text().splitlines()
    assert lines[0].split() == ["run", "value", "difference", "n"]
    assert "0.500 [0.400, 0.600]" in lines[1]
    assert "-0.250 [-0.500, -0.125]" in lines[2]
    assert "nan" not in "".join(lines)


def test_rows_of_the_data_are_shown_as_they_are() -> None:
    rows = pd.DataFrame({"verdict": ["worse"], "p": [0.04999], "x lower": [1970], "x upper": [None], "ok": [True]})
    table = Table(rows, raw=True)
    assert table.text().splitlines()[1].split() == ["worse", "0.04999", "1970", "True"]
    assert "tone" not in table.html()


def test_small_probabilities_are_said_as_tests_say_them() -> None:
    assert "&lt; .001" in RESULT._repr_html_()


@given(st.lists(st.lists(st.text("ab ", max_size=300), min_size=3, max_size=3), min_size=1, max_size=5))
def test_long_sentences_in_the_last_column_are_broken_not_cut(rows: list[list[str]]) -> None:
    rows = [[one[:20], other[:20], last] for one, other, last in rows]
    lines = in_columns(rows, [False, False, False])
    assert sorted("".join(lines).split()) == sorted(
        word for row in rows for cell in row for word in cell.split()
    ) or any(len(word) > 30 for row in rows for word in row[2].split())
    longest = max((len(word) for row in rows for word in row[2].split()), default=0)
    assert all(len(line) <= max(WIDTH, 46 + longest) for line in lines)


def test_findings_are_a_tuple_and_say_how_many_of_which_severity() -> None:
    found = [
        Finding("LK204", "a", "error"),
        Finding("LK205", "b", "information"),
        Finding("LK206", "c", waived="known"),
    ]
    shown = Findings(found)
    assert shown == tuple(found)
    assert repr(shown).splitlines()[0] == "3 findings: 1 error, 1 information, 1 waived"
    assert "✕ LK204" in repr(shown)
    assert repr(Findings()) == "no findings"


def test_a_preview_says_what_each_step_changed() -> None:
    frames = {
        "Read": pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
        "Impute": pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
        "Encode": pd.DataFrame({"a": [1, 2], "b=x": [1.0, 0.0]}),
    }
    preview = Preview(frames)
    assert dict(preview) == frames
    assert "2 columns; changed: b" in repr(preview)
    assert "2 columns; new: b=x; gone: b" in preview._repr_html_()
