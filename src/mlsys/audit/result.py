"""LeakageAudit: what moved when rows were replaced that must not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import Finding
from mlsys.leakage.remedies import REMEDIES
from mlsys.pages import Page, Shown, Table, Text, Title, drawing, tone_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VIOLATED, ALLOWED, NOT_ASSESSED, NOT_OBSERVED = "violated", "allowed", "not assessed", "not observed"
_WORST_FIRST = (VIOLATED, NOT_ASSESSED, ALLOWED, NOT_OBSERVED)
_COLOURS = {
    VIOLATED: drawing.BAD, NOT_ASSESSED: drawing.WATCH, ALLOWED: drawing.OTHER, NOT_OBSERVED: drawing.MINE
}  # fmt: skip
_MARKS = {VIOLATED: "X", NOT_ASSESSED: "?", ALLOWED: "a", NOT_OBSERVED: "·"}
CODES = {"held-out rows": "LK301", "itself": "LK302", "alone": "LK303", "label": "LK304"}
"""Finding codes by what a step was seen to depend on."""


@dataclass(frozen=True)
class Trace:
    """What one probe showed of one step.

    Parameters
    ----------
    step : str
        Name of the step.
    probe : str
        What was replaced, or asked.
    verdict : str
        ``"violated"``, ``"allowed"``, ``"not assessed"`` or ``"not observed"``.
    columns : tuple of str
        Columns that moved.
    detail : str
        One sentence: what moved, or why nothing can be said.
    concerns : str
        What the step was seen to depend on: ``"held-out rows"``, ``"itself"``, ``"alone"``, ``"label"``,
        ``"outside"``.
    cause : str
        Why, for a violation: a key of :data:`mlsys.leakage.remedies.REMEDIES`.
    carries : str
        How much moved, in words and without values of rows.
    """

    step: str
    probe: str
    verdict: str
    columns: tuple[str, ...] = ()
    detail: str = ""
    concerns: str = "held-out rows"
    cause: str = ""
    carries: str = ""


@dataclass(frozen=True, repr=False)
class LeakageAudit(Shown):
    """Result of ``audit_leakage()``: what changed when rows that must not matter were replaced, on a sample.

    Parameters
    ----------
    traces : sequence of Trace
        In the order of the steps.
    steps : sequence of str
        Names of the audited steps, in order.
    rows, training, held_out : int
        Number of rows in the sample, and on each side of the split.
    seconds : float
        Duration.

    Notes
    -----
    The audit can find a leak but cannot prove that there is none: *not observed* means that none of these probes
    changed anything on this sample. A leak is missed if a step uses only rare values, or holds a table that was made
    before the pipeline existed.
    """

    traces: Sequence[Trace]
    steps: Sequence[str]
    rows: int
    training: int
    held_out: int
    seconds: float = field(default=0.0, compare=False)

    @property
    def verdict(self) -> str:
        """``"violated"``, ``"not assessed"`` if a step could not be assessed at all, or ``"not observed"``."""
        verdicts = {trace.verdict for trace in self.traces}
        if VIOLATED in verdicts:
            return VIOLATED
        said = {trace.step for trace in self.traces if trace.verdict in (NOT_OBSERVED, ALLOWED)}
        silent = {trace.step for trace in self.traces if trace.verdict == NOT_ASSESSED} - said
        return NOT_ASSESSED if silent or not said else NOT_OBSERVED

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per step and probe: ``step``, ``probe``, ``verdict``, ``columns``, ``detail``."""
        rows = [(t.step, t.probe, t.verdict, t.columns, t.detail) for t in self.traces]
        return pd.DataFrame(rows, columns=["step", "probe", "verdict", "columns", "detail"])

    @property
    def violated(self) -> pd.DataFrame:
        """Rows of the table that are violations, in the order of the steps."""
        return self.table[self.table["verdict"] == VIOLATED].reset_index(drop=True)

    @property
    def not_assessed(self) -> pd.DataFrame:
        """The rows of the table about which nothing can be said, with the reason."""
        return self.table[self.table["verdict"] == NOT_ASSESSED].reset_index(drop=True)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One error for each step and thing it was seen to depend on; what steps read from outside beside them."""
        found: dict[tuple[str, str], list[Trace]] = {}
        for trace in self.traces:
            if trace.verdict == VIOLATED:
                found.setdefault((trace.step, trace.concerns), []).append(trace)
        causes = {step: _cause(step, self.traces) for step, _ in found}
        broken = [_finding(step, concerns, traces, causes[step]) for (step, concerns), traces in found.items()]
        return (*broken, *(_not_assessed(trace) for trace in self.traces if trace.concerns == "outside"))

    @property
    def summary(self) -> str:
        """The verdict in one sentence, for cards and records."""
        first = next((trace for trace in self.traces if trace.verdict == VIOLATED), None)
        if first is None:
            asked = len({trace.probe for trace in self.traces})
            silent = len(self.not_assessed)
            more = f"; {silent} not assessed" if silent else ""
            return f"{self.verdict}: {asked} probes on {self.rows:,} rows{more}"
        named = f" ({', '.join(first.columns[:5])})" if first.columns else ""
        return f"violated: {first.step}{named}, first found by the probe {first.probe!r}"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw steps against probes, coloured by verdict."""
        from matplotlib import pyplot

        probes = list(dict.fromkeys(trace.probe for trace in self.traces))
        if ax is None:
            size = (1.8 + 0.75 * len(probes), 1.2 + 0.34 * len(self.steps))
            ax = pyplot.subplots(figsize=size, layout="constrained")[1]
        places = {name: place for place, name in enumerate(self.steps)}
        for trace in self.traces:
            at = (probes.index(trace.probe), places[trace.step])
            ax.scatter(*at, s=190, marker="s", color=_COLOURS[trace.verdict])
            ax.annotate(_MARKS[trace.verdict], at, ha="center", va="center", color="white", fontsize=9, weight="bold")
        ax.set_xticks(range(len(probes)), probes, rotation=35, ha="left", rotation_mode="anchor")
        ax.xaxis.tick_top()
        ax.set_yticks(range(len(self.steps)), list(self.steps))
        ax.set_xlim(-0.6, len(probes) - 0.4)
        ax.set_ylim(len(self.steps) - 0.4, -0.6)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        seen = [verdict for verdict in _WORST_FIRST if any(trace.verdict == verdict for trace in self.traces)]
        ax.set_xlabel(";   ".join(f"{_MARKS[verdict]}  {verdict}" for verdict in seen), fontsize=9)
        return ax

    def _page(self) -> Page:
        told = [
            {"verdict": trace.verdict, "step": trace.step, "probe": trace.probe,
             "what changed": ": ".join(filter(None, [", ".join(trace.columns), trace.detail]))}
            for trace in self._told()
        ]  # fmt: skip
        return Page([
            Title(self._headline(), tone=tone_of(self.verdict)),
            *([Table(pd.DataFrame(told), most=100)] if told else []),
            Text("It cannot prove that there is no leak. See .table for every step and probe, and .plot().", dim=True),
        ])  # fmt: skip

    def _headline(self) -> str:
        return (
            f"leakage audit: {self.summary} ({self.training:,} training and {self.held_out:,} held-out rows, "
            f"{len(self.steps)} steps, {self.seconds:.1f} s)"
        )

    def _told(self) -> list[Trace]:
        told = [trace for trace in self.traces if trace.verdict != NOT_OBSERVED]
        return sorted(told, key=lambda trace: _WORST_FIRST.index(trace.verdict))

    def record(self) -> dict[str, Any]:
        """Return verdicts as plain data, without values of rows, for MLflow."""
        return {
            "verdict": self.verdict,
            "rows": self.rows,
            "training": self.training,
            "held out": self.held_out,
            "steps": list(self.steps),
            "probes": [
                {"step": t.step, "probe": t.probe, "verdict": t.verdict, "columns": list(t.columns)}
                for t in self.traces
            ],
        }


