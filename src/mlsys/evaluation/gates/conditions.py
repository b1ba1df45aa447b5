"""Conditions on reports and findings: behaves, no_alarm, no_findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mlsys.errors import ConfigurationError, meant
from mlsys.evaluation.behaviour.behaviour import TESTS, Behaviour
from mlsys.evaluation.gates.candidate import Candidate
from mlsys.evaluation.verdicts import FAIL, NOT_ENOUGH, PASS, Checked, verdict_of

_SEVERITIES = ("error", "warning", "information")
"""Worst first."""


@dataclass(frozen=True)
class behaves:  # noqa: N801  reads as a verb: Gate(behaves("invariance"))
    """Require that behavioural tests pass.

    Parameters
    ----------
    test : str, optional
        ``"perturbation"``, ``"invariance"`` or ``"direction"``: all tests of the kind; or the name of one result,
        such as ``"invariance-2"``. By default all behavioural tests of the run.

    Raises
    ------
    ConfigurationError
        If it is no kind of behavioural test.

    Examples
    --------
    >>> from mlsys import Gate
    >>> Gate(behaves("invariance"))
    Gate(behaves in invariance)
    """

    test: str = ""

    def __post_init__(self) -> None:
        """Refuse what is no kind of test."""
        kind, _, number = str(self.test).partition("-")
        if self.test and (kind not in TESTS or (number and not number.isdigit())):
            raise ConfigurationError(
                f"behaves({self.test!r}) is no behavioural test",
                f"{meant(kind, TESTS)}tests are {', '.join(TESTS)}; leave it out for all of them",
            )

    def __str__(self) -> str:
        return f"behaves in {self.test}" if self.test else "behaves"

    def check(self, candidate: Candidate) -> Checked:
        """Return the term, the failing share of the worst test, and the verdict."""
        tests = {name: each for name, each in candidate.reports.items() if isinstance(each, Behaviour)}
        asked = {name: each for name, each in tests.items() if self.test in {"", name, each.name}}
        if not asked:
            there = ", ".join(tests) or "none"
            return str(self), f"there is no such test among the reports (there are: {there})", FAIL
        verdict = verdict_of(each.verdict for each in asked.values())
        told = {name: each for name, each in asked.items() if verdict_of([each.verdict]) == verdict}
        said = "; ".join(f"{name}: {each.summary.partition(': ')[0]}" for name, each in told.items())
        return str(self), said, verdict


@dataclass(frozen=True)
class no_alarm:  # noqa: N801  reads as a condition: Gate(no_alarm("drift"))
    """Require that a report such as ``DetectDrift`` raised no alarm.

    Parameters
    ----------
    report : str
        Name of the report's result.

    Examples
    --------
    >>> from mlsys import Gate
    >>> Gate(no_alarm("drift"))
    Gate(no alarm of drift)
    """

    report: str = "drift"

    def __str__(self) -> str:
        return f"no alarm of {self.report}"

    def check(self, candidate: Candidate) -> Checked:
        """Return the term, the verdict of the report, and whether it passes."""
        result = candidate.reports.get(self.report)
        if result is None:
            return str(self), f"there is no report {self.report!r}", FAIL
        return str(self), result.verdict, PASS if result.verdict == "no alarm" else FAIL


@dataclass(frozen=True)
class no_findings:  # noqa: N801  reads as a condition: Gate(no_findings())
    """Require that the run has no findings, except waived ones.

    Parameters
    ----------
    severity : {"error", "warning", "information"}
        Findings that are less severe are admitted.

    Examples
    --------
    >>> from mlsys import Gate
    >>> Gate(no_findings())
    Gate(no findings (warning or worse))
    """

    severity: Literal["error", "warning", "information"] = "warning"

    def __post_init__(self) -> None:
        """Refuse what is no severity."""
        if self.severity not in _SEVERITIES:
            raise ConfigurationError(
                f"no_findings({self.severity!r}) is no severity",
                f"{meant(str(self.severity), _SEVERITIES)}severities are {', '.join(_SEVERITIES)}",
            )

    def __str__(self) -> str:
        return f"no findings ({self.severity}{' or worse' if self.severity != 'error' else ''})"

    def check(self, candidate: Candidate) -> Checked:
        """Return the term, the codes that were found, and the verdict."""
        if candidate.findings is None:
            return str(self), "findings are known of a run, not of its reports alone", NOT_ENOUGH
        worse = _SEVERITIES[: _SEVERITIES.index(self.severity) + 1]
        codes = [each.code for each in candidate.findings if not each.waived and each.severity in worse]
        counted = [f"{code} ({codes.count(code)})" if codes.count(code) > 1 else code for code in dict.fromkeys(codes)]
        return str(self), ", ".join(counted) or "none", FAIL if codes else PASS
