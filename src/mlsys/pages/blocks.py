"""Blocks of a page: each is the same content as text and as HTML."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import isnan
from typing import Any, Protocol

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from mlsys.errors import Finding
from mlsys.pages.cells import Cell, anchor, badge
from mlsys.pages.explained import WHY
from mlsys.pages.joining import joined
from mlsys.pages.numbers import number, p_value
from mlsys.pages.tones import SIGNS, Tone, tone_of
from mlsys.pages.wrapping import in_columns, wrapped

_ADDRESS = re.compile(r"https?://[^\s<>&'\"]+")
SEVERITY_TONES: Mapping[str, Tone] = {"error": "bad", "warning": "watch", "information": "plain"}

_WHOLE = 24
"""Length up to which a cell is not broken into lines, even on a narrow page."""


class Block(Protocol):
    """Part of a page."""

    def text(self) -> str:
        """Return it for a terminal."""

    def html(self) -> str:
        """Return it for a page."""


@dataclass(frozen=True)
class Title:
    """Heading of a page or a part of it, with a tone if it states an outcome."""

    words: str
    level: int = 3
    tone: Tone = "plain"

    def text(self) -> str:
        """Return the words."""
        return self.words

    def html(self) -> str:
        """Return a heading, behind the sign of its tone."""
        sign = f"<span class='tone {self.tone}'>{SIGNS[self.tone]}</span>" if self.tone != "plain" else ""
        return f"<h{self.level}>{sign}{html.escape(self.words)}</h{self.level}>"


@dataclass(frozen=True)
class Text:
    """A paragraph; ``dim`` for side notes, ``links`` to make addresses clickable."""

    words: str
    dim: bool = False
    links: bool = False

    def text(self) -> str:
        """Return the words, indented as lines are."""
        return "\n".join(f"  {line}" for line in self.words.splitlines())

    def html(self) -> str:
        """Return a paragraph."""
        words = html.escape(self.words).replace("\n", "<br>")
        words = _ADDRESS.sub(r"<a href='\g<0>'>\g<0></a>", words) if self.links else words
        return f"<p class='dim'>{words}</p>" if self.dim else f"<p>{words}</p>"


@dataclass(frozen=True)
class Verdict:
    """A verdict in one or two words with their tone, and the reason.

    Examples
    --------
    >>> Verdict("no alarm", "7 columns watched").text()
    '  verdict        ✓ no alarm; 7 columns watched'
    """

    words: str
    why: str = ""
    label: str = "verdict"
    tone: Tone | None = None

    def text(self) -> str:
        """Return a line."""
        return wrapped(self.label, f"{SIGNS[self._tone]} {self.words}{'; ' if self.why else ''}{self.why}")

    def html(self) -> str:
        """Return a badge with its reason behind it."""
        return f"<p>{badge(self.words, self._tone)} {html.escape(self.why)}</p>"

    @property
    def _tone(self) -> Tone:
        return self.tone or tone_of(self.words)


@dataclass(frozen=True)
class Banner:
    """A message that must be read first."""

    words: str
    tone: Tone = "bad"
    label: str = ""

    def text(self) -> str:
        """Return a line with the tone's sign."""
        return wrapped(self.label, f"{SIGNS[self.tone]} {self.words}")

    def html(self) -> str:
        """Return a bar across the page."""
        words = html.escape(f"{self.label} {self.words}".strip())
        return f"<div class='banner {self.tone}' role='alert'><b>{SIGNS[self.tone]}</b> {words}</div>"


@dataclass(frozen=True)
class Lines:
    """Labels with sentences."""

    rows: Sequence[tuple[str, str]]

    def text(self) -> str:
        """Return a line each, broken between words."""
        return "\n".join(wrapped(label, said) for label, said in self.rows)

    def html(self) -> str:
        """Return a table of two columns."""
        rows = "".join(
            f"<tr><td>{html.escape(label)}</td><td>{html.escape(said)}</td></tr>" for label, said in self.rows
        )
        return f"<table class='lines'>{rows}</table>" if rows else ""


