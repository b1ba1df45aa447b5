"""The description of a run in MLflow: fifteen lines that answer what a stranger asks first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlsys.outcome.card import make_card
from mlsys.outcome.facts import RunFacts

_INTERVAL = re.compile(r"\[([-+.\d,e]+), ([-+.\d,e]+)\]")


def described(run: RunFacts, code: Mapping[str, str], before: RunFacts | None = None) -> str:
    """Return markdown: result against baselines, for whom worse, verdicts, data, code, how to reproduce.

    Parameters
    ----------
    run : RunFacts
        What came out.
    code : mapping of str to str
        Script, commit, and whether it was changed.
    before : RunFacts, optional
        Of the same run before its test rows were opened; its scores stand beside.
    """
    card = make_card(run)
    lines = [f"**{card.headline}**", "", *([card.verdict, ""] if card.verdict else [])]
    judged = {run.stage: card} if before is None else {before.stage: make_card(before), run.stage: card}
    if card.scores:
        lines += [f"| {card.metric} | {' | '.join(judged)} |", f"|---|{'---|' * len(judged)}"]
        said = [{each.label: each.said() for each in one.scores} for one in judged.values()]
        lines += [f"| {name} | {' | '.join(one.get(name, '') for one in said)} |" for name in said[-1]]
        lines.append("")
    lines += [f"- **{label}**: {sentence}" for label, sentence in [*card.value, *card.shown_lines]]
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
    return "\n".join(map(in_markdown, lines))


def in_markdown(line: str) -> str:
    """Return a line whose intervals are words: in markdown, brackets before a parenthesis are a link.

    Examples
    --------
    >>> in_markdown("better by 0.176 [0.172, 0.181] (pass)")
    'better by 0.176 (0.172 to 0.181) (pass)'
    """
    return _INTERVAL.sub(r"(\1 to \2)", line)
