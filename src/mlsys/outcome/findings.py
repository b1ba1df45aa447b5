"""Findings: their order, waivers, and the verdict on leakage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlsys.errors import Finding, listed
from mlsys.findings import SEVERITIES, SUSPICIONS, rank

NOT_OBSERVED = "not observed"


def marked(found: Iterable[Finding], waive: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return findings once each, worst first, those that are waived with their reason."""
    told = [replace(finding, waived=waive.get(finding.code, "")) for finding in dict.fromkeys(found)]
    return tuple(
        sorted(told, key=lambda finding: (bool(finding.waived), SEVERITIES.index(finding.severity), rank(finding.code)))
    )


def leakage_verdict(findings: tuple[Finding, ...]) -> str:
    """Return ``"violated"``, ``"suspected"`` or ``"not observed"`` with the columns it is about.

    Examples
    --------
    >>> leakage_verdict((Finding("LK204", "...", "error", columns=("dep_delay",)),))
    'suspected: dep_delay'
    >>> leakage_verdict(())
    'not observed'
    """
    open_errors = [f for f in findings if f.code.startswith("LK") and f.severity == "error" and not f.waived]
    if not open_errors:
        return NOT_OBSERVED
    word = "suspected" if all(finding.code in SUSPICIONS for finding in open_errors) else "violated"
    named = dict.fromkeys(column for finding in open_errors for column in finding.columns)
    named = named or dict.fromkeys(finding.step or finding.code for finding in open_errors)
    return f"{word}: {', '.join(named)}"


def leakage_said(findings: tuple[Finding, ...]) -> str:
    """Return the verdict, and the warnings that are to be settled where no more is known.

    Examples
    --------
    >>> leakage_said((Finding("LK209", "...", "warning", columns=("casual", "registered")),))
    'not observed; warned of casual, registered (LK209)'
    """
    verdict = leakage_verdict(findings)
    if verdict != NOT_OBSERVED:
        return verdict
    asked = [f for f in findings if f.code.startswith("LK") and f.severity == "warning" and not f.waived]
    codes = ", ".join(dict.fromkeys(finding.code for finding in asked))
    columns = listed(dict.fromkeys(column for finding in asked for column in finding.columns))
    about = f"of {columns} ({codes})" if columns else f"by {codes}"
    return f"{verdict}; warned {about}" if asked else verdict
