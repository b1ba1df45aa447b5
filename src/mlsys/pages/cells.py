"""Cells of tables other than text: badges, stacked words, bars."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable
from urllib.parse import quote

from mlsys.pages.tones import SIGNS, Tone, tone_of

_LEAST_SHARE = 0.01
"""Smaller shares are shown as less than one hundredth."""


def anchor(column: str) -> str:
    """Return what a link to the line of a column names.

    Examples
    --------
    >>> anchor("it's late")
    'column-it%27s%20late'
    """
    return f"column-{quote(column, safe='')}"


@runtime_checkable
class Cell(Protocol):
    """Content of a table cell; as text it is a word or two."""

    def __str__(self) -> str: ...

    def html(self) -> str:
        """Return it for a page."""


@dataclass(frozen=True)
class Badge:
    """Words with their tone.

    Examples
    --------
    >>> str(Badge("alarm")), str(Badge("feature", "good")), str(Badge(""))
    ('✕ alarm', '✓ feature', '')
    """

    words: str
    tone: Tone | None = None

    def __str__(self) -> str:
        return f"{SIGNS[self.tone or tone_of(self.words)]} {self.words}" if self.words else ""

    def html(self) -> str:
        """Return words with sign and colour."""
        return badge(self.words, self.tone or tone_of(self.words)) if self.words else ""


@dataclass(frozen=True)
class Stack:
    """A value with a note below it.

    Parameters
    ----------
    first : Cell or str
        The value.
    below : str
        The note.
    strong : bool
        Whether the first is bold.
    spoken : bool
        Whether a terminal also shows the note.
    column : str
        The column that it describes: links of the same page lead here.

    Examples
    --------
    >>> str(Stack("age", "years")), str(Stack("left out", "constant", spoken=True)), Stack("age", "years").html()
    ('age', 'left out: constant', '<div>age</div><small>years</small>')
    """

    first: Cell | str
    below: str = ""
    strong: bool = False
    spoken: bool = False
    column: str = ""

    def __str__(self) -> str:
        return f"{self.first}: {self.below}" if self.spoken and self.below else str(self.first)

    def html(self) -> str:
        """Return both, the second small."""
        first = html.escape(self.first) if isinstance(self.first, str) else self.first.html()
        small = f"<small>{html.escape(self.below)}</small>" if self.below else ""
        named = f" id='{anchor(self.column)}'" if self.column else ""
        both = f"<div{named}>{f'<b>{first}</b>' if self.strong else first}</div>{small}"
        return f"<div class='said'>{both}</div>" if self.spoken and small else both


@dataclass(frozen=True)
class Bars:
    """Shares with their names, one bar each.

    Parameters
    ----------
    shares : sequence of (str, float)
        Names and parts of one.
    rest : str
        What is left out, in words.

    Examples
    --------
    >>> str(Bars([("USA", 0.625), ("Japan", 0.2)], "1 more"))
    'USA 62%, Japan 20%, 1 more'
    """

    shares: Sequence[tuple[str, float]]
    rest: str = ""

    def __str__(self) -> str:
        said = [f"{name} {percent(share)}" for name, share in self.shares]
        return ", ".join([*said, *([self.rest] if self.rest else [])])

    def html(self) -> str:
        """Return a bar behind each name."""
        bars = "".join(
            f"<div class='bar' style='background-size:{min(share, 1):.1%} 100%'><span>{html.escape(name)}</span>"
            f"<b>{percent(share)}</b></div>"
            for name, share in self.shares
        )
        return f"<div class='bars'>{bars}</div>" + (f"<small>{html.escape(self.rest)}</small>" if self.rest else "")


def percent(share: float) -> str:
    """Return a share of rows in whole percent; nothing for nothing, and no 0% or 100% that is not meant.

    Examples
    --------
    >>> percent(0.0), percent(0.0004), percent(0.625), percent(0.9996), percent(1.0)
    ('', '< 1%', '62%', '> 99%', '100%')
    """
    if share <= 0:
        return ""
    if share < _LEAST_SHARE:
        return "< 1%"
    return "> 99%" if 1 - _LEAST_SHARE < share < 1 else f"{share:.0%}"


def badge(words: str, tone: Tone) -> str:
    """Return words with their tone's sign and colour."""
    return f"<span class='tone {tone}'>{SIGNS[tone]}&nbsp;{html.escape(words)}</span>"
