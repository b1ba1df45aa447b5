"""Which steps differ between runs, and why."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from mlsys.cache.ledger import ADDED, DIFFERS, REMOVED, Difference, differences
from mlsys.outcome.facts import RunFacts

_COLUMNS = ("run", "step", "outcome", "causes", "why")


def changes_of(runs: Mapping[str, RunFacts]) -> pd.DataFrame:
    """Return one row for each step that differs from the first run: run, step, outcome, causes, why.

    Steps that only got another input because of one before them are left out.
    """
    (first_name, first), *others = runs.items()
    rows = []
    for name, run in others:
        for each in _differences(first, run):
            if each.is_own:
                rows.append((name, each.step, each.outcome, ", ".join(each.causes), each.why))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table.attrs["against"] = first_name
    return table


def _differences(first: RunFacts, other: RunFacts) -> list[Difference]:
    if first.ledger is not None and other.ledger is not None:
        return differences(first.ledger, other.ledger)
    return _by_configuration(first, other)


def _by_configuration(first: RunFacts, other: RunFacts) -> list[Difference]:
    """Compare configurations, where a run kept no ledger (``track=False, cache=False``)."""
    before = {step.name: step.digest for step in first.steps}
    now = {step.name: step.digest for step in other.steps}
    found = [Difference(name, ADDED) for name in now if name not in before]
    found += [Difference(name, REMOVED) for name in before if name not in now]
    return found + [
        Difference(name, DIFFERS, ("configuration",), "configuration changed")
        for name in now
        if name in before and now[name] != before[name]
    ]


def described_changes(changes: pd.DataFrame, table: pd.DataFrame, metric: str) -> str:
    """Return what changed and what came of it, in a line a run."""
    lines = []
    for name in dict.fromkeys(changes["run"].tolist()):
        rows = changes[changes["run"] == name]
        named = [f"{row.step} ({row.why or row.outcome})" for row in rows.itertuples()]
        moved = table.set_index("run")["value"]
        effect = moved[name] - moved[changes.attrs["against"]]
        together = ", together" if len(named) > 1 else ""
        lines.append(f"{name} against {changes.attrs['against']}: {', '.join(named)}; {metric} {effect:+.4f}{together}")
    return "\n".join(lines)