_SAID = {
    "held-out rows": "{step}: {what} of training rows depends on rows that evaluate the model ({probes}{carries})",
    "itself": "{step}: {what} of a training row changes with its own target ({probes}{carries}), so the model sees "
    "part of the answer in training but not when it serves",
    "alone": "{step}: {what} of a row alone differs from that of the same row among others, so it "
    "cannot be served as it was evaluated",
    "label": "{step}: {what} of a row depends on its own label, which is not known when it serves ({probes}{carries})",
}
_OF_OTHERS = ("past", "side table", "label", "reshape", "by target", "codes", "order", "statistic")
"""Why rows get other values among others than alone: of several causes the one whose remedy is said."""


def _cause(step: str, traces: Sequence[Trace]) -> str:
    """Return the one cause for which a step depends on other rows."""
    found = {trace.cause for trace in traces if trace.step == step}
    return next((cause for cause in _OF_OTHERS if cause in found), "")


def _not_assessed(trace: Trace) -> Finding:
    text = (
        f"{trace.step}: {trace.detail}, which no replaced row changes; whether it contains held-out rows or later "
        "knowledge is not assessed; " + REMEDIES["read from outside"]
    )
    return Finding("LK222", text, "information", step=trace.step)


def _finding(step: str, concerns: str, traces: Sequence[Trace], cause: str) -> Finding:
    columns = tuple(dict.fromkeys(column for trace in traces for column in trace.columns))
    probes = ", ".join(dict.fromkeys(trace.probe for trace in traces))
    carries = next((f": {trace.carries}" for trace in traces if trace.carries), "")
    what = ", ".join(map(repr, columns)) or "what is said"
    if not columns and concerns == "held-out rows":
        what = "the set"
    said = _SAID[concerns].format(step=step, what=what, probes=probes, carries=carries)
    of_others = cause and all(trace.cause in _OF_OTHERS for trace in traces)
    mends = REMEDIES[cause if of_others else traces[0].cause]
    return Finding(CODES[concerns], f"{said}; {mends}", "error", columns, step)
