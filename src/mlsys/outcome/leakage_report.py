"""LeakageReport: what was refused, found, put to the test and counted, in one place."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from mlsys.audit.result import LeakageAudit
from mlsys.errors import ConfigurationError, Finding
from mlsys.leakage.power import STRONG
from mlsys.outcome.facts import RunFacts
from mlsys.outcome.findings import leakage_verdict
from mlsys.secrets import hidden

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_DRAWN = 20


@dataclass(frozen=True, repr=False)
class LeakageReport:
    """The four layers of the guard and what each says of a run; made by ``run.leakage``.

    Parameters
    ----------
    table : DataFrame
        One row a layer: ``layer``, ``what``, ``verdict``, ``detail``.
    findings : sequence of Finding
        Those about leakage, what costs most first.
    power : DataFrame or None
        Single-feature power: ``column``, ``auc``, ``error``; ``None`` where nothing was judged.
    audit : LeakageAudit or None
        The third layer, if it was asked for.
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
        """Draw how well each feature alone tells the target, with two standard errors."""
        from matplotlib import pyplot

        if self.power is None or self.power.empty:
            raise ConfigurationError(
                "the run has no single-feature power to draw", "run the pipeline with a target of classes or numbers"
            )
        shown = self.power.sort_values("auc", ascending=False).head(MOST_DRAWN).reset_index(drop=True)
        if ax is None:
            ax = pyplot.subplots(figsize=(7, 0.9 + 0.27 * len(shown)), layout="constrained")[1]
        found = [finding for finding in self.findings if finding.severity != "information"]
        named = {column for finding in found for column in finding.columns}
        for place, (column, auc, error) in enumerate(zip(shown["column"], shown["auc"], shown["error"], strict=True)):
            colour = "#b3405b" if column in named else "#0b6e99"
            ax.errorbar(auc, place, xerr=2 * error, fmt="o", color=colour, capsize=2, markersize=5)
            ax.annotate(f"{auc:.2f}", (auc + 2 * error, place), xytext=(6, 0), textcoords="offset points", va="center",
                        fontsize=8, color=colour)  # fmt: skip
        ax.axvline(0.5, color="#8a8a8a", linewidth=0.8)
        ax.axvline(STRONG, color="#b3405b", linewidth=0.8, linestyle=":")
        for bar, text in ((0.5, "chance"), (STRONG, "looked at")):
            ax.annotate(text, (bar, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=8,
                        color="#555")  # fmt: skip
        ax.set_yticks(range(len(shown)), shown["column"])
        ax.set_ylim(len(shown) - 0.5, -0.6)
        ax.set_xlim(min(0.45, float(shown["auc"].min()) - 0.02), 1.06)
        ax.set_xlabel("AUC of the column alone, with two standard errors; red: held against it")
        ax.spines[["top", "right"]].set_visible(False)
        return ax

    def __repr__(self) -> str:
        lines = [f"leakage: {self.verdict}"]
        for row in self.table.to_dict("records"):
            head = f"  {row['layer']} {row['what']:<28} "
            text = f"{row['verdict']}{'; ' if row['detail'] else ''}{row['detail']}"
            lines += textwrap.wrap(text, 118, initial_indent=head, subsequent_indent=" " * len(head),
                                   break_on_hyphens=False)  # fmt: skip
        for finding in self.findings:
            lines += textwrap.wrap(str(finding), 118, initial_indent="    ", subsequent_indent=" " * 8,
                                   break_on_hyphens=False)  # fmt: skip
        return hidden("\n".join(lines))

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>"
            + "".join(
                f"<td style='text-align:left;padding:2px 10px 2px 0'>{html.escape(str(row[name]))}</td>"
                for name in ("layer", "what", "verdict", "detail")
            )
            + "</tr>"
            for row in self.table.to_dict("records")
        )
        found = "".join(f"<li>{html.escape(str(finding))}</li>" for finding in self.findings)
        return hidden(
            f"<div style='font-family:system-ui,sans-serif;font-size:13px'><b>leakage: {html.escape(self.verdict)}</b>"
            f"<table style='border-collapse:collapse;margin-top:6px'>{cells}</table><ul>{found}</ul></div>"
        )


def leakage_report(run: RunFacts) -> LeakageReport:
    """Put together what the four layers say of a run."""
    found = [finding for finding in run.findings if finding.code.startswith("LK")]
    rows = [
        (1, "refused when built", *_refused(run)),
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
    withheld = f"; {len(run.late)} columns are known too late and are no features" if run.late else ""
    said = f"what learns stands after {split} and is shown {run.rows.get('train', 0):,} training rows{withheld}"
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
        return "not run", "run.audit_leakage() replaces held-out rows and says what moved"
    return audit.verdict, audit.summary.partition(": ")[2]


def _opened(run: RunFacts) -> tuple[str, str]:
    if not run.divided or "test" not in run.rows:
        return "none", "there is no test part"
    if run.stage != "test":
        return "sealed", "run.final_test() opens them, on record"
    before = run.opened
    if not before.model:
        return "not counted", "the run is not tracked"
    return ("opened before", before.sentence) if before.before else ("first look", "")
