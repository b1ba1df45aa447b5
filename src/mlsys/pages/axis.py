"""Intervals on one axis: values as dots with their intervals, the first one first."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlsys.pages.numbers import interval, number
from mlsys.pages.tones import Tone
from mlsys.pages.wrapping import wrapped

_ROW = 24
_LEFT, _RIGHT, _WIDTH = 180, 600, 800
_COLOURS: dict[Tone, str] = {"good": "good", "watch": "watch", "bad": "bad", "plain": "accent"}


@dataclass(frozen=True)
class Interval:
    """A value with its interval.

    Parameters
    ----------
    label : str
        What it is of.
    value, lower, upper : float
        NaN where it is not known.
    note : str
        Stands behind the numbers.
    main : bool
        Whether it is what the picture is about; others are for comparison.
    tone : {"good", "watch", "bad", "plain"}
        Colour of dot and line.
    """

    label: str
    value: float
    lower: float = math.nan
    upper: float = math.nan
    note: str = ""
    main: bool = True
    tone: Tone = "plain"

    def said(self, signed: bool = False) -> str:
        """Return value and interval in words.

        Examples
        --------
        >>> Interval("model", 0.834, 0.811, 0.857, "better").said()
        '0.834 [0.811, 0.857] (better)'
        >>> Interval("model", math.nan, note="one class").said()
        'not defined (one class)'
        """
        told = number(self.value, signed) if not math.isnan(self.value) else "not defined"
        between = interval(self.lower, self.upper, signed) if not math.isnan(self.value) else ""
        return " ".join([told, *([between] if between else []), *([f"({self.note})"] if self.note else [])])


@dataclass(frozen=True)
class Intervals:
    """Values with intervals on one axis.

    Parameters
    ----------
    rows : sequence of Interval
        From top to bottom.
    label : str
        What the axis shows.
    zero : float, optional
        Where a line is drawn that intervals are held against.
    """

    rows: Sequence[Interval]
    label: str = ""
    zero: float | None = None

    def text(self) -> str:
        """Return a line a value."""
        return "\n".join(
            wrapped(self.label if place == 0 else "", f"{each.label}: {each.said(self.zero is not None)}")
            for place, each in enumerate(self.rows)
        )

    def html(self) -> str:
        """Return the picture, with the numbers beside it."""
        known = [each for each in self.rows if not math.isnan(each.value)]
        ends = [end for each in known for end in (each.value, each.lower, each.upper) if math.isfinite(end)]
        if self.zero is not None:
            ends.append(self.zero)
        if not ends:
            return "".join(f"<p>{html.escape(each.label)}: {html.escape(each.said())}</p>" for each in self.rows)
        pad = (max(ends) - min(ends)) * 0.08 or abs(max(ends)) * 0.05 or 0.05
        low, high = min(ends) - pad, max(ends) + pad

        def x(value: float) -> float:
            return round(_LEFT + (_RIGHT - _LEFT) * (min(max(value, low), high) - low) / (high - low), 1)

        marks = [f"<text class='dim' x='{_LEFT}' y='10'>{html.escape(self.label)}</text>"]
        height = _ROW * len(self.rows) + 16
        if self.zero is not None:
            at = x(self.zero)
            marks.append(
                f"<line x1='{at}' x2='{at}' y1='14' y2='{height}' stroke='var(--dim)' stroke-dasharray='3 3'/>"
            )
        for place, each in enumerate(self.rows):
            marks.append(_drawn(each, 26 + _ROW * place, x, self.zero is not None))
        alt = html.escape(self.text().replace("\n", "; "), quote=True)
        return (
            f"<div class='scroll'><svg role='img' aria-label='{alt}' viewBox='0 0 {_WIDTH} {height}' "
            f"style='width:{_WIDTH}px;max-width:none'>{''.join(marks)}</svg></div>"
        )


def _drawn(each: Interval, y: int, place: Callable[[float], float], signed: bool) -> str:
    colour = f"var(--{_COLOURS[each.tone] if each.main or each.tone != 'plain' else 'other'})"
    weight = " class='strong'" if each.main else ""
    marks = ""
    if math.isfinite(each.lower) and math.isfinite(each.upper):
        marks += (
            f"<line x1='{place(each.lower)}' x2='{place(each.upper)}' y1='{y}' y2='{y}' stroke='{colour}' "
            "stroke-width='3' stroke-linecap='round'/>"
        )
    if math.isfinite(each.value):
        marks += f"<circle cx='{place(each.value)}' cy='{y}' r='5' fill='{colour}'/>"
    label = each.label if len(each.label) <= 26 else f"{each.label[:25]}…"  # noqa: PLR2004
    said = Interval("", each.value, each.lower, each.upper).said(signed)
    title = f"<title>{html.escape(each.note)}</title>" if each.note else ""
    return (
        f"<g>{title}{marks}<text{weight} x='{_LEFT - 12}' y='{y + 4}' text-anchor='end'>{html.escape(label)}</text>"
        f"<text{weight} x='{_RIGHT + 14}' y='{y + 4}'>{html.escape(said)}</text></g>"
    )
