"""Intervals on one axis: values as dots with their intervals, the first one first."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlsys.pages.numbers import interval, number
from mlsys.pages.tones import Tone
from mlsys.pages.wrapping import wrapped

_SHORT = 24
"""Maximum length of a note beside its numbers; longer notes are tooltips."""
_COLOURS: dict[Tone, str] = {"good": "good", "watch": "watch", "bad": "bad", "plain": "accent"}


@dataclass(frozen=True)
class Interval:
    """A value with its interval.

    Parameters
    ----------
    label : str
        What is measured.
    value, lower, upper : float
        NaN where it is not known.
    note : str
        Stands behind the numbers.
    main : bool
        Whether it is the main value; others are for comparison.
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
        Label of the axis.
    zero : float, optional
        Position of a reference line.
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
            return round(100 * (min(max(value, low), high) - low) / (high - low), 1)

        zero = ""
        if self.zero is not None:
            at = x(self.zero)
            zero = f"<line x1='{at}%' x2='{at}%' y1='0' y2='100%' stroke='var(--dim)' stroke-dasharray='3 3'/>"
        alt = html.escape(self.text().replace("\n", "; "), quote=True)
        head = (
            f"<div><span></span><span class='dim'>{html.escape(self.label)}</span><span></span></div>"
            if self.label
            else ""
        )
        rows = "".join(_drawn(each, x, zero, self.zero is not None) for each in self.rows)
        return f"<div class='axis' role='img' aria-label='{alt}'>{head}{rows}</div>"


def _drawn(each: Interval, place: Callable[[float], float], zero: str, signed: bool) -> str:
    """Return label, picture and numbers of a row; places are shares of the width that there is."""
    colour = f"var(--{_COLOURS[each.tone] if each.main or each.tone != 'plain' else 'other'})"
    strong = " class='strong'" if each.main else ""
    marks = zero
    if math.isfinite(each.lower) and math.isfinite(each.upper):
        marks += (
            f"<line x1='{place(each.lower)}%' x2='{place(each.upper)}%' y1='50%' y2='50%' stroke='{colour}' "
            "stroke-width='3' stroke-linecap='round'/>"
        )
    if math.isfinite(each.value):
        marks += f"<circle cx='{place(each.value)}%' cy='50%' r='5' fill='{colour}'/>"
    said = Interval("", each.value, each.lower, each.upper, each.note if len(each.note) <= _SHORT else "").said(signed)
    title = f"<title>{html.escape(each.note)}</title>" if each.note else ""
    return (
        f"<div><span{strong}>{html.escape(each.label)}</span><svg>{title}{marks}</svg>"
        f"<span{strong}>{html.escape(said)}</span></div>"
    )
