"""The description of a run in MLflow: fifteen lines that answer what a stranger asks first."""

from __future__ import annotations

from collections.abc import Mapping

from mlsys.outcome.card import make_card
from mlsys.outcome.facts import RunFacts
from mlsys.pages import number


def described(run: RunFacts, code: Mapping[str, str]) -> str:
    """Return markdown: result against baselines, for whom worse, verdicts, data, code, how to reproduce."""
    card = make_card(run)
    lines = [f"**{card.headline}**", ""]
    if card.scores:
        lines += [f"| {card.metric} | value | 95 % interval |", "|---|---|---|"]
        lines += [f"| {s.label} | {number(s.value)} | {number(s.lower)} to {number(s.upper)} |" for s in card.scores]
        lines.append("")
    lines += [f"- **{label}**: {sentence}" for label, sentence in card.shown_lines]
    waived = [f"{finding.code} ({finding.waived})" for finding in run.findings if finding.waived]
    if waived:
        lines.append(f"- **waived**: {', '.join(waived)}")
    dirty = ", with uncommitted changes" if code.get("code.dirty") == "yes" else ""
    digest = run.parts["train"][:12] if run.divided else "none"
    lines.append(f"- **data**: training rows have digest `{digest}`; all parts under Datasets and in manifest.json")
    lines.append(f"- **code**: {code.get('code.script', '')} at commit `{code.get('code.commit', '')}`{dirty}")
    lines.append(
        f"- **reproduce**: check out that commit, install environment.txt, run the script (seed {run.seed}); "
        "compare manifest.json"
    )
    return "\n".join(lines)
