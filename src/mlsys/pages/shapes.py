"""Shapes: how values spread, small enough to stand in a line of a table."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH, _HEIGHT = 96, 26
_TICKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Shape:
    """A small histogram.

    Parameters
    ----------
    counts : sequence of float
        Height of each bar.
    alt : str
        What it shows, for those who do not see it.
    before : sequence of float, optional
        Bars to compare with, drawn as an outline: before a drift, for one.
    """

    counts: Sequence[float]
    alt: str = ""
    before: Sequence[float] = ()

    def __str__(self) -> str:
        most = max(self.counts, default=0) or 1
        return "".join(_TICKS[min(8, round(8 * each / most))] for each in self.counts)

    def html(self) -> str:
        """Return it as a picture."""
        if not self.counts:
            return ""
        bars = _bars(self.counts)
        outline = ""
        if self.before:
            steps = " ".join(
                f"{x:.1f},{_HEIGHT - height:.1f} {x + wide:.1f},{_HEIGHT - height:.1f}"
                for x, wide, height in _places(self.before)
            )
            outline = f"<polyline points='{steps}' fill='none' stroke='var(--fg)' stroke-width='1'/>"
        return (
            f"<svg role='img' aria-label='{html.escape(self.alt, quote=True)}' width='{_WIDTH}' height='{_HEIGHT}' "
            f"viewBox='0 0 {_WIDTH} {_HEIGHT}'>{bars}{outline}</svg>"
        )


def _bars(counts: Sequence[float]) -> str:
    return "".join(
        f"<rect x='{x:.1f}' y='{_HEIGHT - height:.1f}' width='{max(wide - 1, 0.5):.1f}' height='{height:.1f}' "
        "fill='var(--accent)'/>"
        for x, wide, height in _places(counts)
    )


def _places(counts: Sequence[float]) -> list[tuple[float, float, float]]:
    most, wide = max(counts) or 1, _WIDTH / len(counts)
    return [(place * wide, wide, max(1.0, (_HEIGHT - 1) * each / most) if each else 0.0)
            for place, each in enumerate(counts)]  # fmt: skip
