"""Registering, promoting and rolling back: gates first, then the registry; a no changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path

import pandas as pd

from mlsys.errors import ConfigurationError, GateRefused, TrackingError
from mlsys.evaluation import FAIL, PASS, Candidate, Gate, verdict_of
from mlsys.evaluation.verdicts import Checked
from mlsys.outcome import Outcome
from mlsys.outcome.describing import in_markdown
from mlsys.outcome.findings import leakage_verdict
from mlsys.outcome.storing import load_outcome, save_outcome
from mlsys.pages import Banner, Page, Shown, Table, Title
from mlsys.run.live import Live
from mlsys.run.peeking import CHOSEN
from mlsys.run.rivals import rivals_of
from mlsys.run.tracked import Tracking


@dataclass(frozen=True)
class Reasons:
    """What the user writes where a gate would refuse: about test rows that were opened before, and about its terms."""

    fresh: str = ""
    override: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no text."""
        for name, given in (("reason", self.fresh), ("override", self.override)):
            if not isinstance(given, str) or (given and not given.strip()):
                raise ConfigurationError(
                    f"{name}={given!r} is not a reason", f'write it in words: {name}="agreed with the bank on 3 May"'
                )


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
        One row per term: term, value, verdict (``"pass"``, ``"fail"`` or ``"not enough data"``).
    deed : str
        The requested action: ``"registered"``, ``"promoted"`` or ``"rolled back"``.
    overridden : str
        If the model did not pass: the terms that it did not pass, and the written reason why it was registered.
    """

    name: str
    version: int | None
    alias: str | None
    terms: pd.DataFrame
    deed: str = "registered"
    overridden: str = ""

    def __bool__(self) -> bool:
        return self.version is not None

    @property
    def verdict(self) -> str:
        """The verdict of all terms."""
        return verdict_of(self.terms["verdict"])

    def raise_if_refused(self) -> None:
        """Raise ``GateRefused`` if the gate failed; for scripts that must stop."""
        if not self:
            raise GateRefused(f"{self.name!r} was not {self.deed}:\n{self._table()}", "check the terms that failed")

    def _table(self) -> str:
        return self.terms.to_string(index=False, header=False) if len(self.terms) else "no terms"

    def _page(self) -> Page:
        alias = f" as @{self.alias}" if self.alias else ""
        if self.overridden:
            title = Title(f"gate: overridden, {self.name} version {self.version}{alias}", tone="watch")
            return Page([title, Table(self.terms), Banner(self.overridden, "watch", "override")])
        if self:
            return Page(
                [Title(f"gate: yes, {self.name} version {self.version}{alias}", tone="good"), Table(self.terms)]
            )
        return Page([Title(f"gate: no, {self.name!r} not {self.deed}", tone="bad"), Table(self.terms)])


def register_run(
    outcome: Outcome,
    live: Live,
    tracking: Tracking,
    name: str,
    alias: str | None,
    gate: Gate | None,
    reasons: Reasons,
) -> Registration:
    """Check names, then every term, then register."""
    from mlsys.tracking import check_alias, check_model_name

    check_model_name(name)
    if alias is not None:
        check_alias(alias)
    fixed = _fixed_terms(outcome, reasons.fresh)
    candidate = Candidate(outcome.reports, outcome.findings, outcome.cost, rivals_of(name, outcome, live))
    asked = [] if gate is None or outcome.evaluation is None else gate.check(candidate)
    table = _table_of([*fixed, *asked])
    overridden = _overridden(asked, reasons) if verdict_of(each[2] for each in fixed) == PASS else ""
    refused = verdict_of(table["verdict"])
    verdict = "overridden" if overridden else refused
    tracking.add({}, _tags(name, verdict, [*fixed, *asked], reasons if overridden else Reasons(reasons.fresh)))
    if verdict not in {PASS, "overridden"}:
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
    tags = {"mlsys.stage": outcome.stage, **({"mlsys.gate.override": overridden} if overridden else {})}
    if overridden:
        outcome = replace(outcome, overridden={**outcome.overridden, name: overridden})

    def write(folder: Path) -> None:
        save_outcome(outcome, folder)

    version = register_model(found, name, alias, tags, _described(outcome, table, overridden), write)
    return Registration(name, version, alias, table, overridden=overridden)


def _table_of(terms: Sequence[Checked]) -> pd.DataFrame:
    return pd.DataFrame(terms, columns=["term", "value", "verdict"])


def _overridden(asked: Sequence[Checked], reasons: Reasons) -> str:
    """Return which terms a written reason overrides, with the reason; empty where there is none, or all pass."""
    missed = "; ".join(term for term, _, verdict in asked if verdict != PASS)
    return f"{reasons.override.strip()} (not passed: {missed})" if missed and reasons.override else ""


def _tags(name: str, verdict: str, terms: Sequence[Checked], reasons: Reasons) -> dict[str, str]:
    """Return what the run's tags say of a gate: the verdict, why it refused, and what was written against it."""
    missed = "; ".join(f"{term}: {value} ({found})" for term, value, found in terms if found != PASS)
    tags = {f"gate.{name}": verdict, f"gate.{name}.missed": missed, f"gate.{name}.override": reasons.override.strip()}
    return {key: value for key, value in {**tags, "gate.reason": reasons.fresh}.items() if value}


