"""Pages: the same content as text and as HTML, safe, readable in both themes."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys.errors import Finding
from mlsys.pages import (
    Banner,
    Block,
    Code,
    Folded,
    Interval,
    Intervals,
    Items,
    Lines,
    Page,
    Picture,
    Remarks,
    Shape,
    Side,
    Table,
    Text,
    Title,
    Verdict,
    document,
    number,
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
    grounds = {"fg": ("bg", "soft"), "dim": ("bg", "soft"), "accent": ("bg", "soft"), "good": ("good-bg", "bg"),
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
