"""Registering a model: gates first, then the registry; a no changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import ConfigurationError, GateRefused
from mlsys.run.findings import leakage_verdict

if TYPE_CHECKING:
    from mlsys.run.run import Run


@dataclass(frozen=True, repr=False)
class Registration:
    """What a registration came to; true if the model was registered.

    Parameters
    ----------
    name : str
        In the registry.
    version : int or None
        ``None`` when a gate said no.
    alias : str or None
        The alias that was set.
    terms : DataFrame
        One row a term: term, value, verdict.
    """

    name: str
    version: int | None
    alias: str | None
    terms: pd.DataFrame

    def __bool__(self) -> bool:
        return self.version is not None

    def raise_if_refused(self) -> None:
        """Raise ``GateRefused`` if a gate said no; for scripts that must stop."""
        if not self:
            raise GateRefused(f"{self.name!r} was not registered:\n{self._table()}", "see the terms that failed")

    def _table(self) -> str:
        return self.terms.to_string(index=False, header=False) if len(self.terms) else "no terms"

    def __repr__(self) -> str:
        alias = f" as @{self.alias}" if self.alias else ""
        head = (
            f"gate: yes, {self.name} version {self.version}{alias}"
            if self
            else f"gate: no, {self.name!r} not registered"
        )
        return f"{head}\n{self._table()}"

    def _repr_html_(self) -> str:
        return f"<b>{repr(self).splitlines()[0]}</b>{self.terms.to_html(index=False, border=0)}"


def register_run(run: Run, name: str, alias: str | None, gate: Any, reason: str) -> Registration:
    """Check every term, then register."""
    terms = _terms(run, gate, reason)
    table = pd.DataFrame(terms, columns=["term", "value", "verdict"])
    passed = bool((table["verdict"] == "pass").all())
    verdict = {f"gate.{name}": "pass" if passed else "no"}
    run._tracking.add({}, {**verdict, "gate.reason": reason} if reason else verdict)
    if not passed:
        return Registration(name, None, None, table)
    from mlsys.run.tracked import required
    from mlsys.tracking import register_model

    found = required(run)
    if found.model_uri is None:
        problems = "; ".join(found.problems) or "it was withheld"
        raise ConfigurationError(
            f"the run has no portable model to register ({problems})",
            "see the finding on the card; run.pipeline.plan() says it beforehand",
        )
    version = register_model(found, name, alias, {"mlsys.stage": run.stage}, _described(run, table))
    return Registration(name, version, alias, table)


def _described(run: Run, terms: pd.DataFrame) -> str:
    """Return what a stranger asks of a registered version: how good, and what was asked of it."""
    lines = [f"**{run.card.headline}**", ""]
    lines += [f"- {row.term}: {row.value} ({row.verdict})" for row in terms.itertuples()]
    return "\n".join(lines)


def _terms(run: Run, gate: Any, reason: str) -> list[tuple[str, str, str]]:
    verdict = leakage_verdict(run.findings)
    terms = [("no leakage", verdict, "pass" if verdict == "not observed" else "no")]
    evaluation = run.reports.get("evaluate")
    if evaluation is None:
        return [*terms, ("evaluated", "no evaluation", "no")]
    contaminated = str(evaluation.facts.get("contaminated", ""))
    if contaminated:
        terms.append(("judged on untouched rows", f"{contaminated} learned from them", "no"))
    if run.stage == "test" and run._tracking.openings:
        looks = f"opened {run._tracking.openings} time(s) before"
        terms.append(("test rows fresh, or a reason", reason or looks, "pass" if reason else "no"))
    if gate is not None:
        terms += gate.check(run.reports)
    return terms
