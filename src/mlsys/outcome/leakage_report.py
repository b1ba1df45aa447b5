"""LeakageReport: what was refused, found, put to the test and counted, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.audit.result import LeakageAudit
from mlsys.errors import ConfigurationError, Finding
from mlsys.leakage.power import STRONG
from mlsys.outcome.facts import RunFacts
from mlsys.outcome.findings import leakage_verdict
from mlsys.pages import Page, Remarks, Shown, Table, Title, drawing, tone_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 20


@dataclass(frozen=True, repr=False)
class LeakageReport(Shown):
    """The four layers of the guard with their verdicts on a run; returned by ``run.leakage``.

    Parameters
    ----------
    table : DataFrame
        One row per layer: ``layer``, ``what``, ``verdict``, ``detail``.
    findings : sequence of Finding
        Findings about leakage, the most costly first.
    power : DataFrame or None
        Single-feature power: ``column``, ``auc``, ``error``; ``None`` if not available.
    audit : LeakageAudit or None
        The third layer, if requested.
    """

    table: pd.DataFrame
    findings: Sequence[Finding]
    power: pd.DataFrame | None
    audit: LeakageAudit | None

    @property
    def verdict(self) -> str:
        """The verdict of findings and audit together, as the card says it."""
        return leakage_verdict(tuple(self.findings))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how well each feature alone predicts the target, with two standard errors."""
        if self.power is None or self.power.empty:
            raise ConfigurationError(
                "the run has no single-feature power to draw", "run the pipeline with a target of classes or numbers"
            )
        shown = self.power.sort_values("auc", ascending=False).head(MOST_DRAWN).reset_index(drop=True)
        ax = drawing.axes(ax, len(shown), row=0.27)
        found = [finding for finding in self.findings if finding.severity != "information"]
        named = {column for finding in found for column in finding.columns}
        for place, (column, auc, error) in enumerate(zip(shown["column"], shown["auc"], shown["error"], strict=True)):
            colour = drawing.BAD if column in named else drawing.MINE
            said = f"{auc:.2f}{', named in a finding' if column in named else ''}"
            drawing.dot(ax, place, auc, auc - 2 * error, auc + 2 * error, colour, said)
        for bar, colour, text in ((0.5, drawing.OTHER, "chance"), (STRONG, drawing.BAD, "looked at")):
            drawing.bar_at(ax, bar, colour, ":")
            ax.annotate(text, (bar, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom",
                        fontsize=drawing.SMALL, color=drawing.DIM)  # fmt: skip
        ax.set_yticks(range(len(shown)), shown["column"])
        ax.set_ylim(len(shown) - 0.5, -0.6)
        ax.set_xlim(min(0.45, float(shown["auc"].min()) - 0.02), 1.06)
        ax.set_xlabel("AUC of the column alone, with two standard errors")
        return drawing.bare(ax)

    def _page(self) -> Page:
        return Page([
            Title(f"leakage: {self.verdict}", tone=tone_of(self.verdict)),
            Table(self.table),
            Remarks(self.findings, most=len(self.findings)),
        ])  # fmt: skip


def leakage_report(run: RunFacts) -> LeakageReport:
    """Put together what the four layers say of a run."""
    found = [finding for finding in run.findings if finding.code.startswith("LK")]
    rows = [
        (1, "refused at creation", *_refused(run)),
        (2, "checked on the data", *_checked([each for each in found if each.code.startswith("LK2")])),
        (3, "rows replaced", *_audited(run.audit)),
        (4, "test rows opened", *_opened(run)),
    ]
    table = pd.DataFrame(rows, columns=["layer", "what", "verdict", "detail"])
    return LeakageReport(table, tuple(found), run.power, run.audit)


def _refused(run: RunFacts) -> tuple[str, str]:
    allowed = [f"{each.name} {said}" for each in run.steps for said in each.allowed]
    if not run.divided:
        return "not assessed", "the run stopped before the split"
    split = next((each.name for each in run.steps if each.kind == "Split"), "the parts")
    withheld = f"; {len(run.late)} columns are known too late and are not features" if run.late else ""
    said = f"steps that learn come after {split} and see {run.rows.get('train', 0):,} training rows{withheld}"
    return ("allowed" if allowed else "held"), "; ".join([said, *allowed])


def _checked(found: Sequence[Finding]) -> tuple[str, str]:
    counted = {level: sum(each.severity == level and not each.waived for each in found)
               for level in ("error", "warning", "information")}  # fmt: skip
    waived = sum(bool(each.waived) for each in found)
    said = [f"{count} {level}{'s' if count > 1 and level != 'information' else ''}" for level, count in counted.items()
            if count]  # fmt: skip
    verdict = leakage_verdict(tuple(found))
    if verdict == "not observed" and counted["warning"]:
        verdict = "warned"
    return verdict, ", ".join([*said, *([f"{waived} waived"] if waived else [])])


def _audited(audit: LeakageAudit | None) -> tuple[str, str]:
    if audit is None:
        return "not run", "run.audit_leakage() replaces held-out rows and says what changed"
    return audit.verdict, audit.summary.partition(": ")[2]


def _opened(run: RunFacts) -> tuple[str, str]:
    if not run.divided or "test" not in run.rows:
        return "none", "there is no test part"
    if run.stage != "test":
        return "sealed", "run.final_test() opens them, and records it"
    before = run.opened
    if not before.model:
        return "not counted", "the run is not tracked"
    return ("opened before", before.sentence) if before.before else ("first look", "")
