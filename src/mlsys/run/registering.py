"""Registering, promoting and rolling back: gates first, then the registry; a no changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import ConfigurationError, GateRefused, TrackingError
from mlsys.outcome import Outcome
from mlsys.outcome.describing import in_markdown
from mlsys.outcome.findings import leakage_verdict
from mlsys.outcome.storing import load_outcome, save_outcome
from mlsys.pages import Page, Shown, Table, Title
from mlsys.run.tracked import Tracking

if TYPE_CHECKING:
    from mlsys.evaluation import Gate


@dataclass(frozen=True, repr=False)
class Registration(Shown):
    """Result of a registration; truthy if the model was registered.

    Parameters
    ----------
    name : str
        Name in the registry.
    version : int or None
        ``None`` if the gate failed.
    alias : str or None
        The alias that was set.
    terms : DataFrame
        One row per term: term, value, verdict.
    deed : str
        The requested action: ``"registered"``, ``"promoted"`` or ``"rolled back"``.
    """

    name: str
    version: int | None
    alias: str | None
    terms: pd.DataFrame
    deed: str = "registered"

    def __bool__(self) -> bool:
        return self.version is not None

    def raise_if_refused(self) -> None:
        """Raise ``GateRefused`` if the gate failed; for scripts that must stop."""
        if not self:
            raise GateRefused(f"{self.name!r} was not {self.deed}:\n{self._table()}", "check the terms that failed")

    def _table(self) -> str:
        return self.terms.to_string(index=False, header=False) if len(self.terms) else "no terms"

    def _page(self) -> Page:
        alias = f" as @{self.alias}" if self.alias else ""
        if self:
            return Page(
                [Title(f"gate: yes, {self.name} version {self.version}{alias}", tone="good"), Table(self.terms)]
            )
        return Page([Title(f"gate: no, {self.name!r} not {self.deed}", tone="bad"), Table(self.terms)])


def register_run(
    outcome: Outcome, tracking: Tracking, name: str, alias: str | None, gate: Any, reason: str
) -> Registration:
    """Check names, then every term, then register."""
    from mlsys.tracking import check_alias, check_model_name

    check_model_name(name)
    if alias is not None:
        check_alias(alias)
    terms = _terms(outcome, gate, reason)
    table = pd.DataFrame(terms, columns=["term", "value", "verdict"])
    passed = bool((table["verdict"] == "pass").all())
    verdict = {f"gate.{name}": "pass" if passed else "no"}
    tracking.add({}, {**verdict, "gate.reason": reason} if reason else verdict)
    if not passed:
        return Registration(name, None, None, table)
    from mlsys.tracking import register_model

    try:
        found = tracking.required()
    except TrackingError as error:
        raise TrackingError(f"the model {name!r} was not registered: {error.problem}", error.remedy) from error
    if found.model_uri is None:
        problems = outcome.withheld or "; ".join(found.problems) or "it was withheld"
        raise ConfigurationError(
            f"the run has no portable model to register ({problems})",
            "put the code where it can be stored with a model; run.pipeline.plan() checks this beforehand",
        )
    tags = {"mlsys.stage": outcome.stage}

    def write(folder: Path) -> None:
        save_outcome(outcome, folder)

    version = register_model(found, name, alias, tags, _described(outcome, table), write)
    return Registration(name, version, alias, table)


def promote(
    name: str, version: int | str, *, to: str = "champion", gate: Gate | None = None, reason: str = ""
) -> Registration:
    """Point an alias to another version of a registered model, if a gate passes.

    Parameters
    ----------
    name : str
        Of the registered model.
    version : int or str
        Number of a version, or an alias that points to it, such as ``"challenger"``.
    to : str
        The alias to set.
    gate : Gate, optional
        Checked on the evaluation stored when the version was registered.
    reason : str
        Needed for a version registered by other means, without a stored evaluation.

    Returns
    -------
    Registration
        Verdict for each condition; falsy, with nothing changed, if the gate fails.

    Examples
    --------
    >>> promote("flights", "challenger", to="champion", gate=gate)  # doctest: +SKIP
    gate: yes, flights version 4 as @champion
    """
    from mlsys.tracking import check_alias, point_alias, version_of_model

    check_alias(to)
    if isinstance(version, bool) or not isinstance(version, (str, Integral)) or not str(version):
        raise ConfigurationError(
            f"promote() got version={version!r}", "give the number of a version, or an alias that names it"
        )
    found = version_of_model(name, version)
    terms: list[tuple[str, str, str]] = []
    if found.outcome is None:
        said = reason or "unknown"
        terms.append(("evaluated by mlsys, or a reason", said, "pass" if reason else "no"))
    if gate is not None:
        outcome = None if found.outcome is None else load_outcome(found.outcome)
        if outcome is None or outcome.evaluation is None:
            terms.append(("evaluated", "no evaluation", "no"))
        else:
            terms += gate.check(outcome.reports)
    table = pd.DataFrame(terms, columns=["term", "value", "verdict"])
    if not (table["verdict"] == "pass").all():
        return Registration(name, None, None, table, "promoted")
    point_alias(name, to, found.number)
    return Registration(name, found.number, to, table, "promoted")


def roll_back(name: str, alias: str = "champion") -> Registration:
    """Point an alias back to its previous version; checks no gate.

    Parameters
    ----------
    name : str
        Of the registered model.
    alias : str
        The alias to move back. Each call goes back one more version.

    Returns
    -------
    Registration
        The version that the alias now points to.

    Raises
    ------
    ConfigurationError
        If the alias pointed to no other version before.

    Examples
    --------
    >>> roll_back("flights")  # doctest: +SKIP
    gate: yes, flights version 3 as @champion
      term   value                       verdict
      alias  rolled back from version 4  pass
    """
    from mlsys.tracking import check_alias, point_back

    check_alias(alias)
    moved = point_back(name, alias)
    if moved is None:
        raise ConfigurationError(
            f"@{alias} of {name!r} named no other version before", f"promote({name!r}, <version>, to={alias!r})"
        )
    now, left = moved
    table = pd.DataFrame([("alias", f"rolled back from version {left}", "pass")], columns=["term", "value", "verdict"])
    return Registration(name, now, alias, table, "rolled back")


def _described(outcome: Outcome, terms: pd.DataFrame) -> str:
    """Return what a stranger asks of a registered version: how good, and what was asked of it."""
    lines = [f"**{outcome.card.headline}**", "", "| asked | found | verdict |", "|---|---|---|"]
    lines += [f"| {row.term} | {row.value} | {row.verdict} |" for row in terms.itertuples()]
    return "\n".join(map(in_markdown, lines))


def _terms(outcome: Outcome, gate: Any, reason: str) -> list[tuple[str, str, str]]:
    verdict = leakage_verdict(outcome.findings)
    terms = [("no leakage", verdict, "pass" if verdict == "not observed" else "no")]
    evaluation = outcome.evaluation
    if evaluation is None:
        return [*terms, ("evaluated", "no evaluation", "no")]
    if evaluation.contaminated:
        terms.append(("evaluated on untouched rows", f"{evaluation.contaminated} learned from them", "no"))
    if outcome.stage == "test" and outcome.opened.before:
        looks = f"opened {outcome.opened.before} time(s) before"
        terms.append(("test rows fresh, or a reason", reason or looks, "pass" if reason else "no"))
    if gate is not None:
        terms += gate.check(outcome.reports)
    return terms