@dataclass(frozen=True)
class Items:
    """Sentences in a list."""

    sentences: Sequence[str]
    label: str = ""

    def text(self) -> str:
        """Return a line each."""
        return "\n".join(wrapped("" if place else self.label, said) for place, said in enumerate(self.sentences))

    def html(self) -> str:
        """Return a list."""
        items = "".join(f"<li>{html.escape(said)}</li>" for said in self.sentences)
        return f"<ul>{items}</ul>" if items else ""


@dataclass(frozen=True)
class Remarks:
    """Findings, worst first.

    Parameters
    ----------
    findings : sequence of Finding
        All of them.
    most : int
        How many are shown.
    rest : str
        Where the others are.
    linked : collection of str
        Columns that have a line on the same page, to which their names link.
    """

    findings: Sequence[Finding]
    most: int = 6
    rest: str = "run.findings"
    linked: Collection[str] = ()

    def text(self) -> str:
        """Return a line each, behind the sign of its severity."""
        return Items(self._said(signs=True), "finding").text()

    def html(self) -> str:
        """Return each with a badge of its severity, and why it matters behind a click."""
        shown = "".join(
            f"<li>{badge(each.severity, SEVERITY_TONES[each.severity])} {html.escape(_without_severity(each))}"
            f"{self._links(each.columns)}{_why(each.code)}</li>"
            for each in self.findings[: self.most]
        )
        more = "".join(f"<li>{html.escape(said)}</li>" for said in self._said()[self.most :])
        return f"<ul>{shown}{more}</ul>" if shown else ""

    def _links(self, columns: Sequence[str]) -> str:
        links = [f"<a href='#{anchor(name)}'>{html.escape(name)}</a>" for name in columns if name in self.linked]
        return f"<div class='dim'>see {', '.join(links)}</div>" if links else ""

    def _said(self, signs: bool = False) -> list[str]:
        more = len(self.findings) - self.most
        said = [f"{SIGNS[SEVERITY_TONES[each.severity]]} {each}" if signs else str(each)
                for each in self.findings[: self.most]]  # fmt: skip
        return [*said, *([f"and {more} more in {self.rest}"] if more > 0 else [])]


@dataclass(frozen=True)
class Table:
    """A table; numbers with three digits, nulls as blanks, verdicts with their tone.

    Parameters
    ----------
    frame : DataFrame
        One line per row; the index is not shown. A cell may be a ``Cell``, such as a ``Shape``. Columns whose names end
        in ``lower`` and ``upper`` are shown as the interval of the column to their left.
    verdicts : sequence of str
        Columns whose words have a tone.
    signed, p_values : sequence of str
        Columns of differences and of probabilities.
    most : int
        Maximum number of rows shown; the number of further rows is stated.
    greyed : sequence of bool, optional
        Which rows are shown in grey.
    raw : bool
        Whether it contains rows of the data: column names have no special meaning, and numbers are shown as they are.
    """

    frame: pd.DataFrame
    verdicts: Sequence[str] = ("verdict",)
    signed: Sequence[str] = ()
    p_values: Sequence[str] = ("p", "adjusted p")
    most: int = 30
    greyed: Sequence[bool] = field(default=())
    raw: bool = False

    def text(self) -> str:
        """Return lines in columns."""
        if not len(self.frame.columns):
            return ""
        heads = [str(name) for name in self._shown.columns]
        cells = [[self._cell(name, value) for name, value in zip(self._shown.columns, row, strict=True)]
                 for row in self._rows()]  # fmt: skip
        lines = in_columns([heads, *cells], self._numbers)
        return "\n".join([*lines, *([f"  {self._more()}"] if self._more() else [])])

    def html(self) -> str:
        """Return a table that scrolls by itself where it is too wide."""
        if not len(self.frame.columns):
            return ""
        heads = "".join(
            f"<th{_class(is_number)}>{html.escape(str(name))}</th>"
            for name, is_number in zip(self._shown.columns, self._numbers, strict=True)
        )
        rows = "".join(self._row(place, row) for place, row in enumerate(self._rows()))
        more = f"<p class='dim'>{self._more()}</p>" if self._more() else ""
        table = f"<table class='grid'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div class='scroll'>{table}</div>{more}"

    def _row(self, place: int, row: Sequence[Any]) -> str:
        cells = []
        for name, value, is_number in zip(self._shown.columns, row, self._numbers, strict=True):
            text = value.html() if isinstance(value, Cell) else html.escape(self._cell(name, value))
            if name in self.verdicts and text and not self.raw:
                text = badge(self._cell(name, value), tone_of(value))
            short = " class='whole'" if len(self._cell(name, value)) <= _WHOLE else ""
            cells.append(f"<td{_class(is_number) or short}>{text}</td>")
        grey = " class='greyed'" if place < len(self.greyed) and self.greyed[place] else ""
        return f"<tr{grey}>{''.join(cells)}</tr>"

    def _cell(self, name: Any, value: Any) -> str:
        if self.raw and isinstance(value, (int, float)) and not isnan(value):
            return f"{value:.6g}" if isinstance(value, float) else str(value)
        if name in self.p_values and isinstance(value, float):
            return p_value(value)
        if isinstance(value, (list, tuple)):
            return ", ".join(map(str, value))
        return number(value, name in self.signed)

    @cached_property
    def _shown(self) -> pd.DataFrame:
        shown = self.frame.head(self.most)
        return shown if self.raw else joined(shown, self.signed)

    @cached_property
    def _numbers(self) -> list[bool]:
        """Which of the columns shown are set to the right."""
        kinds = zip(self.frame.columns, self.frame.dtypes, strict=True)
        numbers = {name for name, kind in kinds if is_numeric_dtype(kind) and not is_bool_dtype(kind)}
        return [name in numbers for name in self._shown.columns]

    def _rows(self) -> list[Sequence[Any]]:
        return [list(row) for row in self._shown.astype(object).itertuples(index=False, name=None)]

    def _more(self) -> str:
        beyond = len(self.frame) - self.most
        return f"and {beyond:,} more rows in .table" if beyond > 0 else ""


