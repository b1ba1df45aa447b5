"""Ablation: what each feature is worth, and which one carries too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

import pandas as pd

from mlsys.pages import Banner, Block, Interval, Intervals, Items, Page, Shown, Table, Title, Tone
from mlsys.plan.any_pipeline import PipelineType
from mlsys.run.estimates.picture import draw_ablation

CARRIES_MOST = 0.5
"""Share of the error left without a feature that it removes, above which it is worth a question. Among a dozen honest
features none does that much alone; what leaks does (the flights' ``dep_delay``: two thirds)."""
_HELD = (
    "left out: held at one training value from the split on, so that steps that name it keep working; "
    "what another feature repeats shows no change, so leave such features out together"
)

_TONES: dict[str, Tone] = {"hurts": "bad"}
_MOST_DRAWN = 20


@dataclass(frozen=True, repr=False)
class Ablation(Shown, Generic[PipelineType]):
    """The headline metric without each feature; made by ``pipeline.ablate()``.

    Parameters
    ----------
    pipeline : Pipeline
        The refitted pipeline.
    table : DataFrame
        One row per feature or group, the greatest loss first: ``without``, ``columns``; the ``value`` without it; the
        ``change`` with ``lower`` and ``upper`` on the same rows; ``error removed``, the share of the distance to a
        perfect score that it closes; and a ``verdict``: ``"helps"``, ``"hurts"`` or ``"not told apart"``.
        ``attrs["with all"]`` is the value with all features.
    metric : str
        The headline metric.
    judged : str
        The evaluated rows, the same for all.
    sealed : int
        Number of test rows, which were not used.
    """

    pipeline: PipelineType
    table: pd.DataFrame
    metric: str
    judged: str
    sealed: int = 0

    @property
    def carries_most(self) -> tuple[str, ...]:
        """Features that remove more than half of the remaining error; ask when they are known."""
        helps = self.table[(self.table["verdict"] == "helps") & (self.table["error removed"] >= CARRIES_MOST)]
        return tuple(helps["without"])

    @property
    def lines(self) -> list[str]:
        """What the table means, in sentences."""
        level = f"95 % for all {len(self.table)} together (Sidak), paired on the same {self.judged}"
        said = [f"{self.metric} {self.table.attrs['with all']:.3f} with all; intervals hold with {level}", _HELD]
        return [*said, *self._asked]

    @property
    def _asked(self) -> list[str]:
        """What carries too much, as a question each."""
        shares = dict(zip(self.table["without"], self.table["error removed"], strict=True))
        return [
            f"{name} removes {shares[name]:.0%} of the error that is left without it: is it known in time?"
            for name in self.carries_most
        ]

    def plot(self, ax: Any = None) -> Any:
        """Draw the change of the metric without each feature."""
        return draw_ablation(self.table, self.metric, self.carries_most, ax)

    def _page(self) -> Page:
        asked: list[Block] = [Banner(each, "watch", "carries most") for each in self._asked]
        rows = [
            Interval(f"without {row['without']}", row["change"], row["lower"], row["upper"], row["verdict"],
                     row["verdict"] != "not told apart", _TONES.get(row["verdict"], "plain"))
            for row in self.table.head(_MOST_DRAWN).to_dict("records")
        ]  # fmt: skip
        return Page([
            Title(f"{self.pipeline.name}: without each of {len(self.table)} features"),
            *asked,
            Intervals(rows, f"change of {self.metric}", zero=0.0),
            Table(self.table.drop(columns="columns"), signed=["change"]),
            Items(self.lines[:2]),
        ])  # fmt: skip
