"""Pages as Chromium renders them: contrast of every text, light and dark; room on a phone; sizes; no outside links."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Evaluate, Monitor, OneHot, Pipeline, RandomSplit, Run, Train
from mlsys.errors import LeakageError
from mlsys.notebooks.raised import told

BROWSER = shutil.which("chromium")  # the one of Debian
NORMAL, LARGE = 4.5, 3.0
"""Least contrast of text, WCAG 2.1, section 1.4.3, AA."""
PHONE = 390
THEMES = ("light", "dark")
NAMES = ("card", "leaking card", "report", "plan", "look", "columns", "comparison", "evaluation", "monitor", "drift",
         "findings", "error")  # fmt: skip

MADE = {
    "faint": "<p style='color:#999'>a</p>",
    "faded": "<p style='opacity:.5'>b</p>",
    "white on dark": "<p style='background:#222;color:#fff'>c</p>",
    "large": "<p style='font-size:30px;color:#888'>d</p>",
    "half": "<p style='background:rgba(0,0,0,.9);color:#000'>e</p>",
}
"""Pages whose contrast is known."""

# Runs in the page: every text with the colours it is painted in, transparency taken into account.
MEASURE = r"""
const parse = said => { const [r, g, b, a = 1] = said.match(/[\d.]+/g).map(Number); return [r, g, b, a]; };
const over = (below, above) => below.map((c, i) => i < 3 ? above[i] * above[3] + c * (1 - above[3]) : 1);
const faded = (below, above, share) => over(below, [...above.slice(0, 3), share]);
const light = c => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
  const s = c[i] / 255; return sum + weight * (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4); }, 0);