@dataclass(frozen=True)
class Code:
    """Preformatted lines."""

    lines: str

    def text(self) -> str:
        """Return the lines, indented."""
        return "\n".join(f"    {line}" for line in self.lines.splitlines())

    def html(self) -> str:
        """Return the lines as they are."""
        return f"<pre>{html.escape(self.lines)}</pre>"


@dataclass(frozen=True)
class Folded:
    """Blocks that unfold on a click; a terminal omits them."""

    summary: str
    blocks: Sequence[Block]

    def text(self) -> str:
        """Return nothing: in a terminal these objects are available by name."""
        return ""

    def html(self) -> str:
        """Return the blocks, closed."""
        inner = "".join(block.html() for block in self.blocks)
        return f"<details><summary>{html.escape(self.summary)}</summary>{inner}</details>"


@dataclass(frozen=True)
class Side:
    """Blocks side by side, if there is room."""

    blocks: Sequence[Block]

    def text(self) -> str:
        """Return one below the other."""
        return "\n".join(text for text in (block.text() for block in self.blocks) if text)

    def html(self) -> str:
        """Return them in a row that breaks."""
        return f"<div class='sides'>{''.join(f'<div>{block.html()}</div>' for block in self.blocks)}</div>"


@dataclass(frozen=True)
class Greyed:
    """A block in grey, for a reason stated above it."""

    block: Block

    def text(self) -> str:
        """Return it as it is; what stands above says why."""
        return self.block.text()

    def html(self) -> str:
        """Return it in grey."""
        return f"<div class='greyed'>{self.block.html()}</div>"


@dataclass(frozen=True)
class Picture:
    """A drawn figure, inside the page.

    Parameters
    ----------
    png : bytes
        The picture.
    alt : str
        What it shows.
    """

    png: bytes
    alt: str

    def text(self) -> str:
        """Return nothing; a terminal has no pictures."""
        return ""

    def html(self) -> str:
        """Return the picture with its description."""
        drawn = base64.b64encode(self.png).decode()
        return f"<p><img alt='{html.escape(self.alt, quote=True)}' src='data:image/png;base64,{drawn}'></p>"


def _without_severity(finding: Finding) -> str:
    """Return a finding as it is said behind a badge of its severity."""
    return str(finding).replace(f" {finding.severity}", "", 1)


def _why(code: str) -> str:
    why = WHY.get(code, "")
    return f"<details><summary>why it matters</summary>{html.escape(why)}</details>" if why else ""


def _class(is_number: bool) -> str:
    return " class='num'" if is_number else ""
