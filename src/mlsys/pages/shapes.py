"""Shapes: histograms that are small enough for a table cell."""

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
        Bars for comparison, drawn as an outline, such as before a drift.
    """

    counts: Sequence[float]
    alt: str = ""
    before: Sequence[float] = ()

    def __str__(self) -> str:
        most = max(self.counts, default=0) or 1
        return "".join(_TICKS[max(1, round(8 * each / most)) if each else 0] for each in self.counts)

    def html(self) -> str:
        """Return it as a picture; both sets of bars show shares, on one scale."""
        if not self.counts:
            return ""
        shares, before = _shares(self.counts), _shares(self.before)
        most = max([*shares, *before]) or 1
        bars = "".join(
            f"M{x:.4g} {_HEIGHT}v-{height:.3g}h{max(wide - 1, 0.5):.3g}v{height:.3g}z"
            for x, wide, height in _places(shares, most)
            if height
        )
        outline = "".join(
            f"{'L' if place else 'M'}{x:.4g} {_HEIGHT - height:.4g}h{wide:.4g}"
            for place, (x, wide, height) in enumerate(_places(before, most))
        )
        drawn = f"<path d='{outline}' fill='none' stroke='var(--fg)'/>" if outline else ""
        return (
            f"<svg role='img' aria-label='{html.escape(self.alt, quote=True)}' width='{_WIDTH}' height='{_HEIGHT}' "
            f"viewBox='0 0 {_WIDTH} {_HEIGHT}'><path d='{bars}' fill='var(--accent)'/>{drawn}</svg>"
        )


def _shares(counts: Sequence[float]) -> list[float]:
    total = sum(counts)
    return [each / total if total else 0.0 for each in counts]


def _places(shares: Sequence[float], most: float) -> list[tuple[float, float, float]]:
    """Return of each bar where it begins, how wide and how high it is; whatever is there is seen."""
    wide = _WIDTH / max(len(shares), 1)
    return [(place * wide, wide, max(1.0, (_HEIGHT - 1) * each / most) if each else 0.0)
            for place, each in enumerate(shares)]  # fmt: skip