const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
function measured(doc, view) {
  doc.querySelectorAll('details').forEach(each => each.open = true);
  const texts = [], walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, words = walker.currentNode.textContent.trim();
    if (words && !['STYLE', 'SCRIPT', 'TITLE', 'title'].includes(element.tagName)) texts.push([element, words, null]);
  }
  doc.querySelectorAll('input[placeholder]').forEach(each => texts.push([each, each.placeholder, '::placeholder']));
  return texts.map(([element, words, part]) => {
    const chain = []; for (let each = element; each; each = each.parentElement) chain.unshift(each);
    let grounds = [[255, 255, 255, 1]]; const fades = [];
    for (const each of chain) {
      const style = view.getComputedStyle(each);
      if (Number(style.opacity) < 1) fades.unshift([grounds, Number(style.opacity)]);
      const painted = grounds.map(ground => over(ground, parse(style.backgroundColor)));
      const drawn = (style.backgroundImage.match(/rgba?\([^)]*\)/g) || []).map(parse);
      grounds = [...painted, ...drawn.flatMap(colour => painted.map(ground => over(ground, colour)))];
    }
    const style = view.getComputedStyle(element, part);
    const colour = parse(element.closest('svg') ? style.fill : style.color);
    let ratio = Infinity;
    for (let ground of grounds) {
      let text = over(ground, colour);
      for (const [below, share] of fades)
        [text, ground] = [faded(below[0], text, share), faded(below[0], ground, share)];
      ratio = Math.min(ratio, contrast(text, ground));
    }
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    return [words.slice(0, 40), Math.round(ratio * 100) / 100, size >= 24 || (bold && size >= 18.66)];
  });
}
onload = () => {
  const answer = {};
  for (const frame of document.querySelectorAll('iframe')) {
    const doc = frame.contentDocument, wide = doc.documentElement.scrollWidth;
    const dark = frame.contentWindow.matchMedia('(prefers-color-scheme: dark)').matches;
    (answer[frame.title] ||= []).push({texts: measured(doc, frame.contentWindow), wide, dark});
  }
  document.body.innerHTML = ''; document.body.textContent = 'ANSWER' + JSON.stringify(answer) + 'END';
};
"""


@dataclass(eq=False)
class Pages:
    """What a run shows."""

    folder: Path

    @cached_property
    def frame(self) -> pd.DataFrame:
        rng = np.random.default_rng(0)
        n = 600
        frame = pd.DataFrame({
            "temp": rng.normal(50, 20, n), "seats": rng.choice([50, 140, 180], n),
            "carrier": rng.choice(["UA", "B6", "EV"], n), "visib": np.where(rng.random(n) < 0.1, np.nan, 10.0),
            "a rather long name of a column without an end": rng.random(n),
        })  # fmt: skip
        return frame.assign(late=frame["temp"] + rng.normal(0, 20, n) < 45)

    def _run(self, frame: pd.DataFrame, features: list[str] | None = None) -> Run:
        pipeline = Pipeline(
            [
                RandomSplit(),
                OneHot(["carrier"]),
                Train(LogisticRegression(max_iter=5_000), features=features),
                Evaluate(),
            ],
            target="late",
        )
        return pipeline.run(frame.dropna(), track=False, cache=False, verbose=False)

    @cached_property
    def run(self) -> Run:
        return self._run(self.frame)

    @cached_property
    def leaking(self) -> Run:
        return self._run(self.frame.assign(told=self.frame["late"] * 2.0))

    @cached_property
    def report(self) -> str:
        return self.run.report(self.folder / "report.html").read_text(encoding="utf-8")

    @cache  # noqa: B019  it lives as long as the module's tests
    def html(self, name: str) -> str:
        if name == "report":
            return self.report
        monitor = Monitor.fit(self.frame.drop(columns="late"))
        shown: Any = {
            "card": lambda: self.run, "leaking card": lambda: self.leaking, "plan": self.run.pipeline.plan,
            "look": lambda: mlsys.look(self.frame, target="late"), "columns": lambda: self.run.columns,
            "comparison": lambda: mlsys.compare({"all": self.run, "temp": self._run(self.frame, ["temp"])}),
            "evaluation": lambda: self.run.evaluation, "monitor": lambda: monitor,
            "drift": lambda: monitor.check(self.frame.assign(temp=100.0).drop(columns="late")),
            "findings": lambda: self.leaking.findings, "error": lambda: Html(LeakageError("too early", "move it")),
        }  # fmt: skip
        page: str = shown[name]()._repr_html_()
        return page


class Html:
    """An error as a notebook shows it."""

    def __init__(self, error: Exception) -> None:
        self.page = told(error)

    def _repr_html_(self) -> str:
        assert self.page is not None
        return self.page.html()


def inside(page: str, notebook: str) -> str:
    """Return a page as it stands in a notebook of some theme, or by itself."""
    said = f" data-jp-theme-light='{'true' if notebook == 'light' else 'false'}'" if notebook else ""
    if page.startswith("<!doctype"):
        return page.replace("<html", f"<html{said}", 1)
    return f"<!doctype html><html><body{said}>{page}</body></html>"


def render(pages: dict[str, str], folder: Path) -> str:
    """Return what Chromium makes of all pages, loaded once.

    Each stands in four frames: with a light and a dark system, whose scheme a frame takes from its style, alone and in
    a notebook whose theme is not the system's.
    """
    frames = "".join(
        f'<iframe title="{name}, {theme or system}" style="color-scheme:{system}" width="{PHONE}" '
        f'srcdoc="{html.escape(inside(page, theme))}"></iframe>'
        for name, page in pages.items()
        for system, other in (THEMES, reversed(THEMES))
        for theme in ("", other)
    )
    place = folder / "pages.html"
    place.write_text(f"<!doctype html><meta charset='utf-8'><script>{MEASURE}</script>{frames}", encoding="utf-8")
    command = [BROWSER or "", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'browser'}",
               "--dump-dom", f"file://{place}"]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False).stdout


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def rendered(pages: Pages) -> dict[str, Any]:
    if BROWSER is None:
        pytest.skip("chromium is not installed")
    said = render({name: pages.html(name) for name in NAMES} | MADE, pages.folder)
    found = re.search("<body>ANSWER(.*)END</body>", said, re.DOTALL)
    assert found, said[:500]
    answers: dict[str, Any] = json.loads(html.unescape(found[1]))
    return answers


def test_a_frame_takes_the_scheme_of_its_system(rendered: dict[str, Any]) -> None:
    for theme in THEMES:  # in a notebook of the other theme the system keeps its own
        assert [each["dark"] for each in rendered[f"card, {theme}"]] in ([False, True], [True, False])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_read(rendered: dict[str, Any], name: str, theme: str) -> None:
    drawn = rendered[f"{name}, {theme}"]
    assert len(drawn) == 2  # as the system prefers, and as the notebook says
    for each in drawn:
        assert each["texts"]
        assert [text for text in each["texts"] if text[1] < (LARGE if text[2] else NORMAL)] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_sticks_out_on_a_phone(rendered: dict[str, Any], name: str) -> None:
    assert [each["wide"] for each in rendered[f"{name}, light"]] <= [PHONE, PHONE]


def test_a_text_that_cannot_be_read_is_noticed(rendered: dict[str, Any]) -> None:
    measured = {name: rendered[f"{name}, light"][0]["texts"][0][1:] for name in MADE}
    assert measured["faint"] == [2.85, False]
    assert measured["faded"] == [3.98, False]
    assert measured["white on dark"] == [15.91, False]
    assert measured["large"] == [3.54, True]
    assert measured["half"][0] == pytest.approx(1.19, abs=0.02)


def test_a_card_is_small_and_quick(pages: Pages) -> None:
    run, seconds = pages.run, []
    for _ in range(20):  # the quickest: others are at work on this machine too
        start = time.thread_time()
        card = run._repr_html_()
        seconds.append(time.thread_time() - start)
    assert len(card.encode()) < 60_000
    assert min(seconds) < 0.03


def test_a_report_is_one_small_file_that_is_made_quickly(pages: Pages) -> None:
    assert len(pages.report.encode()) < 500_000
    start = time.thread_time()
    pages.run.report(pages.folder / "again.html")
    assert time.thread_time() - start < 1


def test_links_of_a_report_lead_to_places_on_it(pages: Pages) -> None:
    page = pages.report
    places = set(re.findall(r" id='([^']+)'", page))
    assert {f"column-{quote(name)}" for name in pages.run.columns.table["column"]} <= places
    assert set(re.findall(r"href='#([^']+)'", page)) <= places


@pytest.mark.parametrize("name", NAMES)
def test_no_page_asks_for_anything_elsewhere(pages: Pages, name: str) -> None:
    page = pages.html(name)
    assert not re.search(r"(src|href|srcset|action)=['\"]?(https?:)?//", page)
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//|<script[^>]+src|<link", page)
