"""Pages: the same content as text and as HTML, safe, readable in both themes."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.errors import Finding
from mlsys.overview.column import Described
from mlsys.overview.overview import Overview
from mlsys.pages import (
    Badge,
    Banner,
    Bars,
    Block,
    Code,
    Flow,
    Folded,
    Interval,
    Intervals,
    Items,
    Lines,
    Moments,
    Page,
    Picture,
    Remarks,
    Searched,
    Shape,
    Side,
    Stack,
    Stage,
    Stretch,
    Table,
    Text,
    Title,
    Verdict,
    document,
    number,
    percent,
    tone_of,
)
from mlsys.pages.style import DARK, LIGHT
from mlsys.pages.tones import SIGNS

EVIL = "<script>alert('x')</script> & \"quoted\""
FRAME = pd.DataFrame({"run": ["a", EVIL], "value": [0.12345, math.nan], "verdict": ["better", "worse"]})
BLOCKS: dict[str, Block] = {
    "title": Title(EVIL),
    "text": Text(EVIL),
    "verdict": Verdict("no alarm", EVIL),
    "banner": Banner(EVIL),
    "lines": Lines([("rows", EVIL), (EVIL, "3")]),
    "items": Items([EVIL]),
    "remarks": Remarks([Finding("LK204", EVIL, "error", (EVIL,), EVIL)]),
    "table": Table(FRAME),
    "code": Code(EVIL),
    "folded": Folded(EVIL, [Text(EVIL)]),
    "side": Side([Text(EVIL)]),
    "picture": Picture(b"png", EVIL),
    "intervals": Intervals([Interval(EVIL, 0.5, 0.4, 0.6, EVIL)], EVIL),
    "shape": Table(pd.DataFrame({"shape": [Shape([1, 2], EVIL)]})),
    "badge": Table(pd.DataFrame({"use": [Badge(EVIL)]})),
    "stack": Table(pd.DataFrame({"column": [Stack(EVIL, EVIL), Stack(Badge(EVIL), EVIL, strong=True)]})),
    "bars": Table(pd.DataFrame({"values": [Bars([(EVIL, 0.5)], EVIL)]})),
    "searched": Searched(Table(FRAME), EVIL),
    "flow": Flow([Stretch(EVIL, [Stage(EVIL, EVIL, [EVIL], EVIL, EVIL, EVIL, EVIL, parts=[EVIL])])]),
    "moments": Moments([(EVIL, EVIL)], EVIL),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_what_users_named_is_never_markup(name: str) -> None:
    page = Page([BLOCKS[name]]).inner()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("name", ["title", "text", "verdict", "banner", "lines", "items", "remarks", "table", "code"])
def test_text_says_what_html_says(name: str) -> None:
    words = set(re.findall(r"[a-z]{4,}", BLOCKS[name].text()))
    assert words
    assert words - {"finding", "verdict"} <= set(re.findall(r"[a-z]{4,}", BLOCKS[name].html()))


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of relative luminances (2.1, section 1.4.3)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_pair_of_text_and_ground_has_contrast(theme: dict[str, str]) -> None:
    grounds = {"fg": ("bg", "soft", "bar"), "dim": ("bg", "soft"), "accent": ("bg", "soft"), "good": ("good-bg", "bg"),
               "watch": ("watch-bg", "bg"), "bad": ("bad-bg", "bg")}  # fmt: skip
    for text, behind in grounds.items():
        for ground in behind:
            assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)


def test_both_themes_name_the_same_colours_and_rules_use_no_other() -> None:
    assert set(LIGHT) == set(DARK)
    page = document("all", [("", Page(list(BLOCKS.values())))])
    assert set(re.findall(r"var\(--([a-z-]+)\)", page)) <= set(LIGHT)
    outside = re.sub(r"--[a-z-]+:#[0-9a-f]{6}", "", page)
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", outside)) <= {"#fff"}  # behind pictures, which are drawn on white


def test_a_document_stands_alone() -> None:
    page = document("all", [("First", Page([Text("a")])), ("Second", Page([Text("b")]))])
    assert not re.search(r"(src|href)=['\"](https?:)?//", page)
    assert "<a href='#part-1'>Second</a>" in page
    assert page.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "tone"),
    [("no", "bad"), ("no alarm", "good"), ("nothing", "plain"), ("not told apart", "watch"), ("not assessed", "watch"),
     ("Violated", "bad"), ("pass", "good"), ("passenger", "plain"), ("alarm: age", "bad"), ("", "plain")],
)  # fmt: skip
def test_the_longest_words_decide_the_tone(words: str, tone: str) -> None:
    assert tone_of(words) == tone


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_numbers_are_short_and_keep_their_sign(value: float) -> None:
    said = number(value)
    assert (said == "") == math.isnan(value)
    if math.isfinite(value) and abs(value) < 1e9:
        assert len(said) <= 14
        assert said.startswith("-") == (value < 0)
        assert float(said.replace(",", "")) == pytest.approx(value, rel=0.05, abs=6e-5)


def test_tables_say_what_they_leave_out_and_scroll() -> None:
    table = Table(pd.DataFrame({"x": range(50)}), most=10)
    assert "and 40 more rows" in table.text()
    assert "and 40 more rows" in table.html()
    assert "class='scroll'" in table.html()
    assert SIGNS["bad"] in Table(FRAME).html()


def test_intervals_stay_inside_their_picture_and_say_what_is_not_defined() -> None:
    drawn = Intervals([Interval("a", 1.0, 0.5, 2.0), Interval("b", math.nan, note="one class")], "auc", zero=0.0)
    places = [float(found) for found in re.findall(r"(?:x1|x2|cx)='([\d.]+)%'", drawn.html())]
    assert places
    assert all(0 <= place <= 100 for place in places)
    assert "b: not defined (one class)" in drawn.text()


def test_rows_are_found_by_words_and_stand_without_the_field() -> None:
    found = Searched(Table(FRAME), "a name")
    assert found.text() == Table(FRAME).text()
    assert found.html().endswith(f"{Table(FRAME).html()}</div>")
    assert '<input type="search"' in found.html()
    assert "scripting:none" in Page([]).html()  # where no script runs, the field is not shown


def test_two_shapes_are_drawn_on_one_scale_whatever_they_count() -> None:
    few, many = Shape([1, 3], before=[2, 2]).html(), Shape([100, 300], before=[20, 20]).html()
    assert few == many
    heights = [float(found) for found in re.findall(r"v-([\d.]+)", few)]
    assert heights == pytest.approx([25 / 3, 25], rel=0.01)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.004, 0.5, 0.994, 0.9999, 1.0])
def test_a_share_is_said_to_be_nothing_or_all_only_where_it_is(share: float) -> None:
    said = percent(share)
    assert (said == "") == (share == 0)
    assert (said == "100%") == (share == 1)
    assert said != "0%"


def test_a_finding_links_to_the_line_of_its_column_where_the_page_has_one() -> None:
    finding = Finding("LK204", "it predicts the target", columns=("it's late", "gone"))
    page = Page([Remarks([finding], linked={"it's late"})]).html()
    assert "<a href='#column-it%27s%20late'>it&#x27;s late</a>" in page and "gone" not in page
    line = Overview("Columns", [Described("it's late", "numbers", "float64", 0.0)]).page().html()
    assert "id='column-it%27s%20late'" in line