def promote(
    name: str,
    version: int | str,
    *,
    to: str = "champion",
    gate: Gate | None = None,
    reason: str = "",
    override: str = "",
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
    override : str
        Why the version is promoted even if it does not pass the gate; the reason stays on the version, as a tag.

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
    reasons = Reasons(reason, override)
    found = version_of_model(name, version)
    fixed: list[Checked] = []
    if found.outcome is None:
        fixed.append(("evaluated by mlsys, or a reason", reason or "unknown", PASS if reason else FAIL))
    asked: list[Checked] = []
    if gate is not None:
        outcome = None if found.outcome is None else load_outcome(found.outcome)
        if outcome is None or outcome.evaluation is None:
            fixed.append(("evaluated", "no evaluation", FAIL))
        else:
            rivals = rivals_of(name, outcome, version=found.number)
            asked = gate.check(Candidate(outcome.reports, outcome.findings, outcome.cost, rivals))
    table = _table_of([*fixed, *asked])
    overridden = _overridden(asked, reasons) if verdict_of(each[2] for each in fixed) == PASS else ""
    if not overridden and verdict_of(table["verdict"]) != PASS:
        return Registration(name, None, None, table, "promoted")
    point_alias(name, to, found.number, {"mlsys.gate.override": overridden} if overridden else None)
    return Registration(name, found.number, to, table, "promoted", overridden)


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
    table = pd.DataFrame([("alias", f"rolled back from version {left}", PASS)], columns=["term", "value", "verdict"])
    return Registration(name, now, alias, table, "rolled back")


def _described(outcome: Outcome, terms: pd.DataFrame, overridden: str) -> str:
    """Return what a stranger asks of a registered version: how good, and what was asked of it."""
    lines = [f"**{outcome.card.headline}**", ""]
    lines += [f"**Gate overridden:** {overridden}", ""] if overridden else []
    lines += ["| asked | found | verdict |", "|---|---|---|"]
    lines += [f"| {row.term} | {row.value} | {row.verdict} |" for row in terms.itertuples()]
    return "\n".join(map(in_markdown, lines))


def _fixed_terms(outcome: Outcome, reason: str) -> list[Checked]:
    """Return what is asked of every model, whatever its gate."""
    verdict = leakage_verdict(outcome.findings)
    terms = [("no leakage", verdict, PASS if verdict == "not observed" else FAIL)]
    if any(finding.code == "LB101" and not finding.waived for finding in outcome.findings):
        terms.append(("judged by truth", "by votes", FAIL))
    evaluation = outcome.evaluation
    if evaluation is None:
        return [*terms, ("evaluated", "no evaluation", FAIL)]
    if evaluation.contaminated:
        terms.append(("evaluated on untouched rows", f"{evaluation.contaminated} learned from them", FAIL))
    if outcome.stage != "test" and any(finding.code == CHOSEN for finding in outcome.findings):
        terms.append(("evaluated on rows that did not choose it", "tune() chose it by them; open final_test()", FAIL))
    if outcome.stage == "test" and outcome.opened.before:
        looks = f"opened {outcome.opened.before} time(s) before"
        terms.append(("test rows fresh, or a reason", reason or looks, PASS if reason else FAIL))
    return terms
